"""The policies that come with the package, one overlap at a time."""

from __future__ import annotations

import pytest

from bareline.errors import ConfigurationError
from bareline.turns.interruption import Overlap
from bareline.turns.interruption_rules import AlwaysInterrupt, InterruptionRules, NeverInterrupt

RULES = InterruptionRules.balanced()


def over(speech_ms: int, silence_ms: int = 0, **known: object) -> Overlap:
    """Speech, as voice activity has it, and silence since."""
    known.setdefault("probability", 0.9)
    return Overlap(since_ms=speech_ms + silence_ms, speech_ms=speech_ms, silence_ms=silence_ms, **known)


def judged(overlap: Overlap, rules: InterruptionRules = RULES) -> tuple[str, str]:
    found = rules.judge(overlap)
    assert found.reason
    return found.output, found.kind


def test_the_voice_ducks_at_once_and_pauses_soon() -> None:
    assert judged(over(20)) == ("duck", "unknown")
    assert judged(over(100)) == ("pause", "unknown")
    assert judged(over(60, 40)) == ("duck", "unknown")
    assert judged(over(60, 40, paused=True)) == ("pause", "unknown")


def test_what_a_detector_alone_has_found_pauses_at_once() -> None:
    assert judged(over(0, probability=None, detected=True)) == ("pause", "unknown")
    assert judged(over(0, detected=True)) == ("duck", "unknown")


def test_without_words_what_is_short_resumes_and_what_goes_on_stops() -> None:
    assert judged(over(400, 100)) == ("pause", "unknown")
    assert judged(over(400, 320)) == ("play", "backchannel")
    assert judged(over(400, turn_over=True)) == ("play", "backchannel")
    assert judged(over(849)) == ("pause", "unknown")
    assert judged(over(850)) == ("stop", "turn")


def test_noise_resumes_however_long() -> None:
    assert judged(over(60, 180)) == ("play", "noise")
    assert judged(over(500, 320, probability=0.55)) == ("play", "noise")
    assert judged(over(3_000, probability=0.4)) == ("pause", "unknown")


@pytest.mark.parametrize(
    ("words", "result"),
    [
        ("stop", ("stop", "stop")),
        ("no", ("stop", "correction")),
        ("mm-hmm", ("play", "backchannel")),
        ("friday", ("stop", "turn")),
        ("um", ("play", "backchannel")),
        ("what about bread", ("stop", "redirection")),
    ],
)
def test_short_words_decide_when_they_are_over(words: str, result: tuple[str, str]) -> None:
    assert judged(over(400, words=words)) == ("pause", "unknown")
    assert judged(over(400, 320, words=words)) == result


def test_words_decide_while_somebody_speaks_on() -> None:
    assert judged(over(600, words="actually make it")) == ("stop", "correction")
    assert judged(over(600, words="friday")) == ("pause", "unknown")
    assert judged(over(600, words="okay yeah")) == ("pause", "backchannel")
    assert judged(over(900, words="okay yeah", confidence=0.9)) == ("pause", "backchannel")
    assert judged(over(1_100, words="okay yeah", confidence=0.9)) == ("stop", "turn")


def test_a_stop_that_goes_on_is_a_turn() -> None:
    assert judged(over(1_400, words="wait")) == ("stop", "stop")
    assert judged(over(1_600, words="wait")) == ("stop", "turn")


def test_a_stop_is_believed_sooner_than_a_listener() -> None:
    assert judged(over(400, 320, words="stop", confidence=0.3)) == ("stop", "stop")
    assert judged(over(400, 320, words="stop", confidence=0.06)) == ("stop", "stop")
    assert judged(over(400, 320, words="stop", confidence=0.01)) == ("play", "backchannel")
    assert judged(over(400, 320, words="tomorrow", confidence=0.3)) == ("stop", "turn")
    assert judged(over(300, 320, words="tomorrow", confidence=0.3)) == ("play", "backchannel")
    assert judged(over(600, 320, words="yeah", confidence=0.3)) == ("play", "backchannel")


def test_an_unsure_stop_has_to_be_speech_and_no_echo() -> None:
    assert judged(over(400, 320, words="stop", confidence=0.1, probability=0.6)) == ("play", "noise")
    assert judged(over(400, 320, words="stop", confidence=0.1, echo=0.2)) == ("play", "backchannel")
    assert judged(over(400, 320, words="stop", confidence=0.3, echo=0.2)) == ("stop", "stop")


def test_what_nobody_understood_takes_the_floor_when_it_comes_again() -> None:
    again = {"again_ms": 500, "doubted": True}
    assert judged(over(300, 320, words="oh", confidence=0.1, **again)) == ("stop", "turn")
    assert judged(over(300, 320, words="stop", confidence=0.0, **again)) == ("stop", "stop")
    assert judged(over(300, 320, words="oh", confidence=0.3, **again)) == ("play", "backchannel")
    assert judged(over(300, 320, words="oh", confidence=0.6, **again)) == ("play", "backchannel")
    assert judged(over(150, 320, words="oh", confidence=0.1, **again)) == ("play", "backchannel")
    assert judged(over(300, 320, **again)) == ("play", "backchannel")
    assert judged(over(300, 320, words="oh", confidence=0.1, again_ms=500)) == ("play", "backchannel")
    assert judged(over(500, 320, words="tuesday", confidence=0.3, **again)) == ("stop", "turn")


