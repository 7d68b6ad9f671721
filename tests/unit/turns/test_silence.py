"""Turns by silence: onset, hysteresis, clicks, and no dependence on the split."""

from __future__ import annotations

import math
from array import array
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareline.errors import ConfigurationError
from bareline.media.frames import AudioFrame
from bareline.turns.contract import Hypothesis, SpeechProbability, TurnDecision
from bareline.turns.energy import EnergyVad
from bareline.turns.silence import SilenceTurnDetector

WINDOW = 480


class Scripted:
    """Voice activity as written down: one probability per window of 20 ms."""

    def __init__(self, probabilities: list[float]) -> None:
        self.probabilities = probabilities
        self.next = 0

    def feed(self, frame: AudioFrame) -> list[SpeechProbability]:
        windows = []
        while (self.next + 1) * WINDOW <= frame.end_sample and self.next < len(self.probabilities):
            first = self.next * WINDOW
            windows.append(SpeechProbability(first, first + WINDOW, self.probabilities[self.next]))
            self.next += 1
        return windows

    def reset(self) -> None:
        self.next = 0


def decide(probabilities: list[float], **settings: float) -> list[tuple[str, int, int]]:
    """Decisions in windows instead of samples."""
    detector = SilenceTurnDetector(Scripted(probabilities), **settings)  # type: ignore[arg-type]
    decisions = detector.feed(AudioFrame(bytes(2 * WINDOW * len(probabilities))))
    return [(d.kind, d.at_sample // WINDOW, d.decided_at_sample // WINDOW) for d in decisions]


def ended(at: int, known: int) -> list[tuple[str, int, int]]:
    return [("speech_stopped", at, known), ("turn_ended", at, known)]


def test_speech_begins_at_its_first_window_and_ends_after_its_last() -> None:
    assert decide([0] * 5 + [1] * 10 + [0] * 30, silence_duration_ms=200) == [
        ("speech_started", 5, 8),
        *ended(15, 25),
    ]


def test_a_click_is_not_speech() -> None:
    assert decide([0, 1, 1, 0, 0, 1, 0, 1, 1, 0]) == []
    assert decide([0, 1, 1, 0], min_speech_ms=40) == [("speech_started", 1, 3)]


def test_a_fading_vowel_is_not_silence() -> None:
    fading = [1] * 5 + [0.4] * 20 + [0.3] * 10
    assert decide(fading, silence_duration_ms=200) == [("speech_started", 0, 3), *ended(25, 35)]
    assert decide([0.4] * 20) == []


def test_a_pause_shorter_than_the_silence_does_not_end_the_turn() -> None:
    assert decide([1] * 5 + [0] * 9 + [1] + [0] * 9, silence_duration_ms=200) == [("speech_started", 0, 3)]


def test_silence_of_nothing_ends_with_the_first_silent_window() -> None:
    assert decide([1, 1, 1, 0, 0], silence_duration_ms=0) == [("speech_started", 0, 3), *ended(3, 4)]


def test_reasons_are_words() -> None:
    detector = SilenceTurnDetector(Scripted([1] * 4 + [0] * 30))
    started, stopped, turn = detector.feed(AudioFrame(bytes(2 * WINDOW * 40)))
    assert started.reason == "speech at 0.5 or above for 60 ms"
    assert stopped.reason == turn.reason == "500 ms of silence"


def test_settings_change_in_the_middle_of_speech() -> None:
    detector = SilenceTurnDetector(Scripted([1] * 5 + [0] * 30), silence_duration_ms=10_000)
    detector.feed(AudioFrame(bytes(2 * WINDOW * 10)))
    assert detector.speaking
    detector.configure(threshold=0.5, prefix_padding_ms=100, silence_duration_ms=200)
    decisions = detector.feed(AudioFrame(bytes(2 * WINDOW * 10), first_sample=10 * WINDOW))
    assert [(d.kind, d.decided_at_sample // WINDOW) for d in decisions] == [("speech_stopped", 15), ("turn_ended", 15)]
    assert detector.prefix_padding_ms == 100
    assert not detector.speaking


@pytest.mark.parametrize("wrong", [{"threshold": 1.1}, {"silence_duration_ms": -1}, {"prefix_padding_ms": -1}])
def test_impossible_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError):
        SilenceTurnDetector(Scripted([]), **wrong)  # type: ignore[arg-type]


def test_words_and_playback_decide_nothing_and_reset_forgets() -> None:
    detector = SilenceTurnDetector(Scripted([1] * 40))
    detector.feed(AudioFrame(bytes(2 * WINDOW * 5)))
    assert detector.partial(Hypothesis("yes", 1.0, complete=True), 5 * WINDOW) == []
    detector.playing(playing=True, sample=5 * WINDOW)
    detector.reset()
    assert not detector.speaking
    assert [d.at_sample for d in detector.feed(AudioFrame(bytes(2 * WINDOW * 5)))] == [0]


def speech_like() -> bytes:
    """Bursts of tone with pauses of different lengths."""
    samples: list[int] = []
    for burst_ms, pause_ms in ((300, 150), (200, 700), (30, 400), (500, 900)):
        samples += [round(9000 * math.sin(n / 9)) for n in range(24 * burst_ms)] + [0] * (24 * pause_ms)
    return array("h", samples).tobytes()


SPEECH = speech_like()


def detect(cuts: list[int]) -> list[TurnDecision]:
    detector = SilenceTurnDetector(EnergyVad())
    edges = [0, *sorted(2 * cut for cut in cuts), len(SPEECH)]
    frames = [AudioFrame(SPEECH[a:b], a // 2) for a, b in pairwise(edges)]
    return [decision for frame in frames for decision in detector.feed(frame)]


@given(st.lists(st.integers(0, len(SPEECH) // 2), max_size=12))
def test_any_split_decides_the_same_and_keeps_the_contract(cuts: list[int]) -> None:
    decisions = detect(cuts)
    assert decisions == detect([])
    assert [d.kind for d in decisions] == ["speech_started", "speech_stopped", "turn_ended"] * 2
    assert all(d.at_sample <= d.decided_at_sample for d in decisions)
    assert all(a.at_sample <= b.at_sample for a, b in pairwise(decisions))
    assert [d.at_sample // 24 for d in decisions[:2]] == [0, 660]
