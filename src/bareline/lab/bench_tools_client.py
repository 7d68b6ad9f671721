"""What does one client of ``bench tools`` do, measure and report?

``python -m bareline.lab.bench_tools_client '{"kind": …}'`` prints one line of JSON. All clients run the same function
and start it on the same event, ``response.output_item.done``: only that says that the call is whole and not cut off.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import json
import os
import sys
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

__all__ = ["KINDS", "main"]

KINDS = ("deaf loop async", "loop async", "call async", "deaf loop thread", "loop thread", "call thread")
"""``loop``: raw ``websockets`` and ``json``, a task for each call. ``deaf loop``: it awaits the function where it reads
events, and hears nothing meanwhile. ``thread``: the function is a plain one and runs in a thread."""

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


class _Loop:
    """What one writes by hand. Without ``hears`` it awaits a function where it reads events, and has none meanwhile."""

    def __init__(self, meter: Meter, *, in_thread: bool, hears: bool) -> None:
        self._meter = meter
        self._in_thread = in_thread
        self._hears = hears
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = 0
        self._over = False

    async def run(self) -> None:
        from websockets.asyncio.client import connect

        async with connect(self._meter.url, compression=None, max_size=None, proxy=None) as connection:
            await connection.send('{"type":"session.update","session":{"type":"realtime"}}')
            while True:
                event = json.loads(await connection.recv(decode=False))
                kind = event["type"]
                if kind == "response.output_item.done" and event["item"]["type"] == "function_call":
                    self._meter.parsed_ns = time.monotonic_ns()
                    self._open, self._over = self._open + 1, False
                    if self._hears:
                        task = asyncio.create_task(self._answer(connection, event["item"]))
                        self._tasks.add(task)
                        task.add_done_callback(self._tasks.discard)
                    else:
                        await self._answer(connection, event["item"])
                elif kind == "response.done" and event["response"]["output"]:
                    self._over = True
                    await self._ask(connection)
                elif kind == "session.updated":
                    self._meter.ready.set()

    async def _answer(self, connection: ClientConnection, item: dict[str, Any]) -> None:
        arguments = json.loads(item["arguments"])
        if self._in_thread:
            function = functools.partial(self._meter.book_table_in_thread, **arguments)
            output = await asyncio.get_running_loop().run_in_executor(None, function)
        else:
            output = await self._meter.book_table(**arguments)
        answer = {"type": "function_call_output", "call_id": item["call_id"], "output": output}
        await connection.send(json.dumps({"type": "conversation.item.create", "item": answer}))
        self._open -= 1
        await self._ask(connection)

    async def _ask(self, connection: ClientConnection) -> None:
        if self._over and not self._open:
            self._over = False
            await connection.send('{"type":"response.create"}')


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
    "deaf loop async": lambda meter: _Loop(meter, in_thread=False, hears=False).run(),
    "loop async": lambda meter: _Loop(meter, in_thread=False, hears=True).run(),
    "call async": lambda meter: _call(meter, meter.book_table),
    "deaf loop thread": lambda meter: _Loop(meter, in_thread=True, hears=False).run(),
    "loop thread": lambda meter: _Loop(meter, in_thread=True, hears=True).run(),
    "call thread": lambda meter: _call(meter, meter.book_table_in_thread),
}


if __name__ == "__main__":
    main()
