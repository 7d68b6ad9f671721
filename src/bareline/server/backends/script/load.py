"""How does a YAML file become a scene, and what is wrong with it, where, and what is to be done?"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Protocol, TypeAlias, TypeVar, cast

import msgspec

from bareline.errors import ConfigurationError, MissingExtra
from bareline.server.backends.script.scene import Scene, Step, Timing, Turn, When, step_of

__all__ = ["SCENE_MAX_BYTES", "load_scene", "read_scene"]

SCENE_MAX_BYTES = 1_000_000
"""Of a scene file."""
_Plain: TypeAlias = bool | int | float | str | list["_Plain"] | dict[str, "_Plain"] | None
_Path: TypeAlias = tuple[str | int, ...]
_T = TypeVar("_T")
_STEPS_HINT = "a step is one of say, text, call, tone_ms, silence_ms, pause_ms, fail, incomplete"


class _Mark(Protocol):
    line: int


class _Node(Protocol):
    start_mark: _Mark
    value: object


class _Wrong(Exception):
    def __init__(self, path: _Path, message: str) -> None:
        super().__init__(message)
        self.path = path


def load_scene(path: str | Path) -> Scene:
    """The scene in a file. Raises ``ConfigurationError`` with file, line and field; ``MissingExtra`` without PyYAML."""
    place = Path(path)
    try:
        size = place.stat().st_size
        text = place.read_text(encoding="utf-8") if size <= SCENE_MAX_BYTES else ""
    except OSError as error:
        raise ConfigurationError(f"{place}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{place}: is not UTF-8 text") from error
    if size > SCENE_MAX_BYTES:
        raise ConfigurationError(f"{place}: has {size} bytes; a scene has at most {SCENE_MAX_BYTES}")
    return read_scene(text, name=str(place))


def read_scene(text: str, *, name: str = "scene") -> Scene:
    """The scene in a YAML text; ``name`` stands in the messages."""
    try:
        import yaml
    except ImportError as error:
        raise MissingExtra("the script backend", "server") from error
    try:
        node = cast("_Node | None", yaml.compose(text, Loader=yaml.SafeLoader))  # pyright: ignore[reportUnknownMemberType] (untyped)
        value = cast("_Plain", yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{name}: is not YAML: {' '.join(str(error).split())}") from error
    try:
        return _scene(value)
    except _Wrong as wrong:
        line = _line(node, wrong.path)
        field = _field(wrong.path)
        raise ConfigurationError(f"{name}:{line}: {field}: {wrong}") from wrong


def _scene(value: _Plain) -> Scene:
    given = _mapping(value, (), {"turns", "otherwise", "timing", "transcripts"})
    if "turns" not in given:
        raise _Wrong((), "there are no turns; add 'turns:' with a list")
    turns = [_turn(turn, ("turns", at)) for at, turn in enumerate(_list(given["turns"], ("turns",)))]
    return Scene(
        turns=tuple(turns),
        otherwise=_steps(given.get("otherwise", []), ("otherwise",)),
        timing=_part(given.get("timing", {}), Timing, ("timing",)),
        transcripts=_part(given.get("transcripts", []), tuple[str, ...], ("transcripts",)),
    )


def _turn(value: _Plain, path: _Path) -> Turn:
    given = _mapping(value, path, {"when", "do", "times", "timing"})
    when = _part(given.get("when", {}), When, (*path, "when"))
    for name in ("matches", "output_matches", "instructions_match"):
        _expression(getattr(when, name), (*path, "when", name))
    if "do" not in given:
        raise _Wrong(path, "the turn does nothing; add 'do:' with a list of steps")
    timing = given.get("timing")
    times = given.get("times", 1)
    if not isinstance(times, int) or isinstance(times, bool) or times < 0:
        raise _Wrong((*path, "times"), "must be a whole number; 0 for always")
    return Turn(
        when=when,
        times=times,
        do=_steps(given["do"], (*path, "do")),
        timing=None if timing is None else _part(timing, Timing, (*path, "timing")),
    )


def _steps(value: _Plain, path: _Path) -> tuple[Step, ...]:
    steps: list[Step] = []
    for at, entry in enumerate(_list(value, path)):
        here = (*path, at)
        if not isinstance(entry, dict):
            raise _Wrong(here, f"is not a step; {_STEPS_HINT}")
        kind = step_of(set(entry))
        if kind is None:
            raise _Wrong(here, f"unknown step with {', '.join(entry) or 'no keys'}; {_STEPS_HINT}")
        steps.append(_part(_with_json(entry, here), kind, here))
    return tuple(steps)


def _with_json(entry: dict[str, _Plain], path: _Path) -> dict[str, _Plain]:
    """Arguments given as a mapping become JSON text."""
    arguments = entry.get("arguments")
    if arguments is None or isinstance(arguments, str):
        return entry
    if not isinstance(arguments, dict):
        raise _Wrong((*path, "arguments"), "must be a mapping, or JSON text in quotes")
    return {**entry, "arguments": msgspec.json.encode(arguments).decode()}


def _part(value: _Plain, kind: type[_T], path: _Path) -> _T:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        message, _, inner = str(error).partition(" - at `$")
        more = tuple(int(at) if at else key for key, at in re.findall(r"\.(\w+)|\[(\d+)\]", inner))
        unknown = re.search(r"unknown field `(\w+)`", message)
        if unknown is not None:
            fields = ", ".join(getattr(kind, "__struct_fields__", ()))
            raise _Wrong((*path, *more, unknown.group(1)), f"is not known here; known are {fields}") from error
        raise _Wrong((*path, *more), message[:1].lower() + message[1:]) from error


def _mapping(value: _Plain, path: _Path, known: set[str]) -> dict[str, _Plain]:
    if not isinstance(value, dict):
        raise _Wrong(path, f"must be a mapping with {', '.join(sorted(known))}")
    for key in value:
        if key not in known:
            raise _Wrong((*path, str(key)), f"is not known here; known are {', '.join(sorted(known))}")
    return value


def _list(value: _Plain, path: _Path) -> list[_Plain]:
    if not isinstance(value, list):
        raise _Wrong(path, "must be a list: lines that begin with '- '")
    return value


def _expression(pattern: str | None, path: _Path) -> None:
    try:
        re.compile(pattern or "")
    except re.error as error:
        raise _Wrong(path, f"is no regular expression: {error}") from error


def _field(path: _Path) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.lstrip(".") or "scene"


def _line(node: _Node | None, path: _Path) -> int:
    """The line of the part at ``path``, or of the innermost part of it that is there; from 1."""
    line = 1
    for part in path:
        if node is None:
            break
        node = _child(node, part)
        line = line if node is None else node.start_mark.line + 1
    return line


def _child(node: _Node, part: str | int) -> _Node | None:
    if isinstance(node.value, str):
        return None
    if isinstance(part, int):
        entries = cast("list[_Node]", node.value)
        return entries[part] if part < len(entries) else None
    pairs = cast("list[tuple[_Node, _Node]]", node.value)
    return next((value for key, value in pairs if key.value == part), None)
