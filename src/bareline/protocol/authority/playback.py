"""What does the server play by itself, and what of it did the user hear? (WebRTC, SIP)

The driver paces the audio and reports; truncation follows from what was played (REALTIME.md 3.6 and 10.6). On a plain
WebSocket nothing is ever reported, and all of this is silent.
"""

from __future__ import annotations

from bareline.protocol import events as ev
from bareline.protocol.actions import OutputDropped
from bareline.protocol.authority.shared import Shared
from bareline.protocol.states import ItemState, PlaybackEvent, PlaybackState
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
            self._shared.queue.forget(response_id)
            self._shared.out.emit(ev.OutputAudioBufferStopped(response_id=response_id))

    def clear(self) -> None:
        """The client drops what is queued. Nothing is said when nothing is."""
        self.stop(PlaybackEvent.CLEAR)
        self.truncate()

    def stop(self, event: PlaybackEvent) -> None:
        """Drop what is queued, of all responses, and note what was not heard."""
        shared = self._shared
        playing = self._response_id if self._state is PlaybackState.PLAYING else None
        self._state = OUTPUT_BUFFER.after(self._state, event)
        for response_id in shared.queue:
            shared.out.act(OutputDropped(response_id=response_id))
            if response_id == playing:
                shared.out.emit(ev.OutputAudioBufferCleared(response_id=response_id))
            self._cut(response_id, self._played_ms if response_id == playing else 0)
            shared.queue.forget(response_id)

    def truncate(self) -> None:
        """Cut the items that were not heard to their end."""
        for item_id, heard_ms in self._cuts:
            self._shared.truncate(item_id, heard_ms)
        self._cuts.clear()

    def _cut(self, response_id: str, played_ms: int) -> None:
        """Nothing more of these items is played, so one that still grows is cut even if all so far was heard."""
        for item_id, heard_ms, whole in self._shared.queue.heard(response_id, played_ms):
            entry = self._shared.conversation.item(item_id)
            if entry is None or (whole and entry.state is not ItemState.IN_PROGRESS):
                continue
            self._shared.audio.cut(item_id, heard_ms)
            if entry.in_conversation:
                self._cuts.append((item_id, heard_ms))
