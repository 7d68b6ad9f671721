"""A judge is asked at pauses, and its word ends the turn."""

from __future__ import annotations

from array import array

import pytest

from bareline.errors import ConfigurationError
from bareline.media.frames import AudioFrame
from bareline.turns.asked import AskingTurnDetector
from bareline.turns.contract import Hypothesis, TurnDecision
from bareline.turns.energy import EnergyVad
from bareline.units import ms_to_samples, samples_to_ms


class Judge:
    """Gives the likelihoods it was made with, one for each question; None: thinks for ever."""

    def __init__(self, *likely: float | None) -> None:
        self._likely = list(likely)
        self._now: float | None = None
        self.heard_ms: list[int] = []

    def ask(self, pcm: bytes) -> None:
        self.heard_ms.append(samples_to_ms(len(pcm) // 2))
        self._now = self._likely[min(len(self.heard_ms), len(self._likely)) - 1]

    def answer(self) -> float | None:
        return self._now


def sound(*parts: tuple[int, int]) -> bytes:
    """(ms, level) one after the other."""
    return b"".join(array("h", [level] * ms_to_samples(ms)).tobytes() for ms, level in parts)


def decide(detector: AskingTurnDetector, pcm: bytes, step_ms: int = 20) -> list[tuple[str, int, int]]:
    told: list[TurnDecision] = []
    step = 2 * ms_to_samples(step_ms)
    for at in range(0, len(pcm), step):
        told += detector.feed(AudioFrame(pcm[at : at + step]))
    return [(d.kind, samples_to_ms(d.at_sample), samples_to_ms(d.decided_at_sample)) for d in told]


SPEECH = (600, 8_000)


def test_a_turn_that_sounds_finished_ends_at_the_first_question() -> None:
    judge = Judge(0.9)
    told = decide(AskingTurnDetector(EnergyVad(), judge), sound((1_000, 0), SPEECH, (1_000, 0)))
    assert told == [("speech_started", 1_000, 1_060), ("speech_stopped", 1_600, 1_800), ("turn_ended", 1_600, 1_800)]
    assert judge.heard_ms == [500 + 600 + 200]


def test_an_unfinished_turn_goes_on_with_speech_and_is_asked_about_again() -> None:
    judge = Judge(0.2, 0.8)
    told = decide(AskingTurnDetector(EnergyVad(), judge), sound(SPEECH, (900, 0), SPEECH, (1_000, 0)))
    assert [kind for kind, _, _ in told] == ["speech_started", "speech_stopped", "turn_ended"]
    assert told[-1][1:] == (2_100, 2_300)
    assert len(judge.heard_ms) == 2


@pytest.mark.parametrize(("likely", "doubt"), [(0.1, "sounded unfinished (10% finished)"), (None, "of silence")])
def test_nobody_is_waited_for_for_ever(likely: float | None, doubt: str) -> None:
    detector = AskingTurnDetector(EnergyVad(), Judge(likely), give_up_ms=1_000)
    told = detector.feed(AudioFrame(sound(SPEECH, (2_000, 0))))
    assert told[-1].decided_at_sample - told[-1].at_sample == ms_to_samples(1_000)
    assert doubt in told[-1].reason


@pytest.mark.parametrize("step_ms", [1, 13, 20, 700, 20_000])
def test_any_split_decides_and_asks_the_same(step_ms: int) -> None:
    stream = sound((500, 0), SPEECH, (300, 0), (9_000, 8_000), (300, 0), SPEECH, (700, 0))
    judge, other = Judge(0.2, 0.3, 0.8), Judge(0.2, 0.3, 0.8)
    assert decide(AskingTurnDetector(EnergyVad(), judge), stream, step_ms) == decide(
        AskingTurnDetector(EnergyVad(), other), stream
    )
    assert judge.heard_ms == other.heard_ms == [1_300, 8_000, 8_000]


def test_a_new_stream_knows_nothing_of_the_old_one() -> None:
    detector = AskingTurnDetector(EnergyVad(), Judge(0.9))
    detector.playing(True, 0)
    assert detector.partial(Hypothesis("so", 1.0), 0) == []
    first = decide(detector, sound(SPEECH, (1_000, 0)))
    decide(detector, sound(SPEECH))
    detector.reset()
    assert decide(detector, sound(SPEECH, (1_000, 0))) == first


@pytest.mark.parametrize("options", [{"ask_after_ms": 0}, {"give_up_ms": 100}, {"threshold": 2}])
def test_settings_have_to_mean_something(options: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError):
        AskingTurnDetector(EnergyVad(), Judge(), **options)
