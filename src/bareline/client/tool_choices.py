"""What may an application choose for the tools of a call?"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

from bareline.client.consent_settings import ConfirmingPolicy, ConsentSettings
from bareline.client.tool_runner import ToolSettings
from bareline.tools import ExecutionStore
from bareline.tools.consent_policy import EXPIRY_NS
from bareline.tools.consent_words import ENGLISH as ENGLISH_WORDS
from bareline.tools.consent_words import ConsentWords
from bareline.tools.durations import Durations
from bareline.tools.ladder import DEFAULT_LADDER, SILENT, FillerLadder
from bareline.tools.phrases import ENGLISH, Phrases
from bareline.units import NS_PER_S, seconds_to_ns

__all__ = ["ToolChoices", "ToolKeywords", "tool_choices"]


class ToolKeywords(TypedDict, total=False):
    """Keywords of ``Call`` for its tools.

    ``context`` reaches tools as ``ToolContext.app``. ``executions`` remembers irreversible executions beyond this
    process, and stays the caller's to close. ``phrases``: the language of what is said of failures. ``chance`` spreads
    the delays before retries. ``confirming``: when the confirming tools are offered. ``consent_expiry_s``: how long
    questions wait for their answer (30); ``expiry_spoken``: the assistant says when one has expired.
    ``consent_words``: in which languages a no of the user is recognised. ``filler`` is the ladder of tools that bring
    none, ``False``: silence; ``durations`` knows how long tools take. ``correct_claims``: the model is told to correct
    itself when it says that something was done which no tool has done.
    """

    context: object
    executions: ExecutionStore | None
    phrases: Phrases
    chance: random.Random | None
    confirming: ConfirmingPolicy
    consent_expiry_s: float
    consent_words: Sequence[ConsentWords]
    expiry_spoken: bool
    filler: FillerLadder | Literal[False] | None
    durations: Durations | None
    correct_claims: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolChoices:
    """The keywords with their defaults, by the parts that want them."""

    settings: ToolSettings
    consent: ConsentSettings
    filler: FillerLadder
    durations: Durations
    correct_claims: bool


def tool_choices(keywords: ToolKeywords, call: object) -> ToolChoices:
    """``call`` is what tools get as ``ToolContext.call``."""
    filler = keywords.get("filler")
    return ToolChoices(
        settings=ToolSettings(
            app=keywords.get("context"),
            call=call,
            store=keywords.get("executions"),
            chance=keywords.get("chance") or random.Random(),
            phrases=keywords.get("phrases", ENGLISH),
        ),
        consent=ConsentSettings(
            policy=keywords.get("confirming", "standing"),
            expiry_ns=seconds_to_ns(keywords.get("consent_expiry_s", EXPIRY_NS / NS_PER_S)),
            expiry_spoken=keywords.get("expiry_spoken", False),
            languages=tuple(keywords.get("consent_words", (ENGLISH_WORDS,))),
        ),
        filler=SILENT if filler is False else filler or DEFAULT_LADDER,
        durations=keywords.get("durations") or Durations(),
        correct_claims=keywords.get("correct_claims", False),
    )
