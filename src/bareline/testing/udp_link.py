"""What does a call over WebRTC do on a network that loses, delays, holds back or blocks its packets?

A relay on 127.0.0.1 between two real sides. Its ``sdp_hook`` rewrites the candidates of both descriptions, so that
every packet goes through it and there is no path around::

    async with UdpLink(LinkConditions(loss=0.02, delay_ms=25), seed=7) as link:
        settings = WebRtcSettings(addresses=["127.0.0.1"], sdp_hook=link.sdp_hook)
        ...
        link.stall(400)
"""

from __future__ import annotations

import asyncio
import random
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, Self

__all__ = ["LinkConditions", "LinkCounts", "PacketKind", "UdpLink", "packet_kind"]

PacketKind = Literal["stun", "dtls", "media"]
_CANDIDATE = re.compile(r"^a=candidate:(?P<words>.*?)(?P<end>\r?\n|\Z)", re.MULTILINE)
_SOCKET_BUFFER_BYTES = 4 * 1024 * 1024
_Address = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkConditions:
    """What happens to a packet, in each direction.

    ``loss``: the share lost, 0 to 1; ``lossy``: of which kinds. ``delay_ms``: one way. ``jitter_ms``: added at random
    from 0 up to this, so that packets may overtake each other. ``duplicate``: the share that comes twice.
    """

    loss: float = 0.0
    lossy: frozenset[PacketKind] = frozenset({"stun", "dtls", "media"})
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    duplicate: float = 0.0


@dataclass(slots=True)
class LinkCounts:
    """Packets of one direction since the beginning."""

    passed: int = 0
    lost: int = 0
    lost_media: int = 0
    passed_media: int = 0


@dataclass(slots=True)
class _Route:
    """One call: what the offering side sees of the answering side, and the other way round."""

    to_offerer: socket.socket
    to_answerer: socket.socket
    offerer: _Address | None = None
    answerer: _Address | None = None
    answered: bool = False


class UdpLink:
    """The relay; all its calls have the same ``conditions``, which may be replaced at any time.

    Calls that are opened at the same moment need a link each: an answer belongs to the oldest offer without one.
    ``blocked``: nothing passes. ``to_answerer`` and ``to_offerer`` count each direction.
    """

    def __init__(self, conditions: LinkConditions | None = None, *, seed: int = 0) -> None:
        self.conditions = conditions or LinkConditions()
        self.blocked = False
        self.to_answerer = LinkCounts()
        self.to_offerer = LinkCounts()
        self._chance = random.Random(seed)
        self._routes: list[_Route] = []
        self._timers: set[asyncio.TimerHandle] = set()
        self._stalled: asyncio.TimerHandle | None = None
        self._held: list[Callable[[], None]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def sdp_hook(self, kind: Literal["offer", "answer"], whose: Literal["local", "remote"], text: str) -> str:
        """For ``WebRtcSettings.sdp_hook`` of one side, no matter which."""
        del whose
        if kind == "offer":
            route = self._open_route()
            route.offerer = _first_address(text)
            return _with_one_candidate(text, route.to_answerer.getsockname())
        route = next(route for route in self._routes if not route.answered)
        route.answered = True
        route.answerer = _first_address(text)
        return _with_one_candidate(text, route.to_offerer.getsockname())

    def stall(self, ms: float) -> None:
        """Hold everything back for so long, then let it through at once; nothing is lost."""
        if self._stalled is not None:
            self._stalled.cancel()
        self._stalled = asyncio.get_running_loop().call_later(ms / 1000, self._release)

    def close(self) -> None:
        """Give up every socket; packets under way are dropped."""
        loop = asyncio.get_running_loop()
        for timer in self._timers:
            timer.cancel()
        if self._stalled is not None:
            self._stalled.cancel()
        for route in self._routes:
            for end in (route.to_offerer, route.to_answerer):
                loop.remove_reader(end.fileno())
                end.close()
        self._timers.clear()
        self._routes.clear()
        self._held.clear()

    def _open_route(self) -> _Route:
        route = _Route(_bound_socket(), _bound_socket())
        loop = asyncio.get_running_loop()
        loop.add_reader(route.to_offerer.fileno(), self._read_offerer, route)
        loop.add_reader(route.to_answerer.fileno(), self._read_answerer, route)
        self._routes.append(route)
        return route

    def _read_offerer(self, route: _Route) -> None:
        while (got := _next_packet(route.to_offerer)) is not None:
            packet, route.offerer = got
            self._carry(packet, self.to_answerer, partial(_put, route.to_answerer, packet, route, "answerer"))

    def _read_answerer(self, route: _Route) -> None:
        while (got := _next_packet(route.to_answerer)) is not None:
            packet, route.answerer = got
            self._carry(packet, self.to_offerer, partial(_put, route.to_offerer, packet, route, "offerer"))

    def _carry(self, packet: bytes, counts: LinkCounts, put: Callable[[], None]) -> None:
        conditions, kind = self.conditions, packet_kind(packet)
        if self.blocked or (kind in conditions.lossy and self._chance.random() < conditions.loss):
            counts.lost += 1
            counts.lost_media += kind == "media"
            return
        counts.passed += 1
        counts.passed_media += kind == "media"
        for _ in range(2 if conditions.duplicate and self._chance.random() < conditions.duplicate else 1):
            self._after(conditions.delay_ms + self._chance.random() * conditions.jitter_ms, put)

    def _after(self, delay_ms: float, put: Callable[[], None]) -> None:
        if delay_ms <= 0:
            self._deliver(put)
            return
        loop = asyncio.get_running_loop()

        def due() -> None:
            self._timers.discard(timer)
            self._deliver(put)

        timer = loop.call_later(delay_ms / 1000, due)
        self._timers.add(timer)

    def _deliver(self, put: Callable[[], None]) -> None:
        if self._stalled is not None:
            self._held.append(put)
        else:
            put()

    def _release(self) -> None:
        self._stalled = None
        held, self._held = self._held, []
        for put in held:
            put()


def packet_kind(packet: bytes) -> PacketKind:
    """What a packet is, by its first byte (RFC 7983)."""
    first = packet[0] if packet else 0
    if first < 4:
        return "stun"
    return "media" if 127 < first < 192 else "dtls"


def _bound_socket() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SOCKET_BUFFER_BYTES)
    made.bind(("127.0.0.1", 0))
    return made


def _next_packet(end: socket.socket) -> tuple[bytes, _Address] | None:
    try:
        return end.recvfrom(65535)
    except OSError:  # nothing left, or the side it was sent to is gone
        return None


def _put(end: socket.socket, packet: bytes, route: _Route, side: Literal["offerer", "answerer"]) -> None:
    address = route.offerer if side == "offerer" else route.answerer
    if address is None or end.fileno() < 0:
        return
    try:
        end.sendto(packet, address)
    except OSError:  # as on any network
        return


def _first_address(text: str) -> _Address | None:
    """Where a side can be reached, as far as its description tells; browsers hide it, and then its packets show it."""
    for found in _CANDIDATE.finditer(text):
        words = found["words"].split()
        if len(words) > 7 and words[2].lower() == "udp" and words[4].count(".") == 3:
            return words[4], int(words[5])
    return None


def _with_one_candidate(text: str, address: _Address) -> str:
    """The description with one candidate, ours, in the place of the first."""
    ours = f"a=candidate:1 1 udp 2130706431 {address[0]} {address[1]} typ host"
    seen: list[bool] = []

    def replaced(found: re.Match[str]) -> str:
        first = not seen
        seen.append(True)
        return f"{ours}{found['end']}" if first else ""

    return _CANDIDATE.sub(replaced, text)
