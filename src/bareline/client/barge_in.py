"""What must happen, at once and in which order, when the user interrupts the assistant?

Silence first; then the response is cancelled if nobody else does it; then whoever needs it is told what was heard of
each item (REALTIME.md 10.6, D4). All of it may come at any moment and repeatedly.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Literal

from bareline.client.call_events import CallEvent, Interrupted
from bareline.client.journal import Journal
from bareline.client.media_playback import MediaPlayback
from bareline.client.playback import Playback
from bareline.clock import now_ns
from bareline.protocol import events as ev
from bareline.protocol.conversation import Conversation, ResponseEntry
from bareline.protocol.playout import Cut
from bareline.turns.overlap import OutputChange
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

    ``playback`` gives what plays at the moment; ``post`` sends an event, ``cancel`` the response of the conversation;
    ``emit`` tells the application, ``tell`` whoever must know what was heard of the items that were cut; ``unsaid``
    takes back what was asked for beside the conversation and is not generated yet.
    """

    def __init__(
        self,
        playback: Callable[[], Playback | MediaPlayback],
        journal: Journal,
        *,
        post: Callable[[ev.ClientEvent], object],
        cancel: Callable[[], None],
        emit: Callable[[CallEvent], None],
        tell: Callable[[Sequence[Cut], Conversation], None],
        unsaid: Callable[[], None],
    ) -> None:
        self._playback = playback
        self._journal = journal
        self._post = post
        self._cancel = cancel
        self._emit = emit
        self._tell = tell
        self._unsaid = unsaid
        self._interrupted: OrderedDict[str, None] = OrderedDict()

    def interrupt(
        self,
        conversation: Conversation,
        *,
        by: Literal["user", "application"],
        at_ns: int,
        server_cancels: bool,
        judged: OutputChange | None = None,
    ) -> bool:
        """Stop what is being said and generated. False when there was nothing to stop.

        ``judged``: what an interruption policy made of it.
        """
        responses = conversation.responses.values()
        running = [response for response in responses if response.active and response.id not in self._interrupted]
        if by == "application":
            self._cancel()
        playback = self._playback()
        cuts = playback.interrupt()
        silent_ns = now_ns()
        self._unsaid()
        for response in running:
            self._stop(response, server_cancels=server_cancels)
            cuts += playback.interrupt_response(response.id)
        if not cuts and not running:
            return False
        if isinstance(playback, MediaPlayback) and not server_cancels:
            self._post(ev.OutputAudioBufferClear())
        self._tell(cuts, conversation)
        self._report(
            cuts, [response.id for response in running], by=by, at_ns=at_ns, silent_ns=silent_ns, judged=judged
        )
        return True

    def cleared(self, response_id: str, conversation: Conversation, at_ns: int) -> None:
        """The server dropped the rest of a response that it was playing, and nobody here had asked for it."""
        playback = self._playback()
        if isinstance(playback, MediaPlayback):
            cuts = playback.clear(response_id)
            self._tell(cuts, conversation)
            self._report(cuts, [], by="server", at_ns=at_ns, silent_ns=now_ns())

    def response_done(self, response_id: str, conversation: Conversation) -> None:
        """An interrupted response may have begun items in the meantime, which nobody is going to hear."""
        if response_id in self._interrupted:
            self._tell(self._playback().interrupt_response(response_id), conversation)

    def _stop(self, response: ResponseEntry, *, server_cancels: bool) -> None:
        self._interrupted[response.id] = None
        if len(self._interrupted) > _REMEMBERED:
            self._interrupted.popitem(last=False)
        if response.out_of_band:
            self._post(ev.ResponseCancel(response_id=response.id))
        elif not server_cancels:
            self._cancel()

    def _report(
        self,
        cuts: Sequence[Cut],
        responses: list[str],
        *,
        by: Literal["user", "application", "server"],
        at_ns: int,
        silent_ns: int,
        judged: OutputChange | None = None,
    ) -> None:
        heard_ms = max((cut.audio_end_ms for cut in cuts), default=0)
        items = tuple(dict.fromkeys(cut.item_id for cut in cuts))
        self._journal.decision("interrupt", by, at_ns, item_ids=items, responses=responses)
        stop_ms = (silent_ns - at_ns) / NS_PER_MS
        self._emit(
            Interrupted(
                at_ns=silent_ns,
                item_ids=items,
                heard_ms=heard_ms,
                by=by,
                stop_ms=stop_ms,
                kind=judged.kind if judged is not None else None,
                reason=judged.reason if judged is not None else "",
            )
        )
