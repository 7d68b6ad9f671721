"""How do large messages pass quickly: SCTP by aiortc, with linear reassembly, fewer acknowledgements and a wider start?

aiortc looks through all fragments of a message at each one that comes, acknowledges each packet, starts with three
packets in flight, waits a second for what was lost at the end of a burst, ignores the other side's window and promises
its own without keeping it. ``SctpTransport`` replaces these and keeps the rest (D3). Source: RFC 9260, 8831, 8832.
"""

# pyright: reportPrivateUsage=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Private names are the subject of this package; stack/names.py guards them.

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Callable
from typing import cast

from aiortc.rtcdatachannel import RTCDataChannel, RTCDataChannelParameters
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcsctptransport import (
    SCTP_DATA_LAST_FRAG,
    SCTP_TSN_MODULO,
    USERDATA_MAX_LENGTH,
    WEBRTC_BINARY,
    WEBRTC_BINARY_EMPTY,
    WEBRTC_DCEP,
    WEBRTC_STRING,
    WEBRTC_STRING_EMPTY,
    AbortChunk,
    Chunk,
    DataChunk,
    InboundStream,
    RTCSctpCapabilities,
    RTCSctpTransport,
    SackChunk,
)

from bareline.transports.webrtc.stack.reassembly import AHEAD_MAX_BYTES, Reassembly, TooMuch

__all__ = [
    "ACK_DELAY_S",
    "ACK_EVERY",
    "FLOOR_PACKETS",
    "INITIAL_PACKETS",
    "RTO_INITIAL_S",
    "RTO_MIN_S",
    "STREAMS_MAX",
    "UNREAD_MAX_BYTES",
    "WINDOW_MAX_PACKETS",
    "SctpTransport",
]

INITIAL_PACKETS = 64
"""In flight before the first acknowledgement: 200 KB take two round trips in place of six."""
WINDOW_MAX_PACKETS = 180
"""In flight at most: what a socket's buffer of usual size holds."""
FLOOR_PACKETS = 16
"""In flight at least, whatever was lost: at two percent of random loss aiortc's rule ends near eight."""
ACK_EVERY = 2
"""Packets per acknowledgement while nothing is missing and the message goes on (RFC 9260 section 6.2)."""
ACK_DELAY_S = 0.02
"""How long an acknowledgement may wait for a second packet."""
RECOVERY_PACKETS = 2
"""Sent in one go at most after a loss, as aiortc has it."""
PROBE_S = 1.0
"""Between two packets sent into a closed window."""
RTO_INITIAL_S = 1.0
RTO_MAX_S = 60.0
RTO_MIN_S = 0.2
"""RFC 9260 says one second; a lost event must not silence an agent that long. Chromium's stack takes 0.2 to 0.4."""
UNREAD_MAX_BYTES = 1024 * 1024
"""Whole messages that wait for their reader; the other side's sending stops there."""
STREAMS_MAX = 64
"""On which the other side may send, at one time; a call needs one."""
USER_ABORT = 12
"""The cause of an abort that the user wanted; carries words (RFC 9260 section 3.3.10.12)."""


