"""What do instructions and settings tell a backend that is no language model to say, and to expect?"""

from __future__ import annotations

import re

from bareline.protocol.events import RealtimeSession, TranscriptionSession
from bareline.server.backends.rules.slots import quoted

__all__ = ["PHRASES_MAX", "direction", "keywords_of", "opening"]

PHRASES_MAX = 500
"""Phrases taken from the session's keywords and prompt."""
_SAY = re.compile(
    r"\b(?:say|speak|read|repeat|answer|respond|reply)\b"
    r"(?:\s+(?:exactly|only|verbatim|aloud|out loud|briefly|with|this|just|the following|to the user|word for word|"
    r"sentence|text|in one short sentence))*\s*(?P<mark>[:,]|(?=[\"“]))\s*(?P<text>.+)",
    re.IGNORECASE | re.DOTALL,
)
_TELL = re.compile(
    r"^\s*(?:please\s+)?tell (?:the user|them|the caller)(?: that)?[:,]?\s+(?P<text>.+)", re.IGNORECASE | re.DOTALL
)
_GREET = re.compile(r"\b(?:greet|welcome|say (?:hello|hi))\b", re.IGNORECASE)
_OPENING = re.compile(r"\b(?:greet|welcome|begin|start|open|say)\b[^.\"“”]{0,60}[\"“]([^\"”]+)[\"”]", re.IGNORECASE)
_GOODBYE = re.compile(r"\bsay (?:good ?bye|bye)\b", re.IGNORECASE)


def direction(instructions: str, *, default: str) -> str | None:
    """What the instructions of one response order to be said; empty for a greeting; None when they order nothing.

    Only instructions that differ from the session's (``default``) are an order.
    """
    if not instructions.strip() or instructions == default:
        return None
    told = _SAY.search(instructions)
    if told is not None:
        return _unquoted(told.group("text"))
    if _GOODBYE.search(instructions):
        return "Goodbye!"
    if _GREET.search(instructions):
        return opening(instructions)
    told = _TELL.search(instructions)
    if told is not None:
        text = told.group("text").strip()
        return text[:1].upper() + text[1:]
    return None


def opening(instructions: str) -> str:
    """The greeting that instructions give in quotation marks; empty when they give none."""
    found = _OPENING.search(instructions)
    return found.group(1) if found else ""


def keywords_of(session: RealtimeSession | TranscriptionSession) -> tuple[str, ...]:
    """The phrases that the transcription settings say to expect."""
    given = session.audio.input if session.audio is not None else None
    settings = given.transcription if given is not None else None
    if settings is None:
        return ()
    keywords = settings.keywords if isinstance(settings.keywords, list) else []
    prompt = settings.prompt or ""
    listed = quoted(prompt) or [part.strip() for part in re.split(r"[,;\n]", prompt.partition(":")[2] or prompt)]
    found = [*keywords, *(part for part in listed if 0 < len(part.split()) <= 8)]
    return tuple(dict.fromkeys(part.strip(" .") for part in found if part.strip(" .")))[:PHRASES_MAX]


def _unquoted(text: str) -> str:
    """The text in the quotation marks it begins with, else all of it."""
    text = text.strip()
    if text[:1] in {'"', "“", "'"}:
        closing = {'"': '"', "“": "”", "'": "'"}[text[0]]
        end = text.rfind(closing)
        return text[1:end] if end > 0 else text[1:]
    return text
