"""Which settings look alike in a request and in a report?

Source: REALTIME.md section 8.
"""

from __future__ import annotations

from typing import Any, TypeVar, Union

import msgspec
from msgspec import UNSET, UnsetType

__all__ = [
    "AudioFormat",
    "Maybe",
    "Nullable",
    "Prompt",
    "Reasoning",
    "RetentionRatio",
    "TokenLimits",
    "Tracing",
    "UnknownTruncation",
    "VoiceId",
]


T = TypeVar("T")
Maybe = Union[T, UnsetType]  # noqa: UP007  (a generic alias must be a Union at run time)
"""A key that may be absent; null is refused."""
Nullable = Union[T, UnsetType, None]  # noqa: UP007
"""A key that may be absent (keeps) or null (clears)."""


class AudioFormat(msgspec.Struct, frozen=True):
    """``audio/pcm`` (``rate`` 24000), ``audio/pcmu`` or ``audio/pcma`` (no rate)."""

    type: str = "audio/pcm"
    rate: int | UnsetType | None = UNSET


class VoiceId(msgspec.Struct, kw_only=True, frozen=True):
    """A custom voice."""

    id: str


class Prompt(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A stored prompt of the service."""

    id: str
    version: str | None = None
    variables: dict[str, Any] | None = None


class Reasoning(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """``effort``: minimal, low, medium, high or xhigh; 2.x models only."""

    effort: str | None = None


class TokenLimits(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Limits below the model's own."""

    post_instructions: int | None = None


class RetentionRatio(
    msgspec.Struct, kw_only=True, frozen=True, tag_field="type", tag="retention_ratio", omit_defaults=True
):
    """Truncate the context down to this share of the limit."""

    retention_ratio: float
    token_limits: TokenLimits | None = None


class UnknownTruncation(msgspec.Struct, frozen=True, tag_field="type", tag="bareline.unknown_truncation"):
    """A truncation of a type this version does not know; ``value`` is the whole object as it came."""

    value: dict[str, Any]


class Tracing(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Names of the service's own trace."""

    workflow_name: str | None = None
    group_id: str | None = None
    metadata: dict[str, Any] | None = None
