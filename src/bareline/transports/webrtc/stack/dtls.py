"""How are packets secured: DTLS and SRTP by aiortc, with media handled at once and failures that say why?

aiortc parses each packet of audio and routes it through a registry of its own senders and receivers, in the task that
also reads the data channel. ``DtlsTransport`` takes the decrypted bytes instead, in the call that read the packet (D3).
"""

# pyright: reportPrivateUsage=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Private names are the subject of this package; stack/names.py guards them.

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

import pylibsrtp
from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    State,
)
from aiortc.rtcicetransport import RTCIceTransport
from aiortc.rtp import is_rtcp
from OpenSSL import SSL

from bareline.protocol.sdp.description import Fingerprint
from bareline.transports.webrtc.stack.ice import IceConnection

__all__ = ["DtlsTransport"]


class DtlsTransport(RTCDtlsTransport):
    """One secured connection over ``ice``, with a certificate of its own.

    A certificate costs a third of a millisecond, so it is not shared: calls of one process cannot be linked by it, and
    none is ever out of date. ``on_media`` gets each decrypted packet and whether it is RTCP. ``failure`` says why a
    handshake failed.
    """

    def __init__(self, ice: IceConnection) -> None:
        self.on_closed: Callable[[], None] | None = None
        self.on_media: Callable[[bytes, bool], None] | None = None
        self.failure: str | None = None
        self.media_refused = False
        self.undecryptable_packets = 0
        self._certificate = RTCCertificate.generateCertificate()
        super().__init__(cast("RTCIceTransport", ice), [self._certificate])
        self._ice = ice
        ice.on_media = self._receive_media

    @property
    def connected(self) -> bool:
        """Whether data and media can be sent."""
        return self._state == State.CONNECTED

    def fingerprint(self) -> Fingerprint:
        """Of our certificate."""
        found = next(f for f in self._certificate.getFingerprints() if f.algorithm == "sha-256")
        return Fingerprint(found.algorithm, found.value)

    async def secure(self, fingerprints: Sequence[Fingerprint], *, active: bool) -> bool:
        """Shake hands and compare fingerprints; ``failure`` says what went wrong."""
        self._set_role("client" if active else "server")
        await self.start(RTCDtlsParameters([RTCDtlsFingerprint(f.algorithm, f.value) for f in fingerprints]))
        if not self.connected:
            self.failure = self.failure or "the handshake failed"
            await self._say_goodbye()
        return self.connected

    def send_media(self, packet: bytes) -> bool:
        """Encrypt and send one RTP or RTCP packet; False when it could not leave."""
        if self._state != State.CONNECTED:
            return False
        protect = self._tx_srtp.protect_rtcp if is_rtcp(packet) else self._tx_srtp.protect
        try:
            return self._ice.send_now(protect(packet))
        except (ConnectionError, pylibsrtp.Error):
            return False

    async def stop(self) -> None:
        """Tell the other side, and end the task that reads."""
        task = self._task
        await super().stop()
        if task is not None:
            await asyncio.wait([task])
        self.on_closed = self.on_media = None
        self.remove_all_listeners()

    async def _send_data(self, data: bytes) -> None:
        try:
            await super()._send_data(data)
        except SSL.Error as error:
            # ``stop`` has said goodbye, and what it waits for has not ended yet: a late packet of SCTP comes between.
            raise ConnectionError("DTLS has been shut down") from error

    def _receive_media(self, packet: bytes) -> None:
        if not self.connected or self.on_media is None or len(packet) < 2:
            self.undecryptable_packets += 1
            return
        control = is_rtcp(packet)
        try:
            plain = self._rx_srtp.unprotect_rtcp(packet) if control else self._rx_srtp.unprotect(packet)
        except pylibsrtp.Error:
            self.undecryptable_packets += 1
            return
        self.on_media(plain, control)

    def _validate_peer_identity(self, remoteParameters: RTCDtlsParameters) -> None:  # noqa: N803 - aiortc's name
        super()._validate_peer_identity(remoteParameters)
        if self._state == State.FAILED:
            self.failure = "the certificate does not match the fingerprint of the description"

    def _setup_srtp(self) -> None:
        super()._setup_srtp()
        if self._state == State.FAILED:
            self.failure, self.media_refused = "the two sides know no common way to encrypt media (SRTP)", True

    def _set_state(self, state: State) -> None:
        super()._set_state(state)
        if state == State.CLOSED and self.on_closed is not None:
            self.on_closed()

    async def _say_goodbye(self) -> None:
        """After a failed handshake, so that the other side need not wait."""
        ssl: Any = self._ssl
        if ssl is None or not self.encrypted:
            return
        ssl.shutdown()
        try:
            await self._write_ssl()
        except ConnectionError:
            return
