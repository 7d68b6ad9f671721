"""A detector and a recogniser on one stream: what the recogniser hears, and what the detector hears of it."""

from __future__ import annotations

import pytest

from bareline.media.frames import AudioFrame
from bareline.testing.conformance.split import frames, odd_frames
from bareline.turns.contract import Hypothesis, TurnDecision
from bareline.turns.energy import EnergyVad
from bareline.turns.listener import TurnListener
from bareline.turns.silence import SilenceTurnDetector
from bareline.units import ms_to_samples

LOUD = b"\x00\x20\x00\xe0"


def quiet(ms: int) -> bytes:
    return bytes(48 * ms)


def loud(ms: int) -> bytes:
    return LOUD * (12 * ms)


class CountsMs:
    """A recogniser that understands how many ms of sound it heard, and that it was said in full after 400."""

    def __init__(self) -> None:
        self.first_samples: list[int] = []
        self.loud = self.heard = 0

    def feed(self, frame: AudioFrame) -> None:
        if not self.heard:
            self.first_samples.append(frame.first_sample)
        self.heard += frame.samples
        self.loud += frame.pcm.count(LOUD) * 2

    def partial(self) -> Hypothesis | None:
        return self._guess() if self.loud > ms_to_samples(80) else None

    def finish(self) -> Hypothesis:
        final = self._guess()
        self.reset()
        return final

    def reset(self) -> None:
        self.loud = self.heard = 0

    def _guess(self) -> Hypothesis:
        return Hypothesis(f"{self.loud // 24} of {self.heard // 24}", 1.0, complete=self.loud >= ms_to_samples(400))


class EndsWhenComplete(SilenceTurnDetector):
    def partial(self, hypothesis: Hypothesis, sample: int) -> list[TurnDecision]:
        if not (hypothesis.complete and self.speaking):
            return []
        self.reset_speech()
        return [TurnDecision(kind, sample, sample, "complete") for kind in ("speech_stopped", "turn_ended")]  # type: ignore[arg-type]

    def reset_speech(self) -> None:
        self._speaking = False


def silence_detector() -> SilenceTurnDetector:
    return SilenceTurnDetector(EnergyVad(), silence_duration_ms=300)


def kinds(decisions: list[TurnDecision]) -> list[str]:
    return [decision.kind for decision in decisions]


def test_the_recogniser_hears_the_turn_with_what_came_before_it_and_nothing_else() -> None:
    recogniser = CountsMs()
    listener = TurnListener(silence_detector(), recogniser=recogniser, pre_roll_ms=200)
    decisions = listener.feed(AudioFrame(quiet(1_000) + loud(300) + quiet(400)))
    assert kinds(decisions) == ["speech_started", "speech_stopped", "turn_ended"]
    assert recogniser.first_samples == [ms_to_samples(800)]
    assert listener.hypothesis == Hypothesis("300 of 800", 1.0)  # 200 before, 300 of speech, 300 of silence
    assert not listener.in_turn


def test_partials_reach_the_detector_which_may_end_the_turn_by_them() -> None:
    listener = TurnListener(EndsWhenComplete(EnergyVad()), recogniser=CountsMs())
    decisions = listener.feed(AudioFrame(quiet(200) + loud(500)))
    ended = decisions[2]
    assert kinds(decisions)[:3] == ["speech_started", "speech_stopped", "turn_ended"]
    assert (ended.reason, ended.decided_at_sample) == ("complete", ms_to_samples(600))


def test_the_next_turn_does_not_begin_within_the_last_one() -> None:
    recogniser = CountsMs()
    listener = TurnListener(silence_detector(), recogniser=recogniser, pre_roll_ms=1_000)
    listener.feed(AudioFrame(loud(200) + quiet(400) + loud(100)))
    assert listener.in_turn
    assert listener.speaking
    assert recogniser.first_samples == [0, ms_to_samples(500)]  # 200 of speech, 300 of silence


def test_speech_that_is_found_late_is_heard_as_far_as_it_is_kept() -> None:
    class Late(SilenceTurnDetector):
        def feed(self, frame: AudioFrame) -> list[TurnDecision]:
            known = frame.end_sample
            late = known == ms_to_samples(5_000)
            return [TurnDecision("speech_started", 0, known, "at last")] if late else []

    recogniser = CountsMs()
    listener = TurnListener(Late(EnergyVad()), recogniser=recogniser, pre_roll_ms=0)
    listener.feed(AudioFrame(loud(5_000)))
    assert recogniser.first_samples == [ms_to_samples(3_000)]


@pytest.mark.parametrize("seed", range(3))
def test_any_split_decides_and_understands_the_same(seed: int) -> None:
    audio = quiet(330) + loud(250) + quiet(150) + loud(210) + quiet(700) + loud(90) + quiet(600)

    def run(stream: object) -> tuple[list[TurnDecision], Hypothesis | None]:
        listener = TurnListener(EndsWhenComplete(EnergyVad(), silence_duration_ms=300), recogniser=CountsMs())
        return [d for frame in stream for d in listener.feed(frame)], listener.hypothesis  # type: ignore[attr-defined]

    assert run(odd_frames(audio, seed)) == run(frames(audio))


def test_without_a_recogniser_nothing_is_known_and_reset_begins_a_new_stream() -> None:
    listener = TurnListener(silence_detector())
    first = listener.feed(AudioFrame(quiet(100) + loud(200) + quiet(300)))
    assert listener.hypothesis is None
    listener.feed(AudioFrame(loud(200)))
    listener.playing(playing=True, sample=0)
    listener.reset()
    assert not listener.in_turn
    assert not listener.speaking
    assert listener.feed(AudioFrame(quiet(100) + loud(200) + quiet(300))) == first


def test_reset_drops_the_words_too() -> None:
    listener = TurnListener(silence_detector(), recogniser=CountsMs())
    listener.feed(AudioFrame(loud(300)))
    assert listener.hypothesis == Hypothesis("300 of 300", 1.0)
    listener.reset()
    assert listener.hypothesis is None
