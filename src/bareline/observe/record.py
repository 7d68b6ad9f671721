"""What is one line of a trace?

A trace is one JSONL file with the audio beside it (D11); the format is described in ``docs/reference/trace.md``. Every
record carries when it happened, so that latency, cost, inspection and tests read the file instead of measuring
themselves.
"""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

__all__ = ["RECORD_KINDS", "Observer", "TraceRecord"]

RECORD_KINDS = {
    "header": "first line: format version, package version, transport, model, wall-clock anchor; never a key",
    "sent": "a client event as it went out; audio bytes replaced by their count",
    "received": "a server event as it came in; audio bytes replaced by their count",
    "malformed": "a message that is not the protocol, with its error",
    "audio": "a position: stream (microphone, speaker), stage (D4), samples",
    "playout": "ledger: item, content part and the five counts, when they change meaningfully",
    "decision": "a decision of ours: what, why, at, decided_at",
    "tool": "a step of a tool call: requested, confirming, running, settled",
    "connection": "opened, lost, reconnected, closed; with code and reason",
    "clock": "relation between two clocks",
    "error": "an error and its severity",
    "note": "anything an application wants to add",
}


class TraceRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry. ``at_ns`` on the loop's clock; ``kind`` one of ``RECORD_KINDS``; ``data`` JSON values by kind."""

    at_ns: int
    kind: str
    name: str = ""
    data: dict[str, Any] = {}


class Observer(Protocol):
    """Takes records as they happen.

    Contract: ``observe`` returns at once, does no I/O of its own on the caller's time, and never raises.
    """

    def observe(self, record: TraceRecord) -> None:
        """Take one record."""
        ...
