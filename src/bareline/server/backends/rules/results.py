"""How is what a tool gave said aloud, for any tool, without claiming more than it says?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

import msgspec

from bareline.server.backends.rules.dates import say_date, say_moment
from bareline.server.backends.rules.entities import name_of
from bareline.server.backends.rules.schema import Json
from bareline.server.backends.rules.words import joined, plural, singular, spoken

__all__ = ["Failure", "Proposal", "Result", "read_result", "say_declined", "say_result", "say_value"]

_SPOKEN_KEYS = ("say", "speech", "spoken", "answer", "message", "summary_text")
_BAD = frozenset({"error", "failed", "failure", "timed_out", "timeout", "cancelled", "unknown", "denied", "invalid"})
_GOOD = frozenset({"ok", "success", "done", "true", "completed", "created", "deleted", "updated", "null", ""})
_SKIPPED = frozenset({"ok", "success", "status", "count", "total", "object", "type", "say", "next", "hint"})
_DID = {
    "create": "Added", "remove": "Removed", "complete": "Marked as done", "update": "Changed", "order": "Ordered",
    "book": "Booked", "set": "Set", "send": "Sent", "start": "Started", "stop": "Stopped", "clear": "Cleared",
}  # fmt: skip
_FIELDS_MAX = 6
_TEXT_MAX = 400


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something that waits for consent: the field that names it, its id, and the question."""

    field: str
    id: str
    say: str


@dataclass(frozen=True, slots=True)
class Failure:
    """It did not work. ``suggestions``: what may have been meant."""

    say: str
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """It worked, as far as the tool says; ``value`` is what it gave."""

    value: Json


def read_result(output: str) -> Result | Failure | Proposal:
    """Sort the text of a ``function_call_output``."""
    value = _decoded(output)
    if not isinstance(value, dict):
        return Result(value)
    status = str(value.get("status", "")).lower()
    if status in {"needs_confirmation", "confirmation_required", "needs_approval"}:
        field = next((key for key in value if key.endswith("_id")), "")
        return Proposal(field, str(value.get(field, "")), _text(value, "say") or "Shall I go ahead?")
    failed = status in _BAD or value.get("ok") is False or value.get("success") is False
    if failed or value.get("error") or value.get("errors"):
        return _failure(value)
    return Result(value)


def say_result(result: Result, verbs: frozenset[str], noun: str, today: date, *, asked: str = "") -> str:  # noqa: PLR0911 (one per shape)
    """``result`` in sentences. ``verbs``, ``noun``: of the tool; ``asked``: the words that narrow a list (pending)."""
    value = result.value
    did = next((past for verb, past in _DID.items() if verb in verbs), "")
    if isinstance(value, str):
        text = value.strip()
        return "Done." if text.lower() in _GOOD else _sentence(text)
    if isinstance(value, list):
        return _say_list(value, noun, today, asked)
    if not isinstance(value, dict):
        return "Done." if value is None or value is True else _sentence(say_value(value, today) or "no")
    for key in _SPOKEN_KEYS:
        if text := _text(value, key):
            return text
    listed = [(key, entry) for key, entry in value.items() if isinstance(entry, list)]
    if len(listed) == 1 and not name_of(value, noun) and all(isinstance(entry, (dict, str)) for entry in listed[0][1]):
        key, entries = listed[0]
        own = noun if key in {"items", "results", "data", "entries"} and noun else singular(spoken(key))
        return _say_list(entries, own, today, asked, total=value.get("total"))
    fields = _only_object(value) or value
    if did:
        # The verb says what became of it.
        fields = {key: entry for key, entry in fields.items() if key not in {"status", "state"}}
    about = _say_object(fields, noun, today)
    if not about:
        return "Done."
    return _sentence(f"{did}: {about}" if did else about)


def say_declined(result: Result) -> str:
    """The outcome of declining a proposal: what the tool says of it, or that nothing was done."""
    said = _text(result.value, "say") if isinstance(result.value, dict) else ""
    return said or "All right, I left it alone."


def say_value(value: Json, today: date) -> str:
    """One value as it is said; empty for what is not worth saying."""
    if value is None or value in ("", []):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return joined([text for text in (say_value(entry, today) for entry in value) if text])
    if isinstance(value, dict):
        return _say_object(value, "", today)
    return (
        _say_text(value, today) if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)
    )


def _decoded(output: str) -> Json:
    try:
        return cast("Json", msgspec.json.decode(output))
    except msgspec.DecodeError:
        return output


