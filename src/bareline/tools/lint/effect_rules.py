"""Is what a tool does to the world marked, asked about and covered as it should be?"""

from __future__ import annotations

import string
from collections.abc import Iterator

from bareline.tools.consent_policy import Forbid
from bareline.tools.ladder import FillerLadder
from bareline.tools.lint.rule import Box, LintRule, Spot, name_words, properties

__all__ = ["EFFECT_RULES", "FIRST_FILLER_MAX_MS", "TIMEOUT_MAX_S"]

FIRST_FILLER_MAX_MS = 1_500
TIMEOUT_MAX_S = 60.0
_SILENT_MAX_S = 2.0
_READING = frozenset(("get", "list", "find", "search", "show", "read", "check", "look", "lookup", "count", "describe"))
_DESTROYS = frozenset(
    (
        *("delete", "remove", "cancel", "clear", "erase", "wipe", "purge", "drop", "destroy", "discard", "terminate"),
        *("revoke", "deactivate", "unsubscribe", "reset", "overwrite"),
        *("pay", "send", "book", "buy", "purchase", "order", "transfer", "refund", "charge", "submit", "publish"),
        *("post", "email", "text", "call", "dial", "reserve", "withdraw", "sell", "sign", "hire", "fire"),
    )
)
_CLEAR_ANYWHERE = frozenset(("delete", "remove", "cancel", "erase", "wipe", "purge"))
_THINGS = frozenset(
    (
        *("status", "history", "details", "info", "list", "count", "total", "price", "prices", "number", "summary"),
        *("time", "times", "search", "log", "options", "items"),
    )
)
_WRITES = frozenset(
    (
        *("create", "add", "update", "set", "change", "edit", "move", "rename", "assign", "complete", "finish"),
        *("reschedule", "save", "store", "write", "insert", "replace", "mark", "schedule", "start", "stop", "turn"),
    )
)


def _unmarked(box: Box) -> Iterator[Spot]:
    for tool in box:
        verb = _verb(tool.name, _DESTROYS)
        if verb and tool.effect != "irreversible" and not tool.consent:
            yield Spot(tool.name, words={"verb": verb, "effect": tool.effect})


def _writing_read(box: Box) -> Iterator[Spot]:
    for tool in box:
        verb = _verb(tool.name, _WRITES)
        if verb and tool.effect == "read":
            yield Spot(tool.name, words={"verb": verb})


def _unconfirmed(box: Box) -> Iterator[Spot]:
    return (Spot(tool.name) for tool in box if tool.effect == "irreversible" and not tool.consent)


def _question_without_object(box: Box) -> Iterator[Spot]:
    for tool in box:
        for rule in tool.consent:
            if isinstance(rule, Forbid):
                continue
            named = [name for _, name, _, _ in string.Formatter().parse(rule.question) if name]
            if rule.question and properties(tool) and not named:
                yield Spot(tool.name, words={"question": rule.question})


def _plain_question(box: Box) -> Iterator[Spot]:
    for tool in box:
        if any(not isinstance(rule, Forbid) and not rule.question for rule in tool.consent):
            yield Spot(tool.name)


def _silent_wait(box: Box) -> Iterator[Spot]:
    for tool in box:
        silent = isinstance(tool.filler, FillerLadder) and not tool.filler.stages
        if silent and tool.timeout_s > _SILENT_MAX_S:
            yield Spot(tool.name, words={"timeout": f"{tool.timeout_s:g}"})


def _late_filler(box: Box) -> Iterator[Spot]:
    for tool in box:
        stages = tool.filler.stages if isinstance(tool.filler, FillerLadder) else ()
        if stages and min(stages[0].after_ms, tool.timeout_s * 1_000) > FIRST_FILLER_MAX_MS:
            yield Spot(tool.name, words={"after_ms": stages[0].after_ms})


