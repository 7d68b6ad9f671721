"""What do all events have in common?

``event_id`` is optional on receipt, so that a server that forgets it can be talked to. Source: REALTIME.md section 4.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

__all__ = ["ClientEnvelope", "ServerEnvelope", "UnknownEvent"]


class ClientEnvelope(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Common to client events: ``event_id`` is echoed in ``error.event_id`` and nowhere else."""

    event_id: str | UnsetType | None = UNSET

    @property
    def type(self) -> str:
        """The wire name, such as ``session.update``."""
        return str(self.__struct_config__.tag)


class ServerEnvelope(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Common to server events: ``event_id`` is always sent, except by ``dtmf_event_received``."""

    event_id: str | UnsetType = UNSET

    @property
    def type(self) -> str:
        """The wire name, such as ``response.done``."""
        return str(self.__struct_config__.tag)


class UnknownEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a type this version does not know; ``value`` is the whole object as it came."""

    type: str
    value: dict[str, Any]

    @property
    def event_id(self) -> str | UnsetType:
        """The event's id, if it has one."""
        found = self.value.get("event_id")
        return found if isinstance(found, str) else UNSET
