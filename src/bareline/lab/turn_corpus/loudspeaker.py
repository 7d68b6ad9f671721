"""What is left at the microphone of an assistant that speaks from a loudspeaker beside it, after echo cancellation?"""

from __future__ import annotations

import random

from bareline.devices.audio_processing import AudioProcessing
from bareline.lab.turn_corpus.mixing import Track
from bareline.lab.turn_corpus.overlaps import saying
from bareline.lab.turn_corpus.voices import Voice, speak
from bareline.testing.echo_path import Echoes, EchoPath
from bareline.units import BYTES_PER_SAMPLE

__all__ = ["beside_loudspeaker"]

_ASSISTANT = Voice("espeak", "en-us+f1", 170, 52)
_BLOCK = AudioProcessing.BLOCK_SAMPLES * BYTES_PER_SAMPLE
_LEVELS_DB = (0.0, -6.0, -12.0)
"""The echo's energy over that of what the loudspeaker is given: at 0 dB it is as loud as the user."""


def beside_loudspeaker(near: bytes, chance: random.Random, *, from_ms: int) -> tuple[bytes, float]:
    """``near`` with the echo of an assistant that speaks from ``from_ms`` on, cancelled; and the echo's level in dB.

    Raises ``MissingExtra`` without the extra ``devices``.
    """
    level_db = chance.choice(_LEVELS_DB)
    path = EchoPath(
        delay_ms=chance.uniform(10, 60),
        reverberation_ms=chance.randrange(150, 400),
        level_db=level_db,
        overdrive=chance.choice((0.0, 0.0, 0.5)),
        seed=chance.randrange(1 << 30),
    )
    echoes, processing = Echoes(path), AudioProcessing(echo=True)
    far = _assistant(chance, from_ms, len(near))
    left: list[bytes] = []
    for at in range(0, len(near) // _BLOCK * _BLOCK, _BLOCK):
        played = far[at : at + _BLOCK]
        processing.far(played)
        left.append(processing.near(echoes.feed(played, near[at : at + _BLOCK])))
    return b"".join(left), level_db


def _assistant(chance: random.Random, from_ms: int, length: int) -> bytes:
    """The assistant talks and talks."""
    track = Track()
    track.silence(from_ms)
    while track.end_ms * 48 < length:
        track.speech(speak(saying(chance), _ASSISTANT))
        track.silence(chance.randrange(200, 700))
    return track.pcm()[:length]