def _long_timeout(box: Box) -> Iterator[Spot]:
    for tool in box:
        if tool.timeout_s > TIMEOUT_MAX_S:
            yield Spot(tool.name, words={"timeout": f"{tool.timeout_s:g}", "limit": f"{TIMEOUT_MAX_S:g}"})


def _concurrent_writes(box: Box) -> Iterator[Spot]:
    for tool in box:
        if tool.effect != "read" and not tool.is_async and tool.concurrency is None:
            yield Spot(tool.name)


def _verb(name: str, verbs: frozenset[str]) -> str:
    """The verb of these with which the name begins, or which it has anywhere, unless it begins like a question."""
    words = name_words(name)
    if not words or words[0] in _READING or words[-1] in _THINGS:  # "order_status" orders nothing
        return ""
    if words[0] in verbs:
        return words[0]
    return next((word for word in words if word in _CLEAR_ANYWHERE & verbs), "")


EFFECT_RULES = (
    LintRule(
        id="destructive-unmarked",
        severity="error",
        text="'{verb}' cannot be taken back, but the tool is '{effect}' and asks nobody",
        advice="Write effect='irreversible' and a question, or confirm=... for an effect that may be repeated.",
        reason="Unmarked it runs on a misheard word, and a 'read' tool is repeated and cut off at interruptions.",
        check=_unmarked,
    ),
    LintRule(
        id="writing-read",
        severity="error",
        text="'{verb}' changes something, but the tool is 'read'",
        advice="Write effect='idempotent' if doing it twice is the same as once, else effect='irreversible'.",
        reason="A 'read' tool is repeated after failures and cancelled by an interruption, half done.",
        check=_writing_read,
    ),
    LintRule(
        id="unconfirmed",
        severity="warning",
        text="it cannot be taken back and runs without a question",
        advice="Write confirm='Delete {title}?', or accept it: lint_ignore=('unconfirmed',).",
        reason="Speech is misheard; a question costs a second, a wrong deletion a customer.",
        check=_unconfirmed,
    ),
    LintRule(
        id="plain-question",
        severity="warning",
        text="the user is asked a question made from its name and arguments",
        advice="Write it as a person would ask: confirm='Delete {title}, due {due:%A}?'",
        reason="'Shall I really delete task: title review proposal?' is understood, and sounds like a machine.",
        check=_plain_question,
    ),
    LintRule(
        id="question-without-object",
        severity="error",
        text="the question '{question}' does not name what it is about",
        advice="Name it: a parameter in braces, or {object} with Confirm(..., describe=look_it_up).",
        reason="A yes is worth only what was asked: 'Are you sure?' agrees to whatever was misheard.",
        check=_question_without_object,
    ),
    LintRule(
        id="silent-wait",
        severity="warning",
        text="nothing is said while it runs, for up to {timeout} s",
        advice="Leave the filler to the call, or set timeout_s to what silence the user will bear (2 s).",
        reason="On a call silence means that the line is dead; people hang up, or talk into the result.",
        check=_silent_wait,
    ),
    LintRule(
        id="late-filler",
        severity="warning",
        text="its first filler comes after {after_ms} ms",
        advice="Let the first stage begin within 1500 ms.",
        reason="Longer silences are taken for a lost connection.",
        check=_late_filler,
    ),
    LintRule(
        id="long-timeout",
        severity="warning",
        text="it may run for {timeout} s, longer than {limit} s",
        advice="Start the work, answer at once that it has begun, and offer another tool that tells how far it is.",
        reason="Nobody stays on the line for it, and the conversation has moved on when it answers.",
        check=_long_timeout,
    ),
    LintRule(
        id="concurrent-writes",
        severity="hint",
        text="it changes something and is not async: several may run at once, each in a thread",
        advice="Write concurrency=1, or lock what it changes.",
        reason="Models call tools in parallel ('delete both'), and your data may not expect that.",
        check=_concurrent_writes,
    ),
)