def test_what_nobody_understood_counts_by_its_length() -> None:
    assert judged(over(500, 320, confidence=0.0)) == ("play", "backchannel")
    assert judged(over(800, 320, confidence=0.0)) == ("stop", "turn")
    assert judged(over(500, 320, confidence=0.0, again_ms=500)) == ("play", "backchannel")
    assert judged(over(1_000, confidence=0.0)) == ("pause", "unknown")


def test_what_is_rather_a_listeners_may_be_longer_and_what_is_rather_none_has_to_be_less_long() -> None:
    assert judged(over(840, 320, words="right", confidence=0.0)) == ("play", "backchannel")
    assert judged(over(860, 320, words="right", confidence=0.0)) == ("stop", "turn")
    assert judged(over(960, 320, words="right", confidence=0.2)) == ("play", "backchannel")
    assert judged(over(980, 320, words="right", confidence=0.2)) == ("stop", "turn")
    assert judged(over(430, 320, words="stop it", confidence=0.0)) == ("play", "backchannel")
    assert judged(over(450, 320, words="stop it", confidence=0.0)) == ("stop", "turn")
    assert judged(over(400, 320, words="tuesday", confidence=0.0)) == ("play", "backchannel")
    assert judged(over(400, 320, words="tuesday", confidence=0.3)) == ("stop", "turn")
    assert judged(over(450, 320, words="tuesday", confidence=0.0, probability=0.6)) == ("play", "noise")
    assert judged(over(700, 320, words="um", confidence=0.9)) == ("play", "backchannel")


def test_a_listeners_word_answers_a_question() -> None:
    assert judged(over(400, 320, words="yeah", saying="Shall I add it?")) == ("stop", "turn")
    assert judged(over(400, 320, saying="Shall I add it? ")) == ("stop", "turn")
    assert judged(over(150, 320, saying="Shall I add it?")) == ("play", "backchannel")


def test_over_an_echo_less_that_was_not_understood_takes_the_floor() -> None:
    strange = {"words": "true mm hmm", "confidence": 0.1}
    assert judged(over(600, 320, **strange)) == ("play", "backchannel")
    assert judged(over(600, 320, echo=0.0, **strange)) == ("stop", "turn")
    assert judged(over(400, 320, echo=0.0, **strange)) == ("play", "backchannel")
    assert judged(over(600, 320, echo=0.0, words="right", confidence=0.4)) == ("play", "backchannel")
    assert judged(over(600, 320, echo=0.0)) == ("play", "backchannel")


def test_echo_resumes() -> None:
    assert judged(over(2_000, echo=0.7)) == ("play", "echo")
    assert judged(over(2_000, echo=0.3)) == ("stop", "turn")
    assert judged(over(700, words="milk and bread", saying="I added milk and bread to it")) == ("play", "echo")


def test_how_loud_how_early_and_how_often_move_the_bound() -> None:
    usual = {"usual_dbfs": -30.0}
    assert judged(over(600, level_dbfs=-25.0, **usual)) == ("stop", "turn")
    assert judged(over(600, level_dbfs=-30.0, **usual)) == ("pause", "unknown")
    assert judged(over(1_000, level_dbfs=-40.0, **usual)) == ("pause", "unknown")
    assert judged(over(520, heard_ms=300)) == ("stop", "turn")
    assert judged(over(520, heard_ms=3_000)) == ("pause", "unknown")
    assert judged(over(520, again_ms=500)) == ("stop", "turn")


def test_profiles_differ_in_patience() -> None:
    eager, patient = InterruptionRules.eager(), InterruptionRules.patient(pause_ms=200)
    assert judged(over(520), eager) == ("stop", "turn")
    assert judged(over(1_300), patient) == ("pause", "unknown")
    assert judged(over(150), patient) == ("duck", "unknown")


def test_settings_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="pause_ms"):
        InterruptionRules(pause_ms=900)
    with pytest.raises(ConfigurationError, match="negative"):
        InterruptionRules(resume_ms=-1)


def test_always_and_never() -> None:
    assert AlwaysInterrupt().judge(over(0)).output == "stop"
    assert AlwaysInterrupt(after_ms=100).judge(over(50)).output == "play"
    never = NeverInterrupt()
    assert (never.judge(over(3_000)).output, never.judge(over(3_000)).kind) == ("play", "turn")
    assert never.judge(over(300, 320)).kind == "backchannel"
    assert NeverInterrupt(AlwaysInterrupt()).judge(over(100)).kind == "turn"
