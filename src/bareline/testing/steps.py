"""What can a simulated caller do?

The steps of a script for ``bareline.testing.caller.SimulatedCaller``. A script is any iterable of steps, a generator
too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Decide", "HangUp", "InterruptAfter", "Pause", "Play", "Say", "Step", "WaitForAgent"]


@dataclass(frozen=True, slots=True)
class Say:
    """Speak ``text``, after the caller's reaction time and not while the agent speaks (that is ``InterruptAfter``).

    ``voice`` of this utterance only. At every "…" the caller stops to think, for ``pause_ms``.
    """

    text: str
    voice: str | None = None
    pause_ms: int = 1_000


@dataclass(frozen=True, slots=True)
class Play:
    """Speak recorded audio: PCM16 mono at 24 kHz; ``text`` is what it says, for the ground truth."""

    pcm: bytes
    text: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """Say nothing for a time."""

    ms: int


@dataclass(frozen=True, slots=True)
class WaitForAgent:
    """Wait until the agent has spoken since the caller's last utterance, and was silent for ``silence_ms``.

    ``until`` asks more: it gets the agent's words since then (see ``SimulatedCaller.agent_said``). When nothing is
    heard for ``timeout_ms``, the caller gives up and hangs up.
    """

    silence_ms: int = 800
    timeout_ms: int = 20_000
    until: Callable[[str], bool] | None = None


@dataclass(frozen=True, slots=True)
class InterruptAfter:
    """Speak ``text`` once the agent's answer has been heard for ``ms``, without waiting for its end.

    An answer that was shorter is not interrupted: the caller speaks 800 ms after its end.
    """

    ms: int
    text: str
    voice: str | None = None
    timeout_ms: int = 20_000


@dataclass(frozen=True, slots=True)
class Decide:
    """Choose what to do from the agent's words since the caller's last utterance; ``None`` goes on with the script."""

    choose: Callable[[str], Step | Sequence[Step] | None]


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call: the source gives no more audio."""


Step = Say | Play | Pause | WaitForAgent | InterruptAfter | Decide | HangUp
