"""Do a thousand calls over WebRTC, set up and torn down, leave no task, socket or memory behind?"""

from __future__ import annotations

import asyncio
import gc
import os
from pathlib import Path

import aiohttp
import pytest

from bareline.server.serve import RealtimeServer
from bareline.testing.function_backend import FunctionBackend
from bareline.transports.webrtc.opening import CallAnswer, open_webrtc
from bareline.transports.webrtc.settings import WebRtcSettings

pytest.importorskip("aiortc", reason="WebRTC needs the extra 'webrtc'")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

WARM = 500
"""So many calls first: allocators grow until they have seen every size that a call needs."""
CALLS = 1_000
PER_CALL_BYTES = 6 * 1024
"""What the process may grow by for each call; a forgotten one would be a hundred times that."""


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
            for number in range(WARM + CALLS):
                if number == WARM:
                    before = held()
                await one_call(http, server.url)
            await asyncio.sleep(1)
            assert server.open_sessions == 0
            objects, files, resident = (after - before for before, after in zip(before, held(), strict=True))
            assert objects < 1_000
            assert files <= 2
            assert resident < CALLS * PER_CALL_BYTES
        assert not asyncio.all_tasks() - {asyncio.current_task()}

    asyncio.run(main())
