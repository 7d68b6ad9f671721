"""What does one client of ``bench tools`` do, measure and report?

``python -m bareline.lab.bench_tools_client '{"kind": …}'`` prints one line of JSON. All clients run the same function
and start it on the same event, ``response.output_item.done``: only that says that the call is whole and not cut off.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

__all__ = ["KINDS", "main"]

KINDS = ("floor async", "call async", "floor thread", "call thread")
"""``floor``: raw ``websockets`` and ``json``. ``thread``: the function is a plain one and runs in a thread."""

_SETTLE_S = 0.5


class Meter:
    """When functions were entered, and how long their results took to the wire."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.url = f"ws://127.0.0.1:{plan['port']}/v1/realtime?model=bench"
        self.parsed_ns = 0
        self.ready = asyncio.Event()
        self.booked: tuple[str, dt.date] | None = None
        self.clear()

    def clear(self) -> None:
        """Begin to count."""
        self.entry_ns: list[int] = []
        self.after_parsing_ns: list[int] = []
        self.wire_ns: list[int] = []

    async def book_table(self, done_ns: int, last_wire_ns: int, restaurant: str, day: dt.date) -> str:
        """Book a table at a restaurant. Use when the user wants to eat out."""
        return self._book(done_ns, last_wire_ns, (restaurant, day))

    def book_table_in_thread(self, done_ns: int, last_wire_ns: int, restaurant: str, day: dt.date) -> str:
        """Book a table at a restaurant. Use when the user wants to eat out."""
        return self._book(done_ns, last_wire_ns, (restaurant, day))

    def _book(self, done_ns: int, last_wire_ns: int, booked: tuple[str, dt.date]) -> str:
        entered_ns = time.monotonic_ns()
        self.booked = booked
        self.entry_ns.append(entered_ns - done_ns)
        self.after_parsing_ns.append(entered_ns - self.parsed_ns)
        self.wire_ns.append(last_wire_ns)
        return str(time.monotonic_ns())


def main() -> None:
    """Run the plan given as the first argument."""
    plan = json.loads(sys.argv[1])
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {plan["core"]})
    asyncio.run(_measure(plan))


async def _measure(plan: dict[str, Any]) -> None:
    meter = Meter(plan)
    client = asyncio.create_task(_CLIENTS[plan["kind"]](meter))
    ready = asyncio.create_task(meter.ready.wait())
    await asyncio.wait({ready, client}, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait({client}, timeout=_SETTLE_S)
    meter.clear()
    await asyncio.wait({client}, timeout=plan["seconds"])
    report = {
        "entry_ns": sorted(meter.entry_ns),
        "after_parsing_ns": sorted(meter.after_parsing_ns),
        "wire_ns": sorted(meter.wire_ns[1:]),
        "failed": repr(client.exception()) if client.done() else None,
    }
    sys.stdout.write(json.dumps(report) + "\n")
    sys.stdout.flush()
    os._exit(0)  # closing handshakes are not part of what is measured


async def _floor_async(meter: Meter) -> None:
    async def call(arguments: dict[str, Any]) -> str:
        return await meter.book_table(**arguments)

    await _floor(meter, call)


async def _floor_thread(meter: Meter) -> None:
    async def call(arguments: dict[str, Any]) -> str:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, lambda: meter.book_table_in_thread(**arguments))

    await _floor(meter, call)


async def _floor(meter: Meter, call: Callable[[dict[str, Any]], Awaitable[str]]) -> None:
    """The loop that one writes by hand: a call is run where it is read, and answered when it returns."""
    from websockets.asyncio.client import connect

    async with connect(meter.url, compression=None, max_size=None, proxy=None) as connection:
        await connection.send('{"type":"session.update","session":{"type":"realtime"}}')
        called = False
        while True:
            event = json.loads(await connection.recv(decode=False))
            kind = event["type"]
            if kind == "response.output_item.done" and event["item"]["type"] == "function_call":
                meter.parsed_ns = time.monotonic_ns()
                output = await call(json.loads(event["item"]["arguments"]))
                item = {"type": "function_call_output", "call_id": event["item"]["call_id"], "output": output}
                await connection.send(json.dumps({"type": "conversation.item.create", "item": item}))
                called = True
            elif kind == "response.done" and called:
                await connection.send('{"type":"response.create"}')
                called = False
            elif kind == "session.updated":
                meter.ready.set()


async def _call_async(meter: Meter) -> None:
    await _call(meter, meter.book_table)


async def _call_thread(meter: Meter) -> None:
    await _call(meter, meter.book_table_in_thread)


async def _call(meter: Meter, function: Callable[..., Any]) -> None:
    from bareline import Call, Line, Toolbox
    from bareline.protocol.client_endpoint import Received
    from bareline.protocol.events import ResponseOutputItemDone
    from bareline.transports.websocket import open_websocket

    class StampedLine(Line):
        """Notes when an item is read, before the call gets it."""

        async def follow(self, take: Callable[[Received], bool | None]) -> Any:
            def taken(received: Received) -> bool | None:
                if isinstance(received.event, ResponseOutputItemDone):
                    meter.parsed_ns = time.monotonic_ns()
                return take(received)

            await super().follow(taken)

    async def dial() -> Line:
        return StampedLine(await open_websocket(meter.url))

    tools = Toolbox()
    tools.add(function, name="book_table")
    async with Call(dial=dial, tools=tools) as call:
        meter.ready.set()
        await call.run()


_CLIENTS: dict[str, Callable[[Meter], Coroutine[Any, Any, None]]] = {
    "floor async": _floor_async,
    "call async": _call_async,
    "floor thread": _floor_thread,
    "call thread": _call_thread,
}


if __name__ == "__main__":
    main()
