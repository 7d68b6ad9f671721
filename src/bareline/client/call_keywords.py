"""Which keywords may a call have, and which of them are the session's, the tools' and the connection's?"""

from __future__ import annotations

from collections.abc import Mapping
from ssl import SSLContext
from typing import Any, cast

from bareline.client.session_settings import SessionKeywords, session_config
from bareline.client.tool_choices import ToolKeywords
from bareline.transports.webrtc.settings import WebRtcSettings

__all__ = ["CallKeywords", "split_keywords"]


class CallKeywords(SessionKeywords, ToolKeywords, total=False):
    """Keywords of the session (``SessionKeywords``), the tools (``ToolKeywords``) and the connection (``connect``)."""

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


def split_keywords(keywords: CallKeywords) -> tuple[SessionKeywords, ToolKeywords, dict[str, Any]]:
    """Those of session, tools and connection. Raises ``TypeError`` for an unknown one, ``ConfigurationError``."""
    unknown = sorted(set(keywords) - CallKeywords.__optional_keys__)
    if unknown:
        raise TypeError(f"Call has no keyword '{unknown[0]}'")
    of_session = {name: value for name, value in keywords.items() if name in SessionKeywords.__optional_keys__}
    of_tools = {name: value for name, value in keywords.items() if name in ToolKeywords.__optional_keys__}
    session = cast("SessionKeywords", of_session)
    session_config(session)
    connecting = {name: value for name, value in keywords.items() if name not in {*of_session, *of_tools}}
    return session, cast("ToolKeywords", of_tools), connecting
