"""Whose turn is it, when audio is simulated?

A session's turn detection for ``EndpointPair``: digital silence is silence, anything else is speech.
"""

from __future__ import annotations

from bareline.protocol.actions import InputAppended
from bareline.protocol.events import RealtimeSession, Session, TranscriptionSession, TurnDetection
from bareline.protocol.server_endpoint import ServerEndpoint

__all__ = ["SilenceTurns"]

_PREFIX_MS = 300
_SILENCE_MS = 500
_PCM_BYTES_PER_MS = 48
_G711_BYTES_PER_MS = 8
_G711_SILENCE = {"audio/pcmu": b"\xff", "audio/pcma": b"\xd5"}


class SilenceTurns:
    """Tells a server endpoint when speech starts and stops, by the session's own settings."""

    def __init__(self, server: ServerEndpoint) -> None:
        self._server = server
        self._detection: TurnDetection | None = None
        self._position_ms = 0
        self._speaking = False
        self._silent_ms = 0

    def configure(self, session: Session) -> None:
        """The effective session."""
        known = isinstance(session, RealtimeSession | TranscriptionSession)
        audio = session.audio.input if known and session.audio else None
        self._detection = audio.turn_detection if audio else None
        if self._detection is None:
            self.forget()

    def hear(self, appended: InputAppended, now_ns: int) -> None:
        """The next audio of the user; one append is judged as a whole, so keep them short."""
        silence = _G711_SILENCE.get(appended.format.type, b"\0")
        length_ms = len(appended.audio) // (_G711_BYTES_PER_MS if silence != b"\0" else _PCM_BYTES_PER_MS)
        start_ms = self._position_ms
        self._position_ms += length_ms
        if self._detection is None:
            return
        if appended.audio.strip(silence):
            self._silent_ms = 0
            if not self._speaking:
                self._speaking = True
                prefix_ms = self._detection.prefix_padding_ms or _PREFIX_MS
                self._server.speech_started(max(0, start_ms - prefix_ms), now_ns)
        elif self._speaking:
            self._silent_ms += length_ms
            if self._silent_ms >= (self._detection.silence_duration_ms or _SILENCE_MS):
                self._speaking = False
                self._server.speech_stopped(self._position_ms, now_ns)

    def forget(self) -> None:
        """The utterance under way is over or void."""
        self._speaking = False
        self._silent_ms = 0
