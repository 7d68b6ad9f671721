"""How does a session begin, and which updates depend on what it has become?

What an update may hold at all is checked before (``bareline.protocol.strict``). Source: REALTIME.md section 8.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from bareline.protocol import events as ev
from bareline.protocol.authority.shared import Shared
from bareline.protocol.refusal import Refusal, invalid_value, unsupported
from bareline.protocol.session_merge import default_session, default_transcription_session, merge_session

__all__ = ["first_session", "given_voice", "session_refusal", "voice_refusal"]

_NO_REASONING = (
    "gpt-realtime",
    "gpt-realtime-2025-08-28",
    "gpt-realtime-1.5",
    "gpt-realtime-mini",
    "gpt-4o-realtime-preview",
    "gpt-4o-mini-realtime-preview",
)


def first_session(
    *,
    id: str,  # noqa: A002  (the wire's name)
    model: str,
    expires_at: int,
    intent: Literal["realtime", "transcription"],
    initial: ev.SessionConfig | None,
    instructions: str,
) -> ev.RealtimeSession | ev.TranscriptionSession:
    """The session before any update; the type of ``initial`` wins over ``intent``, ``model`` over its model."""
    transcribing = isinstance(initial, ev.TranscriptionSessionConfig) if initial is not None else intent != "realtime"
    if transcribing:
        session = default_transcription_session(id=id, expires_at=expires_at)
    else:
        session = default_session(id=id, model=model, expires_at=expires_at, instructions=instructions)
    if initial is None:
        return session
    if isinstance(initial, ev.RealtimeSessionConfig):
        initial = msgspec.structs.replace(initial, model=ev.UNSET)
    return merge_session(session, initial)


def session_refusal(shared: Shared, config: ev.SessionConfig) -> Refusal | None:
    """Why this update is not possible now; ``None`` when it is."""
    session = shared.session
    if isinstance(config, ev.RealtimeSessionConfig) and isinstance(session, ev.RealtimeSession):
        return (
            _model_refusal(session, config)
            or voice_refusal(shared, given_voice(config.audio), "session.audio.output.voice")
            or _tracing_refusal(session, config)
            or _reasoning_refusal(session, config)
        )
    if isinstance(config, ev.TranscriptionSessionConfig) and isinstance(session, ev.TranscriptionSession):
        return None
    kind = session.__struct_config__.tag
    return invalid_value("session.type", config.__struct_config__.tag, [kind])


def given_voice(
    audio: ev.AudioConfig | ev.ResponseAudioConfig | ev.UnsetType | None,
) -> str | ev.VoiceId | None:
    """The voice in a request, if it names one."""
    output = audio.output if isinstance(audio, (ev.AudioConfig, ev.ResponseAudioConfig)) else None
    voice = output.voice if isinstance(output, (ev.AudioOutputConfig, ev.ResponseAudioOutputConfig)) else None
    return None if isinstance(voice, ev.UnsetType) else voice


def voice_refusal(shared: Shared, wanted: str | ev.VoiceId | None, param: str) -> Refusal | None:
    """Assistant audio fixes the voice; the same one may be named again (section 8)."""
    audio = shared.session.audio
    output = audio.output if audio is not None else None
    current = output.voice if isinstance(output, ev.SessionAudioOutput) else None
    if not shared.voice_locked or wanted is None or wanted == current:
        return None
    message = "Cannot update a conversation's voice if assistant audio is present."
    return Refusal(code="cannot_update_voice", message=message, param=param)


def _model_refusal(session: ev.RealtimeSession, config: ev.RealtimeSessionConfig) -> Refusal | None:
    if not isinstance(config.model, str) or config.model == session.model:
        return None
    return unsupported("session.model", "the model of a session cannot be changed")


def _tracing_refusal(session: ev.RealtimeSession, config: ev.RealtimeSessionConfig) -> Refusal | None:
    if session.tracing is None or config.tracing is ev.UNSET or config.tracing == session.tracing:
        return None
    return unsupported("session.tracing", "tracing cannot be changed once it is enabled")


def _reasoning_refusal(session: ev.RealtimeSession, config: ev.RealtimeSessionConfig) -> Refusal | None:
    if not isinstance(config.reasoning, ev.Reasoning) or session.model not in _NO_REASONING:
        return None
    return unsupported("session.reasoning", f"the model '{session.model}' does not reason")
