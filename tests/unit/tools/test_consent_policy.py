"""The first rule that applies decides; a rule that fails lets nothing pass."""

from __future__ import annotations

from typing import Any

import pytest

from bareline.errors import ConfigurationError
from bareline.tools import Approval, AskPerson, Confirm, Forbid, Toolbox
from bareline.tools.consent_policy import deciding_rule


async def approve(approval: Approval) -> bool:
    return True


def large(given: Any, app: Any) -> bool:
    return given["amount"] > app["limit"]


FORBIDDEN = Forbid(when=lambda _, app: app["guest"])
PERSON = AskPerson(approve, when=large)
USER = Confirm("Pay {amount}?", when=lambda given, _: given["amount"] > 10)


@pytest.mark.parametrize(
    ("amount", "guest", "rule"), [(5, False, None), (50, False, USER), (500, False, PERSON), (5, True, FORBIDDEN)]
)
def test_the_first_rule_that_applies_decides(amount: int, guest: bool, rule: Any) -> None:
    found = deciding_rule((FORBIDDEN, PERSON, USER), {"amount": amount}, {"limit": 100, "guest": guest})
    assert found == (rule, None)


def test_a_rule_without_a_condition_always_applies() -> None:
    always = Confirm()
    assert deciding_rule((always,), {}, None) == (always, None)


def test_a_rule_that_fails_applies() -> None:
    rule, error = deciding_rule((USER, FORBIDDEN), {}, None)
    assert rule is USER
    assert isinstance(error, KeyError)


def pay(amount: int) -> None:
    """Pay."""


async def later(given: Any, app: Any) -> bool:
    return False


def test_a_condition_that_would_have_to_be_awaited_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="when"):
        Toolbox().add(pay, confirm=Confirm("Pay?", when=later))  # type: ignore[arg-type] (the mistake under test)


@pytest.mark.parametrize("question", ["Pay {amount?", "Pay {sum}?"])
def test_a_question_that_cannot_be_filled_is_refused(question: str) -> None:
    with pytest.raises(ConfigurationError, match="confirm"):
        Toolbox().add(pay, confirm=question)
