"""What may be said for each argument of a tool, as far as its schema tells?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from bareline.server.backends.rules.lexicon import GLUE, VALUES
from bareline.server.backends.rules.numbers import number_words
from bareline.server.backends.rules.schema import Json, Schema, resolved
from bareline.server.backends.rules.words import phrase, plural, singular, spoken

__all__ = ["Choice", "Slot", "SlotKind", "quoted", "read_slots"]

_QUOTED = re.compile(
    r"[\"“]([^\"”\n]{1,80})[\"”]|(?<!\w)['\u2018]([^'\u2019\n]{2,80}(?:['\u2019]\w[^'\u2019\n]*)*)['\u2019](?!\w)"
)
_LISTED = re.compile(
    r"\b(?:one of|such as|for example|for instance|e\.g\.|like|examples?|options?|choices?)\b[:,]?\s*([^.;()\n]+)",
    re.IGNORECASE,
)
_DATE = re.compile(r"\b(date|day|yyyy-mm-dd|due|deadline)\b")
_TIME = re.compile(r"\b(time|hh:mm|hour|o'clock)\b")
_MOMENT = re.compile(r"\b(datetime|date-time|date and time|timestamp|iso 8601 date)\b")
_COUNTS = frozenset({"quantity", "count", "number", "amount", "how", "many", "qty"})
_POWER = frozenset({"on", "power", "enabled", "active", "state", "is on", "powered", "lit"})
_DEPTH_MAX = 2


class SlotKind(Enum):
    """How a value is recognised."""

    CHOICE = "choice"
    NUMBER = "number"
    SWITCH = "switch"
    DATE = "date"
    TIME = "time"
    MOMENT = "moment"
    ID = "id"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Choice:
    """A value and the words for it."""

    said: tuple[str, ...]
    value: Json


@dataclass(frozen=True, slots=True)
class Slot:
    """One argument. ``path``: where it stands in the arguments; ``says``: its name as spoken; ``cues``: words near it.

    ``many``: it is a list; ``choices``: the values that are known (all there are when the kind is ``CHOICE``); ``low``
    and ``high``: limits of a number; ``counts``: it says how many of the tool's objects are meant.
    """

    name: str
    path: tuple[str, ...]
    kind: SlotKind
    required: bool
    says: str
    description: str = ""
    many: bool = False
    choices: tuple[Choice, ...] = ()
    low: int | None = None
    high: int | None = None
    whole: bool = True
    text: bool = False
    cues: frozenset[str] = frozenset()
    counts: bool = False
    power: bool = False


def read_slots(schema: Schema, *, depth: int = 0, path: tuple[str, ...] = (), root: Schema | None = None) -> list[Slot]:
    """The arguments of a schema, nested objects flattened."""
    top = root or schema
    needed = set(schema.required or ())
    found: list[Slot] = []
    for name, given in (schema.properties or {}).items():
        part = resolved(given, top)
        if part.kind == "object" or part.properties:
            if depth < _DEPTH_MAX:
                found += read_slots(part, depth=depth + 1, path=(*path, name), root=top)
        elif part.const is None:
            found.append(_slot(name, part, top, required=name in needed, path=(*path, name)))
    return found


def quoted(text: str) -> list[str]:
    """The phrases in quotation marks."""
    return [first or second for first, second in _QUOTED.findall(text)]


def _slot(name: str, part: Schema, root: Schema, *, required: bool, path: tuple[str, ...]) -> Slot:
    many = part.kind == "array"
    one = resolved(part.items or Schema(), root) if many else part
    description = part.description or one.description
    says = spoken(name)
    kind = SlotKind.CHOICE if one.enum else _kind(says, one, description.lower())
    values = [value for value in one.enum or one.examples or () if value is not None]
    listed = list(values) if one.enum else [*values, *_listed(description)]
    own = set(says.split())
    return Slot(
        name=name,
        path=path,
        kind=kind,
        required=required,
        says=says,
        description=description,
        many=many,
        choices=_choices(listed, closed=bool(one.enum), many=many) if kind in {SlotKind.CHOICE, SlotKind.TEXT} else (),
        low=None if one.minimum is None else int(one.minimum),
        high=None if one.maximum is None else int(one.maximum),
        whole=one.kind != "number",
        text=one.kind == "string",
        cues=frozenset(_cues(says, description)),
        counts=bool(own & _COUNTS) and kind is SlotKind.NUMBER,
        power=says in _POWER and kind is SlotKind.SWITCH,
    )


def _kind(says: str, one: Schema, about: str) -> SlotKind:
    if one.kind == "boolean":
        return SlotKind.SWITCH
    if one.kind in {"integer", "number"}:
        return SlotKind.ID if says.split()[-1:] == ["id"] else SlotKind.NUMBER
    by_format = {"date": SlotKind.DATE, "date-time": SlotKind.MOMENT, "time": SlotKind.TIME}.get(one.format or "")
    if by_format is not None:
        return by_format
    if says.split()[-1:] == ["id"]:
        return SlotKind.ID
    if one.examples and not any(character.isdigit() for character in str(one.examples[0])):
        return SlotKind.TEXT
    return _kind_by_words(says, about)


def _kind_by_words(says: str, about: str) -> SlotKind:
    """What a plain string is, judged by its name first and by its description then."""
    if _MOMENT.search(says) or (_MOMENT.search(about) and (_DATE.search(says) or _TIME.search(says) or says == "when")):
        return SlotKind.MOMENT
    if _DATE.search(says) or says == "when":
        return SlotKind.DATE
    if re.search(r"\btime\b", says):
        return SlotKind.TIME
    return SlotKind.DATE if "yyyy-mm-dd" in about else SlotKind.TEXT


def _listed(description: str) -> list[str]:
    """Values that a description gives as a list, in quotes or after words like "such as"."""
    marked = quoted(description)
    if marked:
        return marked
    found: list[str] = []
    for listing in _LISTED.findall(description):
        parts = [part.strip() for part in re.split(r",|\bor\b|\band\b", listing)]
        if len(parts) > 1:
            found += [part for part in parts if 0 < len(part.split()) <= 3]
    return found


def _choices(values: list[str | int | float | bool], *, closed: bool, many: bool) -> tuple[Choice, ...]:
    names = {spoken(str(value)) for value in values}
    found: dict[tuple[str, ...], Choice] = {}
    for value in values:
        for said in _ways(value, names, many=many) if closed else [phrase(str(value))]:
            if said:
                found.setdefault(said, Choice(said, value))
    return tuple(found.values())


def _ways(value: str | float, names: set[str], *, many: bool) -> list[tuple[str, ...]]:
    """All ways to say one value of an enumeration; a synonym that is another value is left out."""
    if not isinstance(value, str):
        words = [number_words(int(value))] if value == int(value) and 0 <= value < 10_000 else []
        return [phrase(str(value)), *(phrase(word) for word in words)]
    name = spoken(value)
    same = {other for group in VALUES if name in group for other in group if other not in names}
    ways = [name, *sorted(same)]
    if many and len(name) > 3:
        one = singular(name)
        ways += [other for other in (plural(one), one) if other not in names and other != name]
    return [phrase(way) for way in ways]


def _cues(says: str, description: str) -> list[str]:
    first = re.split(r"[.;(]", description.lower())[0]
    words = [word for word in (*phrase(says), *phrase(first)) if word not in GLUE and word not in _COUNTS]
    if "percent" in description.lower() or "%" in description:
        words += ["percent", "per", "cent"]
    if "celsius" in description.lower() or "temperature" in says:
        words += ["degrees"]
    return [*words, *(singular(word) for word in words)]
