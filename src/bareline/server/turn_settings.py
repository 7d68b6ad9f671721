"""How should the server find turns, and what should it take out of the audio first, given what the session asks for?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar

from msgspec import UNSET, UnsetType

from bareline.protocol.events import (
    NoiseReduction,
    RealtimeSession,
    Session,
    SessionAudioInput,
    TranscriptionSession,
    TurnDetection,
)
from bareline.turns.completeness import CompletenessTurnDetector
from bareline.turns.contract import TurnDetector, VoiceActivity
from bareline.turns.endpointing import Endpointing
from bareline.turns.silence import SilenceTurnDetector

__all__ = ["Eagerness", "TurnSettings", "adjust", "detector_for", "noise_reduction", "turn_settings"]

T = TypeVar("T")
Eagerness = Literal["low", "medium", "high", "auto"]

_MEDIUM = Endpointing(silence_ms=800, whole_ms=300, open_ms=1_000, unfinished_ms=4_000)
_PATIENCE: dict[Eagerness, Endpointing] = {
    "high": Endpointing(silence_ms=400, whole_ms=200, open_ms=600, unfinished_ms=2_000),
    "medium": _MEDIUM,
    "auto": _MEDIUM,
    "low": Endpointing(silence_ms=1_500, whole_ms=600, open_ms=2_000, unfinished_ms=8_000),
}
"""By eagerness: the longest waits are the service's, and as there for speech that is not finished. What is finished is
answered sooner, and where nothing is known of the words a silence between the two decides."""


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


def turn_settings(session: Session) -> TurnSettings | None:
    """The settings of this session, or None when turns are manual."""
    heard = _input(session)
    detection = heard.turn_detection if heard else None
    if detection is None:
        return None
    if detection.type == "semantic_vad":
        return TurnSettings(eagerness=_eagerness(detection))
    default = TurnSettings()
    return TurnSettings(
        threshold=_given(detection.threshold, default.threshold),
        prefix_padding_ms=_given(detection.prefix_padding_ms, default.prefix_padding_ms),
        silence_duration_ms=_given(detection.silence_duration_ms, default.silence_duration_ms),
        idle_timeout_ms=detection.idle_timeout_ms or None,
    )


def detector_for(settings: TurnSettings, vad: VoiceActivity) -> TurnDetector:
    """A detector that decides by these settings."""
    if settings.eagerness is not None:
        return CompletenessTurnDetector(vad, _PATIENCE[settings.eagerness])
    detector = SilenceTurnDetector(vad)
    adjust(detector, settings)
    return detector


def adjust(detector: TurnDetector, settings: TurnSettings) -> bool:
    """Let a detector in the middle of its stream decide by these settings; false when it is not of their kind."""
    if isinstance(detector, CompletenessTurnDetector) and settings.eagerness is not None:
        detector.use(_PATIENCE[settings.eagerness])
        return True
    if isinstance(detector, SilenceTurnDetector) and settings.eagerness is None:
        detector.configure(
            threshold=settings.threshold,
            prefix_padding_ms=settings.prefix_padding_ms,
            silence_duration_ms=settings.silence_duration_ms,
        )
        return True
    return False


def noise_reduction(session: Session) -> NoiseReduction | None:
    """What noise reduction this session wants, or None."""
    heard = _input(session)
    return heard.noise_reduction if heard else None


def _input(session: Session) -> SessionAudioInput | None:
    if not isinstance(session, RealtimeSession | TranscriptionSession) or session.audio is None:
        return None
    return session.audio.input


def _eagerness(detection: TurnDetection) -> Eagerness:
    for known in _PATIENCE:
        if known == detection.eagerness:
            return known
    return "auto"


def _given(value: T | UnsetType | None, default: T) -> T:
    return default if value is UNSET or value is None else value
