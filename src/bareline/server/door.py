"""May this client come in, and to which session?

Sans-IO: requests come as values, answers go as values. Any key is accepted unless one was set; a client secret must be
one of this server's that has not expired. Source: REALTIME.md sections 1, 2 and 11.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from msgspec import UNSET

from bareline.ids import IdSource
from bareline.protocol.events import SessionConfig, TranscriptionSessionConfig
from bareline.protocol.refusal import Refusal
from bareline.protocol.signalling import (
    Credentials,
    Target,
    beta_disabled,
    invalid_api_key,
    invalid_model,
    key_kind,
    missing_model,
)
from bareline.server.client_secrets import ClientSecrets, KnownSecret
from bareline.server.config_overlay import overlay
from bareline.server.models import DEFAULT_MODEL, Models
from bareline.server.refusals import client_secret_expired

__all__ = ["Door", "SessionPlan", "SidebandPlan"]


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """Which session to open; ``initial`` is the configuration bound to the client secret."""

    intent: Literal["realtime", "transcription"]
    model: str
    initial: SessionConfig | None = None


@dataclass(frozen=True, slots=True)
class SidebandPlan:
    """Which call to attach to, if there is one of that name."""

    call_id: str


class Door:
    """Judges every request of one server.

    ``api_key`` None accepts every key but no missing one. ``unix_s`` tells the wall-clock time in whole seconds.
    """

    def __init__(
        self, *, ids: IdSource, models: Models, secrets: ClientSecrets, unix_s: Callable[[], int], api_key: str | None
    ) -> None:
        self.ids = ids
        self.models = models
        self.secrets = secrets
        self.unix_s = unix_s
        self._api_key = api_key

    def check(self, credentials: Credentials) -> KnownSecret | Refusal | None:
        """The client secret in ``credentials``, None for a server key, or the refusal."""
        key = credentials.key or ""
        if key_kind(key) == "ephemeral":
            return self._find_secret(key)
        if not key or (self._api_key is not None and not _same(key, self._api_key)):
            return invalid_api_key(key)
        return None

    def check_server_key(self, credentials: Credentials) -> Refusal | None:
        """None for a server key; a client secret is refused."""
        checked = self.check(credentials)
        return invalid_api_key(credentials.key) if isinstance(checked, KnownSecret) else checked

    def plan(self, target: Target, credentials: Credentials, *, beta: bool) -> SessionPlan | SidebandPlan | Refusal:
        """What a WebSocket request asks for; ``beta`` when it asks for the shape before GA."""
        checked = self.check(credentials)
        if isinstance(checked, Refusal):
            return checked
        if beta:
            return beta_disabled()
        if target.call_id is not None:
            return SidebandPlan(target.call_id)
        initial = checked.config if checked else None
        if target.intent == "transcription" or isinstance(initial, TranscriptionSessionConfig):
            return _transcription(initial)
        return self._realtime(initial, target.model)

    def _find_secret(self, key: str) -> KnownSecret | Refusal:
        now_unix_s = self.unix_s()
        expired = self.secrets.expired(key, now_unix_s=now_unix_s)
        refusal = client_secret_expired(key) if expired else invalid_api_key(key)
        return self.secrets.find(key, now_unix_s=now_unix_s) or refusal

    def plan_call(
        self, asked: SessionConfig | None, credentials: Credentials, *, model: str | None
    ) -> SessionPlan | Refusal:
        """The session of a call: what its secret was made for, with what the request ``asked`` laid over it.

        Its model is that of the secret, of the request's session, of its address (``model``), or the default.
        """
        checked = self.check(credentials)
        if isinstance(checked, Refusal):
            return checked
        initial = checked.config if checked else None
        if asked is not None:
            initial = asked if initial is None else overlay(initial, asked)
        if isinstance(initial, Refusal):
            return initial
        if isinstance(initial, TranscriptionSessionConfig):
            return _transcription(initial)
        return self._realtime(initial, model or DEFAULT_MODEL)

    def _realtime(self, initial: SessionConfig | None, asked: str | None) -> SessionPlan | Refusal:
        """A secret that names a model holds its session to it, whatever the address says."""
        model = asked
        if initial is not None and not isinstance(initial, TranscriptionSessionConfig) and initial.model is not UNSET:
            model = initial.model
        if not model:
            return missing_model()
        if not self.models.accepts(model):
            return invalid_model(model)
        return SessionPlan(intent="realtime", model=model, initial=initial)


def _transcription(initial: SessionConfig | None) -> SessionPlan:
    bound = initial if isinstance(initial, TranscriptionSessionConfig) else None
    return SessionPlan(intent="transcription", model="", initial=bound)


def _same(key: str, other: str) -> bool:
    return hmac.compare_digest(key.encode(), other.encode())
