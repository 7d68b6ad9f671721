"""What does a session start with, when its client secret and its request both say something?"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET

from bareline.protocol.events import RealtimeSessionConfig, SessionConfig
from bareline.protocol.refusal import Refusal, invalid_value
from bareline.protocol.strict import check_session

__all__ = ["overlay"]


def overlay(bound: SessionConfig, asked: SessionConfig) -> SessionConfig | Refusal:
    """``bound`` with what ``asked`` states laid over it, key by key; type and model stay what a secret was made for."""
    if type(bound) is not type(asked):
        kind = str(bound.__struct_config__.tag)
        return invalid_value("session.type", str(asked.__struct_config__.tag), [kind])
    both = check_session(_merged(msgspec.to_builtins(bound), msgspec.to_builtins(asked)))
    if isinstance(both, RealtimeSessionConfig) and isinstance(bound, RealtimeSessionConfig):
        return msgspec.structs.replace(both, model=both.model if bound.model is UNSET else bound.model)
    return both


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        known: Any = merged.get(key)
        merged[key] = _merged(known, value) if _of_one_kind(known, value) else value
    return merged


def _of_one_kind(one: Any, other: Any) -> bool:
    """Objects of one type: settings of ``server_vad`` mean nothing to ``semantic_vad``."""
    return isinstance(one, dict) and isinstance(other, dict) and _kind(one) == _kind(other)


def _kind(settings: Any) -> object:
    return settings.get("type")
