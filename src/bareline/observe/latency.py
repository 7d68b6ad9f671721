"""How long does each part of the way from mouth to ear take, turn by turn?

The parts follow each other without gaps, so they sum to the whole: from the user's last sample to the first sample
heard. Each says whether it was measured, follows from what was measured, or is assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, get_args

import msgspec

from bareline.observe.latency_moments import Exchange, TracedLatency, TurnMoments
from bareline.units import NS_PER_MS, ms_to_ns, samples_to_ns

__all__ = [
    "OPUS_LOOK_AHEAD_MS",
    "PARTS",
    "PartName",
    "PartSource",
    "RoundTrip",
    "TurnLatency",
    "round_trip",
    "sources",
    "split",
]

PartName = Literal[
    "capture",
    "encode",
    "network_up",
    "vad_wait",
    "decision",
    "model",
    "tools",
    "network_down",
    "jitter_buffer",
    "playout",
]
PARTS: tuple[PartName, ...] = get_args(PartName)

OPUS_LOOK_AHEAD_MS = 6.5
"""What Opus at 24 kHz delays all sound, whatever the machine (RFC 6716 section 2.1.5; docs/performance.md)."""
HALF_FRAME_MS = 10.0
"""What a sample waits on average until its frame of 20 ms is full, where a trace does not tell."""

Basis = Literal["measured", "derived", "assumed"]


class PartSource(msgspec.Struct, frozen=True):
    """Where the figures of a part come from. ``derived``: what is left when the parts beside it are subtracted."""

    part: PartName
    basis: Basis
    how: str


class RoundTrip(msgspec.Struct, frozen=True):
    """The path's round trip; ``at_most`` where only events bound it."""

    ms: float
    basis: Basis
    how: str
    at_most: bool = False


class TurnLatency(msgspec.Struct, frozen=True, kw_only=True):
    """One turn, all figures in ms.

    ``mouth_ns``: the user's last sample, on the trace's clock; ``mouth``: who says so. ``told_ns``: the same by the
    trace alone. ``requests``: how often this side had to ask, a round trip each.
    """

    item_id: str
    detection: str
    silence_ms: int | None
    mouth: Literal["trace", "recording", "unknown"]
    mouth_ns: int | None
    told_ns: int | None
    heard_ns: int
    parts: dict[PartName, float]
    requests: int

    @property
    def total_ms(self) -> float | None:
        """From the last sample spoken to the first one heard; ``None`` where nobody knows when the user ended."""
        return None if self.mouth_ns is None else (self.heard_ns - self.mouth_ns) / NS_PER_MS

    @property
    def told_ms(self) -> float | None:
        """The same by the trace alone: less, since a detector hears the end of speech late."""
        return None if self.told_ns is None else (self.heard_ns - self.told_ns) / NS_PER_MS


def round_trip(traced: TracedLatency) -> RoundTrip:
    """The path's own round trip: the shortest that was seen, since a busy machine only makes it longer."""
    bound_ns = min(traced.answers_ns, default=None)
    if traced.round_trips_ns and (bound_ns is None or min(traced.round_trips_ns) <= bound_ns):
        by = {"ice": "ICE's checks of the path", "ping": "pings of the WebSocket"}.get(traced.round_trips_by, "")
        return RoundTrip(min(traced.round_trips_ns) / NS_PER_MS, "measured", f"shortest of {by}")
    if bound_ns is not None:
        return RoundTrip(bound_ns / NS_PER_MS, "derived", "shortest from a request to its answer", at_most=True)
    return RoundTrip(0.0, "assumed", "the trace tells of no round trip: counted as the service's time")


def split(traced: TracedLatency, moments: TurnMoments, spoken_until_ns: int | None = None) -> TurnLatency:
    """The parts of one turn. ``spoken_until_ns``: when the user ended, by a recording.

    Without it the trace must say; where it does not, the total is unknown, and so is how long the service waited.
    """
    trip_ms = round_trip(traced).ms
    told_ns = _mouth_told(traced, moments, trip_ms)
    mouth_ns = told_ns if spoken_until_ns is None else spoken_until_ns
    return TurnLatency(
        item_id=moments.item_id,
        detection=moments.detection,
        silence_ms=moments.silence_ms,
        mouth="recording" if spoken_until_ns is not None else "unknown" if told_ns is None else "trace",
        mouth_ns=mouth_ns,
        told_ns=told_ns,
        heard_ns=moments.heard_ns,
        parts=_parts(traced, moments, mouth_ns, trip_ms),
        requests=_working(moments.exchanges)[1],
    )


def sources(traced: TracedLatency, turns: Sequence[TurnLatency]) -> tuple[PartSource, ...]:
    """Where the figures of each part come from."""
    trip = round_trip(traced)
    media, told = traced.media, any(each.position is not None for each in traced.answered)
    opus = media and traced.codec in ("", "opus")
    mouths = {turn.mouth for turn in turns if turn.mouth != "unknown"}
    by = " and the ".join(sorted(mouths)) or "nobody"
    after = "" if not trip.at_most else ", so at most"
    capture = "until the frame that ended the turn was full and given to be sent" if told else "half a frame of 20 ms"
    encode = "coding and sending a frame" if told else "no time to code"
    if opus:
        encode += f"; {OPUS_LOOK_AHEAD_MS} ms that Opus looks ahead are assumed (RFC 6716)"
    arriving = "from the service's word that it plays to the loudspeaker, its buffer apart"
    speaker = "0: the loudspeaker names no buffer" if traced.speaker_ms is None else "the loudspeaker's own buffer"
    return (
        PartSource("capture", "measured" if told else "assumed", capture),
        PartSource("encode", "measured" if told and not opus else "assumed", encode),
        PartSource("network_up", trip.basis, f"half a round trip: {trip.how}{after}"),
        PartSource(
            "vad_wait",
            "assumed" if mouths == {"trace"} else "derived",
            f"from the user's last sample, by the {by}, to the decision, without what stands beside it",
        ),
        PartSource("decision", "measured", "on this side, before it asked for an answer"),
        PartSource("model", "derived", "from the decision, or the request, to the first audio, without the network"),
        PartSource("tools", "measured", "tools that ran before the first audio"),
        PartSource("network_down", trip.basis, "half a round trip, and a whole one for each request of this side"),
        PartSource(
            "jitter_buffer", "measured" if media else "assumed", arriving if media else "a WebSocket needs none"
        ),
        PartSource(
            "playout",
            "assumed" if media and traced.speaker_ms is None else "measured",
            speaker if media else "from the first audio's event to the loudspeaker",
        ),
    )


