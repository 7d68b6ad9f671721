"""How should the server find turns, and what should it take out of the audio first, given what the session asks for?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypedDict, TypeVar

from msgspec import UNSET, UnsetType

from bareline.protocol.events import (
    NoiseReduction,
    RealtimeSession,
    Session,
    SessionAudioInput,
    TranscriptionSession,
    TurnDetection,
)
from bareline.turns.contract import TurnDetector, VoiceActivity
from bareline.turns.silence import SilenceTurnDetector

__all__ = ["Eagerness", "TurnSettings", "detector_for", "noise_reduction", "silence_settings", "turn_settings"]

T = TypeVar("T")
Eagerness = Literal["low", "medium", "high", "auto"]

_PATIENCE_MS: dict[Eagerness, int] = {"high": 400, "medium": 800, "auto": 800, "low": 1_500}
"""Silence that ends a turn by eagerness: well below the service's longest waits of 2, 4, 4 and 8 s, which it uses only
for speech that sounds unfinished."""


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """``threshold`` of speech probability (0-1), times in ms; ``idle_timeout_ms`` is None when nobody waits.

    ``eagerness`` of ``semantic_vad``; None: turns end with silence.
    """

    threshold: float = 0.5
    prefix_padding_ms: int = 300
    silence_duration_ms: int = 500
    idle_timeout_ms: int | None = None
    eagerness: Eagerness | None = None


class SilenceSettings(TypedDict):
    """What ``SilenceTurnDetector`` takes."""

    threshold: float
    prefix_padding_ms: int
    silence_duration_ms: int


def turn_settings(session: Session) -> TurnSettings | None:
    """The settings of this session, or None when turns are manual."""
    heard = _input(session)
    detection = heard.turn_detection if heard else None
    if detection is None:
        return None
    if detection.type == "semantic_vad":
        eagerness = _eagerness(detection)
        return TurnSettings(silence_duration_ms=_PATIENCE_MS[eagerness], eagerness=eagerness)
    default = TurnSettings()
    return TurnSettings(
        threshold=_given(detection.threshold, default.threshold),
        prefix_padding_ms=_given(detection.prefix_padding_ms, default.prefix_padding_ms),
        silence_duration_ms=_given(detection.silence_duration_ms, default.silence_duration_ms),
        idle_timeout_ms=detection.idle_timeout_ms or None,
    )


def silence_settings(settings: TurnSettings) -> SilenceSettings:
    """These settings as ``SilenceTurnDetector`` takes them."""
    return {
        "threshold": settings.threshold,
        "prefix_padding_ms": settings.prefix_padding_ms,
        "silence_duration_ms": settings.silence_duration_ms,
    }


def detector_for(settings: TurnSettings, vad: VoiceActivity) -> TurnDetector:
    """A detector that decides by these settings."""
    return SilenceTurnDetector(vad, **silence_settings(settings))


def noise_reduction(session: Session) -> NoiseReduction | None:
    """What noise reduction this session wants, or None."""
    heard = _input(session)
    return heard.noise_reduction if heard else None


def _input(session: Session) -> SessionAudioInput | None:
    if not isinstance(session, RealtimeSession | TranscriptionSession) or session.audio is None:
        return None
    return session.audio.input


def _eagerness(detection: TurnDetection) -> Eagerness:
    for known in _PATIENCE_MS:
        if known == detection.eagerness:
            return known
    return "auto"


def _given(value: T | UnsetType | None, default: T) -> T:
    return default if value is UNSET or value is None else value
