"""Nothing irreversible happens without consent to exactly that, after the question, once."""

from __future__ import annotations

from typing import Any

import msgspec

from bareline.ids import SeededIds
from bareline.tools import Confirmations, Consent, Proposal, Refusal, Tool, Toolbox
from bareline.tools.arguments import Arguments
from bareline.tools.confirmation import PENDING_MAX, confirming_tools, proposal_named
from bareline.tools.consent_policy import EXPIRY_NS

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


def proposed(confirmations: Confirmations, title: str = "milk", now_ns: int = 0) -> Proposal:
    return confirmations.propose(
        TOOL, arguments(title), question(title), call_id="call_1", response_id="resp_1", now_ns=now_ns
    )


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
    confirmations.question_given("resp_2", MS)
    confirmations.user_spoke()
    answer = confirmations.consent(proposal.id, 2 * MS, words="yes please")
    assert answer == (proposal, Consent(proposal.id, "user", "yes please", arguments().digest))
    assert reason(confirmations.consent(proposal.id, 3 * MS)) == "not_pending"


def test_consent_in_the_response_that_asked_is_none() -> None:
    confirmations = fresh()
    proposal = proposed(confirmations)
    assert reason(confirmations.consent(proposal.id, MS)) == "not_asked"
    confirmations.question_given("resp_2", MS)
    refusal = confirmations.consent(proposal.id, MS)
    assert isinstance(refusal, Refusal)
    assert "Delete milk for good?" in refusal.text


def test_words_of_the_user_before_the_question_are_no_answer_to_it() -> None:
    confirmations = fresh()
    proposal = proposed(confirmations)
    confirmations.user_spoke()
    confirmations.question_given("resp_2", MS)
    assert reason(confirmations.consent(proposal.id, MS)) == "not_asked"


def test_the_response_that_called_for_the_action_does_not_ask_for_it() -> None:
    confirmations = fresh()
    proposal = proposed(confirmations)
    confirmations.question_given("resp_1", MS)
    confirmations.user_spoke()
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
    confirmations.question_given("resp_2", MS)
    confirmations.user_spoke()
    new = proposed(confirmations, "bread", 2 * MS)
    assert reason(confirmations.consent(old.id, 3 * MS)) == "not_pending"
    assert reason(confirmations.consent(new.id, 3 * MS)) == "not_asked"


def test_the_same_action_again_is_the_same_proposal() -> None:
    confirmations = fresh()
    assert proposed(confirmations) is proposed(confirmations, now_ns=MS)


def test_a_question_expires_counted_from_when_it_was_given() -> None:
    confirmations = fresh()
    proposal = proposed(confirmations)
    confirmations.question_given("resp_2", 10 * MS)
    confirmations.question_given("resp_2", 20 * MS)
    assert confirmations.deadline() == 10 * MS + EXPIRY_NS
    assert confirmations.expire(10 * MS + EXPIRY_NS - 1) == []
    confirmations.user_spoke()
    assert reason(confirmations.consent(proposal.id, 10 * MS + EXPIRY_NS)) == "not_pending"
    assert confirmations.deadline() is None


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
