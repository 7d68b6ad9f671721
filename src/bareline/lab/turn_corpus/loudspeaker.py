"""What does the microphone give of a person beside a loudspeaker from which the assistant speaks?

Heard as a call hears it: through ``EchoControl``, over cards that shake and drift, in virtual time.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass

from bareline.devices.contract import AudioSink
from bareline.devices.echo_control import EchoControl
from bareline.lab.turn_corpus.mixing import Track
from bareline.lab.turn_corpus.overlaps import saying
from bareline.lab.turn_corpus.voices import Voice, speak
from bareline.media.frames import AudioFrame
from bareline.testing.echo_path import EchoPath
from bareline.testing.echo_room import EchoRoom
from bareline.testing.turns.labels import EchoReading
from bareline.testing.virtual import run_virtual
from bareline.units import BYTES_PER_SAMPLE, ms_to_samples, samples_to_ms

__all__ = ["BesideLoudspeaker", "beside_loudspeaker"]

_ASSISTANT = Voice("espeak", "en-us+f1", 170, 52)
_LEVELS_DB = (0.0, -6.0, -12.0)
"""The echo's energy over that of what the loudspeaker is given: at 0 dB it is as loud as the user."""
_FRAME_BYTES = ms_to_samples(20) * BYTES_PER_SAMPLE
_DRIFT_PPM = 60.0
_SHAKES = 97
_SHAKE_MEAN_NS = 500_000


@dataclass(frozen=True, slots=True)
class BesideLoudspeaker:
    """What the echo control gave (``pcm``) and said (``readings``); ``echo_db``: the echo's level over a voice's."""

    pcm: bytes
    readings: tuple[EchoReading, ...]
    echo_db: float


def beside_loudspeaker(near: bytes, chance: random.Random, *, from_ms: int) -> BesideLoudspeaker:
    """``near`` with the echo of an assistant that speaks from ``from_ms`` on, and never stops.

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
    shakes_ns = [round(chance.expovariate(1 / _SHAKE_MEAN_NS)) for _ in range(_SHAKES)]
    drift_ppm = chance.uniform(-_DRIFT_PPM, _DRIFT_PPM)
    far = _assistant(chance, from_ms, len(near))

    async def hear() -> tuple[bytes, tuple[EchoReading, ...]]:
        return await _hear(EchoRoom(path, drift_ppm=drift_ppm, shakes_ns=shakes_ns), near, far)

    pcm, readings = run_virtual(hear())
    return BesideLoudspeaker(pcm, readings, level_db)


async def _hear(room: EchoRoom, near: bytes, far: bytes) -> tuple[bytes, tuple[EchoReading, ...]]:
    echo = EchoControl(room.microphone, room.speaker)
    room.say(near)
    talking = asyncio.create_task(_talk(echo.speaker, far))
    heard = bytearray()
    readings: list[EchoReading] = []
    while len(heard) < len(near) and (frame := await echo.microphone.read()) is not None:
        now_ms = samples_to_ms(len(heard) // BYTES_PER_SAMPLE)
        share = echo.share
        reading = EchoReading(at_ms=now_ms, threshold=echo.threshold, share=None if share is None else round(share, 1))
        if not readings or (reading.threshold, reading.share) != (readings[-1].threshold, readings[-1].share):
            readings.append(reading)
        heard += frame.pcm
    talking.cancel()
    await asyncio.wait([talking])
    await room.close()
    return bytes(heard[: len(near)]), tuple(readings)


async def _talk(speaker: AudioSink, far: bytes) -> None:
    for start in range(0, len(far), _FRAME_BYTES):
        await speaker.write(AudioFrame(far[start : start + _FRAME_BYTES]))


def _assistant(chance: random.Random, from_ms: int, length: int) -> bytes:
    """The assistant talks and talks."""
    track = Track()
    track.silence(from_ms)
    while track.end_ms * 48 < length:
        track.speech(speak(saying(chance), _ASSISTANT))
        track.silence(chance.randrange(200, 700))
    return track.pcm()[:length]
