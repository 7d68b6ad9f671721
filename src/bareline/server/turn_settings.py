"""How should the server find turns, and what should it take out of the audio first, given what the session asks for?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from msgspec import UNSET, UnsetType

from bareline.protocol.events import (
    NoiseReduction,
    RealtimeSession,
    Session,
    SessionAudioInput,
    TranscriptionSession,
    TurnDetection,
)

__all__ = ["TurnSettings", "noise_reduction", "turn_settings"]

T = TypeVar("T")

_PATIENCE_MS = {"high": 400, "medium": 800, "auto": 800, "low": 1_500}
"""Silence that ends a turn by eagerness: well below the service's longest waits of 2, 4, 4 and 8 s, which it uses only
for speech that sounds unfinished."""


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """``threshold`` of speech probability (0-1), times in ms; ``idle_timeout_ms`` is None when nobody waits."""

    threshold: float = 0.5
    prefix_padding_ms: int = 300
    silence_duration_ms: int = 500
    idle_timeout_ms: int | None = None


def turn_settings(session: Session) -> TurnSettings | None:
    """The settings of this session, or None when turns are manual."""
    heard = _input(session)
    detection = heard.turn_detection if heard else None
    if detection is None:
        return None
    if detection.type == "semantic_vad":
        return TurnSettings(silence_duration_ms=_PATIENCE_MS[_eagerness(detection)])
    default = TurnSettings()
    return TurnSettings(
        threshold=_given(detection.threshold, default.threshold),
        prefix_padding_ms=_given(detection.prefix_padding_ms, default.prefix_padding_ms),
        silence_duration_ms=_given(detection.silence_duration_ms, default.silence_duration_ms),
        idle_timeout_ms=detection.idle_timeout_ms or None,
    )


def noise_reduction(session: Session) -> NoiseReduction | None:
    """What noise reduction this session wants, or None."""
    heard = _input(session)
    return heard.noise_reduction if heard else None


def _input(session: Session) -> SessionAudioInput | None:
    if not isinstance(session, RealtimeSession | TranscriptionSession) or session.audio is None:
        return None
    return session.audio.input


def _eagerness(detection: TurnDetection) -> str:
    given = detection.eagerness
    return given if isinstance(given, str) and given in _PATIENCE_MS else "auto"


def _given(value: T | UnsetType | None, default: T) -> T:
    return default if value is UNSET or value is None else value
