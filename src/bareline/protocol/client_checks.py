"""Is the client about to say something that the protocol forbids?

With the service's codes, so that a mistake reads the same whether it is refused here or there (REALTIME.md section 11).
Only what is certain is refused: what the session has not reported yet passes.
"""

from __future__ import annotations

from typing import TypeVar

from msgspec import UNSET

from bareline.errors import LocalProtocolError
from bareline.protocol.client_limits import check_event, check_item
from bareline.protocol.events import (
    AudioPart,
    ClientEvent,
    ConversationItemAdded,
    ConversationItemCreate,
    ConversationItemDeleted,
    ConversationItemTruncate,
    Error,
    InputAudioBufferAppend,
    InputAudioBufferClear,
    InputAudioBufferCommit,
    InputAudioBufferCommitted,
    OutputAudioBufferClear,
    RealtimeSession,
    RealtimeSessionConfig,
    ResponseContentPartAdded,
    ResponseCreate,
    ResponseCreated,
    ResponseDone,
    ResponseOutputAudioDelta,
    ResponseOutputItemAdded,
    ServerEvent,
    Session,
    SessionCreated,
    SessionUpdate,
    SessionUpdated,
    UnsetType,
)
from bareline.protocol.limits import COMMIT_MIN_MS, LEDGER_MAX_PARTS
from bareline.protocol.session_formats import bytes_per_ms, input_format, output_format, vad_on

__all__ = ["ClientChecks"]

K = TypeVar("K")
T = TypeVar("T")
V = TypeVar("V")


