"""What may a tool know about the call it serves?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["ToolContext"]


@dataclass(frozen=True, slots=True)
class ToolContext:
    """Given to a tool that has a parameter of this type; the model never sees that parameter.

    ``call_id``: the model's id of this function call. ``idempotency_key``: the same for a repetition of the same
    execution and for nothing else; hand it to services that honour such keys. ``proposal_id``: set when the user
    consented to this execution. ``app``: whatever the application gave to ``Call(context=...)``.
    """

    tool: str
    call_id: str
    idempotency_key: str
    proposal_id: str | None = None
    app: Any = None
