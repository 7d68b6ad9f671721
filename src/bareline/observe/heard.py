"""How much of a response's audio was heard, by the trace?"""

from __future__ import annotations

from collections import defaultdict

from bareline.observe.record import TraceRecord

__all__ = ["HeardAudio"]


class HeardAudio:
    """Folds ``playout`` records; counts are samples at 24 kHz, as the ledger has them (DESIGN.md D4)."""

    def __init__(self) -> None:
        self._heard: dict[str, dict[tuple[object, object], int]] = defaultdict(dict)
        self.known = False
        """Whether the trace tells of playout at all; one of level 0 does not."""

    def observe(self, record: TraceRecord) -> None:
        """Take one record; others than ``playout`` change nothing."""
        heard, response_id = record.data.get("heard"), record.data.get("response_id")
        if record.kind != "playout" or not isinstance(heard, int) or not isinstance(response_id, str):
            return
        self.known = True
        parts = self._heard[response_id]
        part = (record.data.get("item_id"), record.data.get("content_index"))
        parts[part] = max(heard, parts.get(part, 0))

    def samples(self, response_id: str) -> int:
        """What was heard of this response, all its items together."""
        return sum(self._heard[response_id].values()) if response_id in self._heard else 0
