"""What is the effective session, at the start and after a patch?

A patch merges deeply: an absent key keeps, ``None`` clears, nested objects merge; lists and scalars are replaced.
Whether a patch is allowed at all (type, model, voice, tracing) is the authority's question, asked before.
Source: REALTIME.md sections 5 (row 11) and 8, with the defaults seen in live traffic.
"""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from bareline.protocol.events.session import (
    NoiseReduction,
    RealtimeSession,
    SessionAudio,
    SessionAudioInput,
    SessionAudioOutput,
    Transcription,
    TranscriptionSession,
    TurnDetection,
)
from bareline.protocol.events.session_config import (
    AudioInputConfig,
    AudioOutputConfig,
    NoiseReductionConfig,
    RealtimeSessionConfig,
    SemanticVad,
    ServerVad,
    TranscriptionConfig,
    TranscriptionSessionConfig,
)
from bareline.protocol.events.settings import AudioFormat
from bareline.units import SAMPLE_RATE_HZ

__all__ = ["PCM", "default_session", "default_transcription_session", "default_turn_detection", "merge_session"]

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)

PCM = AudioFormat(type="audio/pcm", rate=SAMPLE_RATE_HZ)
"""The default format of both directions."""

_SECOND_FAMILY = re.compile(r"gpt-realtime-2(\.\d+)?(-mini)?")


def default_session(*, id: str, model: str, expires_at: int, instructions: str) -> RealtimeSession:  # noqa: A002 (wire)
    """A speech-to-speech session before its first update; ``expires_at`` in Unix seconds.

    Voice and endpointing silence differ by model: alloy and 200 ms, marin and 500 ms for the 2.x family.
    """
    return RealtimeSession(
        object="realtime.session",
        id=id,
        model=model,
        output_modalities=["audio"],
        instructions=instructions,
        tools=[],
        tool_choice="auto",
        max_output_tokens="inf",
        truncation="auto",
        expires_at=expires_at,
        audio=SessionAudio(
            input=SessionAudioInput(format=PCM, turn_detection=default_turn_detection("server_vad", model)),
            output=SessionAudioOutput(format=PCM, voice="marin" if _second_family(model) else "alloy", speed=1.0),
        ),
    )


def default_transcription_session(*, id: str, expires_at: int) -> TranscriptionSession:  # noqa: A002 (wire)
    """A transcription session before its first update: no model, no output, transcription still off."""
    return TranscriptionSession(
        object="realtime.transcription_session",
        id=id,
        expires_at=expires_at,
        audio=SessionAudio(input=SessionAudioInput(format=PCM, turn_detection=default_turn_detection("server_vad"))),
    )


def default_turn_detection(type: str, model: str | None = None) -> TurnDetection:  # noqa: A002 (wire)
    """What ``server_vad`` or ``semantic_vad`` means when nothing else is said; ``model`` is None for transcription."""
    if type == "semantic_vad":
        return TurnDetection(type=type, eagerness="auto", create_response=True, interrupt_response=True)
    return TurnDetection(
        type=type,
        threshold=0.5,
        prefix_padding_ms=300,
        silence_duration_ms=500 if _second_family(model) else 200,
        idle_timeout_ms=None,
        create_response=True,
        interrupt_response=True,
    )


def merge_session(
    session: RealtimeSession | TranscriptionSession, config: RealtimeSessionConfig | TranscriptionSessionConfig
) -> RealtimeSession | TranscriptionSession:
    """``session`` with ``config`` applied; the session itself is unchanged.

    Both must be of one type (speech-to-speech or transcription), else ``TypeError``.
    """
    match session, config:
        case RealtimeSession(), RealtimeSessionConfig():
            return _merge_realtime(session, config)
        case TranscriptionSession(), TranscriptionSessionConfig():
            audio = session.audio or SessionAudio()
            if config.audio is not UNSET:
                audio = replace(audio, input=_merge_input(audio.input, config.audio.input, None))
            return replace(session, audio=audio, include=_pick(config.include, session.include))
        case _:
            raise TypeError("the type of a session cannot change")


def _merge_realtime(session: RealtimeSession, config: RealtimeSessionConfig) -> RealtimeSession:
    audio = session.audio or SessionAudio()
    model = _pick(config.model, session.model)
    if config.audio is not UNSET:
        audio = replace(
            audio,
            input=_merge_input(audio.input, config.audio.input, model),
            output=_merge_output(audio.output, config.audio.output),
        )
    plain = _overlay(session, config, leave=("audio", "reasoning"))
    return replace(plain, audio=audio, reasoning=_pick(config.reasoning, session.reasoning) or UNSET)


def _merge_input(
    current: SessionAudioInput | None, patch: AudioInputConfig | UnsetType, model: str | None
) -> SessionAudioInput | None:
    if patch is UNSET:
        return current
    current = current or SessionAudioInput()
    return SessionAudioInput(
        format=_format(patch.format, current.format),
        transcription=_merge_transcription(current.transcription, patch.transcription),
        noise_reduction=_merge_noise_reduction(current.noise_reduction, patch.noise_reduction),
        turn_detection=_merge_turn_detection(current.turn_detection, patch.turn_detection, model),
    )


def _merge_output(
    current: SessionAudioOutput | UnsetType | None, patch: AudioOutputConfig | UnsetType
) -> SessionAudioOutput | UnsetType | None:
    if patch is UNSET:
        return current
    current = current or SessionAudioOutput()
    return replace(_overlay(current, patch, leave=("format",)), format=_format(patch.format, current.format))


def _merge_transcription(
    current: Transcription | None, patch: TranscriptionConfig | UnsetType | None
) -> Transcription | None:
    if patch is None or patch is UNSET:
        return _pick(patch, current)
    return _overlay(current or Transcription(), patch)


def _merge_noise_reduction(
    current: NoiseReduction | None, patch: NoiseReductionConfig | UnsetType | None
) -> NoiseReduction | None:
    if patch is None or patch is UNSET:
        return _pick(patch, current)
    return _overlay(current or NoiseReduction(type="near_field", strength=1.0), patch)


def _merge_turn_detection(
    current: TurnDetection | None, patch: ServerVad | SemanticVad | UnsetType | None, model: str | None
) -> TurnDetection | None:
    if patch is None or patch is UNSET:
        return _pick(patch, current)
    kind = "server_vad" if isinstance(patch, ServerVad) else "semantic_vad"
    if current is None or current.type != kind:
        current = default_turn_detection(kind, model)
    return _overlay(current, patch)


def _overlay(current: S, patch: msgspec.Struct, *, leave: tuple[str, ...] = ()) -> S:
    """``current`` with every key that ``patch`` states, except those in ``leave``; both name their keys alike."""
    stated = {
        name: value
        for name in patch.__struct_fields__
        if name not in leave and (value := getattr(patch, name)) is not UNSET
    }
    return replace(current, **stated)


def _pick(value: T | UnsetType, otherwise: T) -> T:
    return otherwise if value is UNSET else value


def _format(value: AudioFormat | UnsetType, otherwise: AudioFormat | None) -> AudioFormat | None:
    if value is UNSET:
        return otherwise
    return PCM if value.type == PCM.type else AudioFormat(type=value.type)


def _second_family(model: str | None) -> bool:
    return model is not None and _SECOND_FAMILY.fullmatch(model) is not None
