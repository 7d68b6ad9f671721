"""Since when has the user been silent after an answer, and when is it too long?

The clock starts when a response is done plus the time its audio takes to play, and any speech or new response stops it
(REALTIME.md 10.13).
"""

from __future__ import annotations

from bareline.units import ms_to_ns, samples_to_ns

__all__ = ["IdleClock"]


class IdleClock:
    """When the idle timeout of ``server_vad`` is due; sans-IO."""

    def __init__(self) -> None:
        self.timeout_ms = 0
        self._played_at_ns: int | None = None

    @property
    def deadline_ns(self) -> int | None:
        """When the user will have been silent for too long."""
        if not self.timeout_ms or self._played_at_ns is None:
            return None
        return self._played_at_ns + ms_to_ns(self.timeout_ms)

    def due(self, now_ns: int) -> bool:
        """Has it been too long?"""
        return self.deadline_ns is not None and self.deadline_ns <= now_ns

    def configure(self, idle_timeout_ms: int | None) -> None:
        """Take the session's setting; None switches the timeout off."""
        self.timeout_ms = idle_timeout_ms or 0

    def response_done(self, now_ns: int, spoken_samples: int) -> None:
        """A response of the conversation is done; it spoke so much."""
        self._played_at_ns = now_ns + samples_to_ns(spoken_samples)

    def reset(self) -> None:
        """The user spoke, or a new response began."""
        self._played_at_ns = None
