"""Who is asking, how does a key travel, and how is it kept out of sight?

Source: REALTIME.md sections 1 and 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

__all__ = [
    "REALTIME_SUBPROTOCOL",
    "Credentials",
    "KeyKind",
    "auth_headers",
    "key_kind",
    "offer_subprotocols",
    "read_credentials",
    "redact",
    "select_subprotocol",
]

KeyKind = Literal["server", "ephemeral", "other"]

REALTIME_SUBPROTOCOL = "realtime"
"""The one subprotocol that a server may select; browsers fail the handshake otherwise."""

_KEY_PREFIX = "openai-insecure-api-key."
_ORGANIZATION_PREFIX = "openai-organization."
_PROJECT_PREFIX = "openai-project."
_SECRETS = re.compile(
    r"(?P<lead>\b(?:sk-|ek_|whsec_)|\bBearer\s+|openai-insecure-api-key\.)[A-Za-z0-9_\-.~+/=]{3,}", re.IGNORECASE
)
_KNOWN_MIN_CHARS = 4


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """Who is asking. ``key`` is a server key (``sk-``) or a client secret (``ek_``)."""

    key: str | None = None
    organization: str | None = None
    project: str | None = None
    safety_identifier: str | None = None

    def __repr__(self) -> str:
        shown = f"organization={self.organization!r}, project={self.project!r}"
        return f"Credentials(key={'...' if self.key else None}, {shown})"


def key_kind(key: str) -> KeyKind:
    """Whether a key belongs on servers only (``sk-``) or may be given to a client (``ek_``)."""
    if key.startswith("sk-"):
        return "server"
    return "ephemeral" if key.startswith("ek_") else "other"


def auth_headers(credentials: Credentials) -> dict[str, str]:
    """The HTTP headers that carry ``credentials``."""
    named = {
        "Authorization": credentials.key and f"Bearer {credentials.key}",
        "OpenAI-Organization": credentials.organization,
        "OpenAI-Project": credentials.project,
        "OpenAI-Safety-Identifier": credentials.safety_identifier,
    }
    return {name: value for name, value in named.items() if value}


def offer_subprotocols(credentials: Credentials) -> list[str]:
    """The WebSocket subprotocols with which a browser, which cannot set headers, carries ``credentials``."""
    named = (
        (_KEY_PREFIX, credentials.key),
        (_ORGANIZATION_PREFIX, credentials.organization),
        (_PROJECT_PREFIX, credentials.project),
    )
    return [REALTIME_SUBPROTOCOL, *(prefix + value for prefix, value in named if value)]


def select_subprotocol(offered: Iterable[str]) -> str | None:
    """What the server answers: ``realtime`` if it was offered, else none, never a key."""
    return REALTIME_SUBPROTOCOL if REALTIME_SUBPROTOCOL in offered else None


def read_credentials(headers: Mapping[str, str], offered: Iterable[str] = ()) -> Credentials:
    """Who is asking, from the headers and the ``offered`` subprotocols of a request; headers win.

    Header names are matched in any case.
    """
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    offered = list(offered)
    scheme, _, key = lower.get("authorization", "").partition(" ")
    return Credentials(
        key=(key.strip() if scheme.lower() == "bearer" else "") or _after(_KEY_PREFIX, offered),
        organization=lower.get("openai-organization") or _after(_ORGANIZATION_PREFIX, offered),
        project=lower.get("openai-project") or _after(_PROJECT_PREFIX, offered),
        safety_identifier=lower.get("openai-safety-identifier") or None,
    )


def redact(text: str, *known: str) -> str:
    """``text`` with every key in it blotted out: what looks like one, and the ``known`` ones wherever they stand."""
    for secret in known:
        if len(secret) >= _KNOWN_MIN_CHARS:
            text = text.replace(secret, "...")
    return _SECRETS.sub(r"\g<lead>...", text)


def _after(prefix: str, offered: list[str]) -> str | None:
    found = next((entry for entry in offered if entry.startswith(prefix)), "")
    return found.removeprefix(prefix) or None
