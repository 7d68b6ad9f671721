"""Do a thousand calls leave anything behind, and is a path that dies without a word noticed?"""

from __future__ import annotations

import asyncio
import gc
import time
from pathlib import Path

import pytest

from bareline.errors import ConnectionLost
from bareline.media.frames import AudioFrame
from bareline.testing.udp_link import UdpLink
from bareline.testing.webrtc_pair import webrtc_pair
from bareline.transports.webrtc.stack.ice import CONSENT_INTERVAL_S, CONSENT_LOST_S

pytestmark = pytest.mark.slow

CALLS = 1000
WARM = 200
"""Calls after which caches of the libraries are full."""


async def one_call() -> None:
    async with webrtc_pair() as (client, server):
        await client.send(b"1")
        assert await server.receive() == b"1"
        await client.send_audio(AudioFrame(bytes(960)))
        assert (await server.receive_audio()).samples > 0


def resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.timeout(300)
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="counts memory and sockets as Linux shows them")
def test_a_thousand_calls_leave_no_task_socket_or_memory(capsys: pytest.CaptureFixture[str]) -> None:
    async def calls() -> None:
        await one_call()
        tasks, files = len(asyncio.all_tasks()), open_files()
        before = 0
        started = time.monotonic()
        for number in range(1, CALLS + 1):
            await one_call()
            if number == WARM:
                gc.collect()
                before = resident_bytes()
        took = time.monotonic() - started
        await asyncio.sleep(0.05)
        gc.collect()
        grown = resident_bytes() - before
        assert len(asyncio.all_tasks()) == tasks
        assert open_files() == files
        with capsys.disabled():
            print(
                f"\n{CALLS} calls: {took / CALLS * 1000:.1f} ms each, {grown / (CALLS - WARM):.0f} bytes left by each"
            )
        assert grown < (CALLS - WARM) * 4096

    asyncio.run(calls())


def test_a_path_that_dies_without_a_word_is_noticed() -> None:
    async def call() -> float:
        async with UdpLink() as link, webrtc_pair(sdp_hook=link.sdp_hook) as (client, _):
            link.blocked = True
            started = time.monotonic()
            with pytest.raises(ConnectionLost, match="has not answered for 15 s"):
                await client.receive()
            return time.monotonic() - started

    assert CONSENT_LOST_S - 1 < asyncio.run(call()) < CONSENT_LOST_S + 2 * CONSENT_INTERVAL_S
