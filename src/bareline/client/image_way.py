"""How large may an image be on its way to the service, and which other way is there over WebRTC?

A sideband is a WebSocket to the same call: it takes images that the data channel would not survive.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from bareline.client.address import LOOPBACK_KEY
from bareline.client.connect import connect
from bareline.client.line import Line
from bareline.errors import TransportError, TurnLost
from bareline.protocol import events as ev

__all__ = [
    "ACKNOWLEDGED_S",
    "CHANNEL_MAX_BYTES",
    "IMAGE_MAX_BYTES",
    "Sideband",
    "room_bytes",
    "send_beside",
    "sideband_of",
]

IMAGE_MAX_BYTES = 512 * 1024
"""Of an encoded image, unless told otherwise: on a WebSocket the user's audio waits behind it (1.1 s at 5 Mbit/s)."""
CHANNEL_MAX_BYTES = 65_535
"""Of a message with an image on a data channel, whatever limit the other side states.

The service states 1,073,741,823, as Pion does, and its channels were seen to close when images came (openai-agents-js
issue 501): Pion's reading loop has a buffer of 65,535 bytes and closes the channel at what does not fit into it.
"""
_ENVELOPE_BYTES = 400
"""Of the event around an image."""
ACKNOWLEDGED_S = 10.0
"""How long a server may take to say that it has an image."""
_LOOK_S = 0.2
_EVENT_ID = "event_image"
_CALLS_PATH = "/realtime/calls"
"""Where calls are asked for, behind the base URL; the module that does needs a WebRTC stack."""
_SHARED = ("api_key", "organization", "project", "safety_identifier", "headers", "open_timeout_s", "ssl")
"""Keywords of the call's own connection that its sidebands have too."""

Sideband = Callable[[Line], Awaitable[Line]]
"""Opens a second connection to the call that a line carries."""


def room_bytes(line: Line) -> int:
    """The largest encoded image that fits into one message of this line."""
    most = min(CHANNEL_MAX_BYTES, line.message_max_bytes) if line.carries_audio else line.message_max_bytes
    return (most - _ENVELOPE_BYTES) * 3 // 4


def sideband_of(connecting: Mapping[str, Any]) -> Sideband:
    """For a call that ``connect`` opened with these keywords."""

    async def open_sideband(line: Line) -> Line:
        base_url = line.info.address.partition(_CALLS_PATH)[0]
        keywords = {name: connecting[name] for name in _SHARED if name in connecting}
        if connecting.get("base_url") == "local":
            keywords["api_key"] = LOOPBACK_KEY
        return await connect(base_url=base_url, call_id=line.call_id, fold=False, **keywords)

    return open_sideband


async def send_beside(open_sideband: Sideband, line: Line, event: ev.ConversationItemCreate) -> None:
    """Create an item through a sideband that is opened for it, and wait until it is in the line's conversation.

    Raises ``TransportError`` when there is no way, ``TurnLost`` when the service refuses the item.
    """
    try:
        async with asyncio.timeout(ACKNOWLEDGED_S), await open_sideband(line) as sideband:
            await sideband.send(msgspec.structs.replace(event, event_id=_EVENT_ID))
            await _taken(sideband, line, str(event.item.id))
    except TimeoutError as error:
        raise TransportError(f"the service did not take the image within {ACKNOWLEDGED_S:g} s") from error


async def _taken(sideband: Line, line: Line, item_id: str) -> None:
    """Either connection may tell."""
    while line.conversation is None or line.conversation.item(item_id) is None:
        try:
            async with asyncio.timeout(_LOOK_S):
                event = await sideband.receive()
        except TimeoutError:
            continue
        match event:
            case ev.ConversationItemAdded(item=item) | ev.ConversationItemDone(item=item) if item.id == item_id:
                return
            case ev.Error(error=error) if error.event_id == _EVENT_ID:
                raise TurnLost(error.message, code=error.code, param=error.param, event_id=_EVENT_ID)
            case _:
                pass
