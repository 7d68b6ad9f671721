"""Do all voices, ears and turn detectors keep their contracts?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import cache

import pytest

from bareline.media.synthesis import SpeechSynthesis
from bareline.speech.espeak import EspeakSynthesis
from bareline.speech.silero import SileroVad
from bareline.speech.sphinx import GrammarSTT
from bareline.testing.conformance.synthesis import SYNTHESIS, MakeSynthesis
from bareline.testing.conformance.turns import RECOGNITION, TURN_DETECTION, VOICE_ACTIVITY
from bareline.testing.tones import ToneSynthesis
from bareline.testing.virtual import run_virtual
from bareline.turns.completeness import CompletenessTurnDetector
from bareline.turns.contract import StreamingSTT, TurnDetector, VoiceActivity
from bareline.turns.dictation import DictationTurnDetector
from bareline.turns.endpointing import Endpointing
from bareline.turns.energy import EnergyVad
from bareline.turns.fusion import FusedTurnDetector
from bareline.turns.silence import SilenceTurnDetector

SECOND = bytes(48_000)
GRAMMAR = """#JSGF V1.0;
grammar test;
public <order> = delete the (first | second) task | list all tasks;
"""


async def say(engine: SpeechSynthesis, text: str) -> bytes:
    spoken = b"".join([chunk.pcm async for chunk in engine.speak(text, voice=engine.voices[0])])
    await engine.close()
    return spoken


@cache
def speech() -> bytes:
    return asyncio.run(say(EspeakSynthesis(), "delete the second task"))


@cache
def audio() -> bytes:
    """Speech twice between silences."""
    return SECOND + speech() + SECOND + speech() + SECOND


def detector() -> TurnDetector:
    return SilenceTurnDetector(SileroVad())


def loudness_detector() -> TurnDetector:
    return SilenceTurnDetector(EnergyVad(), silence_duration_ms=300)


def words_detector() -> TurnDetector:
    return CompletenessTurnDetector(EnergyVad(), Endpointing.fast())


def number_detector() -> TurnDetector:
    return DictationTurnDetector(EnergyVad(), digits=4, profile=Endpointing.fast(dictation_ms=600))


def several_detectors() -> TurnDetector:
    return FusedTurnDetector([loudness_detector(), number_detector(), words_detector()], votes=2)


@pytest.mark.parametrize("check", VOICE_ACTIVITY, ids=lambda check: check.__name__)
@pytest.mark.parametrize("make", [SileroVad, EnergyVad])
def test_voice_activity(
    make: Callable[[], VoiceActivity], check: Callable[[Callable[[], VoiceActivity], bytes], None]
) -> None:
    check(make, audio())


@pytest.mark.parametrize("check", RECOGNITION, ids=lambda check: check.__name__)
def test_recognition(check: Callable[[Callable[[], StreamingSTT], bytes], None]) -> None:
    check(lambda: GrammarSTT(GRAMMAR), SECOND[:9_600] + speech() + SECOND[:9_600])


@pytest.mark.parametrize("check", TURN_DETECTION, ids=lambda check: check.__name__)
@pytest.mark.parametrize("make", [detector, loudness_detector, words_detector, number_detector, several_detectors])
def test_turn_detection(
    make: Callable[[], TurnDetector], check: Callable[[Callable[[], TurnDetector], bytes], None]
) -> None:
    check(make, audio())


@pytest.mark.parametrize("check", SYNTHESIS, ids=lambda check: check.__name__)
def test_tones(check: Callable[[MakeSynthesis], Awaitable[None]]) -> None:
    run_virtual(check(ToneSynthesis))


@pytest.mark.parametrize("check", SYNTHESIS, ids=lambda check: check.__name__)
def test_espeak(check: Callable[[MakeSynthesis], Awaitable[None]]) -> None:
    asyncio.run(check(EspeakSynthesis))


@pytest.mark.parametrize("check", SYNTHESIS, ids=lambda check: check.__name__)
def test_espeak_in_virtual_time(check: Callable[[MakeSynthesis], Awaitable[None]]) -> None:
    run_virtual(check(lambda: EspeakSynthesis(blocking=True)))
