"""Which keywords may a call have, and which of them are the session's and which the connection's?"""

from __future__ import annotations

from collections.abc import Mapping
from ssl import SSLContext
from typing import Any, cast

from bareline.client.session_settings import SessionKeywords, session_config
from bareline.transports.webrtc.settings import WebRtcSettings

__all__ = ["CallKeywords", "split_keywords"]


class CallKeywords(SessionKeywords, total=False):
    """Keywords of the session (``SessionKeywords``) and of the connection (as in ``connect``)."""

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


def split_keywords(keywords: CallKeywords) -> tuple[SessionKeywords, dict[str, Any]]:
    """The session's and the connection's. Raises ``TypeError`` for an unknown one, ``ConfigurationError``."""
    unknown = sorted(set(keywords) - CallKeywords.__optional_keys__)
    if unknown:
        raise TypeError(f"Call has no keyword '{unknown[0]}'")
    of_session = {name: value for name, value in keywords.items() if name in SessionKeywords.__optional_keys__}
    session = cast("SessionKeywords", of_session)
    session_config(session)
    return session, {name: value for name, value in keywords.items() if name not in of_session}
