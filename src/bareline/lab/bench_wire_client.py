"""What does one client of ``bench wire`` do, measure and report?

``python -m bareline.lab.bench_wire_client '{"kind": …}'`` prints one line of JSON. Nothing of Bareline is imported
before its client needs it, so that start and memory are those of the client alone.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

__all__ = ["KINDS", "main"]

KINDS = ("harness", "floor", "level0", "call")
"""``harness``: the pacing alone, without any connection. ``floor``: raw ``websockets``, ``json`` and ``base64``."""

_STAMP_BYTES = 8
_BYTES_PER_MS = 48
_SETTLE_S = 0.5


class Meter:
    """Latencies of one window, and what the process used in it."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.frame = bytes(int(plan["frame_ms"]) * _BYTES_PER_MS)
        self.period_s = plan["frame_ms"] / 1000
        self.url = f"ws://127.0.0.1:{plan['port']}/v1/realtime?model=bench&frame_ms={plan['frame_ms']}"
        self.base_url = f"http://127.0.0.1:{plan['port']}/v1"
        self.latencies_ns: list[int] = []
        self.updated_ns: int | None = None
        self.opened = asyncio.Event()
        self.first_s: float | None = None
        self.speaking = asyncio.Event()

    def arrived(self, pcm: bytes) -> None:
        """A delta is with the application, decoded."""
        self.latencies_ns.append(time.monotonic_ns() - int.from_bytes(pcm[:_STAMP_BYTES], "little"))
        if self.first_s is None:
            self.first_s = asyncio.get_running_loop().time()
            self.speaking.set()

    def session_updated(self) -> None:
        """The first ``session.updated`` is with the application."""
        if self.updated_ns is None:
            self.updated_ns = time.monotonic_ns()
            self.opened.set()

    async def phase_s(self) -> float:
        """When to begin sending: half a frame after the first delta, on the loop's clock."""
        await self.speaking.wait()
        assert self.first_s is not None  # noqa: S101  (set with the event)
        return self.first_s + self.period_s / 2

    async def pace(self, send: Callable[[], Awaitable[None]]) -> None:
        """Call ``send`` once a frame, in real time, half a frame after the deltas.

        Without a fixed phase, sends and deltas would share a wakeup in some runs and not in others, which decides
        more of the CPU time than the client does.
        """
        loop = asyncio.get_running_loop()
        due = await self.phase_s()
        while True:
            due += self.period_s
            await asyncio.sleep(max(0.0, due - loop.time()))
            await send()


def main() -> None:
    """Run the plan given as the first argument."""
    plan = json.loads(sys.argv[1])
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {plan["core"]})
    asyncio.run(_measure(plan))


async def _measure(plan: dict[str, Any]) -> None:
    meter = Meter(plan)
    clients = [asyncio.create_task(_CLIENTS[plan["kind"]](meter)) for _ in range(plan["sessions"])]
    await _ready(meter, clients)
    meter.latencies_ns.clear()
    cpu_s, began_s = time.process_time(), time.monotonic()
    await asyncio.sleep(plan["seconds"])
    cpu_s, took_s = time.process_time() - cpu_s, time.monotonic() - began_s
    failed = [task for task in clients if task.done()]
    report = {
        "latencies_us": [ns // 1000 for ns in sorted(meter.latencies_ns)],
        "cpu_s_per_min": cpu_s / took_s * 60,
        "start_ms": (meter.updated_ns - plan["spawned_ns"]) / 1e6 if meter.updated_ns else None,
        "resident_mb": _resident_mb(),
        "heavy_modules": sorted({"numpy", "aiohttp", "av"} & set(sys.modules)),
        "failed": repr(failed[0].exception()) if failed else None,
    }
    sys.stdout.write(json.dumps(report) + "\n")
    sys.stdout.flush()
    os._exit(0)  # closing handshakes are not part of what is measured


async def _ready(meter: Meter, clients: list[asyncio.Task[None]]) -> None:
    """Until every client has its session, and the caches are warm."""
    if meter.plan["kind"] != "harness":
        opened = asyncio.create_task(meter.opened.wait())
        await asyncio.wait({opened, *clients}, return_when=asyncio.FIRST_COMPLETED)
        opened.cancel()
    await asyncio.sleep(_SETTLE_S + meter.plan["sessions"] * 0.02)


async def _harness(meter: Meter) -> None:
    async def nothing() -> None:
        return

    meter.arrived(bytes(_STAMP_BYTES))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(meter.pace(nothing))
        await asyncio.sleep(meter.period_s / 2)
        meter.first_s = asyncio.get_running_loop().time()
        tasks.create_task(meter.pace(nothing))


async def _floor(meter: Meter) -> None:
    import base64

    from websockets.asyncio.client import connect

    async with connect(meter.url, compression=None, max_size=None, proxy=None) as connection:
        await connection.send('{"type":"session.update","session":{"type":"realtime"}}')

        async def send() -> None:
            audio = base64.b64encode(meter.frame).decode()
            await connection.send(json.dumps({"type": "input_audio_buffer.append", "audio": audio}))

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(meter.pace(send))
            async for message in connection:
                event = json.loads(message)
                if event["type"] == "response.output_audio.delta":
                    meter.arrived(base64.b64decode(event["delta"]))
                elif event["type"] == "session.updated":
                    meter.session_updated()


async def _level0(meter: Meter) -> None:
    from bareline import connect, events

    config = events.RealtimeSessionConfig()
    query = {"frame_ms": str(meter.plan["frame_ms"])}
    async with connect(base_url=meter.base_url, model="bench", session=config, query=query) as line:

        async def send() -> None:
            await line.send_audio(meter.frame)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(meter.pace(send))
            async for event in line:
                if isinstance(event, events.ResponseOutputAudioDelta):
                    meter.arrived(event.delta)
                elif isinstance(event, events.SessionUpdated):
                    meter.session_updated()


async def _call(meter: Meter) -> None:
    from bareline import AudioFrame, Call, NullSink, Recorder, SilenceSource, events

    class Microphone(SilenceSource):
        """Silence in the phase in which the other clients send."""

        async def read(self) -> AudioFrame | None:
            if not self.begun:
                self.begun = True
                await asyncio.sleep(await meter.phase_s() - asyncio.get_running_loop().time())
            return await super().read()

        begun = False

    query = {"frame_ms": str(meter.plan["frame_ms"])}
    with Recorder(meter.plan["trace"], at_ns=0, header={}) as recorder:
        call = Call(
            base_url=meter.base_url,
            model="bench",
            query=query,
            microphone=Microphone(),
            speaker=NullSink(),
            observer=recorder,
        )
        arriving = call.wire_events()
        async with call:
            meter.session_updated()  # a call is open when its session is set
            async for received in arriving:
                if isinstance(received.event, events.ResponseOutputAudioDelta):
                    meter.arrived(received.event.delta)


_CLIENTS: dict[str, Callable[[Meter], Coroutine[Any, Any, None]]] = {
    "harness": _harness,
    "floor": _floor,
    "level0": _level0,
    "call": _call,
}


def _resident_mb() -> float | None:
    try:
        with open("/proc/self/statm") as statm:  # noqa: PTH123  (pathlib would count in what is measured)
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        return None


if __name__ == "__main__":
    main()
