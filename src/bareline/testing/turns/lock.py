"""Does turn-taking still do as well on these recordings as it once did?

A lock file beside the recordings holds what contenders reached; a test calls ``check_turns``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from bareline.errors import ConfigurationError
from bareline.speech.silero import SileroVad
from bareline.testing.turns.figures import Figures, figures_of
from bareline.testing.turns.measure import Measured, measure
from bareline.testing.turns.recordings import read_folder
from bareline.testing.turns.replay import Contender
from bareline.turns.contract import TurnDetector, VoiceActivity

__all__ = ["LOCK_NAME", "Allowed", "Lock", "Reached", "check_turns", "lock_of", "read_lock", "worse", "write_lock"]

LOCK_NAME = "turns.lock.json"
LOCK_VERSION = 1
CACHE_NAME = ".cache"


class Allowed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much worse is still accepted: shares (0-1), ms, events per minute."""

    cut_ins: float = 0.0
    delay_ms: float = 20.0
    yields: float = 0.0
    holds: float = 0.0
    noise_per_minute: float = 0.0


class Reached(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one contender reached; None where the recordings hold nothing of the kind."""

    cut_ins: float | None = None
    delay_ms: float | None = None
    delay_p90_ms: float | None = None
    missed: int = 0
    yields: float | None = None
    holds: float | None = None
    noise_starts: float | None = None
    noise_stops: float | None = None


class Lock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The lock file: which recordings (name to digest of audio and labels), and what was reached on them, by name."""

    version: int = LOCK_VERSION
    recordings: dict[str, str]
    reached: dict[str, Reached]
    allowed: Allowed = Allowed()


def check_turns(
    folder: Path | str,
    contender: Contender | Callable[[VoiceActivity], TurnDetector],
    *,
    name: str = "",
    vad: Callable[[], VoiceActivity] = SileroVad,
) -> None:
    """Replay the recordings of ``folder`` and raise ``AssertionError`` where they are taken worse than its lock holds.

    ``contender``: as tuned, or only its detector; the lock's entry is ``name``, by default the contender's own name, or
    the only one. Stays in this process. Raises ``ConfigurationError`` when there is no lock, or it is for other
    recordings.
    """
    folder = Path(folder)
    lock = read_lock(folder / LOCK_NAME)
    name = name or (contender.name if isinstance(contender, Contender) else next(iter(lock.reached)))
    if name not in lock.reached:
        raise ConfigurationError(f"{folder / LOCK_NAME} holds {', '.join(lock.reached)}, not {name}")
    if not isinstance(contender, Contender):
        contender = Contender(name=name, detector=contender)
    measured = list(measure(read_folder(folder), (contender,), vad=vad, cache=folder / CACHE_NAME, processes=1))
    changed = _changed(lock, measured)
    if changed:
        raise ConfigurationError(f"{folder} is not what was locked ({changed}): tune and lock again")
    found = figures_of(heard.outcomes[contender.name] for heard in measured)
    problems = worse(_reached(found), lock.reached[name], lock.allowed)
    if problems:
        raise AssertionError(f"{name} takes turns worse than {folder / LOCK_NAME} holds: {'; '.join(problems)}")


def lock_of(measured: Sequence[Measured], figures: dict[str, Figures], allowed: Allowed | None = None) -> Lock:
    """A lock that holds these figures (by contender) on these recordings."""
    return Lock(
        recordings={heard.name: heard.digest for heard in measured},
        reached={name: _reached(found) for name, found in figures.items()},
        allowed=allowed or Allowed(),
    )


def read_lock(path: Path) -> Lock:
    """Raises ``ConfigurationError`` when there is none, or it is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Lock)
    except OSError as error:
        raise ConfigurationError(f"no lock at {path}: bareline tune turns --lock writes one") from error
    except msgspec.MsgspecError as error:
        raise ConfigurationError(f"{path}: {error}") from error


def write_lock(path: Path, lock: Lock) -> None:
    """Write the file, made to be read and compared."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(lock), indent=2) + b"\n")


def worse(now: Reached, then: Reached, allowed: Allowed) -> list[str]:
    """What is worse now than then by more than is allowed, in words."""
    more = [
        ("cut-ins", now.cut_ins, then.cut_ins, allowed.cut_ins),
        ("median delay in ms", now.delay_ms, then.delay_ms, allowed.delay_ms),
        ("p90 delay in ms", now.delay_p90_ms, then.delay_p90_ms, allowed.delay_ms),
        ("turns whose end is missed", now.missed, then.missed, 0.0),
        ("starts per minute of noise", now.noise_starts, then.noise_starts, allowed.noise_per_minute),
        ("stops per minute of noise", now.noise_stops, then.noise_stops, allowed.noise_per_minute),
    ]
    less = [("yields", now.yields, then.yields, allowed.yields), ("holds", now.holds, then.holds, allowed.holds)]
    problems = [_said(what, value, was) for what, value, was, most in more if _exceeds(value, was, most)]
    return problems + [_said(what, value, was) for what, value, was, most in less if _exceeds(was, value, most)]


def _exceeds(high: float | None, low: float | None, most: float) -> bool:
    if high is None or low is None:
        return (high is None) != (low is None)
    return high > low + most + 1e-9


def _said(what: str, value: float | None, was: float | None) -> str:
    now, then = ("none" if number is None else f"{number:.4g}" for number in (value, was))
    return f"{what} {now}, locked {then}"


def _changed(lock: Lock, measured: Sequence[Measured]) -> str:
    now = {heard.name: heard.digest for heard in measured}
    differing = [name for name in lock.recordings.keys() | now.keys() if lock.recordings.get(name) != now.get(name)]
    return ", ".join(sorted(differing)[:3])


def _reached(found: Figures) -> Reached:
    return Reached(
        cut_ins=found.cut_ins.value,
        delay_ms=found.delay_ms.median,
        delay_p90_ms=found.delay_ms.p90,
        missed=found.missed,
        yields=found.yields.value,
        holds=found.holds.value,
        noise_starts=found.noise_starts.value,
        noise_stops=found.noise_stops.value,
    )
