"""Which faults can a connection have, and how are they written on a command line?

``up`` is from the client to the server, ``down`` the other way; a fault without a direction has both. Times count from
the opening of the connection. The text form is ``[up:|down:]name[=value][@time]``, several joined by commas.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

import msgspec

from bareline.errors import ConfigurationError
from bareline.units import NS_PER_MS, NS_PER_S

__all__ = [
    "FAULT_FORMS",
    "Abort",
    "Close",
    "Cut",
    "Delay",
    "Direction",
    "Duplicate",
    "Fault",
    "Loss",
    "Reorder",
    "Slow",
    "Stall",
    "parse_faults",
]

Direction = Literal["up", "down"]

FAULT_FORMS = (
    "delay=50ms",
    "delay=50ms~20ms",
    "slow=64kbps",
    "slow=64kbps@5s",
    "stall=600ms@5s",
    "loss=2%",
    "duplicate=1%",
    "reorder=5%",
    "cut@10s",
    "abort@10s",
    "close=1001@10s",
)
"""One example of every form that ``parse_faults`` reads."""


class _Fault(msgspec.Struct, frozen=True, kw_only=True):
    direction: Direction | None = None

    def concerns(self, direction: Direction) -> bool:
        """Whether messages that go this way meet the fault."""
        return self.direction is None or self.direction == direction


class Delay(_Fault, frozen=True):
    """Every message takes ``by_ns`` longer, and up to ``jitter_ns`` more, drawn evenly."""

    by_ns: int
    jitter_ns: int = 0


class Slow(_Fault, frozen=True):
    """The line carries ``bits_per_s`` from ``at_ns`` on; messages queue for it."""

    bits_per_s: int
    at_ns: int = 0


class Stall(_Fault, frozen=True):
    """Nothing arrives from ``at_ns`` for ``for_ns``; then everything that was held comes at once, in order."""

    at_ns: int
    for_ns: int


class Loss(_Fault, frozen=True):
    """Whole messages vanish. Does not happen on TCP: it hardens peers, and is the rule on datagrams."""

    probability: float


class Duplicate(_Fault, frozen=True):
    """Whole messages arrive twice. Does not happen on TCP."""

    probability: float


class Reorder(_Fault, frozen=True):
    """A message is held for ``by_ns`` while later ones pass it. Does not happen on TCP."""

    probability: float
    by_ns: int = 60 * NS_PER_MS


class Cut(_Fault, frozen=True):
    """From ``at_ns`` on nothing passes and nobody is told: a half-open connection."""

    at_ns: int


class Abort(_Fault, frozen=True):
    """At ``at_ns`` the connection breaks without a goodbye (close code 1006 at both ends)."""

    at_ns: int


class Close(_Fault, frozen=True):
    """At ``at_ns`` the connection is closed with ``code``."""

    at_ns: int
    code: int = 1001


Fault = Delay | Slow | Stall | Loss | Duplicate | Reorder | Cut | Abort | Close

_SHAPE = re.compile(r"(?:(?P<direction>up|down):)?(?P<name>[a-z]+)(?:=(?P<value>[^@]+))?(?:@(?P<at>.+))?")
_TIME_UNITS = {"us": 1_000, "ms": NS_PER_MS, "s": NS_PER_S, "m": 60 * NS_PER_S, "h": 3600 * NS_PER_S}
_RATE_UNITS = {"bps": 1, "kbps": 1_000, "mbps": 1_000_000}


def parse_faults(text: str) -> tuple[Fault, ...]:
    """Read ``delay=50ms,stall=600ms@5s``; empty text means no faults.

    Raises ``ConfigurationError`` with one line that names the wrong part and the allowed forms.
    """
    return tuple(_parse(part.strip()) for part in text.split(",") if part.strip())


def _parse(text: str) -> Fault:
    shape = _SHAPE.fullmatch(text)
    read = _READERS.get(shape["name"]) if shape else None
    if shape is None or read is None:
        raise _wrong(text)
    direction: Direction | None = None
    if shape["direction"]:
        direction = "up" if shape["direction"] == "up" else "down"
    try:
        return read(direction, shape["value"], shape["at"])
    except ValueError as error:
        raise _wrong(text) from error


def _wrong(text: str) -> ConfigurationError:
    return ConfigurationError(f"cannot read the fault '{text}'; the forms are {', '.join(FAULT_FORMS)}")


def _delay(direction: Direction | None, value: str | None, at: str | None) -> Fault:
    _refuse(at)
    by, _, jitter = (value or "").partition("~")
    return Delay(direction=direction, by_ns=_time(by), jitter_ns=_time(jitter) if jitter else 0)


def _slow(direction: Direction | None, value: str | None, at: str | None) -> Fault:
    rate = int(_quantity(value, _RATE_UNITS))
    if rate <= 0:
        raise ValueError("a line needs some rate")
    return Slow(direction=direction, bits_per_s=rate, at_ns=_time(at) if at else 0)


def _stall(direction: Direction | None, value: str | None, at: str | None) -> Fault:
    return Stall(direction=direction, at_ns=_time(at), for_ns=_time(value))


def _loss(direction: Direction | None, value: str | None, at: str | None) -> Fault:
    _refuse(at)
    return Loss(direction=direction, probability=_share(value))


def _duplicate(direction: Direction | None, value: str | None, at: str | None) -> Fault:
    _refuse(at)
    return Duplicate(direction=direction, probability=_share(value))


def _reorder(direction: Direction | None, value: str | None, at: str | None) -> Fault:
    _refuse(at)
    return Reorder(direction=direction, probability=_share(value))


def _cut(direction: Direction | None, value: str | None, at: str | None) -> Fault:
    _refuse(value)
    return Cut(direction=direction, at_ns=_time(at))


def _abort(direction: Direction | None, value: str | None, at: str | None) -> Fault:
    _refuse(value)
    _refuse(direction)
    return Abort(at_ns=_time(at))


def _close(direction: Direction | None, value: str | None, at: str | None) -> Fault:
    _refuse(direction)
    code = int(value or "")
    if not (code in range(1000, 1015) and code not in {1004, 1005, 1006}) and code not in range(3000, 5000):
        raise ValueError("not a close code that may be sent")
    return Close(at_ns=_time(at), code=code)


_READERS: dict[str, Callable[[Direction | None, str | None, str | None], Fault]] = {
    "delay": _delay,
    "slow": _slow,
    "stall": _stall,
    "loss": _loss,
    "duplicate": _duplicate,
    "reorder": _reorder,
    "cut": _cut,
    "abort": _abort,
    "close": _close,
}


def _refuse(given: str | None) -> None:
    if given is not None:
        raise ValueError("this fault does not take that")


def _time(text: str | None) -> int:
    return int(_quantity(text, _TIME_UNITS))


def _share(text: str | None) -> float:
    share = _quantity(text, {"%": 0.01})
    if share > 1:
        raise ValueError("more than all")
    return share


def _quantity(text: str | None, units: dict[str, int] | dict[str, float]) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([a-z%]+)", (text or "").lower())
    if found is None or found[2] not in units:
        raise ValueError("a number and its unit are needed")
    return float(found[1]) * units[found[2]]
