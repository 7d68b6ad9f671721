"""Does a transport with faults behave like a bad connection, and end as one?"""

from __future__ import annotations

import asyncio

import pytest

from bareline.clock import now_ns
from bareline.errors import ConnectionLost
from bareline.testing.link import LINK_BACKLOG, SeededLink, link_pair
from bareline.testing.virtual import run_virtual
from bareline.transports.contract import Transport
from bareline.transports.faults import parse_faults
from bareline.transports.impairments import impair
from bareline.transports.memory import memory_pair
from bareline.units import NS_PER_MS


async def arrivals_ms(sender: Transport, receiver: Transport, count: int, every_ms: int) -> list[int]:
    """When ``count`` messages arrive that are sent ``every_ms``."""

    async def send() -> None:
        for number in range(count):
            await sender.send(b"%d" % number)
            await asyncio.sleep(every_ms / 1000)

    times: list[int] = []
    async with asyncio.TaskGroup() as group:
        group.create_task(send())
        for number in range(count):
            assert await receiver.receive() == b"%d" % number
            times.append(now_ns() // NS_PER_MS)
    return times


@pytest.mark.parametrize("way", ["out", "in"])
def test_delay_does_not_slow_the_stream_down(way: str) -> None:
    async def main() -> None:
        plain, theirs = memory_pair()
        ours = impair(plain, parse_faults("delay=50ms"), side="client")
        ends = (ours, theirs) if way == "out" else (theirs, ours)
        assert await arrivals_ms(*ends, count=5, every_ms=20) == [50, 70, 90, 110, 130]
        await ours.close()
        await theirs.close()

    run_virtual(main())


def test_the_side_decides_which_way_is_up() -> None:
    async def main() -> None:
        plain, client = memory_pair()
        server = impair(plain, parse_faults("down:delay=100ms"), side="server")
        assert await arrivals_ms(server, client, 1, 0) == [100]
        assert await arrivals_ms(client, server, 1, 0) == [100]
        await server.close()
        await client.close()

    run_virtual(main())


def test_a_close_comes_at_its_time_with_its_code_to_both_sides() -> None:
    async def main() -> None:
        plain, theirs = memory_pair()
        ours = impair(plain, parse_faults("close=1001@10s"), side="server")
        for transport in (ours, theirs):
            with pytest.raises(ConnectionLost) as lost:
                await transport.receive()
            assert (lost.value.code, now_ns()) == (1001, 10_000 * NS_PER_MS)
        with pytest.raises(ConnectionLost):
            await ours.send(b"too late")
        await ours.close()
        await theirs.close()

    run_virtual(main())


def test_a_cut_line_swallows_everything_and_says_nothing() -> None:
    async def main() -> None:
        plain, theirs = memory_pair()
        ours = impair(plain, parse_faults("cut@1s"), side="client")
        await asyncio.sleep(2)
        await ours.send(b"lost")
        await theirs.send(b"lost too")
        for transport in (ours, theirs):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(transport.receive(), 600)
        await ours.close()
        await theirs.close()

    run_virtual(main())


def test_an_aborted_link_is_lost_at_both_ends_with_what_was_in_flight() -> None:
    async def main() -> None:
        client, server = link_pair(parse_faults("delay=50ms,abort@1s"))
        await asyncio.sleep(0.97)
        await client.send(b"in flight")
        for transport in (client, server):
            for _ in range(2):
                with pytest.raises(ConnectionLost) as lost:
                    await transport.receive()
                assert lost.value.code == 1006
        assert now_ns() == 1_000 * NS_PER_MS
        await asyncio.sleep(1)
        with pytest.raises(ConnectionLost):
            await server.receive()
        await client.close()
        await server.close()

    run_virtual(main())


def test_a_full_link_makes_the_sender_wait_until_the_other_side_receives() -> None:
    async def main() -> None:
        client, server = link_pair()
        for _ in range(LINK_BACKLOG):
            await client.send(b"x")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.send(b"x"), 60)
        await server.receive()
        await client.send(b"x")
        await client.close()
        await server.close()

    run_virtual(main())


def test_a_datagram_link_loses_doubles_and_reorders_what_a_stream_cannot() -> None:
    faults = parse_faults("loss=10%,duplicate=10%,reorder=10%")
    with pytest.raises(ValueError, match="a stream has no Loss"):
        SeededLink(faults)
    link = SeededLink(faults, seed=3, profile="datagram")
    for number in range(100):
        link.send("up", b"%d" % number, number * NS_PER_MS)
    received: list[int] = []
    while (now := link.deadline()) is not None:
        message = link.receive("up", now)
        assert message is not None
        received.append(int(message))
    assert set(received) < set(range(100))
    assert len(set(received)) < len(received)
    assert received != sorted(received)
