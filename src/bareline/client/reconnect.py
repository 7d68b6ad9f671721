"""How does a call go on over a new connection, and what does the new session not know?

A connection is its session: the service resumes nothing (REALTIME.md section 4). The session is configured again and
the conversation told again as text, with speech as far as it was heard; what cannot be told is reported.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bareline.client.image_way import room_bytes
from bareline.client.line import Line
from bareline.client.transcript import Transcript
from bareline.errors import CallLost, ConnectFailed, ConnectionLost, RemoteProtocolError
from bareline.protocol import events as ev
from bareline.protocol.client_endpoint import Received
from bareline.protocol.conversation import Conversation, Lost, replay_items
from bareline.protocol.entries import Entry
from bareline.protocol.severity import close_severity

__all__ = [
    "DEFAULT_RECONNECT",
    "Dial",
    "ReconnectPolicy",
    "Retold",
    "open_session",
    "retell",
    "unanswered",
    "worth_trying",
]

Dial = Callable[[], Awaitable[Line]]
"""Opens a line; the session is not configured yet."""

_ENDED_FOR_GOOD = frozenset({1000, 1007, 1008, 1009, 3000, 4000})
_SETUP_S = 10.0
_RETELL_S = 15.0


@dataclass(frozen=True, slots=True)
class ReconnectPolicy:
    """How often and how fast to try again: ``tries`` with delays that double from ``first_s`` up to ``most_s``."""

    tries: int = 5
    first_s: float = 0.25
    most_s: float = 8.0

    def delay_s(self, attempt: int) -> float:
        """Before this attempt; the first one is made at once."""
        return 0.0 if attempt == 1 else min(self.most_s, self.first_s * 2 ** (attempt - 2))


DEFAULT_RECONNECT = ReconnectPolicy()


@dataclass(frozen=True, slots=True)
class Retold:
    """What was told to the new session, and what it does not know."""

    items: int
    lost: tuple[Lost, ...]


def worth_trying(lost: ConnectionLost) -> bool:
    """Whether a new connection can help; a server that hung up or refused is not asked again."""
    return lost.code not in _ENDED_FOR_GOOD


async def open_session(
    dial: Dial, config: ev.RealtimeSessionConfig, take: Callable[[Received, Line], bool | None]
) -> Line:
    """Open a line and configure the session; ``take`` gets the events that come meanwhile.

    Raises ``ConnectFailed`` when no connection opened or no session was confirmed in time, ``CallLost`` when the
    service refused the key, the model or the configuration.
    """
    line = await dial()
    try:
        async with asyncio.timeout(_SETUP_S):
            with contextlib.suppress(ConnectionLost):  # what the server said before it left is still to be read
                await line.send(ev.SessionUpdate(session=config, event_id="event_configure"))
            await _configured(line, take)
    except TimeoutError:
        await line.close()
        raise ConnectFailed(f"no session.updated within {_SETUP_S:g} s", stage="session") from None
    except BaseException:
        await line.close()
        raise
    return line


async def retell(
    line: Line, old: Conversation, transcript: Transcript, take: Callable[[Received, Line], bool | None]
) -> Retold:
    """Create the items of ``old`` anew and wait until the server has them. Raises ``ConnectionLost``."""
    items, lost = _told_again(old, transcript, room_bytes(line))
    waiting = {f"event_retell_{number}": str(getattr(item, "id", "")) for number, item in enumerate(items)}
    refused: list[Lost] = []
    told = zip(tuple(waiting), items, strict=True)
    try:
        async with asyncio.timeout(_RETELL_S):
            for event_id, item in told:
                await line.send(ev.ConversationItemCreate(item=item, event_id=event_id))
            while waiting:
                received = await line.received()
                take(received, line)
                refused += _acknowledge(received.event, waiting)
    except TimeoutError:
        refused += [Lost(item_id, "the server did not take it in time") for item_id in waiting.values()]
    return Retold(len(items) - len(refused), (*lost, *refused))


def unanswered(conversation: Conversation) -> bool:
    """Whether the user, or a tool result, still waits for an answer that died with the connection."""
    if conversation.active_response is not None:
        return True
    last = next((entry for entry in reversed(conversation.items) if not _only_shown(entry)), None)
    return last is not None and (last.role == "user" or isinstance(last.item, ev.FunctionCallOutput))


def _only_shown(entry: Entry) -> bool:
    """An image without a word asks nothing."""
    content = entry.item.content if isinstance(entry.item, ev.Message) else []
    return bool(content) and all(isinstance(part, ev.InputImage) for part in content)


async def _configured(line: Line, take: Callable[[Received, Line], bool | None]) -> None:
    error: ev.ErrorDetail | None = None
    while True:
        try:
            received = await line.received()
        except ConnectionLost as lost:
            raise _refused(lost, error) from lost
        take(received, line)
        match received.event:
            case ev.SessionUpdated():
                return
            case ev.Error(error=error) if error.event_id == "event_configure":
                raise CallLost(error.message, code=error.code, param=error.param, event_id=error.event_id)
            case _:
                pass


def _refused(lost: ConnectionLost, error: ev.ErrorDetail | None) -> CallLost | ConnectionLost:
    """Wrong keys and models show as an error event and a close (REALTIME.md section 2)."""
    if worth_trying(lost):
        return lost
    verdict = close_severity(lost.code, lost.reason)
    words = error.message if error else lost.reason or str(lost)
    return CallLost(f"{words} {verdict.advice}".strip(), code=error.code if error else None)


def _told_again(old: Conversation, transcript: Transcript, image_bytes: int) -> tuple[list[ev.Item], list[Lost]]:
    """The replay in order, with the words of interrupted items as far as they were heard.

    Without images that the line would not carry: they went by a sideband.
    """
    replay = replay_items(old)
    kept = {item.id: item for item in replay.items}
    items: list[ev.Item] = []
    heard: set[str] = set()
    for entry in old.items:
        again = kept.get(entry.id)
        said = transcript.entry(entry.id)
        if again is None and said is not None and said.role == "assistant" and said.text:
            again = ev.Message(id=entry.id, role="assistant", content=[ev.OutputText(text=said.text)])
            heard.add(entry.id)
        if again is not None and _image_bytes(again) > image_bytes:
            replay.lost.append(Lost(entry.id, "the image is too large for this connection"))
        elif again is not None:
            items.append(again)
    return items, [lost for lost in replay.lost if lost.item_id not in heard]


def _image_bytes(item: ev.Item) -> int:
    content = item.content if isinstance(item, ev.Message) else []
    return sum(len(part.image_url or "") * 3 // 4 for part in content if isinstance(part, ev.InputImage))


def _acknowledge(event: ev.ServerEvent | RemoteProtocolError, waiting: dict[str, str]) -> list[Lost]:
    match event:
        case ev.ConversationItemDone(item=item) | ev.ConversationItemAdded(item=item):
            for event_id in [known for known, item_id in waiting.items() if item_id == item.id]:
                del waiting[event_id]
        case ev.Error(error=error) if error.event_id in waiting:
            return [Lost(waiting.pop(error.event_id), f"the server refused it: {error.message}")]
        case _:
            pass
    return []
