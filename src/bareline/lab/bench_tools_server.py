"""Which server asks every client of ``bench tools`` for the same function calls?

``python -m bareline.lab.bench_tools_server``: plain ``websockets`` and prepared text. Prints its port. Each connection
gets one function call after the other, with the moment when its arguments were done as an argument; a result holds the
moment when the function returned, and how long that result took to arrive is an argument of the next call.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from bareline.lab.bench_wire_server import SESSION, event_text

__all__ = ["TOOL", "main"]

TOOL = "book_table"
"""The function that is asked for."""

JsonObject = dict[str, Any]

_GAP_S = 0.01
_DELTA_CHARS = 24
_DELTA_S = 0.005
"""Between deltas, and before the end: arguments are written at the speed of a model, not of a loop."""
_RESULT_TIMEOUT_S = 10


@dataclass
class _Round:
    """One function call until its result is spoken of."""

    number: int
    wire_ns: int = 0
    metadata: JsonObject | None = None
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)


class _Session:
    """One client."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self._configured = asyncio.Event()
        self._round = _Round(0)

    async def run(self) -> None:
        listening = asyncio.create_task(self._listen())
        try:
            await self._send("session.created", session=SESSION)
            await self._configured.wait()
            while True:
                await asyncio.sleep(_GAP_S)
                await self._ask()
                async with asyncio.timeout(_RESULT_TIMEOUT_S):
                    await self._round.answered.wait()
                    await self._round.asked.wait()
                await self._speak()
        except (ConnectionClosed, TimeoutError):  # the client had measured enough
            pass
        finally:
            listening.cancel()

    async def _listen(self) -> None:
        try:
            async for message in self._connection:
                at_ns = time.monotonic_ns()
                event = json.loads(message)
                match event["type"]:
                    case "session.update":
                        await self._send("session.updated", session=SESSION)
                        self._configured.set()
                    case "conversation.item.create":
                        await self._take(event["item"], at_ns)
                    case "response.create":
                        self._round.metadata = event.get("response", {}).get("metadata")
                        self._round.asked.set()
                    case _:
                        pass
        except ConnectionClosed:
            return

    async def _ask(self) -> None:
        """The events of a call as the service sends them; the last three at once."""
        last, self._round = self._round, _Round(self._round.number + 1)
        number = self._round.number
        ids: JsonObject = {"response_id": f"resp_{number:021d}", "output_index": 0}
        item: JsonObject = {
            "id": f"item_{number:021d}",
            "object": "realtime.item",
            "type": "function_call",
            "status": "in_progress",
            "name": TOOL,
            "call_id": f"call_{number:016d}",
            "arguments": "",
        }
        of_item: JsonObject = {**ids, "item_id": item["id"], "call_id": item["call_id"]}
        await self._begin_response(ids["response_id"], None)
        await self._send("response.output_item.added", item=item, **ids)
        await self._send("conversation.item.added", item=item, previous_item_id=None)
        written = _arguments(0, last.wire_ns)
        for start in range(0, len(written), _DELTA_CHARS):
            delta = written[start : start + _DELTA_CHARS]
            await self._send("response.function_call_arguments.delta", delta=delta, **of_item)
            await asyncio.sleep(_DELTA_S)
        arguments = _arguments(time.monotonic_ns(), last.wire_ns)
        done: JsonObject = {**item, "status": "completed", "arguments": arguments}
        await self._send("response.function_call_arguments.done", name=TOOL, arguments=arguments, **of_item)
        await self._send("conversation.item.done", item=done, previous_item_id=None)
        await self._send("response.output_item.done", item=done, **ids)
        await self._end_response(ids["response_id"], [done], None)

    async def _take(self, item: JsonObject, at_ns: int) -> None:
        """A result, and the acknowledgement of it."""
        self._round.wire_ns = at_ns - int(item["output"])
        item = {**item, "id": item.get("id") or f"item_out_{self._round.number:017d}", "object": "realtime.item"}
        await self._send("conversation.item.added", item=item, previous_item_id=None)
        await self._send("conversation.item.done", item=item, previous_item_id=None)
        self._round.answered.set()

    async def _speak(self) -> None:
        response_id = f"resp_said_{self._round.number:016d}"
        await self._begin_response(response_id, self._round.metadata)
        await self._end_response(response_id, [], self._round.metadata)

    async def _begin_response(self, response_id: str, metadata: JsonObject | None) -> None:
        response: JsonObject = {"id": response_id, "object": "realtime.response", "status": "in_progress", "output": []}
        response |= {"conversation_id": "conv_bench", "metadata": metadata}
        await self._send("response.created", response=response)

    async def _end_response(self, response_id: str, output: list[JsonObject], metadata: JsonObject | None) -> None:
        response: JsonObject = {"id": response_id, "object": "realtime.response", "status": "completed"}
        response |= {"output": output, "conversation_id": "conv_bench", "metadata": metadata}
        await self._send("response.done", response=response)

    async def _send(self, kind: str, **values: object) -> None:
        await self._connection.send(event_text(kind, **values))


def main() -> None:
    """Serve until standard input ends."""
    asyncio.run(_serve())


async def _serve() -> None:
    async def talk(connection: ServerConnection) -> None:
        await _Session(connection).run()

    async with serve(talk, "127.0.0.1", 0, compression=None, max_size=None, ping_interval=None) as server:
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def _arguments(done_ns: int, last_wire_ns: int) -> str:
    named = {"restaurant": "The Blue Door", "day": "2026-11-27"}
    return json.dumps({"done_ns": done_ns, "last_wire_ns": last_wire_ns, **named})


if __name__ == "__main__":
    main()
