"""Does the wire hold whatever comes: every event there and back, broken messages, unknown types at any depth?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import inspect

from bareline.errors import RemoteProtocolError
from bareline.protocol import events
from bareline.protocol.bodies import ClientSecretRequest
from bareline.protocol.codec import decode_client, decode_server, encode
from bareline.protocol.refusal import Refusal
from bareline.protocol.shapes import OPEN_PREFIX, object_shapes, open_shape, shape_of, union_members
from bareline.protocol.signalling import parse_call, parse_client_secret, parse_error_body
from bareline.protocol.strict import check_body, check_client_message
from bareline.protocol.strict_rules import NO_RULE, Rule, allowed_types, rule_for
from bareline.testing.images import TINY_IMAGE

CLIENT = {str(tag): shape for tag, shape in object_shapes(shape_of(events.ClientEvent)).items()}
SERVER = {str(tag): shape for tag, shape in object_shapes(shape_of(events.KnownServerEvent)).items()}
Path = tuple[str | int, ...]

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
LEAF = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXT
)
JSON = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=5
)
FORGED = [f"{OPEN_PREFIX}unknown_{kind}" for kind in ("item", "part", "tool", "session", "truncation", "tool_choice")]
UNKNOWN = st.builds(
    lambda value, kind: {**value, "type": kind},
    st.dictionaries(st.just("value") | TEXT, JSON | st.just({"a": 1}), max_size=3),
    st.sampled_from(["hologram", "", *FORGED]) | TEXT.map("x_".__add__),
)
FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


class Values:
    """Strategies for values of a shape; ``strict`` ones are requests that the service accepts."""

    def __init__(self, *, strict: bool) -> None:
        self._strict = strict
        self._cache: dict[object, st.SearchStrategy[Any]] = {}

    def of(
        self, shape: inspect.Type, rule: Rule = NO_RULE, types: tuple[str, ...] | None = None
    ) -> st.SearchStrategy[Any]:
        match shape:
            case inspect.UnionType(types=members):
                return st.one_of(
                    *(self.of(member, rule, types) for member in members if self._fits(member, rule, types))
                )
            case inspect.ListType(item_type=item):
                return st.lists(self.of(item, rule, types), max_size=3)
            case inspect.DictType(value_type=value):
                return st.dictionaries(TEXT, self.of(value), max_size=3)
            case inspect.StructType(cls=kind):
                return self._cache.setdefault(kind, st.deferred(lambda: self._struct(shape)))
            case _:
                return self._plain(shape, rule)

    def _fits(self, shape: inspect.Type, rule: Rule, types: tuple[str, ...] | None) -> bool:
        if isinstance(shape, inspect.NoneType):
            return not rule.required
        if not isinstance(shape, inspect.StructType):
            return True
        return not self._strict or (shape.tag in types if types else not str(shape.tag).startswith(OPEN_PREFIX))

    def _struct(self, shape: inspect.StructType) -> st.SearchStrategy[Any]:
        if str(shape.tag).startswith(OPEN_PREFIX):
            return st.builds(shape.cls, UNKNOWN)
        if self._strict and shape.cls is events.Message:
            return st.sampled_from(["system", "user", "assistant"]).flatmap(lambda role: self._fields(shape, role))
        return self._fields(shape, None)

    def _fields(self, shape: inspect.StructType, role: str | None) -> st.SearchStrategy[Any]:
        required: dict[str, st.SearchStrategy[Any]] = {}
        optional: dict[str, st.SearchStrategy[Any]] = {}
        for field in shape.fields:
            rule = rule_for(shape.cls, field.name) if self._strict else NO_RULE
            types = allowed_types(shape.cls, field.name, {"role": role}) if self._strict else None
            special = SPECIAL.get((shape.cls, field.name)) if self._strict else None
            strategy = special if special is not None else self.of(field.type, rule, types)
            if field.name == "role" and role is not None:
                strategy = st.just(role)
            (required if field.required or rule.required else optional)[field.name] = strategy
        return st.fixed_dictionaries(required, optional=optional).map(lambda given: shape.cls(**given))

    def _plain(self, shape: inspect.Type, rule: Rule) -> st.SearchStrategy[Any]:
        match shape:
            case inspect.StrType():
                words = [choice for choice in rule.choices if isinstance(choice, str)]
                return st.just("AAAA") if rule.base64 else st.sampled_from(words) if words else TEXT
            case inspect.IntType():
                numbers = [choice for choice in rule.choices if isinstance(choice, int)]
                most = 2**31 - 1 if rule.most is None else int(rule.most)
                return st.sampled_from(numbers) if numbers else st.integers(int(rule.least or 0), most)
            case inspect.FloatType():
                return st.floats(rule.least or 0, 100 if rule.most is None else rule.most)
            case inspect.LiteralType(values=values):
                return st.sampled_from(list(values))
            case _:
                plain = {inspect.BytesType: st.binary(max_size=50), inspect.BoolType: st.booleans()}
                return plain.get(type(shape), st.none() if isinstance(shape, inspect.NoneType) else JSON)


MODALITIES = st.sampled_from([["text"], ["audio"]])
FUNCTIONS = st.lists(st.builds(events.FunctionTool, name=TEXT, description=TEXT), max_size=2)
SPECIAL: dict[tuple[type, str], st.SearchStrategy[Any]] = {
    (events.RealtimeSessionConfig, "output_modalities"): MODALITIES,
    (events.ResponseConfig, "output_modalities"): MODALITIES,
    (events.RealtimeSessionConfig, "tools"): FUNCTIONS
    | st.builds(events.McpTool, server_label=TEXT, server_url=TEXT, headers=st.just({"a": "b"})).map(
        lambda tool: [tool]
    ),
    (events.ResponseConfig, "tools"): FUNCTIONS,
    (events.InputImage, "image_url"): st.just(TINY_IMAGE),
    (events.OutputAudio, "audio"): st.none(),
}
ANY, STRICT = Values(strict=False), Values(strict=True)


@pytest.mark.parametrize("kind", SERVER)
@FEW
@given(data=st.data())
def test_a_server_event_comes_back_as_it_was(kind: str, data: st.DataObject) -> None:
    event = data.draw(ANY.of(SERVER[kind]))
    assert decode_server(encode(event)) == event


@pytest.mark.parametrize("kind", CLIENT)
@FEW
@given(data=st.data())
def test_a_client_event_comes_back_as_it_was(kind: str, data: st.DataObject) -> None:
    event = data.draw(ANY.of(CLIENT[kind]))
    assert decode_client(encode(event)) == event


@pytest.mark.parametrize("kind", CLIENT)
@FEW
@given(data=st.data())
def test_a_valid_request_passes_the_server_unchanged(kind: str, data: st.DataObject) -> None:
    event = data.draw(STRICT.of(CLIENT[kind]))
    assert check_client_message(encode(event), media=True) == event


@FEW
@given(value=st.dictionaries(TEXT, JSON, max_size=4), kind=TEXT.map("x_".__add__))
def test_an_unknown_event_is_kept_whole(value: dict[str, Any], kind: str) -> None:
    value["type"] = kind
    event = decode_server(json.dumps(value).encode())
    assert event == events.UnknownEvent(type=kind, value=value)
    assert json.loads(encode(event)) == value


def open_places(value: Any, shape: inspect.Type, path: Path = ()) -> Iterator[Path]:
    """Where in a JSON value an object of an unknown type may stand."""
    if isinstance(value, list):
        for member in union_members(shape):
            if isinstance(member, inspect.ListType):
                for index, entry in enumerate(value):
                    yield from open_places(entry, member.item_type, (*path, index))
    if not isinstance(value, dict):
        return
    if open_shape(shape) is not None:
        yield path
    shapes = object_shapes(shape)
    struct = shapes.get(value.get("type")) or shapes.get(None)
    for field in struct.fields if struct else ():
        if field.encode_name in value:
            yield from open_places(value[field.encode_name], field.type, (*path, field.encode_name))


@pytest.mark.parametrize(
    "kind", ["conversation.item.done", "response.done", "session.updated", "response.content_part.done"]
)
@settings(FEW, max_examples=60)
@given(data=st.data(), unknown=UNKNOWN)
def test_what_is_unknown_inside_an_event_is_kept_whole(kind: str, data: st.DataObject, unknown: dict[str, Any]) -> None:
    union = shape_of(events.KnownServerEvent)
    value = json.loads(encode(data.draw(ANY.of(SERVER[kind]))))
    places = sorted(open_places(value, union), key=str)
    if not places:
        return
    *parents, last = data.draw(st.sampled_from(places))
    spot: Any = value
    for step in parents:
        spot = spot[step]
    spot[last] = unknown
    event = decode_server(json.dumps(value).encode())
    assert not isinstance(event, RemoteProtocolError)
    assert json.loads(encode(event)) == value


def survives(raw: bytes) -> None:
    """Everything that takes any bytes takes these, and answers in its own words."""
    assert isinstance(decode_server(raw), events.ServerEvent | RemoteProtocolError)
    assert isinstance(decode_client(raw), events.ClientEvent | RemoteProtocolError)
    assert isinstance(check_client_message(raw), events.ClientEvent | Refusal)
    assert isinstance(check_body(raw, ClientSecretRequest), ClientSecretRequest | Refusal)
    parse_client_secret(raw)
    parse_error_body(raw)
    parse_call("application/sdp", raw)
    parse_call("multipart/form-data; boundary=x", raw)


@MANY
@given(raw=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_survived(raw: bytes) -> None:
    survives(raw)


@pytest.mark.parametrize(
    "nest", [b"[", b'{"a":', b'{"type":"response.done","response":{"metadata":', b'{"type":"x","v":[']
)
def test_deep_nesting_is_survived(nest: bytes) -> None:
    survives(nest * 20_000)


@MANY
@given(data=st.data())
def test_a_damaged_message_is_survived(data: st.DataObject) -> None:
    shapes = {**CLIENT, **SERVER}
    raw = encode(data.draw(ANY.of(shapes[data.draw(st.sampled_from(sorted(shapes)))])))
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 8)))
    survives(
        raw[:start]
        + data.draw(st.binary(max_size=4) | st.sampled_from([b"null", b'"', b"1e999", b"\\ud800"]))
        + raw[end:]
    )


def every_place(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    for key, entry in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from every_place(entry, (*path, key))


@MANY
@given(data=st.data(), other=JSON)
def test_a_value_in_the_wrong_place_is_survived(data: st.DataObject, other: Any) -> None:
    shapes = {**CLIENT, **SERVER}
    value = json.loads(encode(data.draw(ANY.of(shapes[data.draw(st.sampled_from(sorted(shapes)))]))))
    *parents, last = data.draw(st.sampled_from([path for path in every_place(value) if path]))
    spot: Any = value
    for step in parents:
        spot = spot[step]
    spot[last] = other
    survives(json.dumps(value).encode())
