"""How does an event become bytes, and bytes an event?

The fast path is one decoder over the closed union of known events. What it refuses is looked at again, slowly: unknown
types, at any depth, are kept whole, and a null for an optional key counts as absent. Only what is then still wrong is a
``RemoteProtocolError``, which is returned, never raised (D1).
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable
from typing import Any, TypeVar, cast

import msgspec
from msgspec import inspect

from bareline.errors import LocalProtocolError, RemoteProtocolError
from bareline.protocol.events.client import ClientEvent
from bareline.protocol.events.envelope import UnknownEvent
from bareline.protocol.events.server import KnownServerEvent, ServerEvent
from bareline.protocol.shapes import OPEN_PREFIX, holds_open, object_shapes, open_shape, shape_of, union_members

__all__ = ["decode_client", "decode_object", "decode_server", "encode", "encode_append", "encode_object"]

_ENCODER = msgspec.json.Encoder()
_SERVER: msgspec.json.Decoder[Any] = msgspec.json.Decoder(KnownServerEvent)
_CLIENT: msgspec.json.Decoder[Any] = msgspec.json.Decoder(ClientEvent)
_ANY: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
_UNREADABLE = (ValueError, RecursionError)
_UNWRITABLE = (ValueError, TypeError, OverflowError, RecursionError)
_OPEN_MARK = OPEN_PREFIX.encode()
_ESCAPED_ASCII = b"\\u00"

JsonObject = dict[str, Any]
T = TypeVar("T")
_Change = Callable[[JsonObject, inspect.Type], tuple[JsonObject, inspect.StructType | None]]
"""What becomes of an object in a walk, and the shape by which the walk goes on inside it (None: it does not)."""


def encode(event: ClientEvent | ServerEvent) -> bytes:
    """The JSON text of an event; values of unknown types are written as they came.

    ``LocalProtocolError`` if the event holds something that JSON cannot (a lone surrogate, a foreign object).
    """
    return encode_object(event)


def encode_append(audio: bytes) -> bytes:
    """``encode(InputAudioBufferAppend(audio=audio))``, which is nearly all that a client says."""
    return b'{"type":"input_audio_buffer.append","audio":"%b"}' % b2a_base64(audio, newline=False)


def encode_object(value: msgspec.Struct) -> bytes:
    """The JSON text of an event or of a part of one, under the terms of ``encode``."""
    try:
        if isinstance(value, UnknownEvent):
            return _ENCODER.encode(value.value)
        text = _ENCODER.encode(value)
        if holds_open(type(value)) and _OPEN_MARK in text:
            return _ENCODER.encode(_walk(msgspec.to_builtins(value), shape_of(type(value)), _unwrap))
    except _UNWRITABLE as error:
        raise LocalProtocolError(f"{type(value).__name__} cannot be written as JSON: {error}") from error
    return text


def decode_server(raw: bytes) -> ServerEvent | RemoteProtocolError:
    """The server's event in ``raw``: a known one, an ``UnknownEvent``, or the error that ``raw`` is.

    Takes any bytes.
    """
    event = _decode_fast(_SERVER, raw)
    if event is not None:
        return event
    value = _read_object(raw)
    if isinstance(value, RemoteProtocolError):
        return value
    kind = value.get("type")
    if not isinstance(kind, str):
        return RemoteProtocolError("the event has no type", raw)
    if kind not in object_shapes(shape_of(KnownServerEvent)):
        return UnknownEvent(type=kind, value=value)
    return _convert(value, KnownServerEvent, _wrap_leniently, raw)


def decode_client(raw: bytes) -> ClientEvent | RemoteProtocolError:
    """The client's event in ``raw``, or the error that ``raw`` is. Takes any bytes.

    Nothing is refused here but what cannot be understood; the server's strictness is in ``strict``.
    """
    event = _decode_fast(_CLIENT, raw)
    if event is not None:
        return event
    value = _read_object(raw)
    if isinstance(value, RemoteProtocolError):
        return value
    return _convert(value, ClientEvent, _wrap, raw)


def decode_object(raw: bytes, kind: type[T]) -> T | RemoteProtocolError:
    """The report of this kind in ``raw`` (an HTTP body), as lenient as ``decode_server``. Takes any bytes."""
    value = _read_object(raw)
    return value if isinstance(value, RemoteProtocolError) else _convert(value, kind, _wrap_leniently, raw)


def _decode_fast(decoder: msgspec.json.Decoder[T], raw: bytes) -> T | None:
    """The event, or None when the slow path must judge: not a known event, or perhaps a forged mark of ours."""
    try:
        event = decoder.decode(raw)
    except _UNREADABLE:
        return None
    if holds_open(type(event)) and (_OPEN_MARK in raw or _ESCAPED_ASCII in raw):
        return None
    return event


def _read_object(raw: bytes) -> JsonObject | RemoteProtocolError:
    try:
        value = _ANY.decode(raw)
    except _UNREADABLE as error:
        return RemoteProtocolError(f"not JSON: {error}", raw)
    if not isinstance(value, dict):
        return RemoteProtocolError(f"not an event but {type(value).__name__}", raw)
    return cast("JsonObject", value)


def _convert(value: JsonObject, union: Any, change: _Change, raw: bytes) -> Any:
    try:
        return msgspec.convert(_walk(value, shape_of(union), change), union)
    except _UNREADABLE as error:
        return RemoteProtocolError(f"{value.get('type')}: {error}", raw)


def _walk(value: Any, shape: inspect.Type, change: _Change) -> Any:
    """``value`` with every object changed that ``shape`` knows of; what is inside ``Any`` stays as it is."""
    if isinstance(value, dict):
        return _walk_object(cast("JsonObject", value), shape, change)
    if isinstance(value, list):
        lists = (m for m in union_members(shape) if isinstance(m, inspect.ListType))
        if (inner := next(lists, None)) is not None:
            return [_walk(entry, inner.item_type, change) for entry in cast("list[Any]", value)]
    return cast("Any", value)


def _walk_object(value: JsonObject, shape: inspect.Type, change: _Change) -> JsonObject:
    value, struct = change(value, shape)
    if struct is None:
        return value
    types = {field.encode_name: field.type for field in struct.fields}
    return {key: _walk(entry, types[key], change) if key in types else entry for key, entry in value.items()}


def _wrap(value: JsonObject, shape: inspect.Type) -> tuple[JsonObject, inspect.StructType | None]:
    """An object of an unknown type becomes the open member of its union, if that is open."""
    struct = _struct_for(value, shape)
    marker = open_shape(shape)
    if struct is None and marker is not None:
        return {"type": marker.tag, "value": value}, None
    return value, struct


def _wrap_leniently(value: JsonObject, shape: inspect.Type) -> tuple[JsonObject, inspect.StructType | None]:
    """As ``_wrap``; besides, a null where a key may be absent but not null counts as absent."""
    value, struct = _wrap(value, shape)
    if struct is not None:
        absent = {f.encode_name for f in struct.fields if not f.required and not _nullable(f.type)}
        value = {key: entry for key, entry in value.items() if entry is not None or key not in absent}
    return value, struct


def _unwrap(value: JsonObject, shape: inspect.Type) -> tuple[JsonObject, inspect.StructType | None]:
    """The opposite of ``_wrap``."""
    marker = open_shape(shape)
    if marker is not None and value.get("type") == marker.tag:
        return value["value"], None
    return value, _struct_for(value, shape)


def _struct_for(value: JsonObject, shape: inspect.Type) -> inspect.StructType | None:
    shapes = object_shapes(shape)
    kind = value.get("type")
    found = shapes.get(kind) if isinstance(kind, str) else None
    return found or shapes.get(None)


def _nullable(shape: inspect.Type) -> bool:
    return any(isinstance(member, inspect.NoneType | inspect.AnyType) for member in union_members(shape))
