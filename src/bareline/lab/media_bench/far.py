"""What does a stack do when the other side is far away, and when packets are lost for a while?"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from statistics import median
from types import TracebackType
from typing import Any, Literal, Self

from bareline.lab.media_bench.latency import at_share, timed_delays_ms
from bareline.lab.media_bench.pair import Pair
from bareline.lab.media_bench.report import FarRun
from bareline.testing.udp_link import LinkConditions, UdpLink

__all__ = ["ROUND_TRIP_MS", "SETUP_FLOOR_MS", "measure_far"]

ROUND_TRIP_MS = 50
_SETUP_ROUND_TRIPS = 4
SETUP_FLOOR_MS = ROUND_TRIP_MS * _SETUP_ROUND_TRIPS
"""One round trip for ICE, two for DTLS, one for SCTP; the channel's opening travels with the last, and the exchange of
the descriptions is not delayed here."""

_CLEAN_S, _LOSSY_S, _AFTER_S = 3.0, 10.0, 5.0
_LOSS = 0.02
_BIG_BYTES = 200_000
_SAME_MS = 5.0
_SETUPS = 3


def measure_far(engine: str, python: str) -> FarRun:
    """Set-up and a large event at 50 ms of round trip; delays before, during and after 2 % of loss."""
    with LinkThread(round_trip_ms=ROUND_TRIP_MS) as link, Pair(engine, python) as pair:
        setups = [pair.connect(link.hook)["setup_ms"] for _ in range(_SETUPS)]
        big = pair.echo_ms(count=3, size=_BIG_BYTES)
    with LinkThread(round_trip_ms=0) as link, Pair(engine, python) as pair:
        pair.connect(link.hook)
        timers = [threading.Timer(_CLEAN_S, link.lose, [_LOSS]), threading.Timer(_CLEAN_S + _LOSSY_S, link.lose, [0.0])]
        for timer in timers:
            timer.start()
        near, far = pair.speak(_CLEAN_S + _LOSSY_S + _AFTER_S, marks=True)
    delays = timed_delays_ms(near, far) + timed_delays_ms(far, near)
    return _far_run(engine, median(setups), median(big), delays, _missing(near, far))


def _far_run(engine: str, setup_ms: float, big_ms: float, delays: list[tuple[float, float]], missing: float) -> FarRun:
    lossy_to = _CLEAN_S + _LOSSY_S
    clean = at_share([ms for at_s, ms in delays if 1 < at_s < _CLEAN_S], 0.95)
    after = [(at_s, ms) for at_s, ms in delays if at_s >= lossy_to]
    slow = [at_s for at_s, ms in after if ms > clean + _SAME_MS]
    settled = after and max(slow, default=lossy_to) < lossy_to + _AFTER_S - 1
    return FarRun(
        engine=engine,
        setup_ms=setup_ms,
        big_ms=big_ms,
        loss_p95_ms=at_share([ms for at_s, ms in delays if _CLEAN_S <= at_s < lossy_to], 0.95),
        loss_missing=missing,
        recovery_s=max(slow, default=lossy_to) - lossy_to if settled else None,
        after_p50_ms=at_share([ms for at_s, ms in after if at_s > lossy_to + _AFTER_S - 2], 0.5),
    )


def _missing(*sides: dict[str, Any]) -> float:
    """The share of marks that nobody heard."""
    sent = sum(len(side["sessions"][0]["sent"]) for side in sides)
    heard = sum(len(side["sessions"][0]["heard"]) for side in sides)
    return max(0.0, 1 - heard / sent)


class LinkThread:
    """A simulated link with an event loop of its own, beside the bench."""

    def __init__(self, *, round_trip_ms: float) -> None:
        self._loop = asyncio.new_event_loop()
        self._link = UdpLink(LinkConditions(delay_ms=round_trip_ms / 2), seed=1)
        self._thread = threading.Thread(target=self._loop.run_forever)

    def hook(self, kind: Literal["offer", "answer"], text: str) -> str:
        """Route this side's candidates through the link."""
        changed: list[str] = []
        self._do(lambda: changed.append(self._link.sdp_hook(kind, "remote", text)))
        return changed[0]

    def lose(self, share: float) -> None:
        """Drop so many datagrams from now on."""
        conditions = LinkConditions(loss=share, lossy=frozenset({"media"}))
        self._do(lambda: setattr(self._link, "conditions", conditions))

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._link.__aenter__(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._link.__aexit__(None, None, None), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, step: Callable[[], None]) -> None:
        async def run() -> None:
            step()

        asyncio.run_coroutine_threadsafe(run(), self._loop).result()
