"""Which models does the server offer, and what does it say of them?

A name chooses defaults (voice, silence) and reported identity; the answers come from the backend. Source: REALTIME.md
section 8.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

__all__ = ["DEFAULT_MODEL", "REALTIME_MODELS", "Model", "ModelList", "Models"]

DEFAULT_MODEL = "gpt-realtime-2.1"
REALTIME_MODELS = (
    "gpt-realtime",
    "gpt-realtime-2025-08-28",
    "gpt-realtime-1.5",
    "gpt-realtime-2",
    "gpt-realtime-2.1",
    "gpt-realtime-2.1-mini",
    "gpt-realtime-mini",
    "gpt-realtime-mini-2025-10-06",
    "gpt-realtime-mini-2025-12-15",
)
_CREATED_UNIX_S = 1_756_339_200
"""2025-08-28, the day of the first GA model; the same for all, since nothing depends on it."""


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of ``GET /v1/models``."""

    id: str
    object: str = "model"
    created: int = _CREATED_UNIX_S
    owned_by: str = "bareline"


class ModelList(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``GET /v1/models``."""

    object: str = "list"
    data: list[Model]


class Models:
    """The names that are accepted: the given ones, or any at all."""

    def __init__(self, names: Iterable[str] = REALTIME_MODELS, *, any_model: bool = False) -> None:
        self._names = tuple(names)
        self._any = any_model

    def accepts(self, name: str) -> bool:
        """May a session be opened with this model?"""
        return self._any or name in self._names

    def find(self, name: str) -> Model | None:
        """The entry of one model."""
        return Model(id=name) if self.accepts(name) else None

    def list(self) -> ModelList:
        """All entries."""
        return ModelList(data=[Model(id=name) for name in self._names])
