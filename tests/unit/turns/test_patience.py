"""Waits that depend on what is known: words, profiles, numbers, and what may still turn out to be speech."""

from __future__ import annotations

import random

import pytest

from bareline.errors import ConfigurationError
from bareline.media.frames import AudioFrame
from bareline.turns.completeness import CompletenessTurnDetector, completeness, promises_more
from bareline.turns.contract import Hypothesis, SpeechProbability, TurnDecision
from bareline.turns.dictation import DictationTurnDetector, count_digits, dictated
from bareline.turns.endpointing import Adjustable, Endpointing
from bareline.turns.patience import PatientTurnDetector, Pause, Wait
from bareline.turns.silence import SilenceTurnDetector

WINDOW = 480
PROFILE = Endpointing.balanced()


class Scripted:
    """Voice activity as written down: one probability per window of 20 ms."""

    def __init__(self, probabilities: list[float]) -> None:
        self.probabilities = probabilities
        self.next = 0

    def feed(self, frame: AudioFrame) -> list[SpeechProbability]:
        first, self.next = self.next, min(len(self.probabilities), frame.end_sample // WINDOW)
        return [SpeechProbability(n * WINDOW, (n + 1) * WINDOW, self.probabilities[n]) for n in range(first, self.next)]

    def reset(self) -> None:
        self.next = 0


def run(detector: PatientTurnDetector, windows: int, *, first: int = 0) -> list[tuple[str, int, int]]:
    """Decisions in windows instead of samples."""
    decisions = detector.feed(AudioFrame(bytes(2 * WINDOW * windows), first_sample=first * WINDOW))
    return [(d.kind, d.at_sample // WINDOW, d.decided_at_sample // WINDOW) for d in decisions]


def after(ms: int):
    return lambda _pause, _profile: Wait(ms, "so it was asked for")


def grammar(text: str, *, complete: bool, then: tuple[str, ...] = (), confidence: float = 1.0) -> Hypothesis:
    return Hypothesis(text, confidence, complete, frozenset(then))


# --- the detector -----------------------------------------------------------------------------------------------------


def test_a_pause_ends_the_utterance_and_the_turn_goes_on_until_it_was_waited_out() -> None:
    heard = [0] * 5 + [1] * 10 + [0] * 20 + [1] * 10 + [0] * 60
    assert run(PatientTurnDetector(Scripted(heard), after(600)), 105) == [
        ("speech_started", 5, 8),
        ("speech_stopped", 15, 25),
        ("speech_started", 35, 38),
        ("speech_stopped", 45, 55),
        ("turn_ended", 45, 75),
    ]


def test_a_short_wait_ends_utterance_and_turn_at_once() -> None:
    assert run(PatientTurnDetector(Scripted([1] * 10 + [0] * 20), after(100)), 30) == [
        ("speech_started", 0, 3),
        ("speech_stopped", 10, 15),
        ("turn_ended", 10, 15),
    ]


def test_a_voice_that_comes_back_softly_ends_the_silence_without_beginning_an_utterance() -> None:
    softly = [1] * 10 + [0] * 28 + [0.4] * 2 + [0] * 40
    assert run(PatientTurnDetector(Scripted(softly), after(600)), 80) == [
        ("speech_started", 0, 3),
        ("speech_stopped", 10, 20),
        ("turn_ended", 40, 70),
    ]


def test_who_has_begun_clearly_may_go_on_softly_whatever_the_profile() -> None:
    noisy = Endpointing.noisy()
    heard = [0.6] * 20 + [0] * 60 + [0.9] * 10 + [0.4] * 5 + [0] * 60
    assert run(PatientTurnDetector(Scripted(heard), after(600), noisy), 155) == [
        ("speech_started", 80, 86),
        ("speech_stopped", 95, 105),
        ("turn_ended", 95, 125),
    ]


@pytest.mark.parametrize("wait_ms", [0, 100, 200, 300, 1_000])
def test_a_wait_that_never_changes_ends_the_turns_that_a_silence_timer_does(wait_ms: int) -> None:
    chance = random.Random(wait_ms)
    heard = [level for _ in range(400) for level in [chance.random()] * chance.randint(1, 30)]
    frame = AudioFrame(bytes(2 * WINDOW * len(heard)))
    timer = SilenceTurnDetector(Scripted(heard), silence_duration_ms=wait_ms)
    ends = [(d.at_sample, d.decided_at_sample) for d in timer.feed(frame) if d.kind == "turn_ended"]
    patient = PatientTurnDetector(Scripted(heard), after(wait_ms)).feed(frame)
    assert ends == [(d.at_sample, d.decided_at_sample) for d in patient if d.kind == "turn_ended"]
    assert len(ends) > 3
    told = [decision.decided_at_sample for decision in patient]
    assert told == sorted(told)
    noisy = PatientTurnDetector(Scripted(heard), after(wait_ms), Endpointing.noisy()).feed(frame)
    assert {(d.at_sample, d.decided_at_sample) for d in noisy if d.kind == "turn_ended"} <= set(ends)


def test_patience_sees_the_pause_and_all_that_is_known_of_the_turn() -> None:
    seen: list[Pause] = []

    def patience(pause: Pause, profile: Endpointing) -> Wait:
        seen.append(pause)
        return Wait(profile.silence_ms, "as the profile says")

    detector = PatientTurnDetector(Scripted([1] * 10 + [0] * 15 + [1] * 10 + [0] * 30), patience)
    run(detector, 30)
    detector.partial(Hypothesis("hello", 0.4), 30 * WINDOW)
    detector.partial(Hypothesis("hello", 0.9), 34 * WINDOW)
    detector.playing(playing=True, sample=30 * WINDOW)
    run(detector, 35, first=30)
    assert seen[-1] == Pause(
        silence_ms=500,
        hypothesis=Hypothesis("hello", 0.9),
        stable_ms=600,
        speech_ms=700,
        pauses=(300,),
        playing=True,
    )


def test_reasons_say_what_was_waited_for_and_reset_forgets() -> None:
    detector = PatientTurnDetector(Scripted([1] * 10 + [0] * 20), after(100))
    first = detector.feed(AudioFrame(bytes(2 * WINDOW * 30)))
    assert [d.reason for d in first][1:] == ["100 ms of silence", "100 ms of silence: so it was asked for"]
    detector.playing(playing=True, sample=0)
    detector.reset()
    assert detector.feed(AudioFrame(bytes(2 * WINDOW * 30))) == first


def test_a_profile_can_change_in_the_middle_of_a_pause() -> None:
    detector = CompletenessTurnDetector(Scripted([1] * 10 + [0] * 60), Endpointing.patient())
    assert run(detector, 40)[-1][0] == "speech_stopped"
    detector.use(Endpointing.fast())
    assert detector.profile == Endpointing.fast()
    assert run(detector, 1, first=40) == [("turn_ended", 10, 41)]


# --- profiles ---------------------------------------------------------------------------------------------------------


def test_profiles_order_by_patience_and_take_settings_of_ones_own() -> None:
    fast, balanced, patient = Endpointing.fast(), Endpointing.balanced(), Endpointing.patient()
    for name in ("silence_ms", "whole_ms", "open_ms", "unfinished_ms", "dictation_ms"):
        assert getattr(fast, name) < getattr(balanced, name) < getattr(patient, name)
    assert Endpointing.noisy().threshold > balanced.threshold
    assert Endpointing.fast(silence_ms=200).silence_ms == 200


@pytest.mark.parametrize("wrong", [{"threshold": 1.1}, {"silence_ms": -1}, {"open_ms": -1}, {"min_speech_ms": -1}])
def test_impossible_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError):
        Endpointing(**wrong)  # type: ignore[arg-type]


def test_a_silence_timer_takes_a_profile_too() -> None:
    detector = SilenceTurnDetector(Scripted([1] * 10 + [0] * 60))
    assert isinstance(detector, Adjustable)
    detector.use(Endpointing.noisy())
    assert (detector.threshold, detector.silence_duration_ms) == (0.75, 650)


def test_a_pace_lasts_until_it_is_taken_back_and_leaves_what_counts_as_speech() -> None:
    own = Endpointing.balanced(threshold=0.6, silence_ms=432)
    timer, patient = SilenceTurnDetector(Scripted([])), PatientTurnDetector(Scripted([]), after(0))
    for detector in (timer, patient):
        detector.use(own)
        detector.pace("patient")
    assert timer.silence_duration_ms == patient.profile.silence_ms == 1_000
    assert patient.profile.threshold == 0.6
    patient.pace("noisy")
    assert patient.profile.threshold == 0.75
    for detector in (timer, patient):
        detector.pace(None)
    assert (timer.silence_duration_ms, patient.profile) == (432, own)


# --- completeness -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hypothesis", "ms"),
    [
        (None, PROFILE.silence_ms),
        (Hypothesis("", 0.0), PROFILE.open_ms),
        (grammar("add", complete=False, then=("milk",)), PROFILE.unfinished_ms),
        (grammar("add milk", complete=True, then=("tomorrow", "please")), PROFILE.open_ms),
        (grammar("add milk tomorrow", complete=True, then=("please", "thanks")), PROFILE.whole_ms),
        (grammar("add milk tomorrow", complete=True, confidence=0.0), PROFILE.whole_ms),
        (grammar("call mom at five", complete=True, then=("thirty", "p", "in", "please")), PROFILE.whole_ms),
        (grammar("my code is five", complete=True, then=("one", "thirty")), PROFILE.open_ms),
        (Hypothesis("add milk", 1.0, complete=True), PROFILE.open_ms),
        (Hypothesis("i would like to", 0.9), PROFILE.unfinished_ms),
        (Hypothesis("well, um...", 0.9), PROFILE.unfinished_ms),
        (Hypothesis("that is all", 0.9), PROFILE.silence_ms),
    ],
)
def test_how_long_is_waited_depends_on_the_words(hypothesis: Hypothesis | None, ms: int) -> None:
    wait = completeness(Pause(silence_ms=0, hypothesis=hypothesis, stable_ms=1_000), PROFILE)
    assert wait.ms == ms
    assert wait.reason


def test_words_that_have_only_just_become_these_are_not_trusted() -> None:
    words = grammar("add milk tomorrow", complete=True)
    assert completeness(Pause(silence_ms=0, hypothesis=words, stable_ms=100), PROFILE).ms == PROFILE.open_ms


@pytest.mark.parametrize(("text", "word"), [("I want to", "to"), ("So... UM,", "um"), ("no more", None), ("", None)])
def test_words_that_promise_more(text: str, word: str | None) -> None:
    assert promises_more(text) == word


def test_a_turn_ends_by_its_words() -> None:
    detector = CompletenessTurnDetector(Scripted([1] * 10 + [0] * 60))
    run(detector, 10)
    detector.partial(grammar("add milk tomorrow", complete=True), 0)
    assert run(detector, 60, first=10)[-1] == ("turn_ended", 10, 20)


# --- dictation --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("", 0),
        ("my number is", 0),
        ("four two", 2),
        ("oh one double seven", 4),
        ("triple five nine", 4),
        ("it's 030 1234", 7),
        ("twenty one", 2),
        ("forty", 2),
        ("nineteen eighty four", 4),
        ("double", 0),
    ],
)
def test_digits_are_counted_as_they_are_said(text: str, digits: int) -> None:
    assert count_digits(text) == digits


