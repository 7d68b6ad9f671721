"""What do the HTTP bodies before a session hold?

Source: REALTIME.md section 1.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET

from bareline.protocol.events.session import Session
from bareline.protocol.events.session_config import SessionConfig
from bareline.protocol.events.settings import Maybe

__all__ = ["CallRequest", "ClientSecret", "ClientSecretRequest", "ExpiresAfter"]


class ExpiresAfter(msgspec.Struct, frozen=True, kw_only=True):
    """When a client secret ends: ``seconds`` (10-7200, by default 600) after it was made."""

    anchor: Literal["created_at"] = "created_at"
    seconds: Maybe[int] = UNSET


class ClientSecretRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Body of ``POST /realtime/client_secrets``; ``session`` is what the secret's sessions start with."""

    expires_after: Maybe[ExpiresAfter] = UNSET
    session: Maybe[SessionConfig] = UNSET


class ClientSecret(msgspec.Struct, frozen=True, kw_only=True):
    """Answer to it: an ``ek_`` key, its end in Unix seconds, and the effective session."""

    value: str
    expires_at: int
    session: Session | None = None

    def __repr__(self) -> str:
        return f"ClientSecret(value='ek_...', expires_at={self.expires_at})"


class CallRequest(msgspec.Struct, frozen=True, kw_only=True):
    """``POST /realtime/calls``: an SDP offer and, in the multipart form, a session."""

    sdp: str
    session: SessionConfig | None = None
