"""How good is a contender, over all recordings that it heard?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from bareline.testing.turns.confidence import Middle, Rate, Share, middle, rate, share
from bareline.testing.turns.outcome import NoiseOutcome, Outcome, OverlapOutcome, TurnOutcome

__all__ = ["Figures", "figures_of"]

_MS_PER_MINUTE = 60_000


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """``cut_ins``: turns ended while the user went on, of all turns; of those with a pause; and of those with a pause
    after words that could have been all. ``delay_ms``: from the last sample of a turn to its end being known.

    ``yields``: interruptions that silenced the assistant; ``holds``: backchannels that did not; ``coughs`` likewise.
    Times from a sound's first sample: to the pause (or to silence, where nothing pauses) of what was yielded to, and
    how long the assistant paused for what was nothing. ``noise_*``: per minute of noise: speech noticed, the assistant
    paused, the assistant silenced; ``talkers_*``: per minute of other people's speech.
    """

    cut_ins: Share
    cut_ins_paused: Share
    cut_ins_complete: Share
    delay_ms: Middle
    missed: int
    yields: Share
    holds: Share
    coughs: Share
    reaction_ms: Middle
    stop_ms: Middle
    gap_ms: Middle
    noise_starts: Rate
    noise_pauses: Rate
    noise_stops: Rate
    talkers_starts: Rate
    talkers_stops: Rate
    judged: dict[str, dict[str, int]]


def figures_of(outcomes: Iterable[Outcome]) -> Figures:
    """The figures over these outcomes."""
    found = list(outcomes)
    turns = [turn for outcome in found for turn in outcome.turns]
    overlaps = [overlap for outcome in found for overlap in outcome.overlaps]
    noises = [noise for outcome in found for noise in outcome.noises]
    interruptions = [overlap for overlap in overlaps if overlap.what == "interruption"]
    nothing = [overlap for overlap in overlaps if overlap.what in {"backchannel", "cough"}]
    return Figures(
        cut_ins=_cut(turns),
        cut_ins_paused=_cut([turn for turn in turns if turn.paused]),
        cut_ins_complete=_cut([turn for turn in turns if turn.complete]),
        delay_ms=middle([turn.delay_ms for turn in turns]),
        missed=sum(turn.delay_ms == float("inf") for turn in turns),
        yields=share(sum(overlap.stopped for overlap in interruptions), len(interruptions)),
        holds=_held(overlaps, "backchannel"),
        coughs=_held(overlaps, "cough"),
        reaction_ms=middle([at for overlap in interruptions if (at := _reaction(overlap)) is not None]),
        stop_ms=middle([overlap.stop_ms for overlap in interruptions if overlap.stop_ms is not None]),
        gap_ms=middle([overlap.gap_ms for overlap in nothing if overlap.gap_ms is not None]),
        noise_starts=_per_minute(noises, "noise", lambda noise: (noise.starts, noise.length_ms)),
        noise_pauses=_per_minute(noises, "noise", lambda noise: (noise.pauses, noise.played_ms)),
        noise_stops=_per_minute(noises, "noise", lambda noise: (noise.stops, noise.played_ms)),
        talkers_starts=_per_minute(noises, "talker", lambda noise: (noise.starts, noise.length_ms)),
        talkers_stops=_per_minute(noises, "talker", lambda noise: (noise.stops, noise.played_ms)),
        judged=_judged(overlaps),
    )


def _cut(turns: Sequence[TurnOutcome]) -> Share:
    return share(sum(turn.cut_in for turn in turns), len(turns))


def _held(overlaps: Sequence[OverlapOutcome], what: str) -> Share:
    those = [overlap for overlap in overlaps if overlap.what == what]
    return share(sum(not overlap.stopped for overlap in those), len(those))


def _reaction(overlap: OverlapOutcome) -> float | None:
    return overlap.pause_ms if overlap.pause_ms is not None else overlap.stop_ms


def _per_minute(noises: Sequence[NoiseOutcome], what: str, counted: Callable[[NoiseOutcome], tuple[int, int]]) -> Rate:
    pairs = [counted(noise) for noise in noises if noise.what == what]
    return rate(sum(count for count, _ in pairs), sum(ms for _, ms in pairs) / _MS_PER_MINUTE)


def _judged(overlaps: Sequence[OverlapOutcome]) -> dict[str, dict[str, int]]:
    """What every kind of sound was taken for."""
    table: dict[str, dict[str, int]] = {}
    for overlap in overlaps:
        row = table.setdefault(overlap.name if overlap.what == "interruption" else overlap.what, {})
        row[overlap.judged or "nothing"] = row.get(overlap.judged or "nothing", 0) + 1
    return table
