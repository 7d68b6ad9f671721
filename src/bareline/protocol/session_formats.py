"""Which audio formats does a session speak, how many bytes is a millisecond of each, and who takes the turns?

Source: REALTIME.md sections 8 and 12.
"""

from __future__ import annotations

from bareline.protocol.events import AudioFormat, RealtimeSession, Session, TranscriptionSession, UnsetType
from bareline.units import BYTES_PER_MS

__all__ = ["bytes_per_ms", "input_format", "is_pcm", "output_format", "vad_on", "vad_responds"]

_G711_BYTES_PER_MS = 8


def input_format(session: Session | None) -> AudioFormat | None:
    """The format of the user's audio; ``None`` while the session has not reported it."""
    if not isinstance(session, RealtimeSession | TranscriptionSession) or session.audio is None:
        return None
    return session.audio.input.format if session.audio.input is not None else None


def output_format(session: Session | None) -> AudioFormat | None:
    """The format of the assistant's audio; ``None`` while the session has not reported it."""
    if not isinstance(session, RealtimeSession) or session.audio is None:
        return None
    output = session.audio.output
    return None if isinstance(output, UnsetType) or output is None else output.format


def vad_on(session: Session | None) -> bool | None:
    """Whether the server detects turns; ``None`` while the session has not reported it."""
    if not isinstance(session, RealtimeSession | TranscriptionSession) or session.audio is None:
        return None
    return session.audio.input is not None and session.audio.input.turn_detection is not None


def vad_responds(session: Session | None) -> bool:
    """Whether the server answers by itself when the user stops speaking; so it does until the session says no."""
    if not isinstance(session, RealtimeSession) or session.audio is None or session.audio.input is None:
        return not isinstance(session, TranscriptionSession)
    detection = session.audio.input.turn_detection
    return detection is not None and detection.create_response is not False


def is_pcm(audio_format: AudioFormat | None) -> bool:
    """Whether it is PCM16 at 24 kHz, as it is unless the session says otherwise."""
    return audio_format is None or audio_format.type == "audio/pcm"


def bytes_per_ms(audio_format: AudioFormat | None) -> int:
    """Bytes of one millisecond of mono audio."""
    return BYTES_PER_MS if is_pcm(audio_format) else _G711_BYTES_PER_MS
