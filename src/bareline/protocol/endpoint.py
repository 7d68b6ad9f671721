"""What does one side of a session promise to the code that drives it?

An endpoint is sans-IO: it is told what happened and when (``now_ns``, monotonic), it answers what to say and when to be
woken. Both ends run the same fold, so a conversation can be driven over a socket, WebRTC or a simulated link alike.
Conformance kit: ``bareline.testing.conformance.endpoint``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, TypeVar

__all__ = ["Endpoint"]

E_co = TypeVar("E_co", covariant=True)


class Endpoint(Protocol[E_co]):
    """One side.

    Contract: nothing but ``LocalProtocolError`` is raised to the driver, and that before anything changed. ``receive``
    takes any bytes. ``outgoing`` and ``events`` drain: what they yielded is gone. ``deadline`` is the earliest time at
    which ``tick`` has something to do, or ``None``; ``tick`` before it changes nothing. Time never goes backwards.
    """

    def receive(self, message: bytes, now_ns: int) -> None:
        """A whole message arrived."""
        ...

    def tick(self, now_ns: int) -> None:
        """Time passed."""
        ...

    def events(self) -> Iterator[E_co]:
        """What happened, for the driver or the application; drains."""
        ...

    def outgoing(self) -> Iterator[bytes]:
        """Whole messages to send, in order; drains."""
        ...

    def deadline(self) -> int | None:
        """When ``tick`` is next needed, in ns on the same clock."""
        ...
