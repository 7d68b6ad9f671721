"""Nothing irreversible happens without consent to exactly that, after the question, once."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from bareline.ids import SeededIds
from bareline.tools import Confirmations, Consent, Proposal, Refusal, Tool, Toolbox
from bareline.tools.arguments import Arguments
from bareline.tools.confirmation import PENDING_MAX, REPORT_NS
from bareline.tools.confirming import confirming_tools, proposal_named
from bareline.tools.consent_policy import EXPIRY_NS
from bareline.tools.proposals import ANSWERS_MAX

MS = 1_000_000


def delete_task(title: str) -> None: ...


TOOL: Tool = Toolbox().add(delete_task, effect="irreversible", confirm="Delete {title} for good?")


def arguments(title: str = "milk") -> Arguments:
    parsed = TOOL.parse(msgspec.json.encode({"title": title}).decode())
    assert isinstance(parsed, Arguments)
    return parsed


def question(title: str) -> str:
    return f"Delete {title} for good?"


def fresh() -> Confirmations:
    return Confirmations(SeededIds(1))


def proposed(
    confirmations: Confirmations, title: str = "milk", now_ns: int = 0, response_id: str = "resp_1", **more: Any
) -> Proposal:
    return confirmations.propose(
        TOOL, arguments(title), question(title), call_id="call_1", response_id=response_id, now_ns=now_ns, **more
    )


def given(confirmations: Confirmations, now_ns: int, response_id: str = "resp_2") -> None:
    confirmations.response_began(response_id)
    confirmations.question_given(response_id, now_ns)


def answered(confirmations: Confirmations, now_ns: int, item_id: str = "item_1") -> None:
    confirmations.user_spoke(item_id, now_ns)


def reason(answer: Any) -> str:
    assert isinstance(answer, Refusal)
    return answer.reason


def test_a_proposal_tells_the_model_what_to_ask_and_how_to_report() -> None:
    told = msgspec.json.decode(proposed(fresh()).text)
    assert told["status"] == "needs_confirmation"
    assert told["say"] == "Delete milk for good?"
    assert told["proposal_id"].startswith("p_")
    assert "confirm_action" in told["next"]


def test_consent_after_question_and_answer_counts_once() -> None:
    confirmations = fresh()
    proposal = proposed(confirmations)
    given(confirmations, MS)
    answered(confirmations, MS)
    answer = confirmations.consent(proposal.id, 2 * MS, words="yes please")
    assert answer == (proposal, Consent(proposal.id, "user", "yes please", arguments().digest))
    assert reason(confirmations.consent(proposal.id, 3 * MS)) == "not_pending"


def test_consent_in_the_response_that_asked_is_none() -> None:
    confirmations = fresh()
    proposal = proposed(confirmations)
    assert reason(confirmations.consent(proposal.id, MS)) == "not_asked"
    given(confirmations, MS)
    refusal = confirmations.consent(proposal.id, MS)
    assert isinstance(refusal, Refusal)
    assert "Delete milk for good?" in refusal.text


def test_words_of_the_user_before_the_question_are_no_answer_to_it() -> None:
    confirmations = fresh()
    proposal = proposed(confirmations)
    answered(confirmations, MS)
    given(confirmations, MS)
    assert reason(confirmations.consent(proposal.id, MS)) == "not_asked"


def test_the_response_that_called_for_the_action_does_not_ask_for_it() -> None:
    confirmations = fresh()
    proposal = proposed(confirmations)
    given(confirmations, MS, "resp_1")
    answered(confirmations, MS)
    assert reason(confirmations.consent(proposal.id, MS)) == "not_asked"


def test_the_application_may_consent_at_any_time() -> None:
    confirmations = fresh()
    proposal = proposed(confirmations)
    answer = confirmations.consent(proposal.id, 0, by="application")
    assert not isinstance(answer, Refusal)
    assert answer[1].by == "application"


def test_consent_does_not_survive_a_change_of_arguments() -> None:
    confirmations = fresh()
    old = proposed(confirmations, "milk")
    given(confirmations, MS)
    answered(confirmations, MS)
    new = proposed(confirmations, "bread", 2 * MS, "resp_3")
    assert reason(confirmations.consent(old.id, 3 * MS)) == "not_pending"
    assert reason(confirmations.consent(new.id, 3 * MS)) == "not_asked"


def test_two_calls_of_one_response_are_two_actions() -> None:
    confirmations = fresh()
    both = [proposed(confirmations, "milk"), proposed(confirmations, "bread")]
    assert list(confirmations.pending) == both
    assert [confirmations.get(proposal.id) for proposal in both] == both


def test_the_same_action_again_is_the_same_proposal_and_is_asked_anew() -> None:
    confirmations = fresh()
    first = proposed(confirmations)
    given(confirmations, MS)
    assert proposed(confirmations, now_ns=2 * MS, response_id="resp_3") is first
    assert "Ask the user" in first.text
    confirmations.question_given("resp_2", 3 * MS)
    assert first.ends_at_ns == MS + EXPIRY_NS
    given(confirmations, 4 * MS, "resp_4")
    assert first.ends_at_ns == 4 * MS + EXPIRY_NS


def test_an_action_called_for_again_after_the_answer_is_not_asked_again() -> None:
    confirmations = fresh()
    first = proposed(confirmations)
    given(confirmations, MS)
    answered(confirmations, 2 * MS)
    assert "has answered" in proposed(confirmations, response_id="resp_3").text
    assert not isinstance(confirmations.consent(first.id, 3 * MS), Refusal)


def test_a_response_that_had_begun_before_does_not_ask() -> None:
    confirmations = fresh()
    confirmations.response_began("resp_0")
    proposal = proposed(confirmations)
    confirmations.question_given("resp_0", MS)
    answered(confirmations, 2 * MS)
    assert reason(confirmations.consent(proposal.id, MS)) == "not_asked"


def test_a_turn_that_began_before_the_question_sounded_does_not_answer_it() -> None:
    confirmations = fresh()
    proposal = proposed(confirmations)
    confirmations.response_began("resp_2")
    confirmations.user_began(MS)
    confirmations.question_begun("resp_2", 2 * MS)
    confirmations.question_given("resp_2", 3 * MS)
    confirmations.user_ended(4 * MS)
    answered(confirmations, 4 * MS)
    assert not proposal.answered
    confirmations.user_began(5 * MS)
    confirmations.user_ended(6 * MS)
    answered(confirmations, 6 * MS, "item_2")
    assert proposal.answers == ["item_2"]


def test_what_is_written_answers_although_somebody_spoke_before() -> None:
    confirmations = fresh()
    proposal = proposed(confirmations)
    confirmations.user_began(0)
    given(confirmations, MS)
    confirmations.user_spoke("item_1", 2 * MS, written=True)
    assert proposal.answered


def test_a_turn_begun_in_time_is_waited_for_and_for_its_report() -> None:
    confirmations = fresh()
    proposal = proposed(confirmations)
    given(confirmations, 0)
    confirmations.user_began(EXPIRY_NS - 1)
    assert confirmations.deadline() is None
    assert confirmations.expire(2 * EXPIRY_NS) == []
    confirmations.user_ended(2 * EXPIRY_NS)
    confirmations.user_ended(2 * EXPIRY_NS + MS)
    answered(confirmations, 2 * EXPIRY_NS)
    assert confirmations.deadline() == 2 * EXPIRY_NS + REPORT_NS
    assert not isinstance(confirmations.consent(proposal.id, 2 * EXPIRY_NS + REPORT_NS - 1), Refusal)


def test_a_turn_begun_too_late_changes_nothing() -> None:
    confirmations = fresh()
    proposal = proposed(confirmations)
    given(confirmations, 0)
    confirmations.user_began(EXPIRY_NS)
    confirmations.user_ended(EXPIRY_NS + MS)
    answered(confirmations, EXPIRY_NS + MS)
    assert confirmations.expire(EXPIRY_NS + MS) == [proposal]


def test_a_turn_begun_too_late_ends_the_wait_for_the_report_of_an_earlier_one() -> None:
    """Its yes would be taken for that one's."""
    confirmations = fresh()
    proposal = proposed(confirmations)
    given(confirmations, 0)
    confirmations.user_began(EXPIRY_NS - 1)
    confirmations.user_ended(EXPIRY_NS + MS)
    answered(confirmations, EXPIRY_NS + MS)
    confirmations.user_began(EXPIRY_NS + 2 * MS)
    assert reason(confirmations.consent(proposal.id, EXPIRY_NS + 3 * MS)) == "not_pending"


