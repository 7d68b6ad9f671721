"""What does the server play by itself, and what of it did the user hear? (WebRTC, SIP)

The driver paces the audio and reports; truncation follows from what was played (REALTIME.md 3.6 and 10.6). On a plain
WebSocket nothing is ever reported, and all of this is silent.
"""

from __future__ import annotations

from bareline.protocol import events as ev
from bareline.protocol.actions import ResponseStopped
from bareline.protocol.authority.shared import Shared
from bareline.protocol.states import PlaybackEvent, PlaybackState
from bareline.protocol.tables import OUTPUT_BUFFER

__all__ = ["Playback"]


class Playback:
    """The output buffer: at most one response is being played."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._state = OUTPUT_BUFFER.initial
        self._response_id = ""
        self._played_ms = 0
        self._cuts: list[tuple[str, int]] = []

    def started(self, response_id: str) -> None:
        """The driver plays this response now."""
        self._state = OUTPUT_BUFFER.after(self._state, PlaybackEvent.STARTED)
        self._response_id = response_id
        self._played_ms = 0
        self._shared.out.emit(ev.OutputAudioBufferStarted(response_id=response_id))

    def played(self, response_id: str, played_ms: int) -> None:
        """So much of it was played in all."""
        if response_id == self._response_id:
            self._played_ms = played_ms

    def drained(self, response_id: str) -> None:
        """All of it was played."""
        if self._state is PlaybackState.PLAYING and response_id == self._response_id:
            self._state = OUTPUT_BUFFER.after(self._state, PlaybackEvent.DRAINED)
            self._shared.out.emit(ev.OutputAudioBufferStopped(response_id=response_id))

    def clear(self) -> None:
        """The client drops what is queued. Nothing is said when nothing is played."""
        self.stop(PlaybackEvent.CLEAR, "output_cleared")
        self.truncate()

    def stop(self, event: PlaybackEvent, reason: str) -> None:
        """Drop what is queued, and note what was not heard."""
        if self._state is not PlaybackState.PLAYING:
            return
        self._state = OUTPUT_BUFFER.after(self._state, event)
        self._shared.out.act(ResponseStopped(response_id=self._response_id, reason=reason))
        self._shared.out.emit(ev.OutputAudioBufferCleared(response_id=self._response_id))
        left_ms = self._played_ms
        response = self._shared.conversation.response(self._response_id)
        for _, entry in sorted(response.outputs.items()):
            generated_ms = self._shared.audio.ms(entry.id)
            if entry.in_conversation and generated_ms > left_ms:
                self._cuts.append((entry.id, left_ms))
            left_ms = max(0, left_ms - generated_ms)

    def truncate(self) -> None:
        """Cut the items that were not heard to their end."""
        for item_id, heard_ms in self._cuts:
            self._shared.truncate(item_id, heard_ms)
        self._cuts.clear()
