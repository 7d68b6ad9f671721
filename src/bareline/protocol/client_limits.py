"""Is a client event too large, out of range, or made of something that this version does not know?

Checks that need no memory of the session; codes of REALTIME.md section 11.
"""

from __future__ import annotations

from typing import NoReturn

from msgspec import UNSET, UnsetType

from bareline.errors import LocalProtocolError
from bareline.protocol.events import (
    ClientEvent,
    FunctionCall,
    FunctionCallOutput,
    InputAudioBufferAppend,
    Item,
    Message,
    OutputAudio,
    RealtimeSessionConfig,
    ResponseConfig,
    ResponseCreate,
    ServerVad,
    SessionConfig,
    SessionUpdate,
    Tool,
    UnknownItem,
    UnknownPart,
    UnknownTool,
)
from bareline.protocol.limits import (
    APPEND_MAX_BYTES,
    CALL_ID_MAX_CHARS,
    EVENT_ID_MAX_CHARS,
    IDLE_TIMEOUT_MAX_MS,
    IDLE_TIMEOUT_MIN_MS,
    ITEM_ID_MAX_CHARS,
    MESSAGE_MAX_BYTES,
    METADATA_KEY_MAX_CHARS,
    METADATA_MAX_PAIRS,
    METADATA_VALUE_MAX_CHARS,
    SPEED_MAX,
    SPEED_MIN,
)

__all__ = ["check_event", "check_item", "check_message_size"]

TOO_LONG = "string_above_max_length"


def check_event(event: ClientEvent) -> None:
    """Raise ``LocalProtocolError`` when the event breaks a limit, whatever the session is like."""
    if isinstance(event.event_id, str):
        _check_length(event.event_id, EVENT_ID_MAX_CHARS, "event_id")
    match event:
        case InputAudioBufferAppend(audio=audio) if len(audio) > APPEND_MAX_BYTES:
            _refuse(f"Audio of {len(audio)} bytes is too large. At most {APPEND_MAX_BYTES} bytes.", TOO_LONG, "audio")
        case SessionUpdate(session=session):
            _check_session(session)
        case ResponseCreate(response=ResponseConfig() as response):
            _check_response(response)
        case _:
            pass


def check_message_size(message: bytes) -> None:
    """Raise ``LocalProtocolError`` when the whole message is larger than one may be."""
    if len(message) > MESSAGE_MAX_BYTES:
        _refuse(f"A message of {len(message)} bytes is too large. At most {MESSAGE_MAX_BYTES} bytes.", TOO_LONG, None)


def check_item(item: Item, path: str) -> None:
    """Raise ``LocalProtocolError`` when the item cannot be created by a client."""
    if isinstance(item, UnknownItem):
        _refuse(f"Invalid value: '{item.value.get('type')}' is no type of item.", "invalid_value", f"{path}.type")
    if isinstance(item.id, str):
        _check_length(item.id, ITEM_ID_MAX_CHARS, f"{path}.id")
    if isinstance(item, FunctionCall | FunctionCallOutput) and isinstance(item.call_id, str):
        _check_length(item.call_id, CALL_ID_MAX_CHARS, f"{path}.call_id")
    if isinstance(item, Message):
        for index, part in enumerate(item.content):
            if isinstance(part, UnknownPart):
                words = f"Invalid value: '{part.value.get('type')}' is no type of content."
                _refuse(words, "invalid_value", f"{path}.content[{index}].type")
            if isinstance(part, OutputAudio) and part.audio is not None:
                words = "Audio of the assistant cannot be inserted; its text can, as output_text."
                _refuse(words, "invalid_value", f"{path}.content[{index}]")


def _check_session(config: SessionConfig) -> None:
    audio = config.audio
    if not isinstance(audio, UnsetType) and not isinstance(audio.input, UnsetType):
        vad = audio.input.turn_detection
        if isinstance(vad, ServerVad) and isinstance(vad.idle_timeout_ms, int):
            path = "session.audio.input.turn_detection.idle_timeout_ms"
            _check_range(vad.idle_timeout_ms, IDLE_TIMEOUT_MIN_MS, IDLE_TIMEOUT_MAX_MS, path)
    if not isinstance(config, RealtimeSessionConfig):
        return
    if not isinstance(config.audio, UnsetType) and not isinstance(config.audio.output, UnsetType):
        speed = config.audio.output.speed
        if not isinstance(speed, UnsetType):
            _check_range(speed, SPEED_MIN, SPEED_MAX, "session.audio.output.speed")
    _check_modalities(config.output_modalities, "session.output_modalities")
    _check_tools(config.tools, "session.tools")


def _check_response(config: ResponseConfig) -> None:
    _check_modalities(config.output_modalities, "response.output_modalities")
    _check_tools(config.tools, "response.tools")
    for index, item in enumerate(() if config.input is UNSET else config.input):
        check_item(item, f"response.input[{index}]")
    metadata = config.metadata
    if isinstance(metadata, dict):
        if len(metadata) > METADATA_MAX_PAIRS:
            words = f"At most {METADATA_MAX_PAIRS} pairs, not {len(metadata)}."
            _refuse(words, "object_above_max_properties", "response.metadata")
        for key, value in metadata.items():
            _check_length(key, METADATA_KEY_MAX_CHARS, "response.metadata")
            _check_length(value, METADATA_VALUE_MAX_CHARS, f"response.metadata.{key}")


def _check_tools(tools: list[Tool] | UnsetType, path: str) -> None:
    for index, tool in enumerate(() if isinstance(tools, UnsetType) else tools):
        if isinstance(tool, UnknownTool):
            words = f"Invalid value: '{tool.value.get('type')}' is no type of tool."
            _refuse(words, "invalid_value", f"{path}[{index}].type")


def _check_modalities(modalities: object, path: str) -> None:
    if isinstance(modalities, list) and modalities not in (["text"], ["audio"]):
        _refuse("Invalid modalities. Supported combinations are: ['text'] and ['audio'].", "invalid_value", path)


def _check_range(value: float, least: float, most: float, path: str) -> None:
    if not least <= value <= most:
        _refuse(f"Invalid value: {value}. Expected {least:g} to {most:g}.", "invalid_value", path)


def _check_length(text: str, most: int, path: str) -> None:
    if len(text) > most:
        words = f"Invalid '{path}': string too long. Expected a string with maximum length {most}, but got {len(text)}."
        _refuse(words, TOO_LONG, path)


def _refuse(words: str, code: str, param: str | None) -> NoReturn:
    raise LocalProtocolError(words, code=code, param=param)
