"""What does a trace say about a call's path that no event carries?

Where the user's audio is (over WebRTC it is in no event), and how long the path takes. Latency is computed from these
records (``bareline.observe.latency``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bareline.media.frames import AudioFrame
from bareline.observe.record import Observer, TraceRecord
from bareline.units import NS_PER_MS, SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from bareline.transports.webrtc.stats import WebRtcStats

__all__ = ["POSITION_EVERY_SAMPLES", "PathTrace", "path_record"]

POSITION_EVERY_SAMPLES = SAMPLE_RATE_HZ // 10
"""A tenth of a second: often enough to see a busy loop hold audio up, a fifth of the frames."""


class PathTrace:
    """The position of the user's audio on one line, told with its first frame and ten times a second after it."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._sent = 0
        self._due = 0

    def sent(self, frame: AudioFrame, *, given_ns: int, sent_ns: int) -> None:
        """A frame that was given to the line has left it; one whose time nobody knows has no position."""
        self._sent += frame.samples
        if self._sent >= self._due and frame.at_ns:
            self._due = self._sent + POSITION_EVERY_SAMPLES
            data = {
                "stage": "sent",
                "samples": self._sent,
                "frame_samples": frame.samples,
                "captured_ns": frame.at_ns + frame.duration_ns,
                "given_ns": given_ns,
            }
            self._observer.observe(TraceRecord(at_ns=sent_ns, kind="audio", name="microphone", data=data))


def path_record(at_ns: int, stats: WebRtcStats | None, round_trip_ns: int | None) -> TraceRecord | None:
    """How long the path takes as of now; ``None`` when nothing is known of it."""
    data: dict[str, Any] = {}
    audio = stats.audio if stats is not None else None
    if stats is not None and stats.ice_round_trip_ns is not None:
        data["round_trip_ms"], data["by"] = _ms(stats.ice_round_trip_ns), "ice"
    elif round_trip_ns is not None:
        data["round_trip_ms"], data["by"] = _ms(round_trip_ns), "ping"
    if audio is not None:
        data |= {"codec": audio.codec, "held_ms": _ms(audio.held_ns), "jitter_ms": _ms(audio.jitter_ns)}
    return TraceRecord(at_ns=at_ns, kind="connection", name="path", data=data) if data else None


def _ms(ns: int) -> float:
    return round(ns / NS_PER_MS, 3)
