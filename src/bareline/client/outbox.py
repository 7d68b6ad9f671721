"""How do decisions become messages without anybody waiting for the network?

Parts of a call post events; they leave at once, or one task sends them in order. Items that the server has not
acknowledged are kept, so that a lost connection loses no tool result and no words of the user.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque

import msgspec

from bareline.client.line import Line
from bareline.errors import CallLost
from bareline.ids import IdSource
from bareline.protocol import events as ev
from bareline.protocol.limits import MESSAGE_MAX_BYTES

__all__ = ["OUTBOX_MAX", "Outbox"]

OUTBOX_MAX = 1_000
"""Events waiting to be sent; a connection so far behind is as good as lost."""
_REMEMBERED = 256


class Outbox:
    """The way out of one call, over one connection after the other."""

    def __init__(self, ids: IdSource) -> None:
        self.limit_bytes = MESSAGE_MAX_BYTES
        self._ids = ids
        self._queue: deque[ev.ClientEvent] = deque()
        self._news = asyncio.Event()
        self._open = False
        self._idle: Line | None = None
        self._unacknowledged: dict[str, ev.ConversationItemCreate] = {}
        self._sent: OrderedDict[str, ev.ClientEvent] = OrderedDict()
        self._waiting: dict[str, asyncio.Future[ev.ErrorDetail | None]] = {}

    @property
    def all_told(self) -> bool:
        """Whether the server has acknowledged every item of ours."""
        return not self._unacknowledged

    def post(self, event: ev.ClientEvent) -> str:
        """Queue an event and return its id. Without a connection only new items are kept.

        Raises ``CallLost`` when the queue is full.
        """
        event_id = event.event_id if isinstance(event.event_id, str) else self._ids.new("event")
        event = msgspec.structs.replace(event, event_id=event_id)
        if isinstance(event, ev.ConversationItemCreate):
            event = self._keep(event)
        if not self._open:
            return event_id
        if len(self._queue) >= OUTBOX_MAX:
            raise CallLost(
                f"{OUTBOX_MAX} events wait to be sent: the connection does not take them", code="outbox_full"
            )
        if self._idle is not None and not self._queue and self._idle.send_at_once(event):
            self._remember(event)
            return event_id
        self._queue.append(event)
        self._news.set()
        return event_id

    def holds(self, item_id: str) -> bool:
        """Whether this item is ours and the server has not acknowledged it yet."""
        return item_id in self._unacknowledged

    def acknowledged(self, event: ev.ServerEvent) -> None:
        """Forget what the server has taken or refused."""
        match event:
            case (
                ev.ConversationItemAdded(item=item)
                | ev.ConversationItemDone(item=item)
                | ev.ConversationItemCreated(item=item)
            ) if item.id:
                self._settle(item.id, None)
            case ev.Error(error=error) if error.event_id:
                refused = self._sent.get(error.event_id)
                if isinstance(refused, ev.ConversationItemCreate) and refused.item.id:
                    self._settle(refused.item.id, error)
            case _:
                pass

    async def settled(self, item_id: str) -> ev.ErrorDetail | None:
        """Wait until the server has taken an item of ours, or refused it, with these words."""
        if item_id not in self._unacknowledged:
            return None
        waiting = self._waiting.setdefault(item_id, asyncio.get_running_loop().create_future())
        try:
            return await asyncio.shield(waiting)
        finally:
            self._waiting.pop(item_id, None)

    def sent(self, event_id: str | None) -> ev.ClientEvent | None:
        """The event of ours with this id, if it is one of the latest."""
        return self._sent.get(event_id) if event_id else None

    def opened(self, limit_bytes: int) -> None:
        """A connection is there, and the session and conversation are told again: now what it does not know yet.

        ``limit_bytes``: of one message.
        """
        self._open = True
        self.limit_bytes = limit_bytes
        self._queue.extend(self._unacknowledged.values())
        self._news.set()

    def lost(self) -> None:
        """The connection is gone, and what waited for it."""
        self._open = False
        self._queue.clear()

    async def run(self, line: Line) -> None:
        """Send until cancelled. Raises what ``Line.send`` raises."""
        while True:
            while not self._queue:
                self._news.clear()
                self._idle = line
                try:
                    await self._news.wait()
                finally:
                    self._idle = None
            event = self._queue.popleft()
            self._remember(event)
            await line.send(event)

    def _settle(self, item_id: str, refusal: ev.ErrorDetail | None) -> None:
        self._unacknowledged.pop(item_id, None)
        waiting = self._waiting.get(item_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(refusal)

    def _keep(self, event: ev.ConversationItemCreate) -> ev.ConversationItemCreate:
        item = event.item
        if isinstance(item, ev.UnknownItem):
            return event
        if item.id is None:
            item = msgspec.structs.replace(item, id=self._ids.new("item"))
            event = msgspec.structs.replace(event, item=item)
        self._unacknowledged[str(item.id)] = event
        if len(self._unacknowledged) > OUTBOX_MAX:  # a server that acknowledges nothing
            del self._unacknowledged[next(iter(self._unacknowledged))]
        return event

    def _remember(self, event: ev.ClientEvent) -> None:
        self._sent[str(event.event_id)] = _without_images(event)
        if len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)


def _without_images(event: ev.ClientEvent) -> ev.ClientEvent:
    """What answers an error needs of an event of ours; half a megabyte of image is not kept for it."""
    match event:
        case ev.ConversationItemCreate(item=ev.Message(content=content) as item) if any(
            isinstance(part, ev.InputImage) for part in content
        ):
            kept: list[ev.Part] = [part for part in content if not isinstance(part, ev.InputImage)]
            return msgspec.structs.replace(event, item=msgspec.structs.replace(item, content=kept))
        case _:
            return event
