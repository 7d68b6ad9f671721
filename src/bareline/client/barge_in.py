"""What must happen, at once and in which order, when the user interrupts the assistant?

Silence first; then the response is cancelled if nobody else does it; then the server is told what was heard of each
item, and the transcript here is cut alike (REALTIME.md 10.6, D4). All of it may come at any moment and repeatedly.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Literal

from bareline.client.call_events import CallEvent, Interrupted
from bareline.client.journal import Journal
from bareline.client.playback import Playback
from bareline.client.transcript import Transcript
from bareline.clock import now_ns
from bareline.protocol import events as ev
from bareline.protocol.conversation import Conversation, ResponseEntry
from bareline.protocol.playout import Cut
from bareline.units import NS_PER_MS

__all__ = ["BargeIn", "server_interrupts"]

_REMEMBERED = 64


def server_interrupts(session: ev.Session | None) -> bool:
    """Whether the server itself cancels the response when the user begins to speak."""
    if not isinstance(session, ev.RealtimeSession) or session.audio is None or session.audio.input is None:
        return True
    turns = session.audio.input.turn_detection
    return turns is not None and turns.interrupt_response is not False


class BargeIn:
    """Interrupts the assistant.

    ``post`` sends an event, ``cancel`` the response of the conversation; ``emit`` tells the application, ``said`` what
    was heard of an item that was cut.
    """

    def __init__(
        self,
        playback: Playback,
        transcript: Transcript,
        journal: Journal,
        *,
        post: Callable[[ev.ClientEvent], object],
        cancel: Callable[[], None],
        emit: Callable[[CallEvent], None],
        said: Callable[[str, int], None],
    ) -> None:
        self._playback = playback
        self._transcript = transcript
        self._journal = journal
        self._post = post
        self._cancel = cancel
        self._emit = emit
        self._said = said
        self._interrupted: OrderedDict[str, None] = OrderedDict()

    def interrupt(
        self, conversation: Conversation, *, by: Literal["user", "application"], at_ns: int, server_cancels: bool
    ) -> bool:
        """Stop what is being said and generated. False when there was nothing to stop."""
        running = [response for response in conversation.responses.values() if response.active]
        if by == "application":
            self._cancel()
        cuts = self._playback.interrupt()
        silent_ns = now_ns()
        for response in running:
            self._stop(response, server_cancels=server_cancels)
            cuts += self._playback.interrupt_response(response.id)
        if not cuts and not running:
            return False
        self._tell(cuts, conversation)
        heard_ms = max((cut.audio_end_ms for cut in cuts), default=0)
        items = tuple(dict.fromkeys(cut.item_id for cut in cuts))
        self._journal.decision("interrupt", by, at_ns, item_ids=items, responses=[entry.id for entry in running])
        stop_ms = (silent_ns - at_ns) / NS_PER_MS
        self._emit(Interrupted(at_ns=silent_ns, item_ids=items, heard_ms=heard_ms, by=by, stop_ms=stop_ms))
        return True

    def response_done(self, response_id: str, conversation: Conversation) -> None:
        """An interrupted response may have begun items in the meantime, which nobody is going to hear."""
        if response_id in self._interrupted:
            self._tell(self._playback.interrupt_response(response_id), conversation)

    def _stop(self, response: ResponseEntry, *, server_cancels: bool) -> None:
        if response.id in self._interrupted:
            return
        self._interrupted[response.id] = None
        if len(self._interrupted) > _REMEMBERED:
            self._interrupted.popitem(last=False)
        if response.out_of_band:
            self._post(ev.ResponseCancel(response_id=response.id))
        elif not server_cancels:
            self._cancel()

    def _tell(self, cuts: list[Cut], conversation: Conversation) -> None:
        for cut in cuts:
            key = (cut.item_id, cut.content_index)
            position = self._playback.ledger.position(*key)
            if position is not None:
                self._transcript.cut(key, position.heard, finished=position.finished)
                self._said(cut.item_id, cut.audio_end_ms)
            entry = conversation.item(cut.item_id)
            if entry is None or not entry.in_conversation:
                continue
            if cut.delete:
                self._post(ev.ConversationItemDelete(item_id=cut.item_id))
            elif entry.has_audio:  # what a new connection was told again is text
                self._post(_truncation(cut))


def _truncation(cut: Cut) -> ev.ConversationItemTruncate:
    return ev.ConversationItemTruncate(
        item_id=cut.item_id, content_index=cut.content_index, audio_end_ms=cut.audio_end_ms
    )
