"""How do packets find their way: ICE by aioice, with our own gathering, pacing, consent and a way around its queue?

aioice gathers every address but 127.0.0.1 and takes none from the caller, starts one check in 20 ms, asks one STUN and
one TURN server (``gathering`` asks all), and puts each packet through a queue and a task. ``IceConnection`` replaces
these four and keeps the rest (D3). Source: RFC 8445, 7675, 8656.
"""

# pyright: reportPrivateUsage=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Private names are the subject of this package; stack/names.py guards them.

from __future__ import annotations

import asyncio
import random
import socket
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from aioice import stun, turn
from aioice.ice import (
    ICE_COMPLETED,
    CandidatePair,
    Connection,
    ConnectionClosed,
    StunProtocol,
    TransportPolicy,
    unref_mdns_protocol,
)

from bareline.protocol.sdp import Candidate as DescribedCandidate
from bareline.transports.webrtc.ice_servers import RelayProtocol, ServerAddress, ServerOutcome
from bareline.transports.webrtc.stack.gathering import ask_server, described, host_candidate, understood

__all__ = [
    "CHECK_PACING_S",
    "CONSENT_INTERVAL_S",
    "CONSENT_LOST_S",
    "IceConnection",
    "SelectedPair",
]

CHECK_PACING_S = 0.005
"""Between the starts of two checks; the least that RFC 8445 section 14.2 allows."""
CONSENT_INTERVAL_S = 5.0
"""Between two questions whether the other side is still there, give or take a fifth (RFC 7675 section 5.1)."""
CONSENT_LOST_S = 15.0
"""Without an answer for this long the path is lost; RFC 7675 allows 30."""
EARLY_PACKETS = 128
"""Packets kept until DTLS takes them; later ones are dropped and counted."""
CLOSE_TIMEOUT_S = 1.0
"""How long a TURN server may take to give up an allocation."""
SEND_BUFFER_MAX_BYTES = 256 * 1024
"""Media is dropped while the socket holds more than this unsent."""
_LOOK_AGAIN_S = 0.05
"""For candidates that came later: names that were resolved."""
_TO_BE_CHECKED = (CandidatePair.State.WAITING, CandidatePair.State.FROZEN)
SOCKET_BUFFER_BYTES = 1024 * 1024
"""Of each UDP socket, as far as the system allows: a large event comes as hundreds of packets at once."""


@dataclass(frozen=True, slots=True)
class SelectedPair:
    """The two candidates between which packets travel, each as (type, address, port)."""

    local: tuple[str, str, int]
    remote: tuple[str, str, int]
    relay_protocol: RelayProtocol | None


