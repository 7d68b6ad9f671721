"""Every rule finds the tool that breaks it, and nothing in tools that are made for voice."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
import pytest

from bareline.tools import Confirm, FillerLadder, Forbid, Spoken, Stage, Toolbox
from bareline.tools.lint import RULES, Finding, lint
from bareline.tools.lint.rule import name_words

USE = "Does what it is for. Use when the user asks for it."


def box(function: Callable[..., Any] | None = None, name: str = "", words: str = USE, **options: Any) -> Toolbox:
    """A toolbox with one tool, good but for what is given."""

    def good() -> str: ...  # type: ignore[empty-body]

    return Toolbox([Toolbox().add(function or good, name=name or "get_thing", description=words, **options)])


def described(kind: Any, words: str = "", default: Any = ...) -> Callable[..., Any]:
    """A function with one parameter ``x``."""
    annotated = Annotated[kind, msgspec.Meta(description=words)] if words else kind

    def with_default(x: annotated = default) -> str: ...  # type: ignore[valid-type, empty-body]
    def without(x: annotated) -> str: ...  # type: ignore[valid-type, empty-body]

    chosen = without if default is ... else with_default
    chosen.__annotations__ = {"x": annotated, "return": str}
    return chosen


def on_day(due_date: Annotated[str, "What it is."]) -> str: ...  # type: ignore[empty-body]
def by_id(order_id: Annotated[str, "What it is."]) -> str: ...  # type: ignore[empty-body]
def by_pin(card_pin: Annotated[str, "What it is."]) -> str: ...  # type: ignore[empty-body]
def by_mail(email: Annotated[str, "What it is."]) -> str: ...  # type: ignore[empty-body]
def undeclared(): ...  # type: ignore[no-untyped-def]
def listing() -> list[str]: ...  # type: ignore[empty-body]
def five(a: bool, b: bool, c: bool, d: bool, e: bool) -> str: ...  # type: ignore[empty-body]


MANY = Toolbox(Toolbox().add(lambda: None, name=f"get_{chr(97 + n) * 5}", description=f"{USE} {n}") for n in range(21))
WIDE = Literal[tuple(f"word {'abcdefghijklmnopqrstu'[n]}" for n in range(21))]  # type: ignore[valid-type]
LATE = FillerLadder((Stage(3_000, Spoken(("Wait.",))),))

BAD: dict[str, Toolbox] = {
    "no-description": box(words=" "),
    "short-description": box(words="Gets it."),
    "no-trigger": box(words="Gets all the things there are."),
    "long-description": box(words=USE + " word" * 150),
    "vague-name": box(name="run_action"),
    "unbounded-result": box(listing),
    "undeclared-result": box(undeclared),
    "undescribed-parameter": box(described(str)),
    "unsaid-default": box(described(int, "How many.", 3)),
    "unexplained-date": box(described(dt.date, "The day.")),
    "date-as-text": box(on_day),
    "time-zone": box(described(dt.datetime, "When, relative to now.")),
    "opaque-identifier": box(by_id),
    "secret-parameter": box(by_pin),
    "spelled-out": box(by_mail, name="note_email", effect="idempotent"),
    "unspeakable-choices": box(described(Literal["PRIO1", "XQR"], "How urgent.")),
    "many-choices": box(described(WIDE, "Which.")),
    "many-required": box(five),
    "destructive-unmarked": box(name="delete_task", effect="idempotent"),
    "writing-read": box(name="create_task"),
    "unconfirmed": box(name="delete_task", effect="irreversible", confirm=False),
    "plain-question": box(name="delete_task", effect="irreversible"),
    "question-without-object": box(described(str, "Which."), effect="irreversible", confirm="Are you sure?"),
    "silent-wait": box(filler=False),
    "late-filler": box(filler=LATE),
    "long-timeout": box(timeout_s=90),
    "concurrent-writes": box(name="create_task", effect="idempotent"),
    "similar-names": box(name="get_task") + box(name="get_tasks", words=f"{USE} All."),
    "same-description": box(name="get_task") + box(name="find_person"),
    "too-many-tools": MANY,
    "heavy-schemas": box(words=USE + " word" * 4_000),
    "unknown-rule": box(lint_ignore=("no-such-rule",)),
}


def found(tools: Toolbox) -> dict[str, Finding]:
    return {finding.rule: finding for finding in lint(tools)}


@pytest.mark.parametrize("rule", BAD)
def test_a_rule_finds_what_breaks_it_and_can_be_accepted(rule: str) -> None:
    finding = found(BAD[rule])[rule]
    assert finding.text
    assert finding.advice
    assert finding.reason
    assert "{" not in finding.text
    if finding.tool and rule != "unknown-rule":
        accepted = Toolbox(dataclasses.replace(tool, lint_ignore=(rule,)) for tool in BAD[rule])
        assert rule not in found(accepted)


def test_every_rule_has_its_bad_tool_and_a_name_of_its_own() -> None:
    names = [rule.id for rule in RULES]
    assert sorted({*names, "unknown-rule"}) == sorted(BAD)
    assert len(names) == len(set(names))


def test_the_worst_comes_first() -> None:
    order = [finding.severity for finding in lint(BAD["undeclared-result"] + box(name="delete_it", words="Deletes."))]
    assert order == sorted(order, key=["error", "warning", "hint"].index)
    assert order[0] == "error"
    assert order[-1] == "hint"


GOOD = Toolbox()


@GOOD.tool(effect="read")
def find_orders(customer: str, since: dt.date | None = None, limit: int = 3) -> list[str]:
    """Find a customer's orders, at most as many as asked for. Use when somebody asks about an order.

    Args:
        customer: The name as it was said.
        since: Only those from this day on; work out 'last Monday' from today. All when left out.
        limit: How many to tell, three unless they ask for more.
    """
    return []


@GOOD.tool(effect="irreversible", confirm="Cancel {order_id}?", concurrency=1)
def cancel_order(order_id: str) -> str:
    """Cancel an order. Use when the user does not want it any more.

    Args:
        order_id: As returned by find_orders.
    """
    return order_id


@GOOD.tool(effect="irreversible", confirm=Confirm("Pay {object}?", describe=str), timeout_s=1, filler=LATE)
async def pay_bill(number: uuid.UUID | int, kind: Literal["in full", "P1"] = "in full") -> str:
    """Pay a bill. Use when the user wants to pay.

    Args:
        number: Of the bill.
        kind: In full unless they say otherwise; P1 is the first part.
    """
    return str(number)


@GOOD.tool(effect="irreversible", confirm=(Forbid(when=lambda *_: False), Confirm("Forget everything?")))
async def clear_all() -> None:
    """Clear the whole list. Use when they want to start anew."""


@GOOD.tool
def order_status(
    sure: Annotated[bool, "True unless they hesitate."] = True,
    moments: Annotated[list[dt.datetime], "When, in local time, relative to now."] = [],  # noqa: B006
) -> str:
    """Tell where an order is. Nutze es, wenn jemand danach fragt."""
    return str(moments)


@GOOD.tool(effect="idempotent", confirm="Write to {email}?", concurrency=1)
def note_contact(email: str, due: Annotated[str, "YYYY-MM-DD, the next one if only a weekday is said."]) -> str:
    """Note an address. Use if the caller gives theirs.

    Args:
        email: Read back letter by letter.
    """
    return email + due


@GOOD.tool(effect="idempotent", confirm="Send the letter again, priority {priority}?")
async def send_letter(priority: Literal["high", "extra_low"], note: str = "") -> str:
    """Send a letter once more. Call it after the user has asked for it twice.

    Args:
        note: Why, in their words.
    """
    return priority + note


def test_tools_made_for_voice_are_clean_and_names_that_only_look_so_are_no_trouble() -> None:
    assert [(finding.tool, finding.rule) for finding in lint(GOOD)] == []


@pytest.mark.parametrize(
    ("name", "words"),
    [("deleteAllTasks", ["delete", "all", "tasks"]), ("get_HTTP2_url", ["get", "http", "2", "url"]), ("__", [])],
)
def test_names_are_taken_apart(name: str, words: list[str]) -> None:
    assert name_words(name) == words
