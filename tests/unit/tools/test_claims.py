"""What was said to be done and was not is found; what was done, offered, denied or reported is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from bareline.tools import Toolbox
from bareline.tools.claims import FACTS_MAX, CallFact, ClaimDetector, Claims
from bareline.tools.tool import Effect

DATA = Path(__file__).resolve().parents[2] / "data" / "claims"
BOX = Toolbox()
for name, effect, words in (
    ("list_tasks", "read", "List the tasks."),
    ("find_sent_email", "read", "Find an email that was sent."),
    ("create_task", "idempotent", "Create a task."),
    ("complete_task", "idempotent", "Mark a task as done."),
    ("reschedule_task", "idempotent", "Move a task to another day."),
    ("delete_task", "irreversible", "Deletes a task."),
    ("clear_tasks", "irreversible", "Clear the list."),
    ("send_summary", "irreversible", "Email a summary."),
    ("book_table", "irreversible", "Book a table."),
    ("cancel_booking", "irreversible", "Cancel a booking or an order."),
    ("pay_bill", "irreversible", ""),
    ("archive_all", "irreversible", "Store away."),
):
    BOX.add(lambda: None, name=name, effect=effect, description=words)  # type: ignore[arg-type]
DETECTOR = ClaimDetector(BOX)


def corpus(name: str) -> list[tuple[bool, str]]:
    lines = (DATA / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [(line[0] == "+", line[2:]) for line in lines]


def measured(name: str) -> tuple[float, float, list[str]]:
    """Precision, recall, and what was judged wrongly."""
    right = missed = false = 0
    wrong: list[str] = []
    for is_claim, said in corpus(name):
        flagged = bool(Claims().unfounded(DETECTOR.claims(said), 0))
        right += flagged and is_claim
        missed += is_claim and not flagged
        false += flagged and not is_claim
        wrong += [f"{'+' if is_claim else '-'} {said}"] if flagged != is_claim else []
    return right / (right + false), right / (right + missed), wrong


def test_the_sentences_it_was_made_with_are_all_judged_rightly() -> None:
    assert len(corpus("tuned")) >= 120
    assert measured("tuned") == (1.0, 1.0, [])


def test_sentences_it_was_not_made_with() -> None:
    """The first measurement was 0.95 and 0.82; what it showed in general (openings, "maybe") was mended after it."""
    precision, recall, wrong = measured("held_out")
    assert len(corpus("held_out")) >= 50
    assert precision >= 0.95, wrong
    assert recall >= 0.90, wrong


def fact(tool: str = "delete_task", at_ns: int = 10, arguments: str = '{"title":"Milk"}', **other: bool) -> CallFact:
    effect: Effect = next(entry.effect for entry in BOX if entry.name == tool)
    return CallFact(tool=tool, effect=effect, answered=other.get("answered", True), arguments=arguments, at_ns=at_ns)


def flagged(said: str, *facts: CallFact, since_ns: int = 5) -> bool:
    ledger = Claims()
    for entry in facts:
        ledger.ended(entry)
    return bool(ledger.unfounded(DETECTOR.claims(said), since_ns))


@pytest.mark.parametrize("said", [text for is_claim, text in corpus("tuned") + corpus("held_out") if is_claim])
def test_what_was_done_in_this_turn_may_be_said(said: str) -> None:
    assert not flagged(said, *(fact(tool.name) for tool in BOX))


def test_a_claim_needs_a_call_that_answered_of_a_tool_that_does_it() -> None:
    assert flagged("I've deleted it.", fact(answered=False))
    assert flagged("I've deleted it.", fact("create_task"))
    assert not flagged("I've deleted it.", fact())
    assert flagged("Done.", fact("list_tasks"))
    assert not flagged("Done.", fact("create_task"))
    assert not flagged("I've archived it all.", fact("archive_all"))
    assert flagged("I've archived it all.")
    elsewhere = CallFact(tool="", effect="idempotent", answered=True, arguments="{}", at_ns=10)
    assert not flagged("I've deleted it.", elsewhere), "nobody knows what a tool of others can do"


def test_what_a_reading_tool_told_is_a_report_and_what_i_did_is_not() -> None:
    assert not flagged("It's booked.", fact("list_tasks"))
    assert flagged("It's booked.", fact("list_tasks", at_ns=1))
    assert not flagged("Your table is booked.", fact("list_tasks", at_ns=1))
    assert flagged("I've booked it.", fact("list_tasks"))
    assert flagged("It's booked.", fact("list_tasks", answered=False))


def test_an_earlier_call_is_for_its_own_object() -> None:
    ledger = Claims()
    ledger.ended(fact(at_ns=1))
    first = DETECTOR.claims("I've deleted it.")
    assert ledger.unfounded(first, 0) == []
    assert ledger.unfounded(first, 5) == first, "the call was spoken of already"
    assert ledger.unfounded(DETECTOR.claims("I've deleted bread too."), 5)
    assert not ledger.unfounded(DETECTOR.claims("I've deleted milk, as you wanted."), 5)
    assert not ledger.unfounded(DETECTOR.claims("I've already deleted it."), 5)


def test_a_result_told_in_a_later_turn_is_no_false_claim() -> None:
    assert not flagged("I've deleted it.", fact(at_ns=1))


def test_several_deeds_in_one_sentence_are_claims_each() -> None:
    (claim,) = Claims().unfounded(DETECTOR.claims("I've moved the review and deleted milk."), 0)[1:]
    assert claim.tools == ("clear_tasks", "delete_task")
    assert "milk" in claim.about
    assert not DETECTOR.claims("The review and deleted milk.")


def test_without_tools_that_do_anything_only_plain_lies_are_found() -> None:
    reading = ClaimDetector(tool for tool in BOX if tool.effect == "read")
    assert [claim.tools for claim in reading.claims("I've booked it.")] == [()]
    assert reading.claims("Done. It's booked. I've archived it.") == []


def test_verbs_of_ones_own_have_regular_pasts() -> None:
    def said(name: str, sentence: str) -> bool:
        box = Toolbox()
        box.add(lambda: None, name=name, effect="idempotent", description="")
        return bool(ClaimDetector(box).claims(sentence))

    assert said("invite_guest", "I've invited her.")
    assert said("apply_discount", "I've applied it.")
    assert said("stop_timer", "I've stopped it.")
    assert said("unlock_door", "I've unlocked it.")
    assert not said("2_9", "I've done.")


def test_no_more_facts_are_kept_than_needed() -> None:
    ledger = Claims()
    ledger.ended(fact(at_ns=0))
    claims = DETECTOR.claims("I've deleted it.")
    assert not ledger.unfounded(claims, 5)
    ledger.ended(fact("create_task", at_ns=1))
    ledger.ended(fact(at_ns=1))
    for _ in range(FACTS_MAX - 2):
        ledger.ended(fact("list_tasks", at_ns=1))
    assert not ledger.unfounded(claims, 5), "the second deletion was not spoken of yet"
    assert ledger.unfounded(claims, 5)


def test_text_without_sentences_is_taken_in_pieces() -> None:
    endless = "ich habe das und wurde ist " * 400
    assert DETECTOR.claims(endless) == []
    assert len(DETECTOR.claims("x" * 400 + " I've deleted it")) == 1
