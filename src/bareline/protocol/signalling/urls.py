"""Where is the service, and what does a URL ask for?

Source: REALTIME.md section 2; the mapping of ``base_url`` is the official SDK's.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit, urlunsplit

import msgspec

from bareline.errors import ConfigurationError

__all__ = ["Target", "call_id_from_location", "call_location", "http_url", "read_target", "websocket_url"]

_TO_WEBSOCKET = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
_TO_HTTP = {"http": "http", "https": "https", "ws": "http", "wss": "https"}


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What a WebSocket asks for: a model, a running call (then the model is ignored), or transcription."""

    model: str | None = None
    call_id: str | None = None
    intent: str | None = None


def websocket_url(base_url: str, target: Target, query: Mapping[str, str] | None = None) -> str:
    """``base_url`` + ``/realtime`` with http as ws and https as wss, and what ``target`` and ``query`` ask for.

    A query of ``base_url`` itself is kept. ``ConfigurationError`` if ``base_url`` is not a URL of these schemes.
    """
    url = _split(base_url)
    asked = {key: value for key, value in msgspec.structs.asdict(target).items() if value is not None}
    pairs = dict(parse_qsl(url.query, keep_blank_values=True)) | dict(query or {}) | asked
    path = url.path.rstrip("/") + "/realtime"
    return urlunsplit((_TO_WEBSOCKET[url.scheme], url.netloc, path, urlencode(pairs, quote_via=quote), ""))


def http_url(base_url: str, path: str) -> str:
    """``base_url`` + ``path`` (which begins with a slash), over HTTP; a query of ``base_url`` is kept."""
    url = _split(base_url)
    return urlunsplit((_TO_HTTP[url.scheme], url.netloc, url.path.rstrip("/") + path, url.query, ""))


def read_target(query: Mapping[str, str]) -> Target:
    """What the query of a WebSocket request asks for; an empty value counts as absent."""
    return Target(**{name: query.get(name) or None for name in Target.__struct_fields__})


def call_location(call_id: str) -> str:
    """The ``Location`` of a call, relative and with ``/v1`` as the service sends it."""
    return f"/v1/realtime/calls/{call_id}"


def call_id_from_location(location: str) -> str | None:
    """The call id in a ``Location``: the last segment of its path; None in one that is no address."""
    try:
        return urlsplit(location).path.rstrip("/").rpartition("/")[2] or None
    except ValueError:
        return None


def _split(base_url: str) -> SplitResult:
    try:
        url = urlsplit(base_url)
        known = url.scheme in _TO_HTTP and bool(url.hostname) and url.port != 0
    except ValueError:
        known = False
        url = SplitResult("", "", "", "", "")
    if not known:
        raise ConfigurationError(f"base_url must be a URL like https://api.openai.com/v1, not '{base_url}'")
    return url
