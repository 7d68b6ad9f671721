"""Which of this machine's devices is meant by a number, a part of a name, or nothing at all?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bareline.errors import ConfigurationError

__all__ = ["WORDS", "AudioDevice", "Direction", "choose"]

Direction = Literal["input", "output"]

WORDS: dict[Direction, str] = {"input": "microphone", "output": "loudspeaker"}
_NAMED_MAX = 6
_INSTEAD = "connect one, or use bareline talk --browser, --wav FILE (and --out FILE) or --text"


@dataclass(frozen=True, slots=True)
class AudioDevice:
    """A device as the system describes it. ``inputs`` and ``outputs`` are channels, ``rate_hz`` is its own rate."""

    number: int
    name: str
    system: str
    inputs: int
    outputs: int
    rate_hz: int
    default_input: bool = False
    default_output: bool = False

    def channels(self, direction: Direction) -> int:
        """How many channels it has in this direction; 0: it has not this direction."""
        return self.inputs if direction == "input" else self.outputs

    def default(self, direction: Direction) -> bool:
        """Whether the system chooses it in this direction."""
        return self.default_input if direction == "input" else self.default_output


def choose(devices: Sequence[AudioDevice], direction: Direction, wanted: int | str | None) -> AudioDevice:
    """The device that ``wanted`` means: its number, a part of its name, or None for the system's choice.

    Raises ``ConfigurationError`` when there is none, or a part of a name fits several.
    """
    able = [device for device in devices if device.channels(direction)]
    word = WORDS[direction]
    if not able:
        raise ConfigurationError(f"there is no {word} here: {_INSTEAD}")
    if wanted is None:
        found = [device for device in able if device.default(direction)]
        problem = f"the system names no {word} as its own: choose one of"
    elif isinstance(wanted, int) or wanted.isdecimal():
        found = [device for device in able if device.number == int(wanted)]
        problem = f"device {wanted} is no {word}: there are"
    else:
        found = _named(able, wanted)
        problem = f"{wanted!r} fits {len(found) or 'no'} {word}{'s' if len(found) > 1 else ''}: there are"
    if len(found) == 1:
        return found[0]
    raise ConfigurationError(f"{problem} {_listed(found or able)}")


def _named(able: Sequence[AudioDevice], wanted: str) -> list[AudioDevice]:
    """Those whose whole name it is, else those that have it in their name."""
    wanted = wanted.casefold()
    same = [device for device in able if device.name.casefold() == wanted]
    return same or [device for device in able if wanted in device.name.casefold()]


def _listed(devices: Sequence[AudioDevice]) -> str:
    shown = ", ".join(f"{device.number} {device.name}" for device in devices[:_NAMED_MAX])
    return shown + (", … (bareline talk --list-devices)" if len(devices) > _NAMED_MAX else "")
