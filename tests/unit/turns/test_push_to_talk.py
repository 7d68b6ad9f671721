"""A key decides whose turn it is."""

from __future__ import annotations

import pytest

from bareline.errors import ConfigurationError
from bareline.media.frames import AudioFrame
from bareline.turns.contract import Hypothesis, TurnDecision
from bareline.turns.push_to_talk import PushToTalk
from bareline.units import ms_to_samples, samples_to_ms


def hear(key: PushToTalk, ms: int) -> list[tuple[str, int, int, bool]]:
    """Feed silence in frames of 20 ms: kind, at and decided in ms, answered."""
    told: list[TurnDecision] = []
    for _ in range(ms // 20):
        told += key.feed(AudioFrame(bytes(2 * ms_to_samples(20))))
    return [(d.kind, samples_to_ms(d.at_sample), samples_to_ms(d.decided_at_sample), d.answered) for d in told]


def test_a_turn_lasts_from_press_to_release_and_a_tail() -> None:
    key = PushToTalk(tail_ms=100)
    assert hear(key, 100) == []
    key.press()
    key.press()
    assert key.pressed
    assert hear(key, 500) == [("speech_started", 100, 100, True)]
    key.release()
    key.release()
    assert not key.pressed
    assert hear(key, 80) == []
    assert hear(key, 200) == [("speech_stopped", 700, 700, True), ("turn_ended", 700, 700, True)]


def test_a_key_that_was_only_touched_is_not_answered() -> None:
    key = PushToTalk(min_ms=200, tail_ms=0)
    key.press()
    hear(key, 180)
    key.release()
    assert hear(key, 20) == [("speech_stopped", 180, 180, True), ("turn_ended", 180, 180, False)]
    key.press()
    key.release()
    assert hear(key, 100) == []


def test_pressed_again_within_the_tail_the_turn_goes_on() -> None:
    key = PushToTalk(min_ms=300, tail_ms=100)
    key.press()
    hear(key, 200)
    key.release()
    assert hear(key, 60) == []
    key.press()
    assert hear(key, 200) == []
    key.release()
    assert hear(key, 200)[-1] == ("turn_ended", 560, 560, True)


def test_a_new_stream_begins_with_a_turn_while_the_key_is_down() -> None:
    key = PushToTalk()
    key.press()
    hear(key, 100)
    key.reset()
    assert hear(key, 20) == [("speech_started", 0, 0, True)]


def test_words_and_output_decide_nothing() -> None:
    key = PushToTalk()
    key.playing(True, 0)
    assert key.partial(Hypothesis("stop", 1.0), 0) == []


def test_times_are_not_negative() -> None:
    with pytest.raises(ConfigurationError):
        PushToTalk(min_ms=-1)
    with pytest.raises(ConfigurationError):
        PushToTalk(tail_ms=-1)
