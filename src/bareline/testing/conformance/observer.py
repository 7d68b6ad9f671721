"""Does an observer keep its contract?"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from bareline.observe.record import RECORD_KINDS, Observer, TraceRecord
from bareline.testing.conformance.requirement import ContractBroken, require

__all__ = ["OBSERVER", "MakeObserver"]

MakeObserver = Callable[[], Observer]

_AT_ONCE_S = 0.005
_DATA: tuple[dict[str, Any], ...] = (
    {},
    {"text": "grüße 🎧", "number": 1, "list": [None, True, 1.5], "nested": {"a": {}}},
)


def every_kind_of_record_is_taken(make: MakeObserver) -> None:
    """With and without a name and data, kinds of later versions included; it never raises."""
    observer = make()
    for kind in (*RECORD_KINDS, "a_kind_of_a_later_version"):
        for data in _DATA:
            try:
                observer.observe(TraceRecord(at_ns=1, kind=kind, name="name", data=data))
            except Exception as error:
                raise ContractBroken(f"observe never raises, but {error!r} for {kind}") from error


def observing_returns_at_once(make: MakeObserver) -> None:
    """The median of a thousand records takes far less than a frame of audio."""
    observer = make()
    record = TraceRecord(at_ns=1, kind="received", name="response.output_audio.delta", data={"audio_bytes": 4_800})
    took_s: list[float] = []
    for _ in range(1_000):
        began_s = time.perf_counter()
        observer.observe(record)
        took_s.append(time.perf_counter() - began_s)
    median_s = sorted(took_s)[500]
    require(median_s < _AT_ONCE_S, f"observe returns at once, not after {median_s * 1e6:.0f} µs")


OBSERVER: tuple[Callable[[MakeObserver], None], ...] = (every_kind_of_record_is_taken, observing_returns_at_once)
