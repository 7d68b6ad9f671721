"""When must the microphone be closed because the loudspeaker is heard in it?"""

from __future__ import annotations

from bareline.devices.echo_meter import EchoLevels

__all__ = ["HalfDuplex", "leaking"]

_LEFT_DBFS = -48.0
"""More than this of an echo may be taken for speech: a voice across a room has some -45 dBFS."""
_LEFT_SHARE = 0.35
"""The user's own voice follows the loudspeaker's less than this."""
_CLOSE_AFTER = 20
_OPEN_AFTER = 200
"""Blocks of 10 ms with sound from the loudspeaker: it closes within 200 ms, and opens once two seconds were clean."""
_JUDGED_FROM_MS = 1_500
"""A canceller begins to learn with the first sound from the loudspeaker."""
_LOUDER = 3.0
"""Somebody speaks over the loudspeaker who is so much (9.5 dB) louder than its echo can be ..."""
_LOUDER_FOR = 6
_OPEN_FOR = 40
"""... for so many blocks; then it stays open for at least so many."""


def leaking(levels: EchoLevels) -> bool:
    """Whether so much echo is left that it could be taken for somebody's speech."""
    return (
        levels.residual_dbfs is not None and levels.residual_dbfs > _LEFT_DBFS and levels.residual_share > _LEFT_SHARE
    )


class HalfDuplex:
    """Lets the microphone's blocks of 10 ms through, or not.

    ``half``: closed while the loudspeaker is heard, but for somebody who is clearly louder than its echo. Begins as
    told, and changes by itself.
    """

    def __init__(self, *, half: bool) -> None:
        self.half = half
        self._against = 0
        self._loud = 0
        self._open_for = 0

    def judge(self, levels: EchoLevels) -> None:
        """Say how much echo is left, with each block in which the loudspeaker is heard."""
        if leaking(levels) == self.half or levels.measured_ms < _JUDGED_FROM_MS:
            self._against = 0
            return
        self._against += 1
        if self._against >= (_OPEN_AFTER if self.half else _CLOSE_AFTER):
            self.half = not self.half
            self._against = 0

    def passes(self, near: float, echo_max: float | None) -> bool:
        """Whether a block goes through while the loudspeaker is heard; ``near`` is its level."""
        louder = echo_max is not None and near > _LOUDER * echo_max
        self._loud = self._loud + 1 if louder else 0
        if self._loud >= _LOUDER_FOR:
            self._open_for = _OPEN_FOR
        elif self._open_for:
            self._open_for -= 1
        return not self.half or self._open_for > 0
