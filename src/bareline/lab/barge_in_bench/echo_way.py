"""How quickly does the assistant yield where it is heard by the microphone, and does it ever yield to itself?

In virtual time: the loudspeaker and the person are in one simulated room, and the echo is cancelled. The assistant
speaks, which a tone would not do: no canceller and no ear takes a tone for a voice.
"""

from __future__ import annotations

import math
import random
from array import array
from collections.abc import AsyncIterator
from dataclasses import replace

from bareline.client.call import Call
from bareline.devices.echo_control import EchoControl
from bareline.lab.barge_in_bench.heard_sink import HeardSink
from bareline.lab.barge_in_bench.mouth import Mouth, sayings
from bareline.lab.barge_in_bench.talk import Talk
from bareline.lab.echo_bench.rooms import ROOMS
from bareline.lab.turn_corpus.overlaps import saying
from bareline.lab.turn_corpus.voices import DEVELOPMENT_VOICES, speak
from bareline.media.samples import to_bytes
from bareline.protocol.generation import Outcome, Output, ResponseRequest, SpeechDelta
from bareline.speech.phrase_stt import PhraseSTT
from bareline.speech.silero import SileroVad
from bareline.testing.echo_path import Echoes, EchoPath
from bareline.testing.function_backend import FunctionBackend
from bareline.testing.in_process import InProcessServer
from bareline.testing.virtual import run_virtual
from bareline.testing.voice import level_speech
from bareline.turns.interruption_rules import InterruptionRules
from bareline.turns.silence import SilenceTurnDetector
from bareline.units import ms_to_samples

__all__ = ["hold_in_rooms", "hold_with_echo"]

_DEVICE_MS = 20
_VOICE = DEVELOPMENT_VOICES[1]
_SENTENCES = 10
_GAP = array("h", bytes(2 * ms_to_samples(350)))


def hold_in_rooms(ratio_db: int, *, interruptions: int, listening: int, seed: int) -> list[Talk]:
    """A call in each room of the bench, in all of them together at least so many sounds of a user who is ``ratio_db``
    louder than the assistant's echo. Raises ``MissingExtra`` without the extras ``devices`` and ``speech``."""
    rooms = len(ROOMS)
    return [
        hold_with_echo(
            interruptions=math.ceil(interruptions / rooms),
            listening=math.ceil(listening / rooms),
            seed=seed + number,
            path=replace(path, level_db=-ratio_db),
        )
        for number, path in enumerate(ROOMS)
    ]


def hold_with_echo(
    *, interruptions: int, listening: int, seed: int, path: EchoPath | None = None, media: bool = False
) -> Talk:
    """One call with so many sounds over the assistant's voice; what came of them.

    Raises ``MissingExtra`` without the extras ``devices`` and ``speech``.
    """
    return run_virtual(_hold(interruptions, listening, seed, path or EchoPath(seed=seed), media))


async def _hold(interruptions: int, listening: int, seed: int, path: EchoPath, media: bool) -> Talk:
    sink, echoes = HeardSink(device_ms=_DEVICE_MS), Echoes(path)
    mouth = Mouth(seed, lambda at_ns, said: echoes.feed(sink.played(at_ns, len(said) // 2), said))
    control = EchoControl(mouth, sink)
    policy = InterruptionRules.balanced()
    async with InProcessServer(FunctionBackend(_speech), media=media, voice_activity=SileroVad) as server:
        call = Call(
            dial=server.dial,
            microphone=control.microphone,
            speaker=control.speaker,
            turns=SilenceTurnDetector(control.vad(SileroVad())),
            ears=control.vad(SileroVad()),
            interruptions=policy,
            overlap_recogniser=PhraseSTT(policy.words.grammar()),
        )
        talk = Talk(call, mouth, sink, seed)
        said = sayings(interruptions, seed, listening=False), sayings(listening, seed, listening=True)
        await talk.run(*said)
    return talk


async def _speech(request: ResponseRequest) -> AsyncIterator[Output | Outcome]:
    chance = random.Random(len(request.context))
    for _ in range(_SENTENCES):
        text = saying(chance)
        speech = level_speech(to_bytes(speak(text, _VOICE))).samples
        yield SpeechDelta(item=0, transcript=f"{text} ", audio=to_bytes(speech + _GAP))
