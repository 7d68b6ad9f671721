"""Do our types say what the official SDK's say? Both ways: events, fields, required or optional, kinds, enumerations.

``tests/data/realtime-events.json`` holds the SDK's models, ``schema-differences.toml`` each deliberate difference with
its reason. A difference that is not there fails, and so does an entry that no longer holds.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from bareline.protocol import events
from bareline.protocol.shapes import object_shapes, shape_of, union_members
from bareline.protocol.strict_rules import rule_for

DATA = Path(__file__).parent.parent / "data"
SCHEMA = json.loads((DATA / "realtime-events.json").read_text())
DIFFERENCES = tomllib.loads((DATA / "schema-differences.toml").read_text())
MODELS = {re.sub(r"\[.*\]$", "", name): model for name, model in SCHEMA["models"].items()}

EVENTS: dict[str, Any] = {"client": events.ClientEvent, "server": events.KnownServerEvent}


def structs_of(names: str) -> list[type[msgspec.Struct]]:
    return [getattr(events, name) for name in names.split()]


def fields_of(kinds: list[type[msgspec.Struct]]) -> dict[str, list[inspect.Field]]:
    found: dict[str, list[inspect.Field]] = {}
    for kind in kinds:
        shape = shape_of(kind)
        assert isinstance(shape, inspect.StructType)
        for field in shape.fields:
            found.setdefault(field.encode_name, []).append(field)
    return found


def compare(
    place: str, kinds: list[type[msgspec.Struct]], models: list[dict[str, Any]], *, request: bool
) -> Iterator[str]:
    """Every difference between some structs of ours and the models they stand for, as one line each."""
    ours = fields_of(kinds)
    theirs: dict[str, list[dict[str, Any]]] = {}
    for model in models:
        for name, field in model["fields"].items():
            if name != "type" or not any(shape_of(kind).tag_field for kind in kinds):
                theirs.setdefault(name, []).append(field)
    yield from (f"missing {place}.{name}" for name in theirs.keys() - ours.keys())
    yield from (f"extra {place}.{name}" for name in ours.keys() - theirs.keys())
    for name in ours.keys() & theirs.keys():
        mine_required = len(ours[name]) == len(kinds) and all(field.required for field in ours[name])
        required = len(theirs[name]) == len(models) and all(field["required"] for field in theirs[name])
        if mine_required != required:
            yield f"{'optional' if required else 'required'} {place}.{name}"
        yield from compare_kinds(f"{place}.{name}", ours[name], theirs[name])
        if request:
            yield from compare_choices(f"{place}.{name}", kinds, ours[name], theirs[name])


def compare_kinds(place: str, ours: list[inspect.Field], theirs: list[dict[str, Any]]) -> Iterator[str]:
    mine = {word for field in ours for word in our_kinds(field.type)}
    other = {word for field in theirs for word in their_kinds(field["type"])}
    if "any" not in mine | other and mine != other:
        yield f"kind {place}: {' '.join(sorted(mine))}, not {' '.join(sorted(other))}"
    mine_members = {member.cls.__name__ for field in ours for member in members_of(field.type)}
    others = [STANDS_FOR.get(key(model), set[str]()) for field in theirs for model in field.get("models", ())]
    if not all(other & mine_members for other in others) or mine_members - set[str]().union(*others):
        yield f"members {place}"


def compare_choices(
    place: str, kinds: list[type[msgspec.Struct]], ours: list[inspect.Field], theirs: list[dict[str, Any]]
) -> Iterator[str]:
    """A request must be refused outside an enumeration that the SDK closes."""
    found = [re.findall(r"enum\(([^)]*)\)", field["type"]) for field in theirs]
    if any(re.search(r"\bstr\b", field["type"]) for field in theirs) or not any(found):
        return
    other = {value for lists in found for values in lists for value in values.split("|")}
    mine = {str(value) for field in ours for value in literals(field.type)}
    mine |= {str(value) for kind in kinds for value in rule_for(kind, ours[0].name).choices}
    if mine != other:
        yield f"values {place}"


def literals(shape: inspect.Type) -> Iterator[object]:
    for member in union_members(shape):
        if isinstance(member, inspect.LiteralType):
            yield from member.values
        if isinstance(member, inspect.ListType):
            yield from literals(member.item_type)


def our_kinds(shape: inspect.Type) -> set[str]:
    """The JSON kinds that a shape accepts; null is left out, since the SDK marks every optional field with it."""
    names: dict[type, str] = {
        inspect.StrType: "string",
        inspect.BytesType: "string",
        inspect.IntType: "number",
        inspect.FloatType: "number",
        inspect.BoolType: "boolean",
        inspect.ListType: "array",
        inspect.AnyType: "any",
        inspect.NoneType: "",
    }
    kinds: set[str] = set()
    for member in union_members(shape):
        if isinstance(member, inspect.LiteralType):
            kinds.add("string")
        else:
            kinds.add(names.get(type(member), "object"))
    return kinds - {""}


def their_kinds(text: str) -> set[str]:
    flat = re.sub(r"array<.*>", "array", text)
    flat = re.sub(r"map<.*>", "map", flat)
    names = {"str": "string", "int": "number", "float": "number", "bool": "boolean", "array": "array", "any": "any"}
    kinds: set[str] = set()
    for word in flat.split(" | "):
        if word.startswith("enum("):
            kinds.add("number" if word[5:-1].isdigit() else "string")
        elif word != "null":
            kinds.add(names.get(word, "object"))
    return kinds


def members_of(shape: inspect.Type) -> Iterator[inspect.StructType]:
    for member in union_members(shape):
        if isinstance(member, inspect.ListType):
            yield from members_of(member.item_type)
    yield from object_shapes(shape).values()


def key(model: str) -> str:
    return re.sub(r"\[.*\]$", "", model)


GROUPS: list[tuple[str, list[str], bool]] = [
    (entry["ours"], entry["theirs"], entry.get("request", False)) for entry in DIFFERENCES["group"]
]
STANDS_FOR: dict[str, set[str]] = {}
for ours_, theirs_, _ in GROUPS:
    for model_ in theirs_:
        STANDS_FOR.setdefault(model_, set()).update(ours_.split())


def all_differences() -> Iterator[str]:
    for side, union in EVENTS.items():
        ours = object_shapes(shape_of(union))
        theirs = SCHEMA[side]
        yield from (f"missing event {name}" for name in theirs.keys() - ours.keys())
        yield from (f"extra event {name}" for name in map(str, ours.keys() - theirs.keys()))
        for name in ours.keys() & theirs.keys():
            yield from compare(str(name), [ours[name].cls], [theirs[name]], request=side == "client")
    for names, models, request in GROUPS:
        place = "/".join(names.split())
        yield from compare(place, structs_of(names), [MODELS[model] for model in models], request=request)


def test_the_types_are_the_sdks_but_for_the_deliberate_differences() -> None:
    found = set(all_differences())
    listed = {entry["what"] for entry in DIFFERENCES["difference"]}
    assert sorted(line for line in found if not any(fnmatch(line, pattern) for pattern in listed)) == []
    assert sorted(pattern for pattern in listed if not any(fnmatch(line, pattern) for line in found)) == []


def test_every_model_of_the_sdk_is_compared() -> None:
    ignored = {entry["model"] for entry in DIFFERENCES["ignored"]}
    compared = {model for _, models, _ in GROUPS for model in models}
    assert sorted(MODELS.keys() - compared - ignored) == []
    assert sorted(ignored & compared) == []
    assert sorted(ignored - MODELS.keys()) == []


def test_every_struct_of_ours_is_compared() -> None:
    grouped = {name for ours, _, _ in GROUPS for name in ours.split()}
    in_unions = {shape.cls.__name__ for union in EVENTS.values() for shape in object_shapes(shape_of(union)).values()}
    public = {
        name
        for name in events.__all__
        if isinstance(kind := getattr(events, name), type) and issubclass(kind, msgspec.Struct)
    }
    listed = {entry["struct"] for entry in DIFFERENCES["own"]}
    assert sorted(public - grouped - in_unions - listed) == []
    assert sorted(listed - public) == []


@pytest.mark.parametrize("kind", ["difference", "ignored", "own"])
def test_every_entry_has_a_reason(kind: str) -> None:
    assert all(len(entry["why"]) > 10 for entry in DIFFERENCES[kind])


def test_the_counts_are_those_of_the_specification() -> None:
    assert len(SCHEMA["client"]) == len(object_shapes(shape_of(events.ClientEvent))) == 11
    assert len(SCHEMA["server"]) == len(object_shapes(shape_of(events.KnownServerEvent))) == 46
