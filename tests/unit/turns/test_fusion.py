"""Several detectors together: who begins, who ends, and in which order what they say counts."""

from __future__ import annotations

import pytest

from bareline.errors import ConfigurationError
from bareline.media.frames import AudioFrame
from bareline.turns.contract import Hypothesis, TurnDecision
from bareline.turns.endpointing import Endpointing
from bareline.turns.energy import EnergyVad
from bareline.turns.fusion import FusedTurnDetector
from bareline.turns.silence import SilenceTurnDetector

LOUD = b"\x00\x20\x00\xe0" * 240
BLOCK = 480


class Told:
    """Decides what is written down, each in the block where it is known; blocks of 20 ms."""

    def __init__(self, *decisions: tuple[str, int, int]) -> None:
        self.decisions = [TurnDecision(k, a * BLOCK, d * BLOCK, f"{k} by {id(self)}") for k, a, d in decisions]  # type: ignore[arg-type]
        self.heard_playing = self.resets = 0

    def feed(self, frame: AudioFrame) -> list[TurnDecision]:
        return [d for d in self.decisions if frame.first_sample < d.decided_at_sample <= frame.end_sample]

    def partial(self, hypothesis: Hypothesis, sample: int) -> list[TurnDecision]:
        return [TurnDecision("speech_started", sample, sample, hypothesis.text)] if hypothesis.text else []

    def playing(self, playing: bool, sample: int) -> None:
        self.heard_playing += 1

    def reset(self) -> None:
        self.resets += 1


def decide(*detectors: Told, votes: int | None = None, blocks: int = 100) -> list[tuple[str, int, int]]:
    fused = FusedTurnDetector(detectors, votes=votes)
    decisions = fused.feed(AudioFrame(bytes(2 * BLOCK * blocks)))
    return [(d.kind, d.at_sample // BLOCK, d.decided_at_sample // BLOCK) for d in decisions]


QUICK = (("speech_started", 5, 8), ("speech_stopped", 20, 30), ("turn_ended", 20, 30))
SLOW = (("speech_started", 6, 9), ("speech_stopped", 22, 40), ("turn_ended", 22, 60))


def test_all_have_to_agree_unless_one_is_enough() -> None:
    assert decide(Told(*QUICK), Told(*SLOW)) == [
        ("speech_started", 5, 8),
        ("speech_stopped", 22, 40),
        ("turn_ended", 22, 60),
    ]
    assert decide(Told(*QUICK), Told(*SLOW), votes=1) == [*QUICK]


def test_who_goes_on_about_an_ended_turn_is_not_listened_to_until_it_hears_speech() -> None:
    again = (("speech_started", 70, 72), ("speech_stopped", 80, 90), ("turn_ended", 80, 90))
    assert decide(Told(*QUICK, *again), Told(*SLOW), votes=1) == [*QUICK, *again]


def test_who_heard_nothing_has_no_vote() -> None:
    assert decide(Told(*QUICK), Told()) == [*QUICK]


def test_speech_goes_on_while_one_hears_it_and_begins_again_with_one() -> None:
    pauses = (("speech_started", 5, 8), ("speech_stopped", 10, 15), ("speech_started", 18, 20))
    assert decide(Told(*pauses), Told(*SLOW), blocks=50) == [("speech_started", 5, 8)]
    assert decide(Told(*pauses), Told(("speech_started", 2, 3), ("speech_stopped", 4, 12)), blocks=50) == [
        ("speech_started", 2, 3),
        ("speech_stopped", 10, 15),
        ("speech_started", 18, 20),
    ]


def test_what_begins_earlier_and_is_known_later_does_not_turn_time_back() -> None:
    late = Told(("speech_started", 2, 25))
    assert decide(Told(("speech_started", 8, 9), ("speech_stopped", 12, 20)), late, blocks=50) == [
        ("speech_started", 8, 9),
        ("speech_stopped", 12, 20),
        ("speech_started", 12, 25),
    ]


def test_reasons_of_all_who_agreed_are_told() -> None:
    first, second = Told(*QUICK), Told(*SLOW)
    ended = FusedTurnDetector([first, second]).feed(AudioFrame(bytes(2 * BLOCK * 100)))[-1]
    assert ended.reason == f"{first.decisions[-1].reason}, and {second.decisions[-1].reason}"


def test_words_playing_reset_and_profiles_reach_all() -> None:
    told, timer = Told(), SilenceTurnDetector(EnergyVad())
    fused = FusedTurnDetector([told, timer])
    fused.use(Endpointing.patient())
    fused.pace("fast")
    assert timer.silence_duration_ms == 250
    fused.pace(None)
    fused.playing(playing=True, sample=0)
    assert fused.partial(Hypothesis("", 0.0), 480) == []
    assert [d.reason for d in fused.partial(Hypothesis("hello", 1.0), 480)] == ["hello"]
    fused.reset()
    assert (timer.silence_duration_ms, told.heard_playing, told.resets) == (1_000, 1, 1)


@pytest.mark.parametrize(("count", "votes"), [(0, None), (2, 0), (2, 3)])
def test_votes_that_cannot_be_had_are_refused(count: int, votes: int | None) -> None:
    with pytest.raises(ConfigurationError, match="votes"):
        FusedTurnDetector([Told()] * count, votes=votes)
