"""How do ICE, DTLS and SCTP become one connection, stage by stage?"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bareline.errors import ConnectFailed
from bareline.protocol.limits import MESSAGE_MAX_BYTES
from bareline.protocol.sdp import Candidate, Description, Fingerprint, IceCredentials
from bareline.transports.webrtc.ice_servers import ServerAddress, ServerOutcome
from bareline.transports.webrtc.stack.dtls import DtlsTransport
from bareline.transports.webrtc.stack.ice import IceConnection
from bareline.transports.webrtc.stack.sctp import SctpTransport

if TYPE_CHECKING:
    from aiortc.rtcdatachannel import RTCDataChannel

__all__ = ["CHANNEL_LABEL", "Peer", "SetupTimes", "Stage"]

CHANNEL_LABEL = "oai-events"
"""The data channel that carries the events (REALTIME.md section 3)."""

LABELS_KEPT = 4
"""Of channels that nobody asked for; to be told of."""
_HIDDEN = re.compile(r"[A-Za-z0-9-]{1,63}\.local")

Stage = Literal["offer", "ice", "dtls", "channel", "packet"]


@dataclass(slots=True)
class SetupTimes:
    """How long each stage of opening took, in nanoseconds; None for one that has not ended."""

    gather_ns: int | None = None
    exchange_ns: int | None = None
    ice_ns: int | None = None
    dtls_ns: int | None = None
    channel_ns: int | None = None


class Peer:
    """One side of a connection that is being made, is open, or has ended."""

    def __init__(self, *, offerer: bool, relay_only: bool, has_channel: bool = True) -> None:
        self.ice = IceConnection(controlling=offerer, relay_only=relay_only)
        self.dtls = DtlsTransport(self.ice)
        self.sctp = SctpTransport(self.dtls, message_max_bytes=MESSAGE_MAX_BYTES)
        self.stage: Stage = "offer"
        self.times = SetupTimes()
        self.servers: list[ServerOutcome] = []
        self.channel: RTCDataChannel | None = None
        self.other_labels: list[str] = []
        self._channel_open = asyncio.Event()
        self._resolving: list[asyncio.Task[None]] = []
        self.sctp.on("datachannel", self._take_channel)
        if offerer and has_channel:
            self.channel = self.sctp.open_channel(CHANNEL_LABEL)
            self.sctp.on_established = self._channel_open.set

    # What the description says of us.

    @property
    def credentials(self) -> IceCredentials:
        """Of our ICE."""
        return IceCredentials(self.ice.local_username, self.ice.local_password)

    @property
    def fingerprints(self) -> tuple[Fingerprint, ...]:
        """Of our certificate."""
        return (self.dtls.fingerprint(),)

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Ours, as gathered."""
        return self.ice.described()

    async def gather(self, addresses: Sequence[str], servers: Sequence[ServerAddress], *, verify_turn: bool) -> None:
        """Find our candidates; what became of each server is in ``servers``."""
        started = time.monotonic_ns()
        self.servers += await self.ice.gather(addresses, servers, verify_turn=verify_turn)
        self.times.gather_ns = time.monotonic_ns() - started

    # The connection.

    async def connect(self, remote: Description, *, active: bool, complete: bool) -> None:
        """Connect to the side that ``remote`` describes; ``complete``: no other candidates of it will be heard of.

        Raises ``ConnectFailed`` where a stage fails; waits without end where nothing answers.
        """
        self.stage = "ice"
        started = time.monotonic_ns()
        await self._find_path(remote, complete=complete)
        self.stage = "dtls"
        secured = time.monotonic_ns()
        self.times.ice_ns = secured - started
        if not await self.dtls.secure(remote.fingerprints, active=active):
            stage: Stage = "packet" if self.dtls.media_refused else "dtls"
            raise ConnectFailed(f"DTLS failed: {self.dtls.failure}", stage=stage)
        self.stage = "channel"
        opening = time.monotonic_ns()
        self.times.dtls_ns = opening - secured
        if remote.data is not None:
            await self.sctp.associate(remote.data.sctp_port, remote.data.max_message_bytes)
            await self._channel_open.wait()
            self.times.channel_ns = time.monotonic_ns() - opening
        self.stage = "packet"

    @property
    def settled(self) -> bool:
        """Whether the other side has all messages, or will not get them any more."""
        return self.sctp.idle or not (self.sctp.established and self.dtls.connected)

    async def send(self, message: bytes) -> None:
        """Send text over the data channel, which is open."""
        if self.channel is not None:
            await self.sctp.send_text(self.channel, message)

    async def close(self, code: int, reason: str) -> None:
        """Tell the other side and give up every socket and task."""
        for task in self._resolving:
            task.cancel()
        if self._resolving:
            await asyncio.wait(self._resolving)
        await self.sctp.abort(code, reason)
        await self.dtls.stop()
        await self.ice.close()
        self.sctp.let_go()

    async def _find_path(self, remote: Description, *, complete: bool) -> None:
        ice = self.ice
        ice.remote_username, ice.remote_password = remote.ice.ufrag, remote.ice.password
        if remote.ice_lite:
            ice.remote_is_lite = ice.ice_controlling = True
        for candidate in remote.candidates:
            await self._add(candidate)
        if complete and not self._resolving:
            await ice.add_remote_candidate(None)
        try:
            await ice.connect()
        except ConnectionError as error:
            raise ConnectFailed(str(error), stage="ice") from error

    async def _add(self, candidate: Candidate) -> None:
        if candidate.transport.lower() != "udp" or candidate.component != 1:
            return
        if not candidate.address.endswith(".local"):
            await self.ice.add(candidate)
        elif _HIDDEN.fullmatch(candidate.address):
            self._resolving.append(asyncio.create_task(self._resolve(candidate)))

    async def _resolve(self, candidate: Candidate) -> None:
        """A browser's hidden address; where names cannot be asked for, its own checks still show us the way."""
        with suppress(OSError):
            await self.ice.add(candidate)

    def _take_channel(self, channel: RTCDataChannel) -> None:
        if channel.label == CHANNEL_LABEL and self.channel is None:
            self.channel = channel
            self._channel_open.set()
        else:
            self.other_labels = [*self.other_labels, channel.label[:100]][:LABELS_KEPT]
