"""Is the user's speech over when the service will never say so: dropped, committed by hand, nobody listens any more?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import pytest

from bareline.client.call import Call
from bareline.client.call_events import CallEvent, UserStarted, UserStopped
from bareline.clock import now_ns
from bareline.media.frames import AudioFrame
from bareline.protocol import events as ev
from bareline.protocol.generation import Completed, Output, ResponseRequest
from bareline.testing.function_backend import FunctionBackend
from bareline.testing.in_process import InProcessServer
from bareline.testing.virtual import run_virtual

Heard = TypeVar("Heard", UserStarted, UserStopped)


class Loud:
    """A microphone into which somebody speaks without end."""

    def __init__(self) -> None:
        self._samples = 0

    async def read(self) -> AudioFrame | None:
        await asyncio.sleep(0.02)
        self._samples += 480
        return AudioFrame(b"\xd0\x07\x30\xf8" * 240, self._samples - 480, now_ns())

    async def close(self) -> None:
        """Nothing to free."""


async def nothing(request: ResponseRequest) -> AsyncIterator[Output | Completed]:
    yield Completed()


async def until(events: AsyncIterator[CallEvent], kind: type[Heard]) -> Heard:
    while not isinstance(event := await anext(events), kind):
        pass
    return event


@pytest.mark.parametrize(
    "drop",
    [Call.clear, lambda call: call.commit(respond=False), lambda call: call.update(turns="manual")],
    ids=["cleared", "committed by hand", "nobody listens"],
)
def test_speech_whose_end_nobody_tells_is_over(drop: Callable[[Call], None]) -> None:
    async def main() -> None:
        async with InProcessServer(FunctionBackend(nothing)) as server:
            call = Call(dial=server.dial, microphone=Loud(), turns=ev.ServerVad())
            async with call:
                events = call.events()
                started = await until(events, UserStarted)
                await asyncio.sleep(0.2)  # enough for a commit
                drop(call)
                stopped = await until(events, UserStopped)
                assert stopped.item_id == started.item_id
                call.update(turns="manual")

    run_virtual(main())
