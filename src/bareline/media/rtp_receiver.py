"""What does the other side's audio sound like, given the packets that came?

From RTP packets of any bytes to frames in order: payload types, sources, sequence numbers and timestamps become places
of one stream; the jitter buffer says what to play when; the codec plays it.
"""

from __future__ import annotations

from collections.abc import Mapping

from bareline.media.catch_up import CatchUp
from bareline.media.codecs import CLOCK_HZ, AudioDecoder, CodecName, decoder
from bareline.media.concealment import fade_out
from bareline.media.drift import DriftEstimate
from bareline.media.frames import AudioFrame
from bareline.media.jitter_buffer import Conceal, JitterBuffer, Play, Recover, Step, TimedPacket
from bareline.media.levels import rms_dbfs
from bareline.media.reception import Reception
from bareline.media.rtp import RtpPacket, forward, parse_rtp
from bareline.units import NS_PER_S, SAMPLE_RATE_HZ, ns_to_samples

__all__ = ["PAUSE_MAX_NS", "QUIET_DBFS", "RtpReceiver"]

QUIET_DBFS = -45.0
"""A stream that stops while it is quieter than this has paused, until its next packet shows a loss."""
PAUSE_MAX_NS = 60 * NS_PER_S
"""A timestamp may jump ahead of the time that passed by so much; beyond, the source has changed its clock."""
_RETIRED_NS = 2 * NS_PER_S
"""Packets of the source before are ignored for so long after a change of sources."""


class RtpReceiver:
    """One remote stream: packets in by ``receive``, audio out by ``frames``. Nothing raises, whatever comes.

    ``payload_types`` maps what was negotiated to codecs; the source may switch between them at any packet. Raises
    ``MissingExtra`` at once where one of them needs what is not installed.
    """

    def __init__(self, payload_types: Mapping[int, CodecName], *, catch_up: bool = False) -> None:
        self.packets = self.ignored = 0
        self.samples_received = self.samples_fec = self.samples_concealed = 0
        self.payload_type: int | None = None
        self.reception: Reception | None = None
        self._codecs = dict(payload_types)
        self._decoders = self._new_decoders()
        self._last = _LastPlayed()
        self._buffer = JitterBuffer(self._last.is_quiet)
        self._places = _Places()
        self._drift = DriftEstimate()
        self._catch_up = CatchUp() if catch_up else None
        self._lost_before = self._duplicates_before = self._undecodable_before = 0
        self._retired: tuple[int, int] | None = None
        self._playing = 0

    def add(self, payload_type: int, codec: CodecName) -> None:
        """Another payload type was negotiated."""
        self._codecs[payload_type] = codec
        self._decoders[payload_type] = decoder(codec)

    def codec(self) -> CodecName | None:
        """Of the last packet; None before the first."""
        return None if self.payload_type is None else self._codecs[self.payload_type]

    def receive(self, data: bytes, now_ns: int) -> None:
        """Take one packet."""
        packet = parse_rtp(data)
        codec = self._codecs.get(packet.payload_type) if packet else None
        if packet is None or codec is None:
            self.ignored += 1
            return
        decoding = self._decoders[packet.payload_type]
        samples = decoding.packet_samples(packet.payload)
        sequence = self._sequence(packet, now_ns) if samples else None
        if sequence is None or self.reception is None:
            self.ignored += not samples
            return
        self.packets += 1
        self.payload_type = packet.payload_type
        newest = sequence == self.reception.highest
        clock_hz = CLOCK_HZ[codec]
        self.reception.arrived(packet.timestamp, now_ns, clock_hz)
        position, paused = self._places.locate(packet.timestamp, clock_hz, sequence, samples, now_ns, newest=newest)
        self._drift.arrived(position, now_ns)
        fec = decoding.carries_fec(packet.payload)
        timed = TimedPacket(sequence, position, samples, packet.payload, packet.payload_type, now_ns, fec)
        self._buffer.insert(timed, follows_pause=paused)

    def frames(self, now_ns: int) -> list[AudioFrame]:
        """What is to be played now, in order; each sample is given out once."""
        frames: list[AudioFrame] = []
        while (step := self._buffer.next_step(now_ns)) is not None:
            frames.append(self._carry_out(step, now_ns))
        return self._catch_up.pass_on(frames, now_ns) if self._catch_up else frames

    def deadline(self, now_ns: int) -> int | None:
        """When ``frames`` will have something, if no packet comes before."""
        return self._buffer.deadline(now_ns)

    @property
    def buffer(self) -> JitterBuffer:
        """For its counts."""
        return self._buffer

    @property
    def samples_shed(self) -> int:
        """Left out to catch up."""
        return self._catch_up.shed if self._catch_up else 0

    @property
    def drift_ppm(self) -> float | None:
        """By how much the source's clock is faster than ours."""
        return self._drift.ppm()

    @property
    def lost(self) -> int:
        """Packets that never came, of all sources so far."""
        return self._lost_before + (max(0, self.reception.lost) if self.reception else 0)

    @property
    def duplicates(self) -> int:
        """Packets that came again."""
        return self._duplicates_before + (self.reception.duplicates if self.reception else 0)

    @property
    def undecodable(self) -> int:
        """Packets that the codec refused."""
        return self._undecodable_before + sum(decoding.errors for decoding in self._decoders.values())

    @property
    def engine(self) -> str:
        """What decodes, by name and version."""
        return "" if self.payload_type is None else self._decoders[self.payload_type].engine

    def _new_decoders(self) -> dict[int, AudioDecoder]:
        return {payload_type: decoder(codec) for payload_type, codec in self._codecs.items()}

    def _sequence(self, packet: RtpPacket, now_ns: int) -> int | None:
        reception = self.reception
        if reception is None or packet.ssrc != reception.ssrc:
            if self._retired and packet.ssrc == self._retired[0] and now_ns < self._retired[1]:
                return None
            reception = self._begin(packet, now_ns)
        try:
            return reception.place(packet.sequence)
        except LookupError:
            return self._begin(packet, now_ns).place(packet.sequence)

    def _begin(self, packet: RtpPacket, now_ns: int) -> Reception:
        """A new source, or the same that has begun anew: its audio follows what was handed out."""
        if self.reception is not None:
            self._lost_before = self.lost
            self._duplicates_before = self.duplicates
            self._undecodable_before = self.undecodable
            if packet.ssrc != self.reception.ssrc:
                self._retired = (self.reception.ssrc, now_ns + _RETIRED_NS)
            self._places.restart(self._buffer.restart())
            self._decoders = self._new_decoders()
            self._drift = DriftEstimate()
        self.reception = Reception(packet.ssrc, packet.sequence)
        return self.reception

    def _carry_out(self, step: Step, now_ns: int) -> AudioFrame:
        match step:
            case Play(packet, skip):
                pcm = self._decoders[packet.payload_type].decode(packet.payload)[2 * skip :]
                self._playing = packet.payload_type
                self.samples_received += packet.samples - skip
                position = packet.position + skip
            case Recover(packet, position, samples):
                pcm = self._decoders[packet.payload_type].decode_fec(packet.payload, samples)
                self.samples_fec += samples
            case Conceal(position, samples, last):  # pragma: no branch  (the union is closed)
                pcm = self._decoders[self._playing].conceal(samples)
                pcm = fade_out(pcm) if last else pcm
                self.samples_concealed += samples
        self._last.pcm = pcm
        return AudioFrame(pcm, position, now_ns)


