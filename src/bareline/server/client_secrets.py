"""Which client secrets has the server given out, and what is bound to each?

A secret opens any number of sessions until it expires, starts them with the configuration it was made with, and is
accepted wherever a key is, except for making secrets. Source: REALTIME.md section 1.
"""

from __future__ import annotations

from dataclasses import dataclass

from bareline.ids import IdSource
from bareline.protocol.events import SessionConfig

__all__ = ["SECRETS_MAX", "ClientSecrets", "KnownSecret"]

SECRETS_MAX = 10_000
"""Secrets alive at once; beyond, the oldest are forgotten."""


@dataclass(frozen=True, slots=True)
class KnownSecret:
    """One secret; ``config`` starts its sessions (None: the defaults)."""

    value: str
    expires_at_unix_s: int
    config: SessionConfig | None

    def __repr__(self) -> str:
        return f"KnownSecret(expires_at_unix_s={self.expires_at_unix_s})"


class ClientSecrets:
    """All secrets of one server."""

    def __init__(self, ids: IdSource) -> None:
        self._ids = ids
        self._secrets: dict[str, KnownSecret] = {}

    def mint(self, config: SessionConfig | None, *, now_unix_s: int, lifetime_s: int) -> KnownSecret:
        """Make a secret."""
        self._make_room(now_unix_s)
        secret = KnownSecret(self._ids.new("ek"), now_unix_s + lifetime_s, config)
        self._secrets[secret.value] = secret
        return secret

    def find(self, value: str, *, now_unix_s: int) -> KnownSecret | None:
        """The secret, unless it was never made or has expired."""
        secret = self._secrets.get(value)
        return secret if secret and now_unix_s < secret.expires_at_unix_s else None

    def expired(self, value: str, *, now_unix_s: int) -> bool:
        """Whether the secret was good once; forgotten when room is needed."""
        secret = self._secrets.get(value)
        return secret is not None and secret.expires_at_unix_s <= now_unix_s

    def _make_room(self, now_unix_s: int) -> None:
        if len(self._secrets) < SECRETS_MAX:
            return
        for value in [value for value, secret in self._secrets.items() if secret.expires_at_unix_s <= now_unix_s]:
            del self._secrets[value]
        if len(self._secrets) >= SECRETS_MAX:
            del self._secrets[next(iter(self._secrets))]
