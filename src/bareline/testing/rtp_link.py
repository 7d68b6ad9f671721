"""What do two audio sessions hear of each other over a path with loss and delays, in reckoned time?"""

from __future__ import annotations

import heapq
import math
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from itertools import count

from bareline.media.codecs import CodecName
from bareline.media.frames import AudioFrame
from bareline.media.rtp_session import RtpSession, RtpSettings
from bareline.units import NS_PER_MS, SAMPLE_RATE_HZ, ms_to_samples, samples_to_ns

__all__ = ["Heard", "RtpLink", "rtp_session", "voiced"]

_PATH_NS = 10 * NS_PER_MS
_FORMANTS = ((600, 0.97), (1_500, 0.95), (2_700, 0.93))
"""Resonances of the vocal tract, in hertz, and how long they ring."""

_SYLLABLE = SAMPLE_RATE_HZ // 4

Fate = Callable[[int], Iterable[int]]
"""What becomes of the nth audio packet (from 0): the delays in nanoseconds with which it comes; none: it is lost."""


def rtp_session(
    ssrc: int,
    codec: CodecName = "opus",
    *,
    sequence: int = 65_500,
    timestamp: int = 0xFFFF_8000,
    dtx: bool = False,
    catch_up: bool = False,
) -> RtpSession:
    """A session whose counters wrap around soon; it receives opus as 111, pcmu as 0 and pcma as 8."""
    types: dict[int, CodecName] = {111: "opus", 0: "pcmu", 8: "pcma"}
    settings = RtpSettings(
        codec=codec,
        payload_type=next(number for number, name in types.items() if name == codec),
        ssrc=ssrc,
        cname="test",
        first_sequence=sequence,
        first_timestamp=timestamp,
        dtx=dtx,
        unix_offset_ns=1_700_000_000_000_000_000,
        catch_up=catch_up,
    )
    return RtpSession(settings, types)


@cache
def voiced(duration_ms: int, *, hz: float = 120.0) -> bytes:
    """Vowels, four a second, as PCM16: gliding pulses of a voice through three resonances, at about -27 dBFS."""
    samples = ms_to_samples(duration_ms)
    phase, pulses = 0.0, [0.0] * samples
    for n in range(samples):
        phase += hz * (1 + 0.2 * math.sin(n / 7_000)) / SAMPLE_RATE_HZ
        if phase >= 1:
            phase -= 1
            pulses[n] = 1.0
    made = [0.0] * samples
    for formant, ring in _FORMANTS:
        turn = 2 * ring * math.cos(2 * math.pi * formant / SAMPLE_RATE_HZ)
        one = two = 0.0
        for n in range(samples):
            one, two = pulses[n] + turn * one - ring * ring * two, one
            made[n] += one
    gain = 9_000 / max(map(abs, made), default=1.0)
    return array("h", [int(gain * _loudness(n) * value) for n, value in enumerate(made)]).tobytes()


@dataclass
class Heard:
    """Frames that the other side was given, with the times when."""

    frames: list[tuple[int, AudioFrame]] = field(default_factory=list[tuple[int, AudioFrame]])

    @property
    def pcm(self) -> bytes:
        """All of them, joined without their gaps."""
        return b"".join(frame.pcm for _, frame in self.frames)

    def placed(self, samples: int) -> bytes:
        """The stream of ``samples`` from place 0 on, with zeros where nothing was heard."""
        stream = bytearray(2 * samples)
        for _, frame in self.frames:
            stream[2 * frame.first_sample : 2 * frame.end_sample] = frame.pcm
        return bytes(stream[: 2 * samples])

    def delays_ms(self) -> list[float]:
        """When each frame came, beyond the shortest path and its own length, with a sender that begins at 0."""
        return [(at - _PATH_NS - samples_to_ns(frame.first_sample)) / NS_PER_MS for at, frame in self.frames]


class RtpLink:
    """Two sessions, a path of 10 ms each way, and a clock that goes from event to event.

    Frames leave ``sender`` in real time, by a clock that may drift; ``fate`` decides what becomes of its packets.
    ``receiver`` is asked when a packet comes and at its own deadlines, never otherwise.
    """

    def __init__(self, sender: RtpSession, receiver: RtpSession, fate: Fate = lambda _: (0,)) -> None:
        self.sender = sender
        self.receiver = receiver
        self.heard = Heard()
        self.held_most = 0
        self.now_ns = 0
        self.packets: list[bytes] = []
        self._fate = fate
        self._order = count()
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._woken: set[int] = set()

    def talk(self, frames: Iterable[AudioFrame], *, drift_ppm: float = 0.0, rest_ms: int = 500) -> Heard:
        """Send ``frames`` when their first sample has come, run on for ``rest_ms``; gives all that was heard so far.

        ``drift_ppm``: by how much the sender's clock is faster.
        """
        last_ns = self.now_ns
        for frame in frames:
            at = round(samples_to_ns(frame.first_sample) * (1 - drift_ppm * 1e-6))
            last_ns = max(last_ns, at)
            self._at(at, self._sending(frame))
        self.run(last_ns + rest_ms * NS_PER_MS)
        return self.heard

    def run(self, until_ns: int) -> None:
        """Let everything happen that does until then."""
        while self._events and self._events[0][0] <= until_ns:
            self.now_ns, _, event = heapq.heappop(self._events)
            event()
            self._poll()
        self.now_ns = until_ns

    def _at(self, at_ns: int, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (at_ns, next(self._order), event))

    def _sending(self, frame: AudioFrame) -> Callable[[], None]:
        def send() -> None:
            for packet in self.sender.send_audio(frame, self.now_ns):
                delays = self._fate(len(self.packets))
                self.packets.append(packet)
                for delay_ns in delays:
                    self._at(self.now_ns + _PATH_NS + delay_ns, self._receiving(packet))

        return send

    def _receiving(self, packet: bytes) -> Callable[[], None]:
        return lambda: self.receiver.receive_rtp(packet, self.now_ns)

    def _reporting(self, to: RtpSession, report: bytes) -> Callable[[], None]:
        return lambda: to.receive_rtcp(report, self.now_ns)

    def _poll(self) -> None:
        for frame in self.receiver.frames(self.now_ns):
            self.heard.frames.append((self.now_ns, frame))
        self.held_most = max(self.held_most, self.receiver.stats(self.now_ns).held_packets)
        for session, other in ((self.sender, self.receiver), (self.receiver, self.sender)):
            for report in session.reports(self.now_ns):
                self._at(self.now_ns + _PATH_NS, self._reporting(other, report))
            self._wake(session.deadline())

    def _wake(self, deadline: int | None) -> None:
        if deadline is not None and deadline not in self._woken:
            self._woken.add(deadline)
            self._at(max(self.now_ns, deadline), lambda: self._woken.discard(deadline))


def _loudness(n: int) -> float:
    """Four syllables a second."""
    return 0.05 + 0.95 * math.sin(math.pi * (n % _SYLLABLE) / _SYLLABLE) ** 2
