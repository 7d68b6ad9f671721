"""Which audio was the driver asked to play, of which items, and how much of each was heard?"""

from __future__ import annotations

from collections.abc import Iterator

from bareline.units import BYTES_PER_MS

__all__ = ["OutputQueue"]


class OutputQueue:
    """Responses whose audio is not yet played to its end, in the order of playback, with their audio by item (PCM).

    Counts only: the bytes are with the driver.
    """

    def __init__(self) -> None:
        self._stretches: dict[str, list[tuple[str, int]]] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._stretches))

    def append(self, response_id: str, item_id: str, length_bytes: int) -> None:
        """More audio of an item, to be played after all that the response has so far."""
        stretches = self._stretches.setdefault(response_id, [])
        if stretches and stretches[-1][0] == item_id:
            length_bytes += stretches.pop()[1]
        stretches.append((item_id, length_bytes))

    def forget(self, response_id: str) -> None:
        """It was played, or dropped."""
        self._stretches.pop(response_id, None)

    def heard(self, response_id: str, played_ms: int) -> list[tuple[str, int, bool]]:
        """Per item, in order: whole milliseconds heard when so much of the response was played, and was that all?"""
        left = played_ms * BYTES_PER_MS
        heard: dict[str, int] = {}
        queued: dict[str, int] = {}
        for item_id, length in self._stretches.get(response_id, ()):
            heard[item_id] = heard.get(item_id, 0) + min(left, length)
            queued[item_id] = queued.get(item_id, 0) + length
            left -= min(left, length)
        return [(item_id, heard[item_id] // BYTES_PER_MS, heard[item_id] == queued[item_id]) for item_id in heard]
