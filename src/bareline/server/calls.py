"""Which calls are there, how does each begin, and who may join or end it?

A call is a session whose media runs beside its events (WebRTC). It begins with an offer over HTTP, is named by a call
id from then on, and ends with its connection, a hang-up or its session. Source: REALTIME.md 1.1, 2.1 and section 3.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from bareline.errors import Closed, ConfigurationError, ConnectFailed, RemoteProtocolError
from bareline.ids import IdSource
from bareline.protocol.limits import SDP_MAX_BYTES
from bareline.protocol.refusal import Refusal
from bareline.server.connection import BinaryMessage
from bareline.server.door import SessionPlan
from bareline.server.refusals import (
    WEBRTC_MISSING,
    call_not_found,
    invalid_offer,
    offer_too_large,
    server_error,
    too_many_calls,
    too_many_sidebands,
)
from bareline.server.session import SessionPump
from bareline.transports.contract import Transport
from bareline.transports.webrtc.answering import answer_webrtc
from bareline.transports.webrtc.settings import WebRtcSettings

if TYPE_CHECKING:
    from bareline.transports.webrtc.transport import WebRtcTransport

__all__ = ["CALLS_MAX", "LEAVE_WITHIN_S", "OPEN_WITHIN_S", "AnsweredCall", "Calls", "ServeCall"]

CALLS_MAX = 1_000
"""Calls of one server at a time, those that have not opened yet, or are being answered, included."""
OPEN_WITHIN_S = 30.0
"""How long the media of a call may take to open, as long as clients wait; then the call is over."""
LEAVE_WITHIN_S = 5.0
"""How long calls whose sessions were told to end may take to leave."""

_SHUTTING_DOWN = "The server is shutting down."

_log = logging.getLogger(__name__)


class AnsweredCall(NamedTuple):
    """What the caller is told: the call's name, and the description of our side."""

    call_id: str
    sdp: str


class ServeCall(Protocol):
    """Serves an open call to its end; ``begun`` is given its pump."""

    def __call__(
        self, transport: WebRtcTransport, plan: SessionPlan, *, channel: bool, begun: Callable[[SessionPump], None]
    ) -> Awaitable[None]: ...


class Calls:
    """All calls of one server. Owns a task for each."""

    def __init__(
        self, serve: ServeCall, *, ids: IdSource, settings: WebRtcSettings, hangup_close_code: int, open_within_s: float
    ) -> None:
        self._serve = serve
        self._ids = ids
        self._settings = settings
        self._hangup_close_code = hangup_close_code
        self._open_within_s = open_within_s
        self._calls: dict[str, _Call] = {}
        self._carrying: set[asyncio.Task[None]] = set()
        self._answering = 0
        self._stopped = False

    def __len__(self) -> int:
        return len(self._calls)

    async def answer(self, offer: str, plan: SessionPlan, *, address: str) -> AnsweredCall | Refusal:
        """Begin a call, or say why not. ``address`` is the caller's, for logs."""
        if refusal := self._beyond_limits(offer):
            return refusal
        self._answering += 1
        try:
            sdp, transport = await answer_webrtc(
                offer, settings=self._settings, address=address, binary=BinaryMessage, timeout_s=self._open_within_s
            )
        except RemoteProtocolError as error:
            return invalid_offer(str(error))
        except ImportError:  # MissingExtra is one
            return WEBRTC_MISSING
        except (ConfigurationError, OSError) as error:
            _log.warning("an offer could not be answered: %s", error)
            return server_error(f"The server's own WebRTC settings cannot be used: {error}")
        finally:
            self._answering -= 1
        if self._stopped:  # while the answer was made
            await transport.close(1001, _SHUTTING_DOWN)
            return server_error(_SHUTTING_DOWN)
        return AnsweredCall(self._begin(transport, plan), sdp)

    async def attach(self, call_id: str, transport: Transport) -> Refusal | None:
        """Let a sideband take part until it or the call is over; or say why not. Waits until the call is open."""
        call = self._calls.get(call_id)
        pump = await call.pump() if call else None
        if pump is None:
            return call_not_found(call_id)
        try:
            attached = await pump.attach(transport)
        except Closed:
            return call_not_found(call_id)
        return None if attached else too_many_sidebands(call_id)

    def hang_up(self, call_id: str) -> bool:
        """End a call; false when there is none of that name."""
        call = self._calls.pop(call_id, None)
        if call is None:
            return False
        call.end(self._hangup_close_code, "The call was hung up.")
        return True

    async def stop(self) -> None:
        """End all that are not yet sessions, and wait until every call has left; no other begins."""
        self._stopped = True
        for call in self._calls.values():
            call.end(1001, _SHUTTING_DOWN)
        if not self._carrying:
            return
        _, late = await asyncio.wait(self._carrying, timeout=LEAVE_WITHIN_S)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _beyond_limits(self, offer: str) -> Refusal | None:
        if len(offer.encode()) > SDP_MAX_BYTES:
            return offer_too_large(SDP_MAX_BYTES)
        return too_many_calls(CALLS_MAX) if len(self._calls) + self._answering >= CALLS_MAX else None

    def _begin(self, transport: WebRtcTransport, plan: SessionPlan) -> str:
        """Carry it from now on; its name."""
        call_id = self._ids.new("rtc_u2")
        transport.call_id = call_id
        call = self._calls[call_id] = _Call(transport)
        task = asyncio.create_task(self._carry(call_id, call, plan))
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)
        return call_id

    async def _carry(self, call_id: str, call: _Call, plan: SessionPlan) -> None:
        try:
            await call.transport.opened()
            await self._serve(call.transport, plan, channel=call.transport.has_channel, begun=call.begin)
        except (ConnectFailed, Closed) as error:
            _log.info("call %s never opened: %s", call_id, error)
        finally:
            self._calls.pop(call_id, None)
            call.over()
            await call.transport.close()


class _Call:
    def __init__(self, transport: WebRtcTransport) -> None:
        self.transport = transport
        self._pump: SessionPump | None = None
        self._settled = asyncio.Event()
        self._closing: asyncio.Task[None] | None = None

    async def pump(self) -> SessionPump | None:
        """Its session's, once it is open; None when it never opens."""
        await self._settled.wait()
        return self._pump

    def begin(self, pump: SessionPump) -> None:
        """The session begins."""
        self._pump = pump
        self._settled.set()

    def over(self) -> None:
        """There is nothing to wait for."""
        self._settled.set()

    def end(self, code: int, reason: str) -> None:
        """End the session, or the opening."""
        if self._pump is not None:
            self._pump.stop(code, reason)
        elif self._closing is None:
            self._closing = asyncio.create_task(self.transport.close(code, reason))
