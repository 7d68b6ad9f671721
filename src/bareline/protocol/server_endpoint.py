"""What does a Realtime server answer, event by event?

``ServerEndpoint`` is the authority over one session: it gives ids, keeps the order of events, refuses with the
service's words, and asks its driver for what needs real audio, voice activity or a backend
(``bareline.protocol.actions``). Sans-IO: time and ids come in as arguments. Source: REALTIME.md sections 5-13 and 17.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import msgspec

from bareline.ids import IdSource
from bareline.protocol import events as ev
from bareline.protocol.actions import Action, CloseConnection, SessionChanged
from bareline.protocol.authority.audio_ledger import AudioLedger
from bareline.protocol.authority.items import Items
from bareline.protocol.authority.mcp_lists import McpLists
from bareline.protocol.authority.options import ServerOptions
from bareline.protocol.authority.outbox import Outbox
from bareline.protocol.authority.playback import Playback
from bareline.protocol.authority.responses import Responses
from bareline.protocol.authority.session_rules import first_session, session_refusal
from bareline.protocol.authority.shared import Shared
from bareline.protocol.authority.transcripts import Transcripts
from bareline.protocol.authority.user_speech import UserSpeech
from bareline.protocol.conversation import Conversation
from bareline.protocol.generation import Failed, Outcome, Output
from bareline.protocol.limits import SESSION_LIMIT_NS
from bareline.protocol.refusal import Refusal, invalid_value
from bareline.protocol.session_merge import merge_session
from bareline.protocol.strict import check_client_message
from bareline.units import NS_PER_S

__all__ = ["ServerEndpoint", "ServerOptions"]

_CLOSE_GOING_AWAY = 1001


class ServerEndpoint:
    """One session's server side; implements ``Endpoint[Action]``.

    ``opened_unix_s`` dates the session for ``expires_at``; ``initial`` is the configuration of a client secret or a
    call, and its type wins over ``intent``. ``media``: audio runs beside the events (WebRTC, SIP): no audio deltas are
    sent, audio comes in through ``hear``, and the driver reports what it plays.

    After the end of the session every call is ignored.
    """

    def __init__(
        self,
        *,
        ids: IdSource,
        model: str,
        opened_unix_s: int,
        session_limit_ns: int = SESSION_LIMIT_NS,
        intent: Literal["realtime", "transcription"] = "realtime",
        initial: ev.SessionConfig | None = None,
        options: ServerOptions | None = None,
        media: bool = False,
    ) -> None:
        options = options or ServerOptions()
        self._limit_ns = session_limit_ns
        self._expires_ns: int | None = None
        self._over = False
        expires_at = opened_unix_s + session_limit_ns // NS_PER_S
        shared = Shared(
            ids=ids,
            options=options,
            out=Outbox(ids, obfuscation=options.obfuscation),
            audio=AudioLedger(options.audio_kept_bytes),
            session=first_session(
                id=ids.new("sess"),
                model=model,
                expires_at=expires_at,
                intent=intent,
                initial=initial,
                instructions=options.instructions,
            ),
            conversation_id=ids.new("conv"),
            media=media,
        )
        self._shared = shared
        self._items = Items(shared)
        self._lists = McpLists(shared)
        self._responses = Responses(shared, self._items, self._lists)
        self._playback = Playback(shared)
        self._transcripts = Transcripts(shared)
        self._speech = UserSpeech(shared, self._responses, self._playback, self._transcripts)
        self._answers: dict[type[msgspec.Struct], Callable[[Any, int], Refusal | None]] = {
            ev.SessionUpdate: self._update_session,
            ev.InputAudioBufferAppend: lambda event, _: self._speech.append(event.audio),
            ev.InputAudioBufferCommit: lambda _, now_ns: self._speech.commit(now_ns),
            ev.InputAudioBufferClear: lambda _, __: self._speech.clear(),
            ev.OutputAudioBufferClear: lambda _, __: self._playback.clear(),
            ev.ConversationItemCreate: self._create_item,
            ev.ConversationItemRetrieve: lambda event, _: self._items.retrieve(event),
            ev.ConversationItemTruncate: lambda event, _: self._items.truncate(event),
            ev.ConversationItemDelete: self._delete_item,
            ev.ResponseCreate: lambda event, now_ns: self._responses.create(event.response or None, now_ns),
            ev.ResponseCancel: lambda event, now_ns: self._responses.cancel(event.response_id or None, now_ns),
        }

    # --- state ----------------------------------------------------------------------------------------------------

    @property
    def conversation(self) -> Conversation:
        """The fold of all events sent so far; for reading."""
        return self._shared.conversation

    @property
    def media(self) -> bool:
        """Whether audio runs beside the events."""
        return self._shared.media

    @property
    def options(self) -> ServerOptions:
        """What this server decides for itself."""
        return self._shared.options

    @property
    def session(self) -> ev.RealtimeSession | ev.TranscriptionSession:
        """The session in force."""
        return self._shared.session

    # --- the endpoint's contract ----------------------------------------------------------------------------------

    def open(self, now_ns: int) -> None:
        """The connection stands. Says ``session.created``; the session's time runs from here."""
        self._expires_ns = now_ns + self._limit_ns
        self._shared.out.emit(ev.SessionCreated(session=self._shared.session))
        self._shared.out.act(SessionChanged(session=self._shared.session))
        self._lists.follow(_tools(self._shared.session))

    def receive(self, message: bytes, now_ns: int) -> None:
        """A whole message of the client arrived; any bytes."""
        if self._over:
            return
        event = check_client_message(message, media=self._shared.media)
        if isinstance(event, Refusal):
            self._shared.out.refuse(event)
            return
        refusal = self._refused_in_transcription(event) or self._answers[type(event)](event, now_ns)
        if refusal is not None:
            self._shared.out.refuse(msgspec.structs.replace(refusal, event_id=event.event_id or None))

    def receive_binary(self, now_ns: int) -> None:  # noqa: ARG002  (all entries take the time)
        """A binary frame arrived, which is not a transport for audio (section 2)."""
        if not self._over:
            self._shared.out.refuse(
                Refusal(code="invalid_event", message="Invalid event: binary messages are not supported.")
            )

    def tick(self, now_ns: int) -> None:
        """Time passed: ends the session at its limit (section 10.16)."""
        if self._over or self._expires_ns is None or now_ns < self._expires_ns:
            return
        message = f"Your session hit the maximum duration of {_spoken(self._limit_ns)}."
        expiry = Refusal(code="session_expired", message=message)
        ended = Failed(code="session_expired", message=message, type=expiry.type)
        self._responses.stop_all(ended, now_ns)
        self._shared.out.refuse(expiry)
        self._shared.out.act(CloseConnection(code=_CLOSE_GOING_AWAY, reason=message))
        self._over = True

    def deadline(self) -> int | None:
        """When the session ends, in ns; ``None`` before ``open`` and after the end."""
        return None if self._over else self._expires_ns

    def events(self) -> Iterator[Action]:
        """What the driver is to do, in order; drains."""
        return self._shared.out.actions()

    def outgoing(self) -> Iterator[bytes]:
        """Messages for the client, in order; drains."""
        return self._shared.out.messages()

    def refuse(self, refusal: Refusal, now_ns: int) -> None:  # noqa: ARG002
        """The driver could not do what was asked: says so in an error event."""
        if not self._over:
            self._shared.out.refuse(refusal)

    # --- the user's speech ----------------------------------------------------------------------------------------

    def hear(self, audio: bytes, now_ns: int) -> None:  # noqa: ARG002  (all entries take the time)
        """Audio of the user that came beside the events (``media``): PCM16 at 24 kHz."""
        if not self._over:
            self._speech.append(audio)

    def speech_started(self, audio_start_ms: int, now_ns: int) -> str | None:
        """Voice activity began; interrupts the active response where the session says so (10.6).

        ``audio_start_ms`` is the position in all audio of the session, already earlier by the prefix padding: whole
        milliseconds of what ``InputAppended`` brought since the start. Returns the id that the item will have;
        ``None`` when turn detection is off.
        """
        return None if self._over else self._speech.started(audio_start_ms, now_ns)

    def speech_stopped(self, audio_end_ms: int, now_ns: int) -> None:
        """The turn is over. Commits the span from the start to ``audio_end_ms``, and responds where it should.

        ``audio_end_ms`` includes the silence that ended the turn. Ignored when no speech is under way.
        """
        if not self._over:
            self._speech.stopped(audio_end_ms, now_ns)

    def idle_timeout(self, start_ms: int, end_ms: int, now_ns: int) -> None:
        """Nobody has spoken for the idle timeout (10.13). Commits that silent span and responds."""
        if not self._over:
            self._speech.idle(start_ms, end_ms, now_ns)

    def transcript_delta(self, item_id: str, text: str, now_ns: int) -> None:  # noqa: ARG002
        """More of the user's transcript. Ignored for items that are not being transcribed, as in what follows."""
        if not self._over:
            self._transcripts.delta(item_id, text)

    def transcribed(self, item_id: str, now_ns: int) -> None:  # noqa: ARG002
        """The transcript is whole: the deltas joined."""
        if not self._over:
            self._transcripts.completed(item_id)

    def transcription_failed(self, item_id: str, message: str, now_ns: int) -> None:  # noqa: ARG002
        """There will be no transcript."""
        if not self._over:
            self._transcripts.failed(item_id, message)

    # --- what is generated ----------------------------------------------------------------------------------------

    def produce(self, response_id: str, output: Output, now_ns: int) -> None:
        """The generator made this. Audio is in the session's output format.

        Ignored when the response is over. ``LocalProtocolError`` when the generator breaks its contract: a delta for
        an item that ended or is of another kind, a call without a name, too many items.
        """
        if not self._over:
            self._responses.produce(response_id, output, now_ns)

    def finish(self, response_id: str, outcome: Outcome, now_ns: int) -> None:
        """The generator is done. Ignored when the response is over."""
        if not self._over:
            self._responses.finish(response_id, outcome, now_ns)

    # --- MCP servers (10.11) ------------------------------------------------------------------------------------------

    def mcp_listed(self, item_id: str, tools: Sequence[ev.McpListedTool], now_ns: int) -> None:  # noqa: ARG002
        """The driver has the tools of a server (``McpListRequested``)."""
        if not self._over:
            self._lists.listed(item_id, tools)

    def mcp_list_failed(self, item_id: str, message: str, now_ns: int) -> None:  # noqa: ARG002
        """The driver could not fetch the tools of a server; ``message`` says why, as a sentence."""
        if not self._over:
            self._lists.failed(item_id, message)

    def mcp_called(self, item_id: str, output: str | None, error: ev.McpError | None, now_ns: int) -> None:
        """A call that the driver was asked for (``McpCallRequested``) gave this, or failed so."""
        if not self._over:
            self._responses.called(item_id, output, error, now_ns)

    # --- what is played (media) -----------------------------------------------------------------------------------

    def output_started(self, response_id: str) -> None:
        """The driver began to play this response, of which it was asked to (``OutputAppended``)."""
        if not self._over:
            self._playback.started(response_id)

    def output_played(self, response_id: str, played_ms: int) -> None:
        """So much of this response was played in all; what is truncated at a barge-in follows from it."""
        if not self._over:
            self._playback.played(response_id, played_ms)

    def output_stopped(self, response_id: str) -> None:
        """The driver has played all of this response."""
        if not self._over:
            self._playback.drained(response_id)

    # --- answers that need more than one part ---------------------------------------------------------------------

    def _update_session(self, event: ev.SessionUpdate, now_ns: int) -> Refusal | None:  # noqa: ARG002
        shared = self._shared
        refusal = session_refusal(shared, event.session)
        if refusal is not None:
            return refusal
        shared.session = merge_session(shared.session, event.session)
        self._speech.follow_session()
        shared.out.emit(ev.SessionUpdated(session=shared.session))
        shared.out.act(SessionChanged(session=shared.session))
        self._lists.follow(_tools(event.session))
        return None

    def _create_item(self, event: ev.ConversationItemCreate, now_ns: int) -> Refusal | None:  # noqa: ARG002
        refusal = self._items.create(event, hold=self._responses.taken)
        if refusal is None and isinstance(event.item, ev.McpApprovalResponse):
            self._responses.approve(event.item)
        return refusal

    def _delete_item(self, event: ev.ConversationItemDelete, now_ns: int) -> Refusal | None:
        self._responses.end_item(event.item_id, now_ns)
        self._transcripts.forget(event.item_id)
        return self._items.delete(event)

    def _refused_in_transcription(self, event: ev.ClientEvent) -> Refusal | None:
        """A transcription session knows no responses (section 13)."""
        if isinstance(self._shared.session, ev.RealtimeSession) or type(event) not in _ABOUT_RESPONSES:
            return None
        allowed = [_wire_type(kind) for kind in self._answers if kind not in _ABOUT_RESPONSES]
        return invalid_value("type", _wire_type(type(event)), allowed)


_ABOUT_RESPONSES: set[type[msgspec.Struct]] = {ev.ResponseCreate, ev.ResponseCancel, ev.OutputAudioBufferClear}


def _tools(session: ev.SessionConfig | ev.Session) -> Sequence[ev.Tool]:
    """The tools that it speaks of."""
    realtime = isinstance(session, (ev.RealtimeSession, ev.RealtimeSessionConfig))
    return (session.tools or ()) if realtime else ()


def _wire_type(kind: type[msgspec.Struct]) -> str:
    return str(kind.__struct_config__.tag)


def _spoken(limit_ns: int) -> str:
    seconds = limit_ns // NS_PER_S
    return f"{seconds // 60} minutes" if seconds % 60 == 0 else f"{seconds} seconds"
