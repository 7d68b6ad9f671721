"""Do a thousand calls over WebRTC, set up and torn down, leave no task, socket or memory behind?"""

from __future__ import annotations

import asyncio
import gc
import os
from itertools import pairwise
from pathlib import Path

import aiohttp
import pytest

from bareline.server.serve import RealtimeServer
from bareline.testing.function_backend import FunctionBackend
from bareline.transports.webrtc.opening import CallAnswer, open_webrtc
from bareline.transports.webrtc.settings import WebRtcSettings

pytest.importorskip("aiortc", reason="WebRTC needs the extra 'webrtc'")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

WARM = 300
"""So many calls first: allocators grow until they have seen every size that a call needs."""
BATCH = 300
BATCHES = 4
PER_CALL_BYTES = 2 * 1024
"""What the process may grow by for each call in the best batch: what is forgotten, is forgotten in all of them, and a
call is a hundred times that; what an allocator takes for itself, it takes now and then."""


def held() -> tuple[int, int, int]:
    """Objects, open files and resident bytes of this process."""
    gc.collect()
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return len(gc.get_objects()), len(list(Path("/proc/self/fd").iterdir())), resident


async def one_call(http: aiohttp.ClientSession, url: str) -> None:
    async def exchange(offer: str) -> CallAnswer:
        headers = {"Authorization": "Bearer sk-any", "Content-Type": "application/sdp"}
        async with http.post(f"{url}/realtime/calls", data=offer, headers=headers) as reply:
            return CallAnswer(await reply.text(), reply.headers["Location"].rpartition("/")[2])

    loopback = WebRtcSettings(addresses=["127.0.0.1"])
    transport = await open_webrtc(exchange, settings=loopback, open_timeout_s=10, address=url)
    assert b"session.created" in await transport.receive()
    await transport.close()


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads /proc")
def test_a_thousand_calls_leave_nothing_behind() -> None:
    async def nothing(request):
        return
        yield

    async def main() -> None:
        async with RealtimeServer(FunctionBackend(nothing)) as server, aiohttp.ClientSession() as http:

            async def hold(calls: int) -> tuple[int, int, int]:
                for _ in range(calls):
                    await one_call(http, server.url)
                await asyncio.sleep(1)
                assert server.open_sessions == 0
                return held()

            counts = [await hold(WARM)] + [await hold(BATCH) for _ in range(BATCHES)]
            objects, files, resident = zip(*counts, strict=True)
            assert objects[-1] - objects[0] < 1_000
            assert files[-1] - files[0] <= 2
            assert min(after - before for before, after in pairwise(resident)) < BATCH * PER_CALL_BYTES
        assert not asyncio.all_tasks() - {asyncio.current_task()}

    asyncio.run(main())