def _failure(value: dict[str, Json]) -> Failure:
    error = value.get("error")
    inner = error if isinstance(error, dict) else {}
    words = _text(value, "say") or _text(inner, "say") or _text(value, "message") or _text(inner, "message")
    if not words and isinstance(error, str):
        words = error
    given = value.get("suggestions") or inner.get("suggestions") or []
    names = (
        [entry if isinstance(entry, str) else name_of(entry, "") for entry in given if isinstance(entry, (str, dict))]
        if isinstance(given, list)
        else []
    )
    suggestions = tuple(name for name in names if name)
    said = _sentence(words) if words else "That did not work."
    if not words and str(value.get("status", "")).lower() == "unknown":
        said = "I do not know whether that went through."
    return Failure(said, suggestions)


def _say_list(entries: list[Json], noun: str, today: date, asked: str, total: Json = None) -> str:
    kind = singular(noun) if noun else "result"
    quality = f"{asked} " if asked and asked != "all" else ""
    if not entries:
        return f"There are no {quality}{plural(kind)}."
    names = [_say_entry(entry, kind, today) for entry in entries]
    shared = _shared(entries)
    said = [
        _say_entry({key: item for key, item in entry.items() if key not in shared}, kind, today)
        if isinstance(entry, dict)
        else name
        for entry, name in zip(entries, names, strict=True)
    ]
    if len(said) == 1:
        return f"There is one {quality}{kind}: {said[0]}."
    heavy = any(", " in text for text in said)
    together = "; ".join(said[:-1]) + f"; and {said[-1]}" if heavy else joined(said)
    first = f"{total} {quality}{plural(kind)}; the first {len(said)} are" if _more(total, said) else ""
    return f"There are {first or f'{len(said)} {quality}{plural(kind)}'}: {together}."


def _more(total: Json, said: list[str]) -> bool:
    return isinstance(total, int) and total > len(said)


def _shared(entries: list[Json]) -> frozenset[str]:
    """Fields with the same value in every entry of several: said of none."""
    objects = [entry for entry in entries if isinstance(entry, dict)]
    if len(objects) < 2 or len(objects) != len(entries):
        return frozenset()
    first = objects[0]
    return frozenset(key for key in first if all(entry.get(key) == first[key] for entry in objects))


def _say_entry(entry: Json, noun: str, today: date) -> str:
    return _say_object(entry, noun, today) if isinstance(entry, dict) else say_value(entry, today)


def _say_object(value: dict[str, Json], noun: str, today: date) -> str:
    """Its name, and what else there is to say of it."""
    name = name_of(value, noun)
    parts = [name] if name else []
    for key, entry in value.items():
        if _worth_saying(key, entry, name):
            words = _say_field(key, entry, today)
            if words:
                parts.append(words)
    return ", ".join(parts[: _FIELDS_MAX + 1])


def _worth_saying(key: str, entry: Json, name: str) -> bool:
    said = spoken(key)
    if key == "status" and isinstance(entry, str) and entry.lower() not in _GOOD - {"done", "completed"}:
        return True
    if key in _SKIPPED or said.split()[-1] in {"id", "uuid", "url", "etag"} or said.endswith(" at"):
        return False
    if entry is False or (isinstance(entry, str) and (entry == name or len(entry) > _TEXT_MAX)):
        return False
    return not (isinstance(entry, int) and name.endswith(f" {entry}"))


def _say_field(key: str, entry: Json, today: date) -> str:
    label = spoken(key)
    text = say_value(entry, today)
    if not text:
        return ""
    if entry is True:
        return label
    if key in {"status", "state", "size", "description", "date", "time", "when", "name", "text"}:
        return text
    if _is_date(entry):
        return f"{label.removesuffix(' date').removesuffix(' on')} {text}"
    return f"{label} {text}"


def _say_text(text: str, today: date) -> str:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return say_date(date.fromisoformat(text), today) if _is_date(text) else text
    if re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*", text) and _is_date(text):
        return say_moment(datetime.fromisoformat(text), today)
    return spoken(text) if re.fullmatch(r"[a-z]+(_[a-z]+)+", text) else text


def _is_date(value: Json) -> bool:
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d", value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _only_object(value: dict[str, Json]) -> dict[str, Json] | None:
    inner = [entry for key, entry in value.items() if key not in _SKIPPED]
    return inner[0] if len(inner) == 1 and isinstance(inner[0], dict) else None


def _text(value: dict[str, Json], key: str) -> str:
    found = value.get(key)
    return found.strip() if isinstance(found, str) else ""


def _sentence(text: str) -> str:
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