class _LastPlayed:
    """What was handed out last. The jitter buffer asks this, not the receiver that owns it: no cycle to collect."""

    def __init__(self) -> None:
        self.pcm = b""

    def is_quiet(self) -> bool:
        return rms_dbfs(self.pcm) < QUIET_DBFS


class _Places:
    """Where in the stream, in samples at 24 kHz from its first packet on, does a timestamp stand?"""

    def __init__(self) -> None:
        self._start = 0
        self._anchor: tuple[int, int, int] | None = None
        self._sequence = self._timestamp = self._position = self._end = self._at_ns = 0

    def restart(self, position: int) -> None:
        """The next packet begins at ``position``."""
        self._start = position
        self._anchor = None

    def locate(
        self, timestamp: int, clock_hz: int, sequence: int, samples: int, now_ns: int, *, newest: bool
    ) -> tuple[int, bool]:
        """The place of a packet, and whether it is further on than the end of the one before."""
        if self._anchor and self._anchor[2] != clock_hz and not newest:
            return -samples, False  # of the codec before: too late to be placed
        if self._anchor is None or self._anchor[2] != clock_hz:
            missing = (sequence - self._sequence - 1) * samples if self._anchor else 0
            self._set_anchor(timestamp, self._start if self._anchor is None else self._end + missing, clock_hz)
        ahead = forward(self._timestamp, timestamp, 32)
        position = self._position_of(self._timestamp + ahead)
        if not newest:
            return position, False
        if ahead < 0 or ahead * NS_PER_S > (PAUSE_MAX_NS + now_ns - self._at_ns) * clock_hz:
            # The source has changed its clock: what passed since its last packet is the best guess.
            missing = max((sequence - self._sequence - 1) * samples, ns_to_samples(now_ns - self._at_ns) - samples)
            self._set_anchor(timestamp, self._end + missing, clock_hz)
            position, ahead = self._end + missing, 0
        paused = position > self._end
        self._timestamp += ahead
        self._sequence, self._position, self._end, self._at_ns = sequence, position, position + samples, now_ns
        return position, paused

    def _set_anchor(self, timestamp: int, position: int, clock_hz: int) -> None:
        self._anchor = (timestamp, position, clock_hz)
        self._timestamp = timestamp

    def _position_of(self, timestamp: int) -> int:
        anchor, position, clock_hz = self._anchor or (0, 0, SAMPLE_RATE_HZ)
        return position + (timestamp - anchor) * SAMPLE_RATE_HZ // clock_hz