class IceConnection(Connection):
    """One component's path to the other side.

    ``on_media`` gets every packet that is neither STUN nor DTLS, at once. ``dropped_packets`` counts what came before
    anybody could use it, or could not leave.
    """

    def __init__(self, *, controlling: bool, relay_only: bool) -> None:
        policy = TransportPolicy.RELAY if relay_only else TransportPolicy.ALL
        super().__init__(ice_controlling=controlling, transport_policy=policy)
        self.on_media: Callable[[bytes], None] | None = None
        self.on_lost: Callable[[str], None] | None = None
        self.dropped_packets = 0
        self.packets_received = 0
        self.bytes_received = 0
        self.packets_sent = 0
        self.bytes_sent = 0
        self.round_trip_ns: int | None = None
        self.last_send_error: OSError | None = None
        self._relay_protocols: dict[int, RelayProtocol] = {}

    @property
    def role(self) -> str:
        """As aiortc's DTLS asks for it."""
        return "controlling" if self.ice_controlling else "controlled"

    @property
    def selected(self) -> SelectedPair | None:
        """The pair in use, once there is one."""
        pair = self._nominated.get(1)
        if pair is None:
            return None
        local, remote = pair.local_candidate, pair.remote_candidate
        return SelectedPair(
            local=(local.type, local.host, local.port),
            remote=(remote.type, remote.host, remote.port),
            relay_protocol=self._relay_protocols.get(id(pair.protocol)),
        )

    # What DTLS needs of its transport.

    async def _recv(self) -> bytes:
        return await self.recv()

    async def _send(self, data: bytes) -> None:
        self.send_now(data)

    def send_now(self, data: bytes) -> bool:
        """Send a packet over the pair in use; False when it could not leave. Raises ``ConnectionError`` without one."""
        pair = self._nominated.get(1)
        if pair is None:
            raise ConnectionError("there is no path to the other side")
        transport: Any = pair.protocol.transport
        if isinstance(transport, turn.TurnTransport):
            sent = _send_relayed(transport, data, pair.remote_addr)
        else:
            sent = transport.get_write_buffer_size() < SEND_BUFFER_MAX_BYTES
            if sent:
                transport.sendto(data, pair.remote_addr)
        if sent:
            self.packets_sent += 1
            self.bytes_sent += len(data)
        else:
            self.dropped_packets += 1
        return sent

    def data_received(self, data: bytes, component: int) -> None:
        self.packets_received += 1
        self.bytes_received += len(data)
        if not data:
            self.dropped_packets += 1  # aiortc would end the call over it
        elif 127 < data[0] < 192:
            if self.on_media is not None:
                self.on_media(data)
            else:
                self.dropped_packets += 1
        elif self._queue.qsize() < EARLY_PACKETS or self._nominated:
            super().data_received(data, component)
        else:
            self.dropped_packets += 1

    # Gathering.

    async def gather(
        self, addresses: Sequence[str], servers: Sequence[ServerAddress], *, verify_turn: bool
    ) -> list[ServerOutcome]:
        """Find local candidates: of ``addresses`` (unless relay only), and from every server at once."""
        self._local_candidates_start = True
        relay_only = self._transport_policy == TransportPolicy.RELAY
        for place, address in enumerate(() if relay_only else addresses):
            await self._bind(address, place)
        hosts = list(self._protocols)
        asking = [self._ask(server, hosts, verify_turn) for server in servers]
        outcomes = list(await asyncio.gather(*asking))
        self._local_candidates_end = True
        return outcomes

    async def _bind(self, address: str, place: int) -> None:
        """Open a socket, which is ours to close from then on: the next one may not be waited for."""
        loop = asyncio.get_running_loop()
        try:
            transport, protocol = await loop.create_datagram_endpoint(
                lambda: _QuickProtocol(self), local_addr=(address, 0)
            )
        except OSError:
            return  # an address that went away, or that this process may not use
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER_BYTES)
        host, port = transport.get_extra_info("sockname")[:2]
        protocol.local_candidate = host_candidate(host, port, place)
        self._protocols.append(protocol)
        self._local_candidates.append(protocol.local_candidate)

    async def _ask(self, server: ServerAddress, hosts: Sequence[StunProtocol], verify_turn: bool) -> ServerOutcome:
        hide = self._transport_policy == TransportPolicy.RELAY
        answer = await ask_server(
            server, hosts, lambda: _QuickProtocol(self), hide_related=hide, verify_turn=verify_turn
        )
        self._local_candidates += answer.candidates
        if answer.relay is not None:
            self._protocols.append(answer.relay)
            self._relay_protocols[id(answer.relay)] = server.protocol
        return answer.outcome

    def described(self) -> tuple[DescribedCandidate, ...]:
        """Our candidates, for a description."""
        return described(self._local_candidates)

    async def add(self, candidate: DescribedCandidate) -> None:
        """Take a candidate of the other side. Asks the network for ``.local`` names; ``OSError`` where it cannot."""
        await self.add_remote_candidate(understood(candidate))

    # Checks and consent.

    async def connect(self) -> None:
        """Find the pair to use. Raises ``ConnectionError`` when every check has failed."""
        for remote in self._remote_candidates:
            self._pair_remote_candidate(remote)
        self.sort_check_list()
        self._unfreeze_initial()
        early = list(self._early_checks)
        self._early_checks.clear()
        for check in early:
            self.check_incoming(*check)
        self._early_checks_done = True
        if await self._run_checks() != ICE_COMPLETED:
            raise ConnectionError("no candidate pair works")
        for pair in self._check_list:
            if pair.task is not None:
                pair.task.cancel()
        self._query_consent_task = asyncio.create_task(self.query_consent())

    def check_incoming(self, message: stun.Message, addr: tuple[str, int], protocol: StunProtocol) -> None:
        """Answer a check by one of our own; one that is under way is repeated, for it may have met a closed door.

        aioice leaves it to its timer of half a second: behind a TURN server every call would wait for that.
        Source: RFC 8445 section 7.3.1.4.
        """
        super().check_incoming(message, addr, protocol)
        if 1 in self._nominated:
            return
        for transaction in tuple[Any, ...](protocol.transactions.values()):
            if transaction._Transaction__addr == addr:
                protocol.send_stun(transaction._Transaction__request, addr)

    async def _run_checks(self) -> int:
        """One check after the other, until one has succeeded or all have failed."""
        over = asyncio.ensure_future(self._check_list_state.get())
        try:
            while not over.done() and self._check_periodic():
                more = any(pair.state in _TO_BE_CHECKED for pair in self._check_list)
                await asyncio.wait({over}, timeout=CHECK_PACING_S if more else _LOOK_AGAIN_S)
            return await over
        finally:
            over.cancel()

    async def query_consent(self) -> None:
        """Ask the other side again and again; measures the round trip. Ends the connection when it stays silent."""
        answered = time.monotonic()
        while True:
            pair = self._nominated.get(1)
            if pair is None:
                return
            started = time.monotonic_ns()
            if await self._consents(pair):
                self.round_trip_ns = time.monotonic_ns() - started
                answered = time.monotonic()
            elif time.monotonic() - answered > CONSENT_LOST_S:
                self._query_consent_task = None
                self._lost(f"the other side has not answered for {CONSENT_LOST_S:g} s")
                return
            await asyncio.sleep(CONSENT_INTERVAL_S * random.uniform(0.8, 1.2))

    async def _consents(self, pair: CandidatePair) -> bool:
        request = self.build_request(pair, nominate=False)
        key = (self.remote_password or "").encode()
        try:
            await pair.protocol.request(request, pair.remote_addr, integrity_key=key, retransmissions=1)
        except stun.TransactionError:
            return False
        return True

    def protocol_lost(self, protocol: StunProtocol) -> None:
        super().protocol_lost(protocol)
        if not self._closing and any(pair.protocol is protocol for pair in self._nominated.values()):
            self._lost("the TURN server ended the relay" if id(protocol) in self._relay_protocols else "socket closed")

    def _lost(self, reason: str) -> None:
        if self.on_lost is not None:
            self.on_lost(reason)

    async def close(self) -> None:
        """Give up the path and every socket. A TURN server that does not answer is not waited for."""
        self.on_media = self.on_lost = None
        checked = list(self._check_list)
        protocols = list(self._protocols)
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await super().close()
        except TimeoutError:
            await asyncio.gather(*(_abort(protocol.transport) for protocol in protocols))
            self._protocols.clear()
            self._emit_event(ConnectionClosed())
            await unref_mdns_protocol(self)
        for pair in checked:
            pair.task = None
        self._check_list.clear()  # pair, socket and connection refer to each other


