"""How does audio come and go beside the messages, with one timer and no task?"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from bareline.clock import now_ns
from bareline.media.audio_stats import AudioStats
from bareline.media.frames import AudioFrame
from bareline.media.rtp_session import RtpSession
from bareline.transports.webrtc.bell import Bell
from bareline.units import NS_PER_S

__all__ = ["AUDIO_FRAMES_MAX", "AudioLine"]

AUDIO_FRAMES_MAX = 500
"""Decoded frames that wait for their reader (ten seconds); the oldest are dropped and counted beyond."""


class AudioLine:
    """Drives one ``RtpSession`` with the loop's clock.

    ``send`` puts an encrypted packet on the network and says whether it left. ``arrived`` rings for new frames.
    """

    def __init__(self, rtp: RtpSession, send: Callable[[bytes], bool], *, sends: bool = True) -> None:
        self.arrived = Bell()
        self.dropped_frames = 0
        self.unsent_packets = 0
        self._rtp = rtp
        self._send = send
        self._sends = sends
        self._frames: deque[AudioFrame] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_ns: int | None = None
        self._ended = False

    def send(self, frame: AudioFrame) -> None:
        """Encode and send what is whole packets by now."""
        if not self._sends:
            self.unsent_packets += 1
            return
        for packet in self._rtp.send_audio(frame, now_ns()):
            self._put(packet)
        self._arm()

    def receive(self, packet: bytes, control: bool) -> None:
        """Take one decrypted packet of RTP, or of RTCP."""
        now = now_ns()
        if control:
            self._rtp.receive_rtcp(packet, now)
        else:
            self._rtp.receive_rtp(packet, now)
        self._work(now)

    def take(self) -> AudioFrame | None:
        """The next frame to be played; None when there is none yet."""
        return self._frames.popleft() if self._frames else None

    def stats(self) -> AudioStats:
        """Counters of both directions."""
        return self._rtp.stats(now_ns())

    def start(self) -> None:
        """Begin to report."""
        self._work(now_ns())

    def end(self, *, goodbye: bool) -> None:
        """Stop the timer; with ``goodbye`` the other side is told that no audio follows."""
        if self._ended:
            return
        self._ended = True
        if goodbye:
            self._send(self._rtp.goodbye())
        if self._timer is not None:
            self._timer.cancel()
        self.arrived.ring()

    def _work(self, now: int) -> None:
        frames = self._rtp.frames(now)
        if frames:
            self._frames.extend(frames)
            while len(self._frames) > AUDIO_FRAMES_MAX:
                self._frames.popleft()
                self.dropped_frames += 1
            self.arrived.ring()
        for report in self._rtp.reports(now):
            self._put(report)
        self._arm()

    def _put(self, packet: bytes) -> None:
        if not self._send(packet):
            self.unsent_packets += 1

    def _arm(self) -> None:
        due = self._rtp.deadline()
        if self._ended or due == self._timer_ns:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_ns = due
        self._timer = None if due is None else asyncio.get_running_loop().call_at(due / NS_PER_S, self._tick)

    def _tick(self) -> None:
        self._timer = self._timer_ns = None
        if not self._ended:
            self._work(now_ns())