def _mouth_told(traced: TracedLatency, moments: TurnMoments, trip_ms: float) -> int | None:
    """The user's last sample, where silence of a known length ended the turn.

    So long before the audio that ended it was captured; where that is not told, before the service can have had it.
    """
    if moments.detection != "server_vad" or moments.silence_ms is None:
        return None
    silence_ns = ms_to_ns(moments.silence_ms)
    if moments.judged_ns is not None:
        return moments.judged_ns - silence_ns
    way_ms = trip_ms + sum(_leaving(traced, moments))
    return moments.decided_ns - silence_ns - round(way_ms * NS_PER_MS)


def _parts(traced: TracedLatency, moments: TurnMoments, mouth_ns: int | None, trip_ms: float) -> dict[PartName, float]:
    model_ns, requests = _working(moments.exchanges)
    tools_ns = _length(_without(moments.tools, [(each.begin_ns, each.end_ns) for each in moments.exchanges]))
    after_ms = (moments.audio_ns - moments.decided_ns) / NS_PER_MS
    trips_ms = min(requests * trip_ms, model_ns / NS_PER_MS)
    capture_ms, encode_ms = _leaving(traced, moments)
    jitter_buffer_ms, playout_ms = _arriving(traced, moments)
    parts: dict[PartName, float] = {"capture": capture_ms, "encode": encode_ms, "network_up": trip_ms / 2}
    if mouth_ns is not None:
        left_ms = (moments.decided_ns - mouth_ns) / NS_PER_MS - encode_ms - trip_ms
        parts["capture"] = min(capture_ms, max(0.0, left_ms))  # frames under way may be of no matter to the decision
        parts["vad_wait"] = left_ms - parts["capture"]
    rest: dict[PartName, float] = {
        "decision": after_ms - (model_ns + tools_ns) / NS_PER_MS,
        "model": model_ns / NS_PER_MS - trips_ms,
        "tools": tools_ns / NS_PER_MS,
        "network_down": trip_ms / 2 + trips_ms,
        "jitter_buffer": jitter_buffer_ms,
        "playout": playout_ms,
    }
    return parts | rest


def _leaving(traced: TracedLatency, moments: TurnMoments) -> tuple[float, float]:
    """Capture and encode of the audio with which the turn was over: what holds that up holds the answer up."""
    look_ahead_ms = OPUS_LOOK_AHEAD_MS if traced.media and traced.codec in ("", "opus") else 0.0
    position = moments.position
    if position is None:
        return HALF_FRAME_MS, look_ahead_ms
    frame_ns = samples_to_ns(position.frame_samples)
    judged_ns = moments.judged_ns
    waits_ns = frame_ns // 2 if judged_ns is None else (position.captured_ns - judged_ns) % frame_ns
    capture_ns = max(0, waits_ns + position.given_ns - position.captured_ns)  # silence is sent ahead of its time
    return capture_ns / NS_PER_MS, (position.sent_ns - position.given_ns) / NS_PER_MS + look_ahead_ms


def _arriving(traced: TracedLatency, moments: TurnMoments) -> tuple[float, float]:
    """Jitter buffer and playout."""
    whole_ms = (moments.heard_ns - moments.audio_ns) / NS_PER_MS
    if not traced.media:
        return 0.0, whole_ms
    playout_ms = min(float(traced.speaker_ms or 0), whole_ms)
    return whole_ms - playout_ms, playout_ms


def _working(exchanges: Iterable[Exchange]) -> tuple[int, int]:
    """How long the service worked, and how often it was asked to; what overlaps counts once."""
    length_ns, requests, until_ns = 0, 0, 0
    for exchange in sorted(exchanges, key=lambda each: each.begin_ns):
        if exchange.end_ns <= until_ns:
            continue
        if exchange.begin_ns >= until_ns and exchange.asked:
            requests += 1
        length_ns += exchange.end_ns - max(exchange.begin_ns, until_ns)
        until_ns = exchange.end_ns
    return length_ns, requests


def _without(spans: Iterable[tuple[int, int]], others: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """What of the spans no other one covers."""
    left = [span for span in spans if span[0] < span[1]]
    for begin_ns, end_ns in others:
        cut = [(first, min(last, begin_ns)) for first, last in left] + [
            (max(first, end_ns), last) for first, last in left
        ]
        left = [span for span in cut if span[0] < span[1]]
    return left


def _length(spans: Iterable[tuple[int, int]]) -> int:
    length_ns, until_ns = 0, 0
    for first, last in sorted(spans):
        length_ns += max(0, last - max(first, until_ns))
        until_ns = max(until_ns, last)
    return length_ns