class _QuickProtocol(StunProtocol):
    """Reads STUN only where the first byte says so; aioice would parse every packet of audio to see that it is none."""

    def datagram_received(self, data: bytes | str, addr: tuple[Any, ...]) -> None:
        packet = cast("bytes", data)
        if packet and packet[0] > 3:
            cast("IceConnection", self.receiver).data_received(packet, 1)
            return
        try:
            super().datagram_received(packet, addr)
        except (ValueError, struct.error, KeyError, IndexError, AssertionError):
            cast("IceConnection", self.receiver).dropped_packets += 1  # no STUN that anybody could read

    def error_received(self, exc: Exception) -> None:
        if isinstance(exc, OSError):
            cast("IceConnection", self.receiver).last_send_error = exc


def _send_relayed(transport: turn.TurnTransport, data: bytes, address: tuple[str, int]) -> bool:
    """Over a bound channel at once; aioice makes a task for each packet, which is kept for binding the channel."""
    inner: Any = transport._TurnTransport__inner_protocol  # type: ignore[attr-defined]
    channel = inner.peer_to_channel.get(address)
    if channel is None or time.time() > inner.channel_refresh_at[channel]:
        transport.sendto(data, address)
        return True
    if inner.transport.is_closing() or inner.transport.get_write_buffer_size() >= SEND_BUFFER_MAX_BYTES:
        return False
    inner._send(struct.pack("!HH", channel, len(data)) + data)
    return True


async def _abort(transport: Any) -> None:
    if not isinstance(transport, turn.TurnTransport):
        transport.abort()
        return
    opened: Any = transport
    opened._TurnTransport__inner_protocol.transport.abort()
    closing: asyncio.Task[None] | None = opened._TurnTransport__close_task
    if closing is not None:
        closing.cancel()
        await asyncio.wait([closing])
