"""When should a call be more or less patient than usual with the end of the user's turn?

A rule is any function of the ``Moment``; ten lines are enough to write one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bareline.turns.completeness import promises_more
from bareline.turns.dictation import count_digits
from bareline.turns.endpointing import Pace

__all__ = [
    "DEFAULT_TURN_RULES",
    "Moment",
    "TurnRule",
    "after_cut_in",
    "after_yes_no_question",
    "pace_of",
    "while_dictating",
    "while_thinking",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What is known of the conversation. ``asked``: what the assistant said last. ``said``: what the user says, where a
    recogniser on this side hears it, else what they said last, where it is transcribed; ``speaking``: whether that goes
    on. ``cut_in``: the user went on right after their last turn had been taken for over."""

    asked: str = ""
    said: str = ""
    speaking: bool = False
    cut_in: bool = False


TurnRule = Callable[[Moment], Pace | None]
"""How patient to be now, or ``None``: the rule has nothing to say."""

_YES_NO = re.compile(
    r"(?:^|[,;:] |\b(?:and|so|but|or) )(?:please )?"
    r"(?:is|are|was|were|am|do|does|did|have|has|had|can|could|will|would|shall|should|may|might|"
    r"isn't|aren't|don't|doesn't|didn't|won't|wouldn't|shouldn't|can't|couldn't)\b",
    re.IGNORECASE,
)
_TAG = re.compile(
    r"(?:\b(?:right|correct|okay|ok|yes|no|agreed|understood)|\b\w+n't (?:it|you|they|we|he|she|i))\?$", re.IGNORECASE
)
_CHOICE = re.compile(r"\b(?:or|which|what|who|where|when|how|why)\b", re.IGNORECASE)
_THINKING = re.compile(
    r"\b(?:let me (?:see|think|check|look)|hold on|hang on|one (?:moment|second|sec|minute)|just a (?:moment|second|"
    r"sec|minute)|give me a (?:moment|second|sec|minute)|wait a (?:moment|second|sec|minute)|i(?:'m| am) thinking|"
    r"i need to (?:think|look|check)|let me get)\b",
    re.IGNORECASE,
)
_TAKE_TIME = re.compile(r"\b(?:take your time|no (?:hurry|rush)|when(?:ever)? you(?:'re| are) ready)\b", re.IGNORECASE)
_NUMBER = re.compile(
    r"\b(?:(?:phone|telephone|mobile|account|card|order|customer|reference|serial|policy|invoice|booking|tracking|"
    r"passport|flight|iban|social security|security|house|room)[ -]numbers?|number (?:is|of|on)|digits?|pin|(?:zip|"
    r"post|postal|security|access|booking|verification|confirmation|area|country)[ -]?code|postcode|iban|date of birth|"
    r"e-?mail address|spell|read (?:it|them|that) out|dictate)\b",
    re.IGNORECASE,
)
_DIGITS_MIN = 3
_BRIEF_WORDS = 3


def after_yes_no_question(moment: Moment) -> Pace | None:
    """Fast after a question that a yes or a no answers ("Shall I delete it?"), while nothing longer is said."""
    question = _last_sentence(moment.asked)
    if not question.endswith("?"):
        return None
    asks = _TAG.search(question) or (_YES_NO.search(question) and not _CHOICE.search(question))
    brief = not (moment.speaking and moment.said) or len(moment.said.split()) <= _BRIEF_WORDS
    return "fast" if asks and brief else None


def while_thinking(moment: Moment) -> Pace | None:
    """Patient with who says "let me see", who stops at "and" or "um", and who was told to take their time."""
    if _THINKING.search(moment.said) or _TAKE_TIME.search(_last_sentence(moment.asked)):
        return "patient"
    return "patient" if promises_more(moment.said) is not None else None


def while_dictating(moment: Moment) -> Pace | None:
    """Patient while digits are said, and after a question for a number, a code, a date of birth or a spelling."""
    dictates = moment.speaking and count_digits(moment.said) >= _DIGITS_MIN
    return "patient" if dictates or _NUMBER.search(_last_sentence(moment.asked)) else None


def after_cut_in(moment: Moment) -> Pace | None:
    """Patient with who went on speaking after their turn had been taken for over."""
    return "patient" if moment.cut_in else None


DEFAULT_TURN_RULES: tuple[TurnRule, ...] = (while_dictating, while_thinking, after_cut_in, after_yes_no_question)
"""In this order: the first that has something to say is followed."""


def pace_of(rules: Sequence[TurnRule], moment: Moment) -> Pace | None:
    """What the first of ``rules`` says that has something to say."""
    return next((pace for rule in rules if (pace := rule(moment)) is not None), None)


def _last_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?…])\s+", text.strip())[-1]
