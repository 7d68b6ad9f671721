"""Is a voice activity held to another threshold, whatever listens to it?"""

from __future__ import annotations

import pytest

from bareline.media.frames import AudioFrame
from bareline.turns.contract import SpeechProbability
from bareline.turns.energy import EnergyVad
from bareline.turns.playing_vad import PlayingVad

BLOCK = 480


class Steps:
    """Windows of 20 ms whose probabilities are given."""

    def __init__(self, probabilities: list[float]) -> None:
        self._probabilities = probabilities
        self._next = 0

    def feed(self, frame: AudioFrame) -> list[SpeechProbability]:
        windows: list[SpeechProbability] = []
        for _ in range(frame.samples // BLOCK):
            first = self._next * BLOCK
            windows.append(SpeechProbability(first, first + BLOCK, self._probabilities[self._next]))
            self._next += 1
        return windows

    def reset(self) -> None:
        self._next = 0


def frame(blocks: int = 1) -> AudioFrame:
    return AudioFrame(bytes(2 * BLOCK * blocks))


@pytest.mark.parametrize(
    ("threshold", "probability", "held_to"),
    [(0.5, 0.4, 0.4), (0.35, 0.35, 0.5), (0.35, 0.0, 0.0), (0.35, 1.0, 1.0), (0.7, 0.7, 0.5), (0.7, 0.35, 0.25)],
)
def test_the_threshold_in_force_counts_as_a_half(threshold: float, probability: float, held_to: float) -> None:
    vad = PlayingVad(Steps([probability]), lambda: threshold)
    assert [window.probability for window in vad.feed(frame())] == [pytest.approx(held_to)]


def test_each_window_is_held_to_what_was_in_force_when_it_was_heard() -> None:
    thresholds = iter([0.5, 0.8, 0.8, 0.5])
    vad = PlayingVad(Steps([0.6] * 4), lambda: next(thresholds))
    held = [window.probability for _ in range(4) for window in vad.feed(frame())]
    assert held == [0.6, pytest.approx(0.375), pytest.approx(0.375), 0.6]


def test_a_new_stream_begins_at_sample_0_and_as_in_silence() -> None:
    thresholds = iter([0.8, 0.5])
    vad = PlayingVad(Steps([0.6]), lambda: next(thresholds))
    vad.feed(frame())
    vad.reset()
    assert vad.feed(frame()) == [SpeechProbability(0, BLOCK, 0.6)]


def test_nothing_changes_where_the_threshold_is_a_half() -> None:
    pcm = b"\x00\x10" * BLOCK * 3
    plain, held = EnergyVad(), PlayingVad(EnergyVad(), lambda: 0.5)
    assert held.feed(AudioFrame(pcm)) == plain.feed(AudioFrame(pcm))
