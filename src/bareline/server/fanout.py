"""Who is told what, when a session has more than one connection?

Every event goes to the main connection and to all sidebands, except ``session.created``, which is for the main one, and
refusals, which are for whoever asked (an option). Source: REALTIME.md 2.1 and section 20.
"""

from __future__ import annotations

from typing import Literal

from bareline.protocol.authority.outbox import ErrorMessage
from bareline.server.connection import Connection

__all__ = ["SIDEBANDS_MAX", "SIDEBAND_UNSENT_MAX_BYTES", "Fanout"]

SIDEBANDS_MAX = 8
"""Of one call."""
SIDEBAND_UNSENT_MAX_BYTES = 8 * 1024 * 1024
"""A sideband that takes so little of what it is sent is closed: it must not hold up the call."""
_TOO_SLOW = (1013, "The sideband is too slow.")


class Fanout:
    """The connections of one session. ``main`` None: nobody is told but sidebands (a call of audio alone)."""

    def __init__(self, main: Connection | None, *, errors_to: Literal["cause", "all"]) -> None:
        self._main = main
        self._sidebands: list[Connection] = []
        self._errors_to = errors_to

    @property
    def full(self) -> bool:
        """Are there as many sidebands as there may be?"""
        return len(self._sidebands) >= SIDEBANDS_MAX

    def join(self, sideband: Connection) -> None:
        """It is told what is said from now on."""
        self._sidebands.append(sideband)

    def leave(self, sideband: Connection) -> None:
        """It is told no more; may be called twice."""
        if sideband in self._sidebands:
            self._sidebands.remove(sideband)

    def end(self, goodbye: tuple[int, str]) -> None:
        """The session is over: so are all sidebands."""
        for sideband in self._sidebands:
            sideband.end(goodbye)

    def put(self, message: bytes, cause: Connection | None) -> None:
        """Queue a message; ``cause`` is the connection whose message it comes from, if any."""
        if cause is not None and isinstance(message, ErrorMessage) and self._errors_to == "cause":
            cause.outbox.put(message)
            return
        if self._main is not None:
            self._main.outbox.put(message)
        for sideband in tuple(self._sidebands):
            sideband.outbox.put(message)
            if sideband.outbox.unsent_bytes > SIDEBAND_UNSENT_MAX_BYTES:
                self.leave(sideband)
                sideband.end(_TOO_SLOW)
