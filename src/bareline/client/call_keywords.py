"""Which keywords may a call have, and which of them are the session's, the tools' and the connection's?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ssl import SSLContext
from typing import Any, cast

from bareline.client.session_settings import SessionKeywords, session_config
from bareline.client.tool_choices import ToolKeywords
from bareline.client.turn_choices import TurnKeywords
from bareline.transports.webrtc.settings import WebRtcSettings

__all__ = ["CallKeywords", "SplitKeywords", "split_keywords"]


class CallKeywords(SessionKeywords, ToolKeywords, TurnKeywords, total=False):
    """Keywords of the session (``SessionKeywords``), of tools (``ToolKeywords``), of turns (``TurnKeywords``), and of
    the connection (``connect``)."""

    model: str | None
    transport: str
    base_url: str | None
    api_key: str | None
    organization: str | None
    project: str | None
    safety_identifier: str | None
    headers: Mapping[str, str] | None
    query: Mapping[str, str] | None
    open_timeout_s: float
    ssl: SSLContext | None
    webrtc: WebRtcSettings | None


@dataclass(frozen=True, slots=True)
class SplitKeywords:
    """The keywords of a call by whom they concern."""

    session: SessionKeywords
    tools: ToolKeywords
    turns: TurnKeywords
    connection: dict[str, Any]


def split_keywords(keywords: CallKeywords) -> SplitKeywords:
    """Raises ``TypeError`` for an unknown one, ``ConfigurationError`` for a value that cannot be."""
    unknown = sorted(set(keywords) - CallKeywords.__optional_keys__)
    if unknown:
        raise TypeError(f"Call has no keyword '{unknown[0]}'")
    given = dict(keywords)
    session = cast("SessionKeywords", _taken(given, SessionKeywords.__optional_keys__))
    session_config(session)
    tools = cast("ToolKeywords", _taken(given, ToolKeywords.__optional_keys__))
    turns = cast("TurnKeywords", _taken(given, TurnKeywords.__optional_keys__))
    return SplitKeywords(session, tools, turns, given)


def _taken(given: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: given.pop(name) for name in names & set(given)}
