"""Is a failed execution tried again, and when?

Only what may be repeated without harm (D6): ``read`` and ``idempotent`` tools, after a ``Temporary`` failure.
"""

from __future__ import annotations

from dataclasses import dataclass

from bareline.errors import ConfigurationError, Temporary
from bareline.units import ms_to_ns

__all__ = ["DEFAULT_RETRY", "NO_RETRY", "RetryPolicy"]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """``attempts`` in all, at growing distances, within ``budget_ms`` from the first start on.

    ``jitter``: the share of each delay that is left to chance, 0 to 1.
    """

    attempts: int = 3
    first_delay_ms: int = 200
    factor: float = 2.0
    max_delay_ms: int = 2_000
    budget_ms: int = 8_000
    jitter: float = 0.5

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.first_delay_ms < 0 or self.factor < 1 or not 0 <= self.jitter <= 1:
            raise ConfigurationError(
                "RetryPolicy needs attempts of at least 1, delays of at least 0, a factor of at least 1, and jitter "
                f"from 0 to 1, not {self}"
            )

    def delay_ns(self, effect: str, error: Exception, *, attempt: int, elapsed_ns: int, chance: float) -> int | None:
        """How long to wait before the next attempt; ``None``: there is none.

        ``attempt`` counts those made, from 1; ``chance`` is a random number from 0 to 1. What the error says itself
        (``retry_after_ms``) is obeyed.
        """
        if effect == "irreversible" or not isinstance(error, Temporary) or attempt >= self.attempts:
            return None
        grown_ms = min(self.max_delay_ms, self.first_delay_ms * self.factor ** (attempt - 1))
        delay_ms = max(grown_ms * (1 - self.jitter * chance), error.retry_after_ms or 0)
        delay_ns = ms_to_ns(round(delay_ms))
        return delay_ns if elapsed_ns + delay_ns <= ms_to_ns(self.budget_ms) else None


DEFAULT_RETRY = RetryPolicy()
NO_RETRY = RetryPolicy(attempts=1)
