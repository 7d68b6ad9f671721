"""Is a listener's sound that ended an answer found out, and a pause that ended a turn?"""

from __future__ import annotations

import pytest

from bareline.lab.demo.turns_judge import TurnTaking, held_back_ms, judge_turns, unmet_turns
from bareline.lab.recording import HeardAudio
from bareline.observe.record import TraceRecord
from bareline.testing.caller import SpokenUtterance
from bareline.units import NS_PER_MS

LISTENING = SpokenUtterance("Mm-hmm.", "caller-1", 0, 0, 2_000 * NS_PER_MS, 2_400 * NS_PER_MS, 1_000)
THINKING = SpokenUtterance("Add … milk.", "caller-1", 0, 0, 8_000 * NS_PER_MS, 11_000 * NS_PER_MS, None)


def heard(from_ms: int, until_ms: int) -> HeardAudio:
    return HeardAudio(from_ms * NS_PER_MS, bytearray((until_ms - from_ms) * 48))


def record(at_ms: int, kind: str, name: str) -> TraceRecord:
    return TraceRecord(at_ns=at_ms * NS_PER_MS, kind=kind, name=name)


def judged(answer: list[HeardAudio], *trace: TraceRecord) -> TurnTaking:
    spoken = (LISTENING, THINKING)
    return judge_turns(backchannel="Mm-hmm.", pause_ms=1_200, spoken=spoken, heard=answer, trace=trace)


def test_an_answer_that_goes_on_and_a_pause_that_is_waited_out() -> None:
    turns = judged([heard(1_000, 2_100), heard(2_900, 5_000)], record(11_400, "received", STOPPED))
    assert turns.backchannel is not None
    assert (turns.backchannel.gap_ms, turns.backchannel.interrupted) == (800, False)
    assert turns.thinking is not None
    assert not turns.thinking.cut
    assert unmet_turns(turns) == []


@pytest.mark.parametrize(
    ("answer", "trace"),
    [
        ([heard(1_000, 2_100)], []),
        ([heard(1_000, 5_000)], [record(2_500, "sent", "conversation.item.truncate")]),
        ([heard(1_000, 5_000)], [record(2_500, "decision", "interrupt")]),
    ],
)
def test_an_answer_that_ended_with_a_listeners_sound_was_ended_by_it(
    answer: list[HeardAudio], trace: list[TraceRecord]
) -> None:
    assert unmet_turns(judged(answer, *trace)) == ["'Mm-hmm.' ended the answer"]


def test_a_turn_that_ended_in_the_middle_of_the_sentence_was_cut() -> None:
    turns = judged([heard(1_000, 5_000)], record(9_500, "received", STOPPED))
    assert unmet_turns(turns) == ["a pause of 1200 ms was taken for the end of the turn"]


STOPPED = "input_audio_buffer.speech_stopped"


def test_what_the_voice_waited_in_the_truncated_answer_is_known() -> None:
    before = [record(100, "playout", "started"), record(200, "decision", "pause"), record(900, "decision", "resume")]
    answer = [
        record(2_000, "playout", "started"),
        record(2_100, "decision", "pause"),
        record(2_400, "decision", "resume"),
        record(3_000, "decision", "pause"),
        record(3_050, "decision", "stop"),
        record(3_060, "received", "conversation.item.truncated"),
    ]
    after = [record(4_000, "playout", "started"), record(4_100, "decision", "pause"), record(4_900, "decision", "stop")]
    assert held_back_ms([*before, *answer, *after]) == 360
    assert held_back_ms(before) == 0
