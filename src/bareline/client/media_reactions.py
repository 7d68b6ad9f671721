"""What do the events about the server's own output buffer mean for the parts of a call? (WebRTC)"""

from __future__ import annotations

from collections.abc import Callable

from bareline.client.media_playback import MediaPlayback
from bareline.client.truncation import ServerTruncation
from bareline.protocol import events as ev
from bareline.protocol.conversation import Conversation
from bareline.protocol.playout import PartKey

__all__ = ["MediaReactions"]


class MediaReactions:
    """Follows the server's playing. ``cleared`` is called when the server falls silent and nobody here asked for it."""

    def __init__(
        self,
        playback: MediaPlayback,
        truncation: ServerTruncation,
        *,
        cleared: Callable[[str, Conversation, int], None],
    ) -> None:
        self._playback = playback
        self._truncation = truncation
        self._cleared = cleared

    def take(self, event: ev.ServerEvent, conversation: Conversation, at_ns: int) -> None:
        """Follow one server event."""
        match event:
            case ev.OutputAudioBufferStarted(response_id=response_id):
                self._playback.buffer_started(response_id)
            case ev.OutputAudioBufferStopped(response_id=response_id):
                self._playback.buffer_stopped(response_id)
                self._truncation.settle(self._playback.ledger.keys(response_id))
            case ev.OutputAudioBufferCleared(response_id=response_id):
                self._clear(response_id, conversation, at_ns)
                self._playback.buffer_cleared(response_id)
            case ev.ConversationItemTruncated():
                self._truncate(event, conversation, at_ns)
            case ev.ResponseCreated(response=response) if response.conversation_id is not None:
                self._truncation.settle()
            case ev.ResponseDone(response=response) if response.id and response.status in ("cancelled", "failed"):
                self._playback.given_up(response.id)
            case _:
                pass

    def _truncate(self, event: ev.ConversationItemTruncated, conversation: Conversation, at_ns: int) -> None:
        """The order of this event and ``output_audio_buffer.cleared`` is nowhere promised."""
        key = (event.item_id, event.content_index)
        position = self._playback.ledger.position(*key)
        if position is not None and position.response_id == self._playback.ledger.playing:
            self._clear(position.response_id, conversation, at_ns)
        self._truncation.truncated(key, event.audio_end_ms, self._playback.ledger.heard_ms(*key))

    def _clear(self, response_id: str, conversation: Conversation, at_ns: int) -> None:
        if any(self._is_live(key) for key in self._playback.ledger.keys(response_id)):
            self._cleared(response_id, conversation, at_ns)

    def _is_live(self, key: PartKey) -> bool:
        position = self._playback.ledger.position(*key)
        return position is not None and not position.over
