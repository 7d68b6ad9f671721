"""Do events leave in the order in which they were posted, and at once where that takes no waiting?"""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from bareline.client.line import Line
from bareline.client.outbox import Outbox
from bareline.ids import SeededIds
from bareline.protocol import events as ev
from bareline.protocol.client_endpoint import ClientEndpoint
from bareline.testing.virtual import run_virtual
from bareline.transports.contract import TransportInfo
from bareline.transports.memory import MemoryTransport, memory_pair


class Prompt:
    """The near end of a pair that takes messages without waiting, unless it is busy."""

    def __init__(self, near: MemoryTransport) -> None:
        self.near = near
        self.busy = False
        self.at_once = 0
        self.info = TransportInfo("prompt", "memory")
        self.send, self.receive, self.close = near.send, near.receive, near.close

    def send_at_once(self, message: bytes) -> bool:
        if not self.busy:
            self.near._outbound.messages.append(message)
            self.near._outbound.wake()
            self.at_once += 1
        return not self.busy


@pytest.mark.parametrize(("checks", "at_once"), [(False, 2), (True, 0)])
def test_events_leave_in_order_and_at_once_unless_something_is_in_the_way(checks: bool, at_once: int) -> None:
    async def main() -> None:
        near, far = memory_pair()
        prompt, outbox = Prompt(near), Outbox(SeededIds(1))

        def post(number: int) -> None:
            outbox.post(ev.SessionUpdate(session=ev.RealtimeSessionConfig(instructions=str(number))))

        outbox.opened(1_000_000)
        post(0)  # nobody sends yet
        sending = asyncio.create_task(outbox.run(Line(prompt, endpoint=ClientEndpoint(checks=checks))))
        await asyncio.sleep(0.01)
        post(1)
        post(2)
        prompt.busy = True
        post(3)
        prompt.busy = False
        post(4)  # not before the one that waits
        await asyncio.sleep(0.01)
        told = [msgspec.json.decode(await far.receive())["session"]["instructions"] for _ in range(5)]
        assert told == ["0", "1", "2", "3", "4"]
        assert prompt.at_once == at_once
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

    run_virtual(main())
