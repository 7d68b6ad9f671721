"""When are places open? A directory somewhere else, simulated here: slow, sometimes busy, and not all-knowing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bareline.errors import Permanent, Temporary
from bareline.tools import not_found

__all__ = ["PLACES", "OpeningHours", "PlaceDirectory"]


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """When a place is open, in words that can be said."""

    name: str
    opens: str
    closes: str


PLACES = {
    "library": OpeningHours("library", "9 am", "6 pm"),
    "pharmacy": OpeningHours("pharmacy", "8 am", "8 pm"),
    "post office": OpeningHours("post office", "10 am", "5 pm"),
    "town hall": None,
}
"""All places of this town. The town hall does not tell its hours, whoever asks."""


class PlaceDirectory:
    """The directory of places. One look-up takes ``seconds``; places that are ``busy`` fail at the first attempt."""

    def __init__(self, *, seconds: float = 6.0, busy: Iterable[str] = ()) -> None:
        self._seconds = seconds
        self._busy = set(busy)

    async def opening_hours(self, name: str, progress: Callable[[str], None]) -> OpeningHours:
        """Look a place up, telling ``progress`` how far it is. Raises ``NotFound``, ``Temporary``, ``Permanent``."""
        key = name.lower().removeprefix("the ").strip()
        if key not in PLACES:
            raise not_found(name, list(PLACES))
        if key in self._busy:
            self._busy.remove(key)
            raise Temporary(f"the directory is busy with {key}", say="The directory of places is busy.")
        hours = PLACES[key]
        if hours is None:
            raise Permanent(f"no hours are given for {key}", say=f"The {key} does not tell its opening hours.")
        await asyncio.sleep(self._seconds / 2)
        progress(f"I have found the {key}, now I am waiting for its opening hours.")
        await asyncio.sleep(self._seconds / 2)
        return hours