@pytest.mark.parametrize(
    ("text", "wanted", "ms"),
    [
        ("four two seven", None, PROFILE.dictation_ms),
        ("four two seven", 3, PROFILE.whole_ms),
        ("four two seven", 10, PROFILE.dictation_ms),
        ("four two seven one", range(3, 6), PROFILE.dictation_ms),
        ("four two seven one five", range(3, 6), PROFILE.whole_ms),
        ("i do not know", 10, PROFILE.silence_ms),
        ("my number is", 10, PROFILE.unfinished_ms),
    ],
)
def test_a_number_is_over_when_it_has_its_digits(text: str, wanted: int | range | None, ms: int) -> None:
    pause = Pause(silence_ms=0, hypothesis=Hypothesis(text, 0.9), stable_ms=500)
    assert dictated(pause, PROFILE, wanted=wanted).ms == ms


def test_without_words_dictation_is_patient() -> None:
    assert dictated(Pause(silence_ms=0), PROFILE).ms == PROFILE.dictation_ms
    assert run(DictationTurnDetector(Scripted([1] * 10 + [0] * 90), digits=4), 100)[-1] == ("turn_ended", 10, 90)


def test_kinds_of_decisions_are_those_of_the_contract() -> None:
    decisions = DictationTurnDetector(Scripted([1] * 10 + [0] * 90)).feed(AudioFrame(bytes(2 * WINDOW * 100)))
    assert all(isinstance(decision, TurnDecision) for decision in decisions)
