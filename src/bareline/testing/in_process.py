"""How does a test call a real server without a socket, in virtual time too?

``InProcessServer`` runs the server's own session pump over a ``link_pair``, or a ``media_link_pair``: all of the server
but HTTP and WebRTC. The link may have faults, and every connection's chance comes from the seed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from bareline.client.connect import Opening
from bareline.client.line import Line
from bareline.ids import SeededIds
from bareline.observe.record import Observer
from bareline.protocol.client_endpoint import ClientEndpoint
from bareline.protocol.limits import SESSION_LIMIT_NS
from bareline.protocol.server_endpoint import ServerEndpoint, ServerOptions
from bareline.server.backend import Backend
from bareline.server.session import SessionPump
from bareline.testing.link import link_pair
from bareline.testing.media_link import media_link_pair
from bareline.transports.contract import Transport
from bareline.transports.faults import Delay, Fault, Stall
from bareline.turns.contract import VoiceActivity
from bareline.turns.energy import EnergyVad
from bareline.units import NS_PER_S, seconds_to_ns

__all__ = ["InProcessServer"]

_OPENED_UNIX_S = 1_700_000_000
_STOP_WITHIN_S = 10


class InProcessServer:
    """A server for tests; an async context manager that owns its sessions and closes the backend.

    ``dial`` gives a ``Line`` (what ``Call(dial=...)`` takes), ``open`` a transport (an ``Opener`` of ``connect``).
    ``faults`` befall every connection, with times from its opening, or a function gives those of each by its number,
    from 0. ``media``: audio travels beside the events, as over WebRTC, with the delays and stalls among the faults but
    other chance. ``voice_activity`` judges loudness unless another is given, so that tones count as speech. What a
    session raises comes out at the end of the context.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        faults: Iterable[Fault] | Callable[[int], Iterable[Fault]] = (),
        media: bool = False,
        seed: int = 0,
        model: str = "gpt-realtime",
        session_limit_s: float = SESSION_LIMIT_NS / NS_PER_S,
        options: ServerOptions | None = None,
        voice_activity: Callable[[], VoiceActivity] = EnergyVad,
    ) -> None:
        self._backend = backend
        self._faults = faults if callable(faults) else tuple(faults)
        self._media = media
        self._seed = seed
        self._model = model
        self._session_limit_ns = seconds_to_ns(session_limit_s)
        self._options = options
        self._voice_activity = voice_activity
        self._sessions: list[ServerEndpoint] = []
        self._pumps: dict[asyncio.Task[None], SessionPump] = {}

    @property
    def sessions(self) -> tuple[ServerEndpoint, ...]:
        """The authority of every session so far, in the order of the connections; for reading."""
        return tuple(self._sessions)

    @property
    def open_sessions(self) -> int:
        """How many sessions are open."""
        return sum(not task.done() for task in self._pumps)

    async def open(self, opening: Opening | None = None) -> Transport:
        """Connect; the client's end of a new connection."""
        number = len(self._sessions)
        faults = tuple(self._faults(number)) if callable(self._faults) else self._faults
        ours, theirs = self._link(faults, self._seed + number)
        endpoint = ServerEndpoint(
            ids=SeededIds(self._seed + number),
            model=(opening and opening.target.model) or self._model,
            opened_unix_s=_OPENED_UNIX_S,
            session_limit_ns=self._session_limit_ns,
            media=self._media,
            options=self._options,
        )
        pump = SessionPump(
            theirs, self._backend, endpoint, voice_activity=self._voice_activity, seed=self._seed + number
        )
        self._sessions.append(endpoint)
        self._pumps[asyncio.create_task(pump.run(), name=f"session {number}")] = pump
        return ours

    async def dial(self, *, checks: bool = False, observer: Observer | None = None) -> Line:
        """Connect, at level 0."""
        return Line(await self.open(), endpoint=ClientEndpoint(checks=checks), observer=observer)

    def _link(self, faults: tuple[Fault, ...], seed: int) -> tuple[Transport, Transport]:
        if not self._media:
            return link_pair(faults, seed=seed)
        late = [fault for fault in faults if isinstance(fault, Delay | Stall)]
        return media_link_pair(faults, audio_faults=late, seed=seed)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pump in self._pumps.values():
            pump.stop()
        late: set[asyncio.Task[None]] = set()
        if self._pumps:
            _, late = await asyncio.wait(self._pumps, timeout=_STOP_WITHIN_S)
        for task in late:
            task.cancel()
        ends = await asyncio.gather(*self._pumps, return_exceptions=True)
        await self._backend.close()
        broken = [end for end in ends if isinstance(end, Exception)]
        if broken and error is None:
            raise broken[0]
