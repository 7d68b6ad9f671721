"""What were the sounds before, and what do they amount to?"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from bareline.turns.interruption import OverlapKind
from bareline.turns.sounds import Sound
from bareline.units import ms_to_samples, samples_to_ms

__all__ = ["OpenOverlap", "OverlapMemory"]

_AGAIN = ms_to_samples(1_200)
"""Whoever is not heard says it again about so soon; listeners wait for longer."""
_LATE = ms_to_samples(3_000)
_ENDED_MAX = 64
_WEIGHTS: tuple[OverlapKind, ...] = ("stop", "backchannel", "echo", "noise")
"""What takes no floor; all others do."""


@dataclass(slots=True)
class OpenOverlap:
    """A sound that overlaps the assistant's voice, and what it is taken for.

    ``understood``: as a listener's word. ``again_ms`` and ``doubted`` as in ``Overlap``. ``over``: the sample where it
    was over.
    """

    sound: Sound
    saying: str = ""
    heard_ms: int = 0
    again_ms: int | None = None
    doubted: bool = False
    kind: OverlapKind = "unknown"
    understood: bool = False
    stopped: bool = False
    over: int = 0


class OverlapMemory:
    """The sounds since the turn before, and the last one that stopped nothing."""

    def __init__(self) -> None:
        self._past: OpenOverlap | None = None
        self._ended: deque[OpenOverlap] = deque(maxlen=_ENDED_MAX)

    def ended(self, overlap: OpenOverlap, at_sample: int) -> None:
        """An overlap is over."""
        overlap.over = at_sample
        self._past = None if overlap.stopped else overlap
        self._ended.append(overlap)

    def spoken(self, sound: Sound) -> None:
        """Somebody spoke, and not over the assistant's voice."""
        self._ended.append(OpenOverlap(sound, kind="turn", stopped=True))

    def opened(self, sound: Sound, *, saying: str, heard_ms: int) -> OpenOverlap:
        """A sound overlaps the assistant's voice; perhaps it says again what was taken for a listener's just now."""
        overlap, past = OpenOverlap(sound, saying=saying, heard_ms=heard_ms), self._past
        if past is not None and past.kind == "backchannel" and sound.onset - past.over <= _AGAIN:
            overlap.again_ms = samples_to_ms(max(0, sound.onset - past.over))
            overlap.doubted = not past.understood
        return overlap

    def take_late(self, at_sample: int) -> OpenOverlap | None:
        """The last overlap, once, while late words about it still count."""
        past, self._past = self._past, None
        return None if past is None or at_sample - past.over > _LATE else past

    def take_kind(self) -> OverlapKind:
        """What all that ended since this was asked before amounts to; "turn" also where there was nothing."""
        kinds: list[OverlapKind] = [ended.kind for ended in self._ended]
        self._ended.clear()
        for kind in reversed(kinds):
            if kind not in _WEIGHTS:
                return "turn" if kind == "unknown" else kind
        return min(kinds, key=_WEIGHTS.index) if kinds else "turn"