def test_a_clear_no_is_refused_with_what_was_heard_and_may_be_followed_by_a_yes() -> None:
    confirmations = fresh()
    proposal = proposed(confirmations)
    given(confirmations, MS)
    answered(confirmations, 2 * MS)
    refusal = confirmations.consent(proposal.id, 3 * MS, words="no, wait", agreed=False)
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.heard) == ("not_agreed", "no, wait")
    assert "no, wait" in refusal.text
    assert not isinstance(confirmations.consent(proposal.id, 4 * MS, words="no, wait yes"), Refusal)


def test_a_consent_that_is_being_looked_at_does_not_expire() -> None:
    confirmations = fresh()
    proposal = proposed(confirmations)
    given(confirmations, 0)
    proposal.held = True
    assert confirmations.expire(2 * EXPIRY_NS) == []
    proposal.held = False
    assert confirmations.expire(2 * EXPIRY_NS) == [proposal]


def test_what_a_person_has_to_approve_is_not_the_users_to_confirm() -> None:
    confirmations = fresh()
    proposal = proposed(confirmations, asks="person", expiry_ns=10 * MS)
    given(confirmations, MS)
    answered(confirmations, 2 * MS)
    assert msgspec.json.decode(proposal.text)["status"] == "needs_approval"
    assert reason(confirmations.consent(proposal.id, 3 * MS)) == "not_asked"
    assert confirmations.deadline() == 10 * MS
    approved = confirmations.consent(proposal.id, 3 * MS, by="person")
    assert not isinstance(approved, Refusal)
    assert approved[1].by == "person"


