"""What has the user said, as text?

Transcripts come when they come: before, between and after the events of responses (REALTIME.md 10.12).
"""

from __future__ import annotations

from bareline.protocol import events as ev
from bareline.protocol.authority.shared import Shared
from bareline.protocol.authority.tokens import transcript_usage
from bareline.protocol.limits import EARLY_MAX_ITEMS

__all__ = ["Transcripts"]


class Transcripts:
    """The transcriptions under way, by item; the oldest go beyond ``EARLY_MAX_ITEMS``."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._pieces: dict[str, list[str]] = {}

    def expect(self, item_id: str) -> bool:
        """An utterance begins or was committed. Returns whether the session wants its transcript."""
        if self._shared.transcription is None:
            return False
        self._pieces.setdefault(item_id, [])
        if len(self._pieces) > EARLY_MAX_ITEMS:
            del self._pieces[next(iter(self._pieces))]
        return True

    def forget(self, item_id: str | None) -> None:
        """The item was deleted, or its utterance will not be committed."""
        self._pieces.pop(item_id or "", None)

    def delta(self, item_id: str, text: str) -> None:
        """More of it."""
        pieces = self._pieces.get(item_id)
        if pieces is None or not text:
            return
        out = self._shared.out
        out.emit(
            ev.ConversationItemInputAudioTranscriptionDelta(
                item_id=item_id, content_index=0, delta=text, obfuscation=out.padding(text)
            )
        )
        pieces.append(text)

    def completed(self, item_id: str) -> None:
        """All of it."""
        pieces = self._pieces.pop(item_id, None)
        if pieces is None:
            return
        transcript = "".join(pieces)
        model = self._shared.transcription.model if self._shared.transcription else None
        self._shared.out.emit(
            ev.ConversationItemInputAudioTranscriptionCompleted(
                item_id=item_id,
                content_index=0,
                transcript=transcript,
                usage=transcript_usage(model, self._shared.audio.ms(item_id), transcript),
            )
        )

    def failed(self, item_id: str, message: str) -> None:
        """None of it."""
        if self._pieces.pop(item_id, None) is None:
            return
        error = ev.TranscriptionError(type="server_error", code="transcription_failed", message=message)
        self._shared.out.emit(
            ev.ConversationItemInputAudioTranscriptionFailed(item_id=item_id, content_index=0, error=error)
        )
