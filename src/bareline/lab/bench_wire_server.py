"""Which server talks to every client of ``bench wire``, and costs all of them the same?

``python -m bareline.lab.bench_wire_server``: plain ``websockets`` and prepared text. Prints its port; each connection
gets audio deltas in real time (query ``frame_ms``), each with the moment of its sending in its first eight bytes. Ends
with its standard input.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

__all__ = ["SESSION", "event_text", "main"]

JsonObject = dict[str, Any]

_SAMPLES_PER_MS = 24
_STAMP_BYTES = 8
_IDS = '"response_id":"resp_00000000000000000bench","item_id":"item_00000000000000000bench","output_index":0'
SESSION: JsonObject = {
    "type": "realtime",
    "object": "realtime.session",
    "id": "sess_00000000000000000bench",
    "model": "bench",
    "output_modalities": ["audio"],
    "instructions": "",
    "tools": [],
    "tool_choice": "auto",
    "audio": {
        "input": {"format": {"type": "audio/pcm", "rate": 24000}, "transcription": None, "turn_detection": None},
        "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "marin", "speed": 1.0},
    },
}


def main() -> None:
    """Serve until standard input ends."""
    asyncio.run(_serve())


async def _serve() -> None:
    async with serve(_talk, "127.0.0.1", 0, compression=None, max_size=None, ping_interval=None) as server:
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


async def _talk(connection: ServerConnection) -> None:
    request = connection.request
    query = parse_qs(urlsplit(request.path).query) if request is not None else {}
    frame_ms = int(query.get("frame_ms", ["20"])[0])
    listening = asyncio.create_task(_listen(connection))
    try:
        await connection.send(event_text("session.created", session=SESSION))
        await _begin_response(connection)
        await _speak(connection, frame_ms)
    except ConnectionClosed:
        pass
    finally:
        listening.cancel()


async def _listen(connection: ServerConnection) -> None:
    try:
        async for message in connection:
            if isinstance(message, str) and message.startswith('{"type":"session.update"'):
                await connection.send(event_text("session.updated", session=SESSION))
    except ConnectionClosed:
        return


async def _begin_response(connection: ServerConnection) -> None:
    response: JsonObject = {
        "id": "resp_00000000000000000bench",
        "status": "in_progress",
        "output": [],
        "conversation_id": "conv_b",
    }
    item: JsonObject = {"id": "item_00000000000000000bench", "type": "message", "role": "assistant", "content": []}
    place: JsonObject = {"response_id": response["id"], "output_index": 0}
    await connection.send(event_text("response.created", response=response))
    await connection.send(event_text("response.output_item.added", item=item, **place))
    await connection.send(event_text("conversation.item.added", item=item, previous_item_id=None))
    part = {"type": "audio", "transcript": ""}
    of_item: JsonObject = {"item_id": item["id"], "content_index": 0}
    await connection.send(event_text("response.content_part.added", part=part, **place, **of_item))


async def _speak(connection: ServerConnection, frame_ms: int) -> None:
    loop = asyncio.get_running_loop()
    rest = bytes(frame_ms * _SAMPLES_PER_MS * 2 - _STAMP_BYTES)
    due, number = loop.time(), 0
    while True:
        due, number = due + frame_ms / 1000, number + 1
        await asyncio.sleep(max(0.0, due - loop.time()))
        audio = base64.b64encode(time.monotonic_ns().to_bytes(_STAMP_BYTES, "little") + rest).decode()
        head = f'{{"type":"response.output_audio.delta","event_id":"event_{number:021d}",{_IDS},"content_index":0'
        await connection.send(f'{head},"delta":"{audio}"}}')


def event_text(kind: str, **values: object) -> str:
    """An event as the server sends it."""
    return json.dumps({"type": kind, "event_id": "event_000000000000000000000", **values})


if __name__ == "__main__":
    main()
