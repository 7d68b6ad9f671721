"""How long is audio on its way, from the sender's frame to the receiver's loudspeaker?"""

from __future__ import annotations

from typing import Any

from bareline.lab.media_bench.marks import FRAME_S, MARK_EVERY, MARK_NAMES

__all__ = ["at_share", "delays_ms", "timed_delays_ms"]

_NAMES_S = MARK_NAMES * MARK_EVERY * FRAME_S


def timed_delays_ms(sender: dict[str, Any], receiver: dict[str, Any]) -> list[tuple[float, float]]:
    """For each mark that was heard on the first connection: when it was sent, in seconds, and its delay.

    ``sender`` and ``receiver`` are what the two sides found. The 20 ms that a frame takes to fill are not counted. A
    mark that was heard is the last one of its name sent before.
    """
    sent, heard = sender["sessions"][0]["sent"], receiver["sessions"][0]["heard"]
    found: list[tuple[float, float]] = []
    for name, heard_ns in heard:
        before = [at_ns for known, at_ns in sent if known == name and 0 <= heard_ns - at_ns < _NAMES_S * 1e9]
        if before:
            found.append(((before[-1] - sent[0][1]) / 1e9, (heard_ns - before[-1]) / 1e6))
    return found


def delays_ms(sender: dict[str, Any], receiver: dict[str, Any]) -> list[float]:
    """The delays alone, without those of the first second, in which buffers settle."""
    return [delay for at_s, delay in timed_delays_ms(sender, receiver) if at_s > 1]


def at_share(values: list[float], share: float) -> float:
    """The value that so many are not above; infinity of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("inf")
