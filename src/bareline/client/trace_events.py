"""What does an event look like in a trace?

As it was on the wire, with audio and images replaced by their size and credentials by a mark: neither may reach a file.
"""

from __future__ import annotations

from typing import Any, cast

import msgspec

from bareline.errors import RemoteProtocolError
from bareline.observe.record import TraceRecord
from bareline.protocol.client_endpoint import Received
from bareline.protocol.codec import encode
from bareline.protocol.events import ClientEvent, InputAudioBufferAppend, ResponseOutputAudioDelta

__all__ = ["received_record", "sent_audio_record", "sent_raw_record", "sent_record"]

JsonObject = dict[str, Any]

_DECODER: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
_SIZED = {"audio", "image_url"}
"""Keys of strings that hold media."""
_SECRET = {"authorization", "headers", "client_secret", "value"}
"""Keys of tools and sessions that hold credentials (``value`` of a client secret)."""
_HIDDEN = "(hidden)"
MALFORMED_SHOWN_CHARS = 200


def sent_record(event: ClientEvent, at_ns: int) -> TraceRecord:
    """The record of an event of ours."""
    if isinstance(event, InputAudioBufferAppend):
        record = sent_audio_record(event.audio, at_ns)
        if isinstance(event.event_id, str):
            record.data["event_id"] = event.event_id
        return record
    return sent_raw_record(encode(event), at_ns)


def sent_audio_record(audio: bytes, at_ns: int) -> TraceRecord:
    """The record of an ``input_audio_buffer.append``."""
    data: JsonObject = {"type": "input_audio_buffer.append", "audio": {"bytes": len(audio)}}
    return TraceRecord(at_ns=at_ns, kind="sent", name="input_audio_buffer.append", data=data)


def sent_raw_record(message: bytes, at_ns: int) -> TraceRecord:
    """The record of a message of ours that may be anything."""
    try:
        value = _DECODER.decode(message)
    except msgspec.DecodeError as error:
        return TraceRecord(at_ns=at_ns, kind="sent", name="(raw)", data={"bytes": len(message), "problem": str(error)})
    return _record("sent", value, at_ns)


def received_record(received: Received) -> TraceRecord:
    """The record of a message of the server."""
    event, raw, at_ns = received.event, received.raw, received.at_ns
    if isinstance(event, ResponseOutputAudioDelta):
        data: JsonObject = {
            "type": "response.output_audio.delta",
            "event_id": event.event_id if isinstance(event.event_id, str) else None,
            "response_id": event.response_id,
            "item_id": event.item_id,
            "output_index": event.output_index,
            "content_index": event.content_index,
            "delta": {"bytes": len(event.delta)},
        }
        return TraceRecord(at_ns=at_ns, kind="received", name="response.output_audio.delta", data=data)
    if isinstance(event, RemoteProtocolError):
        data = {"error": str(event)[:MALFORMED_SHOWN_CHARS], "bytes": len(raw)}
        return TraceRecord(at_ns=at_ns, kind="malformed", name=type(event).__name__, data=data)
    return _record("received", _DECODER.decode(raw), at_ns)


def _record(kind: str, value: object, at_ns: int) -> TraceRecord:
    shown = _shown(value)
    data = cast("JsonObject", shown) if isinstance(shown, dict) else {"value": shown}
    return TraceRecord(at_ns=at_ns, kind=kind, name=str(data.get("type", "(raw)")), data=data)


def _shown(value: object) -> object:
    if isinstance(value, dict):
        return {key: _shown_under(key, inner) for key, inner in cast("JsonObject", value).items()}
    if isinstance(value, list):
        return [_shown(inner) for inner in cast("list[object]", value)]
    return value


def _shown_under(key: str, value: object) -> object:
    if key in _SIZED and isinstance(value, str):
        return {"chars": len(value)}
    if key in _SECRET and value is not None:
        return _HIDDEN
    return _shown(value)