def test_an_action_that_is_no_tool_of_the_box_is_confirmed_alike() -> None:
    confirmations = fresh()
    proposal = confirmations.propose("mail.send", arguments(), "Send it?", call_id="", response_id="resp_1", now_ns=0)
    given(confirmations, MS)
    answered(confirmations, 2 * MS)
    assert proposal.tool is None
    assert not isinstance(confirmations.consent(proposal.id, 3 * MS), Refusal)


def test_what_is_remembered_is_bounded() -> None:
    confirmations = fresh()
    first = proposed(confirmations)
    given(confirmations, MS)
    for number in range(2 * ANSWERS_MAX):
        answered(confirmations, 2 * MS, f"item_{number}")
    assert first.answers == [f"item_{number}" for number in range(ANSWERS_MAX, 2 * ANSWERS_MAX)]
    for number in range(80):
        confirmations.decline(proposed(confirmations, f"task {number}", response_id=f"resp_{number}").id, MS)
    forgotten = confirmations.consent(first.id, MS)
    assert isinstance(forgotten, Refusal)
    assert "never was" in forgotten.message


@pytest.mark.parametrize(
    ("end", "words"),
    [("consent", "Do not propose it again"), ("decline", "declined"), ("replace", "took its place")],
)
def test_what_became_of_an_action_is_told(end: str, words: str) -> None:
    confirmations = fresh()
    proposal = proposed(confirmations)
    if end == "consent":
        confirmations.consent(proposal.id, MS, by="application")
    elif end == "decline":
        confirmations.decline(proposal.id, MS)
    else:
        proposed(confirmations, "bread", response_id="resp_9")
    refusal = confirmations.decline(proposal.id, MS)
    assert isinstance(refusal, Refusal)
    assert words in refusal.message


def test_a_question_expires_counted_from_its_end() -> None:
    confirmations = fresh()
    proposal = proposed(confirmations)
    given(confirmations, 10 * MS)
    given(confirmations, 15 * MS, "resp_3")
    assert confirmations.deadline() == 10 * MS + EXPIRY_NS
    confirmations.question_given("resp_2", 20 * MS)
    assert confirmations.deadline() == 20 * MS + EXPIRY_NS
    assert confirmations.expire(20 * MS + EXPIRY_NS - 1) == []
    refusal = confirmations.consent(proposal.id, 20 * MS + EXPIRY_NS)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "not_pending"
    assert "Propose it anew" in refusal.message
    assert confirmations.deadline() is None


def test_each_rule_may_have_its_own_expiry() -> None:
    confirmations = fresh()
    proposed(confirmations, expiry_ns=5 * MS)
    given(confirmations, MS)
    assert confirmations.deadline() == 6 * MS


def test_a_question_that_is_never_given_ends_too() -> None:
    confirmations = fresh()
    proposal = proposed(confirmations)
    deadline = confirmations.deadline()
    assert deadline is not None
    assert confirmations.expire(deadline) == [proposal]


def test_declined_is_gone() -> None:
    confirmations = fresh()
    proposal = proposed(confirmations)
    assert confirmations.decline(proposal.id, MS) is proposal
    assert reason(confirmations.decline(proposal.id, MS)) == "not_pending"


def test_pending_questions_are_bounded() -> None:
    confirmations = fresh()
    for number in range(PENDING_MAX + 1):
        tool = Toolbox().add(delete_task, name=f"delete_{number}", effect="irreversible")
        confirmations.propose(tool, arguments(), question("milk"), call_id="call_1", response_id="resp_1", now_ns=0)
    assert [entry.tool.name for entry in confirmations.pending] == [f"delete_{n}" for n in range(1, PENDING_MAX + 1)]


def test_the_confirming_tools_take_the_proposal() -> None:
    assert [tool.name for tool in confirming_tools()] == ["confirm_action", "decline_action"]
    assert proposal_named('{"proposal_id":"p_1"}') == "p_1"
    assert [proposal_named(text) for text in ("", "{}", "nonsense", "[]", '{"proposal_id":1}')] == [""] * 5