class SctpTransport(RTCSctpTransport):
    """One association with data channels on it.

    ``on_message(stream, message, text)`` gets whole messages; ``on_room`` rings when more may be sent;
    ``on_ended(words)`` tells the end, once. ``unread_bytes`` is kept by whoever holds the messages.
    """

    def __init__(self, dtls: RTCDtlsTransport, port: int = 5000, *, message_max_bytes: int) -> None:
        super().__init__(dtls, port)
        self.on_message: Callable[[int, bytes, bool], None] | None = None
        self.on_established: Callable[[], None] | None = None
        self.on_room: Callable[[], None] | None = None
        self.on_ended: Callable[[str], None] | None = None
        self.unread_bytes = 0
        self.retransmissions = 0
        self._message_max_bytes = message_max_bytes
        self._unacknowledged = 0
        self._late: asyncio.Task[None] | None = None
        self._probe_timer: asyncio.TimerHandle | None = None
        self._ack_timer: asyncio.TimerHandle | None = None
        self._peer_window = UNREAD_MAX_BYTES
        self._may_retransmit = False
        self._cwnd = INITIAL_PACKETS * USERDATA_MAX_LENGTH
        self._rto = RTO_INITIAL_S

    @property
    def established(self) -> bool:
        """Whether messages can be sent."""
        return self._association_state == self.State.ESTABLISHED

    @property
    def round_trip_s(self) -> float | None:
        """Smoothed, as measured by acknowledgements."""
        return self._srtt

    @property
    def queued_bytes(self) -> int:
        """Bytes of messages whose sending has not begun."""
        return sum(channel.bufferedAmount for channel in self._data_channels.values())

    @property
    def unsent_bytes(self) -> int:
        """Bytes of messages that the other side has not acknowledged."""
        return self.queued_bytes + sum(chunk._book_size for chunk in self._outbound_queue) + self._flight_size

    @property
    def idle(self) -> bool:
        """Whether everything sent has been acknowledged."""
        return not (self._data_channel_queue or self._outbound_queue or self._sent_queue)

    def open_channel(self, label: str) -> RTCDataChannel:
        """A reliable, ordered channel, announced as soon as the association stands."""
        return RTCDataChannel(self, RTCDataChannelParameters(label=label))

    async def associate(self, port: int, message_max_bytes: int) -> None:
        """Begin; ``on_established`` tells when it stands."""
        await self.start(RTCSctpCapabilities(maxMessageSize=message_max_bytes), port)

    async def send_text(self, channel: RTCDataChannel, message: bytes) -> None:
        """Queue a message of UTF-8 and send what the window allows."""
        protocol, data = (WEBRTC_STRING, message) if message else (WEBRTC_STRING_EMPTY, b"\x00")
        if self.idle:
            self._cwnd = max(self._cwnd, INITIAL_PACKETS * USERDATA_MAX_LENGTH)
        channel._addBufferedAmount(len(data))
        self._data_channel_queue.append((channel, protocol, data))
        await self._data_channel_flush()

    async def abort(self, code: int, reason: str) -> None:
        """End the association at once, with words for the other side."""
        if self.established:
            chunk = AbortChunk()
            chunk.params = [(USER_ABORT, f"{code} {reason}".encode()[:500])]
            await self._send_chunk(chunk)
        self.on_ended = None
        self._set_state(self.State.CLOSED)
        self.transport._unregister_data_receiver(self)

    def let_go(self) -> None:
        """Forget whoever listened, so that an ended connection is freed at once and not by the garbage collector."""
        self.on_message = self.on_established = self.on_room = self.on_ended = None
        self._inbound_streams.clear()
        self._data_channel_queue.clear()
        self.remove_all_listeners()

    async def give_room(self) -> None:
        """After unread messages have been read: tell the other side, where it may have stopped."""
        if self.established and self._last_received_tsn is not None:
            await self._send_sack()

    # Receiving.

    async def _handle_data(self, data: bytes) -> None:
        try:
            await super()._handle_data(data)
        except (AssertionError, struct.error, ValueError, KeyError, IndexError, UnicodeDecodeError, TooMuch) as error:
            words = str(error) if isinstance(error, TooMuch) else "the other side sent SCTP that makes no sense"
            await self._give_up(words)

    async def _receive_chunk(self, chunk: Chunk) -> None:
        if isinstance(chunk, AbortChunk):
            cause = dict(chunk.params).get(USER_ABORT, b"")
            self._end(cause.decode(errors="replace"))
        await super()._receive_chunk(chunk)

    async def _receive_data_chunk(self, chunk: DataChunk) -> None:
        gap_before = bool(self._sack_misordered)
        if self._mark_received(chunk.tsn):
            self._sack_needed = True
            return
        stream = self._get_inbound_stream(chunk.stream_id)
        stream.add_chunk(chunk)
        self._check_kept()
        for message in stream.pop_messages():
            await self._receive(*message)
        await self._reset_deferred_streams()
        whole = bool(chunk.flags & SCTP_DATA_LAST_FRAG)
        self._acknowledge(at_once=whole or gap_before or bool(self._sack_misordered))

    def _get_inbound_stream(self, stream_id: int) -> InboundStream:
        stream = self._inbound_streams.get(stream_id)
        if stream is None:
            if len(self._inbound_streams) >= STREAMS_MAX:
                raise TooMuch(f"the other side uses more than {STREAMS_MAX} data channels")
            stream = self._inbound_streams[stream_id] = Reassembly(self._message_max_bytes)
        return stream

    def _check_kept(self) -> None:
        """Each stream has its limit, and all of them together the same."""
        kept_bytes = sum(cast("Reassembly", stream).kept_bytes for stream in self._inbound_streams.values())
        if kept_bytes > self._message_max_bytes + AHEAD_MAX_BYTES:
            raise TooMuch("the other side begins messages on several data channels and does not end them")

    def _acknowledge(self, *, at_once: bool) -> None:
        self._unacknowledged += 1
        if at_once or self._unacknowledged >= ACK_EVERY:
            self._sack_needed = True
        elif self._ack_timer is None:
            self._ack_timer = asyncio.get_running_loop().call_later(ACK_DELAY_S, self._acknowledge_late)

    def _acknowledge_late(self) -> None:
        self._ack_timer = None
        if self._unacknowledged and self.established:
            self._late = asyncio.create_task(self._send_sack())

    async def _send_sack(self) -> None:
        self._unacknowledged = 0
        self._stop_ack_timer()
        self._advertised_rwnd = UNREAD_MAX_BYTES - self.unread_bytes
        await super()._send_sack()

    def _stop_ack_timer(self) -> None:
        if self._ack_timer is not None:
            self._ack_timer.cancel()
            self._ack_timer = None

    async def _receive(self, stream_id: int, pp_id: int, data: bytes) -> None:
        if pp_id == WEBRTC_DCEP:
            await super()._receive(stream_id, pp_id, data)
        elif stream_id in self._data_channels and self.on_message is not None:
            if pp_id in {WEBRTC_STRING_EMPTY, WEBRTC_BINARY_EMPTY}:
                data = b""
            if pp_id in {WEBRTC_STRING, WEBRTC_STRING_EMPTY, WEBRTC_BINARY, WEBRTC_BINARY_EMPTY}:
                self.on_message(stream_id, data, pp_id in {WEBRTC_STRING, WEBRTC_STRING_EMPTY})

    # Sending.

    async def _receive_sack_chunk(self, chunk: SackChunk) -> None:
        newly = (chunk.cumulative_tsn - self._last_sacked_tsn) % SCTP_TSN_MODULO
        if newly >= SCTP_TSN_MODULO // 2:
            return  # overtaken on its way by a later one, whose window counts
        self._peer_window = chunk.advertised_rwnd
        if chunk.gaps:
            self._may_retransmit = True
        window, used = self._cwnd, 2 * self._flight_size >= self._cwnd
        await super()._receive_sack_chunk(chunk)
        if used and window <= min(self._cwnd, self._ssthresh):
            # aiortc grows by one packet for each acknowledgement, which here is for two, and only while the window is
            # full to the last packet. Half full is enough for Linux's TCP too, and a second large event finds room.
            self._cwnd = max(self._cwnd, window + min(newly, ACK_EVERY) * USERDATA_MAX_LENGTH)
            await self._transmit()
        if self.on_room is not None:
            self.on_room()

    async def _transmit(self) -> None:
        """As aiortc's, with a wider burst and within the other side's window."""
        if self._forward_tsn_chunk is not None:
            await self._send_chunk(self._forward_tsn_chunk)
            self._forward_tsn_chunk = None
            self._ensure_timer()
        self._cwnd = max(self._cwnd, FLOOR_PACKETS * USERDATA_MAX_LENGTH)
        limit = min(self._cwnd, WINDOW_MAX_PACKETS * USERDATA_MAX_LENGTH)
        if self._fast_recovery_exit is not None:
            limit = min(limit, self._flight_size + RECOVERY_PACKETS * USERDATA_MAX_LENGTH)
        if not self._may_retransmit or await self._retransmit(limit):
            await self._send_new(min(limit, self._peer_window))
            self._probe_later()

    async def _retransmit(self, limit: int) -> bool:
        """Send again what is marked so; False when the window ended before all was sent."""
        earliest = True
        for chunk in tuple(self._sent_queue):
            if chunk._retransmit:
                if self._fast_recovery_transmit:
                    self._fast_recovery_transmit = False
                elif self._flight_size >= limit:
                    return False
                self._flight_size_increase(chunk)
                chunk._misses = 0
                chunk._retransmit = False
                chunk._sent_count += 1
                self.retransmissions += 1
                await self._send_chunk(chunk)
                if earliest:
                    self._t3_restart()
            earliest = False
        self._may_retransmit = False
        return True

    async def _send_new(self, limit: int) -> None:
        while self._outbound_queue and self._flight_size < limit:
            chunk = self._outbound_queue.popleft()
            self._sent_queue.append(chunk)
            self._flight_size_increase(chunk)
            chunk._sent_count += 1
            chunk._sent_time = time.time()
            await self._send_chunk(chunk)
            self._ensure_timer()

    def _probe_later(self) -> None:
        """The other side's window is closed: ask now and then, for the word that it is open may have been lost."""
        if self._outbound_queue and not self._flight_size and self._probe_timer is None:
            self._probe_timer = asyncio.get_running_loop().call_later(PROBE_S, self._probe)

    def _probe(self) -> None:
        self._probe_timer = None
        if self.established and not self._flight_size:
            self._late = asyncio.create_task(self._send_new(1))

    def _t3_expired(self) -> None:
        self._may_retransmit = True
        super()._t3_expired()

    def _ensure_timer(self) -> None:
        if self._t3_handle is None:
            self._t3_start()

    async def _send_chunk(self, chunk: Chunk) -> None:
        try:
            await super()._send_chunk(chunk)
        except ConnectionError:
            return  # DTLS is over; whoever owns it knows

    def _update_rto(self, R: float) -> None:  # noqa: N803 - aiortc's name
        super()._update_rto(R)
        smooth, varying = self._srtt or R, self._rttvar or R
        self._rto = min(max(RTO_MIN_S, smooth + max(4 * varying, 2 * ACK_DELAY_S)), RTO_MAX_S)

    # The end.

    def _set_state(self, state: RTCSctpTransport.State) -> None:
        super()._set_state(state)
        if state == self.State.ESTABLISHED and self.on_established is not None:
            self.on_established()
        elif state == self.State.CLOSED:
            self._stop_ack_timer()
            if self._probe_timer is not None:
                self._probe_timer.cancel()
            self._end("")

    def _end(self, words: str) -> None:
        on_ended, self.on_ended = self.on_ended, None
        if on_ended is not None:
            on_ended(words)

    async def _give_up(self, words: str) -> None:
        self._end(f"1002 {words}")
        await self.abort(1002, words)