class ClientChecks:
    """What a client must remember to know what it may say.

    ``check`` raises ``LocalProtocolError`` before anything changed; ``sent`` and ``observe`` keep the memory.
    ``output_buffer``: the server plays the audio itself (WebRTC, SIP, sidebands), so that its buffer can be cleared
    and only it knows how much audio came, of either side.
    """

    def __init__(self, *, output_buffer: bool = False) -> None:
        self._output_buffer = output_buffer
        self._session: Session | None = None
        self._active: str | None = None
        self._asked: ResponseCreate | None = None
        self._buffered_bytes = 0
        self._assistant_spoke = False
        self._bytes_per_ms: dict[str, int] = {}
        self._items: dict[str, None] = {}
        self._audio_bytes: dict[tuple[str, int], tuple[int, int]] = {}

    def check(self, event: ClientEvent) -> None:
        """Raise ``LocalProtocolError`` with the service's code if ``event`` may not be said now."""
        check_event(event)
        match event:
            case ResponseCreate():
                self._check_one_response(event)
            case SessionUpdate():
                self._check_session(event)
            case InputAudioBufferCommit():
                self._check_commit()
            case ConversationItemTruncate():
                self._check_truncation(event)
            case ConversationItemCreate():
                check_item(event.item, "item")
            case OutputAudioBufferClear() if not self._output_buffer:
                words = "Invalid value: 'output_audio_buffer.clear'. It exists where the server plays: WebRTC and SIP."
                raise LocalProtocolError(words, code="invalid_value", param="type")
            case _:
                pass

    def sent(self, event: ClientEvent) -> None:
        """``event`` is going out."""
        match event:
            case InputAudioBufferAppend():
                self._buffered_bytes += len(event.audio)
            case InputAudioBufferCommit() | InputAudioBufferClear():
                self._buffered_bytes = 0
            case ResponseCreate() if not _out_of_band(event):
                self._asked = event
            case _:
                pass

    def observe(self, event: ServerEvent) -> None:
        """``event`` came in."""
        match event:
            case ResponseOutputAudioDelta():
                self._heard_of(event.response_id, event.item_id, event.content_index, len(event.delta))
            case ResponseContentPartAdded(part=AudioPart()):
                self._heard_of(event.response_id, event.item_id, event.content_index, 0)
            case ResponseOutputItemAdded() | ConversationItemAdded():
                _remember(self._items, event.item.id or "", None)
            case ResponseCreated():
                self._created(event)
            case ResponseDone():
                if event.response.id == self._active:
                    self._active = None
            case _:
                self._observe_rest(event)

    def _observe_rest(self, event: ServerEvent) -> None:
        match event:
            case SessionCreated() | SessionUpdated():
                self._session = event.session
            case InputAudioBufferCommitted():
                if vad_on(self._session):
                    self._buffered_bytes = 0
            case ConversationItemDeleted():
                self._items.pop(event.item_id, None)
                self._audio_bytes.pop((event.item_id, 0), None)
            case Error():
                if self._asked is not None and event.error.event_id in (None, self._asked.event_id):
                    self._asked = None
            case _:
                pass

    def _created(self, event: ResponseCreated) -> None:
        response = event.response
        output = response.audio.output if response.audio else None
        if response.id is not None and output is not None and output.format is not None:
            _remember(self._bytes_per_ms, response.id, bytes_per_ms(output.format))
        if response.conversation_id is not None:
            self._active, self._asked = response.id, None

    def _heard_of(self, response_id: str, item_id: str, content_index: int, count: int) -> None:
        rate = self._bytes_per_ms.get(response_id)
        if rate is None:
            rate = bytes_per_ms(output_format(self._session))
        so_far, _ = self._audio_bytes.get((item_id, content_index), (0, rate))
        _remember(self._audio_bytes, (item_id, content_index), (so_far + count, rate))
        self._assistant_spoke = True

    def _check_one_response(self, event: ResponseCreate) -> None:
        if _out_of_band(event) or (self._active is None and self._asked is None):
            return
        which = self._active or "the one just asked for"
        raise LocalProtocolError(
            f"Conversation already has an active response in progress: {which}. Wait until the response is finished "
            "before creating a new one.",
            code="conversation_already_has_active_response",
        )

    def _check_session(self, event: SessionUpdate) -> None:
        config, session = event.session, self._session
        if session is None:
            return
        if isinstance(config, RealtimeSessionConfig) != isinstance(session, RealtimeSession):
            words = "The type of a session cannot change."
            raise LocalProtocolError(words, code="invalid_value", param="session.type")
        if not isinstance(config, RealtimeSessionConfig) or not isinstance(session, RealtimeSession):
            return
        if config.model is not UNSET and config.model != session.model:
            words = f"The model of a session cannot change (from {session.model} to {config.model})."
            raise LocalProtocolError(words, code="invalid_value", param="session.model")
        if self._assistant_spoke and _changes_voice(config, session):
            words = "Cannot update a conversation's voice if assistant audio is present."
            raise LocalProtocolError(words, code="cannot_update_voice", param="session.audio.output.voice")

    def _check_commit(self) -> None:
        if self._output_buffer or vad_on(self._session) is not False:
            return  # where the server plays, the user's audio may come as media or on another connection
        held_ms = self._buffered_bytes / bytes_per_ms(input_format(self._session))
        if held_ms < COMMIT_MIN_MS:
            raise LocalProtocolError(
                "Error committing input audio buffer: buffer too small. Expected at least "
                f"{COMMIT_MIN_MS}ms of audio, but buffer only has {held_ms:.2f}ms of audio.",
                code="input_audio_buffer_commit_empty",
            )

    def _check_truncation(self, event: ConversationItemTruncate) -> None:
        if event.item_id not in self._items and (event.item_id, 0) not in self._audio_bytes:
            words = f"Item with item_id not found: {event.item_id}"
            raise LocalProtocolError(words, code="item_truncate_invalid_item_id", param="item_id")
        if self._output_buffer:
            return
        counts = self._audio_bytes.get((event.item_id, event.content_index))
        if counts is None:
            raise LocalProtocolError("Only model output audio messages can be truncated", param="item_id")
        received_ms = counts[0] // counts[1]
        if not 0 <= event.audio_end_ms <= received_ms:
            words = f"Audio content of {received_ms}ms is already shorter than {event.audio_end_ms}ms"
            raise LocalProtocolError(words, code="invalid_value", param="audio_end_ms")


def _out_of_band(event: ResponseCreate) -> bool:
    response = _given(event.response)
    return response is not None and response.conversation == "none"


def _changes_voice(config: RealtimeSessionConfig, session: RealtimeSession) -> bool:
    audio = _given(config.audio)
    output = _given(audio.output) if audio is not None else None
    if output is None or output.voice is UNSET:
        return False
    now = _given(session.audio.output) if session.audio is not None else None
    return now is not None and output.voice != now.voice


def _given(value: T | UnsetType | None) -> T | None:
    return None if isinstance(value, UnsetType) else value


def _remember(known: dict[K, V], key: K, value: V) -> None:
    known[key] = value
    if len(known) > LEDGER_MAX_PARTS:
        del known[next(iter(known))]
