"""What would a call's latency have been with another silence, transport or region?

Only the parts that the change touches are replaced, in each turn; the rest stays as it was measured. What takes their
place is assumed, and says where it comes from. How often a shorter silence cuts in on people, it does not say.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence

import msgspec

from bareline.client.media_playback import LEAD_SAMPLES
from bareline.errors import ConfigurationError
from bareline.lab.latency_report import LatencyReport, MeasuredTurn, Spread, spread, spread_parts
from bareline.lab.regions import region_round_trip
from bareline.observe.latency import OPUS_LOOK_AHEAD_MS, PartName
from bareline.units import samples_to_ms

__all__ = ["Assumption", "WhatIf", "WhatIfReport", "parse_what_if", "what_if"]

_TRANSPORTS = ("webrtc", "websocket")
_MS_MAX = 60_000

_Change = Callable[[MeasuredTurn, dict[PartName, float]], None]
"""Puts other figures into the parts of a turn."""


class WhatIf(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change; ``None`` stays as it was. ``rtt_ms`` wins over ``region`` (FROM:TO)."""

    silence: int | None = None
    transport: str | None = None
    region: str | None = None
    rtt: float | None = None


class Assumption(msgspec.Struct, frozen=True):
    """What was put in, and who says so."""

    what: str
    source: str


class WhatIfReport(msgspec.Struct, frozen=True, kw_only=True):
    """The same figures with the change. ``turns_ms``: the sum of each turn, ``None`` where it was unknown before."""

    what_if: WhatIf
    assumptions: tuple[Assumption, ...]
    parts: dict[PartName, Spread]
    sum_ms: Spread | None
    turns_ms: tuple[float | None, ...]


def parse_what_if(settings: Sequence[str]) -> WhatIf:
    """From ``name=value`` texts. Raises ``ConfigurationError`` naming what may be said."""
    given: dict[str, str] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or name not in WhatIf.__struct_fields__:
            raise ConfigurationError(
                f"--what-if {setting}: say silence=MS, transport=webrtc|websocket, region=FROM:TO or rtt=MS"
            )
        if name in given:
            raise ConfigurationError(f"--what-if {name} was given twice")
        given[name] = value
    transport = given.get("transport")
    if transport is not None and transport not in _TRANSPORTS:
        raise ConfigurationError(f"--what-if transport={transport}: it is webrtc or websocket")
    if "rtt" in given and "region" in given:
        raise ConfigurationError("--what-if: a region and rtt both say how long the network takes; give one")
    region = given.get("region")
    if region is not None:
        region_round_trip(region)
    return WhatIf(
        silence=round(_ms("silence", given["silence"])) if "silence" in given else None,
        transport=transport,
        region=region,
        rtt=_ms("rtt", given["rtt"]) if "rtt" in given else None,
    )


def what_if(report: LatencyReport, change: WhatIf) -> WhatIfReport:
    """The report's turns with the change."""
    assumptions: list[Assumption] = []
    changes: list[_Change] = []
    if change.silence is not None:
        changes.append(_silence(report, change.silence, assumptions))
    if change.transport is not None and change.transport != report.transport:
        changes.append(_transport(change.transport, assumptions))
    trip_ms = _round_trip_ms(change, assumptions)
    if trip_ms is not None:
        changes.append(_network(trip_ms))
    turns: list[dict[PartName, float]] = []
    for turn in report.turns:
        parts = dict(turn.parts)
        for apply in changes:
            apply(turn, parts)
        turns.append(parts)
    sums = [
        round(sum(parts.values()), 1) if turn.sum_ms is not None else None
        for turn, parts in zip(report.turns, turns, strict=True)
    ]
    return WhatIfReport(
        what_if=change,
        assumptions=tuple(assumptions),
        parts=spread_parts(turns),
        sum_ms=spread(sums),
        turns_ms=tuple(sums),
    )


def _silence(report: LatencyReport, silence_ms: int, assumptions: list[Assumption]) -> _Change:
    """A turn that silence did not end waits for it as those do that it did."""
    beyond = [
        turn.parts["vad_wait"] - turn.silence_ms
        for turn in report.turns
        if turn.detection == "server_vad" and turn.silence_ms is not None and "vad_wait" in turn.parts
    ]
    usual_ms = statistics.median(beyond) if beyond else 0.0
    others = sum(turn.detection != "server_vad" for turn in report.turns)
    what = f"server_vad with silence_duration_ms {silence_ms}; what the service takes beyond it stays as it was"
    if others:
        what += f" ({others} of {len(report.turns)} turns ended otherwise: {usual_ms:.0f} ms, the others' median)"
    assumptions.append(Assumption(what, "this call" if beyond else "no turn of this call ended by silence: taken as 0"))

    def change(turn: MeasuredTurn, parts: dict[PartName, float]) -> None:
        if "vad_wait" not in parts:
            return
        if turn.detection == "server_vad" and turn.silence_ms is not None:
            parts["vad_wait"] = max(0.0, parts["vad_wait"] + silence_ms - turn.silence_ms)
        else:
            parts["vad_wait"] = silence_ms + usual_ms

    return change


def _transport(transport: str, assumptions: list[Assumption]) -> _Change:
    lead_ms = samples_to_ms(LEAD_SAMPLES)
    if transport == "websocket":
        what = f"no Opus ({OPUS_LOOK_AHEAD_MS} ms), no jitter buffer; no packet is lost, since TCP would wait for it"
        assumptions.append(Assumption(what, "RFC 6716; docs/performance.md"))
    else:
        what = f"Opus ({OPUS_LOOK_AHEAD_MS} ms), {lead_ms} ms gathered before playing, no packet held: a clean path"
        assumptions.append(Assumption(what, "RFC 6716; docs/design/media-path.md"))

    def change(_: MeasuredTurn, parts: dict[PartName, float]) -> None:
        away = transport == "websocket"
        parts["encode"] = max(0.0, parts["encode"] + (-OPUS_LOOK_AHEAD_MS if away else OPUS_LOOK_AHEAD_MS))
        parts["jitter_buffer"] = 0.0 if away else float(lead_ms)

    return change


def _round_trip_ms(change: WhatIf, assumptions: list[Assumption]) -> float | None:
    if change.rtt is not None:
        assumptions.append(Assumption(f"a round trip of {change.rtt:g} ms", "as given"))
        return change.rtt
    if change.region is None:
        return None
    found = region_round_trip(change.region)
    words = f"a round trip of {found.ms:g} ms from {found.here} to {found.there}, without the last mile"
    assumptions.append(Assumption(words, found.source))
    return found.ms


def _network(trip_ms: float) -> _Change:
    def change(turn: MeasuredTurn, parts: dict[PartName, float]) -> None:
        parts["network_up"] = trip_ms / 2
        parts["network_down"] = trip_ms / 2 + turn.requests * trip_ms

    return change


def _ms(name: str, value: str) -> float:
    try:
        ms = float(value)
    except ValueError:
        ms = math.nan
    if not 0 <= ms <= _MS_MAX:
        raise ConfigurationError(f"--what-if {name}={value}: not a number of milliseconds from 0 to {_MS_MAX}")
    return ms
