"""Is this message of a client one that the service accepts, and if not, in which words is it refused?

One checker walks the decoded object beside the shape of its type, with the tables of ``strict_rules``; the first thing
that is wrong is the answer. What depends on the state of the session is asked elsewhere. Source: REALTIME.md sections
5, 7, 8 and 11.
"""

from __future__ import annotations

from typing import Any, TypeVar, cast

import msgspec

from bareline.protocol.events.client import ClientEvent, InputAudioBufferAppend, OutputAudioBufferClear
from bareline.protocol.events.session_config import SessionConfig
from bareline.protocol.limits import APPEND_MAX_BYTES, EVENT_ID_MAX_CHARS
from bareline.protocol.refusal import Refusal
from bareline.protocol.shapes import object_shapes, shape_of
from bareline.protocol.strict_walk import Place, first_problem

__all__ = ["Refusal", "check_body", "check_client_message", "check_session"]

T = TypeVar("T", bound=msgspec.Struct)

_ANY: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


class _Append(msgspec.Struct, tag_field="type", tag="input_audio_buffer.append", forbid_unknown_fields=True):
    """What nearly every message of a call is, decoded and checked in one pass."""

    audio: bytes
    event_id: str | msgspec.UnsetType | None = msgspec.UNSET


_APPEND = msgspec.json.Decoder(_Append)
_ALL_TYPES = tuple(str(tag) for tag in object_shapes(shape_of(ClientEvent)))
_PLAIN_TYPES = tuple(tag for tag in _ALL_TYPES if tag != OutputAudioBufferClear.__struct_config__.tag)


def check_client_message(raw: bytes | str, *, media: bool = False) -> ClientEvent | Refusal:
    """The event in ``raw``, or why it is refused. Takes any bytes.

    ``media``: the call's audio runs beside the events (WebRTC, SIP), so that ``output_audio_buffer.clear`` exists.
    """
    append = _check_append(raw)
    if append is not None:
        return append
    value = _read_object(raw)
    if isinstance(value, Refusal):
        return value
    place = Place(path="", shape=shape_of(ClientEvent), types=_ALL_TYPES if media else _PLAIN_TYPES)
    found = first_problem(value, place)
    if found is None:
        return msgspec.convert(value, cast("type[ClientEvent]", ClientEvent))
    event_id = value.get("event_id")
    return msgspec.structs.replace(found, event_id=event_id if isinstance(event_id, str) else None)


def check_session(value: object, *, param: str = "session") -> SessionConfig | Refusal:
    """The session in a decoded HTTP body, or why it is refused; ``param`` is its path in the body."""
    found = first_problem(value, Place(path=param, shape=shape_of(SessionConfig)))
    return msgspec.convert(value, cast("type[SessionConfig]", SessionConfig)) if found is None else found


def check_body(raw: bytes, kind: type[T]) -> T | Refusal:
    """The request of this kind in an HTTP body, or why it is refused. Takes any bytes."""
    value = _read_object(raw)
    if isinstance(value, Refusal):
        return value
    found = first_problem(value, Place(path="", shape=shape_of(kind)))
    return msgspec.convert(value, kind) if found is None else found


def _check_append(raw: bytes | str) -> InputAudioBufferAppend | None:
    """The event if it is a plain append within its limits; None leaves the judgement to the walk."""
    try:
        append = _APPEND.decode(raw)
    except (ValueError, RecursionError):
        return None
    event_id = append.event_id
    if len(append.audio) > APPEND_MAX_BYTES or (isinstance(event_id, str) and len(event_id) > EVENT_ID_MAX_CHARS):
        return None
    return InputAudioBufferAppend(audio=append.audio, event_id=event_id)


def _read_object(raw: bytes | str) -> dict[str, Any] | Refusal:
    try:
        value = _ANY.decode(raw)
    except (ValueError, RecursionError) as error:
        return Refusal(code="invalid_json", message=f"Could not parse the message as JSON: {error}.")
    if not isinstance(value, dict):
        return Refusal(code="invalid_event", message="Invalid event: expected a JSON object.")
    return cast("dict[str, Any]", value)
