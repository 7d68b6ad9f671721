"""What does each server event mean for the parts of a call?

The only place that knows which part wants which event. Nothing here waits: a part that has to wait has its own task.
"""

from __future__ import annotations

from typing import Literal

from bareline.client.call_events import (
    AgentSaid,
    AgentStarted,
    AgentStopped,
    CallEvent,
    ErrorHappened,
    ToolArguments,
)
from bareline.client.parts import Parts
from bareline.client.playback import Playback
from bareline.client.user_reactions import UserReactions
from bareline.clock import now_ns
from bareline.errors import RemoteProtocolError
from bareline.protocol import events as ev
from bareline.protocol.client_endpoint import Received
from bareline.protocol.conversation import Conversation
from bareline.protocol.playout import PartKey
from bareline.protocol.session_formats import output_format, vad_on
from bareline.protocol.severity import Severity, explain, severity

__all__ = ["Reactions"]


class Reactions:
    """Hands the events of one line after the other to the parts."""

    def __init__(self, parts: Parts, *, barge_in: bool) -> None:
        self.malformed = 0
        self.last_error: ev.ErrorDetail | None = None
        self.user = UserReactions(
            parts, barge_in=barge_in, session=lambda: self._session, conversation=lambda: self._conversation
        )
        self._parts = parts
        self._session: ev.Session | None = None
        self._format: ev.AudioFormat | None = None
        self._conversation = Conversation()

    @property
    def transcribes(self) -> bool:
        """Whether the session transcribes what the user says."""
        audio = self._session.audio if isinstance(self._session, ev.RealtimeSession) else None
        return audio is not None and audio.input is not None and audio.input.transcription is not None

    def take(self, received: Received, conversation: Conversation) -> bool:
        """React to one event, which the conversation has taken already.

        True: a tool was called, which is to be entered before other events are looked at.
        """
        event, parts = received.event, self._parts
        if isinstance(event, ev.ResponseOutputAudioDelta):  # nearly all events are, and nobody else wants them
            self._sound(event)
            return False
        if isinstance(event, ev.ResponseFunctionCallArgumentsDone):  # the call itself waits behind it
            parts.runner.foresee(event.name, event.arguments)
            return False
        if isinstance(event, ev.ConversationItemDone) and isinstance(event.item, ev.FunctionCall):  # the same
            parts.outbox.acknowledged(event)
            return False
        if isinstance(event, RemoteProtocolError):
            self.malformed += 1
            return False
        self._conversation = conversation
        if isinstance(event, ev.ResponseOutputItemDone) and isinstance(event.item, ev.FunctionCall):
            self._called(event.item, event.response_id, conversation, received.at_ns)
            return True
        if isinstance(event, ev.ConversationItemAdded):
            self.user.added(event.item)
        parts.transcript.take(event)
        parts.outbox.acknowledged(event)
        if isinstance(event, ev.ResponseDone) and event.response.id:  # cuts go out before the next request does
            parts.barge_in.response_done(event.response.id, conversation)
        settled = parts.responder.take(event)
        self._session_event(event, settled)
        self.user.take(event, received.at_ns)
        if parts.judging is not None:
            parts.judging.service_turns.take(event)
        self._output_event(event, conversation)
        self._response_event(event, conversation)
        parts.remote.take(event, conversation)
        self._chosen_parts(event, conversation, received.at_ns)
        return False

    def heard_first(self, key: PartKey, at_ns: int) -> None:
        """The first sample of a part was heard."""
        position = self._parts.playback.ledger.position(*key)
        response_id = position.response_id if position else ""
        self._emit(AgentStarted(at_ns=at_ns, item_id=key[0], response_id=response_id))
        self._parts.consent.question_begun(response_id, at_ns)
        self._parts.filler.heard(response_id, at_ns)

    def heard_last(self, key: PartKey, interrupted: bool) -> None:
        """Nothing more of a part will be heard."""
        self.user.given(key)
        self._emit(AgentStopped(at_ns=now_ns(), item_id=key[0], interrupted=interrupted))
        if not interrupted:
            self._say(key[0], self._parts.playback.ledger.heard_ms(*key))
        self._parts.filler.look()
        self._parts.protection.look()

    def cut(self, item_id: str, heard_ms: int) -> None:
        """An item was interrupted; of what nobody heard, nothing was said."""
        if heard_ms:
            self._say(item_id, heard_ms, interrupted=True)

    def _chosen_parts(self, event: ev.ServerEvent, conversation: Conversation, at_ns: int) -> None:
        """Those that only some calls have."""
        parts = self._parts
        if parts.pace is not None:
            parts.pace.take(event)
        if parts.telling is not None:
            parts.telling.take(event)
        if parts.media is not None:
            parts.media.take(event, conversation, at_ns)

    def _sound(self, event: ev.ResponseOutputAudioDelta) -> None:
        playback = self._parts.playback
        samples = playback.received(event, self._format) if isinstance(playback, Playback) else 0
        if samples:
            self._parts.transcript.sounded((event.item_id, event.content_index), samples)

    def _session_event(self, event: ev.ServerEvent, settled: bool) -> None:
        match event:
            case ev.SessionCreated(session=session) | ev.SessionUpdated(session=session):
                self._session, self._format = session, output_format(session)
                if vad_on(session) is False:
                    self.user.dropped(now_ns())
            case ev.Error(error=error):
                self._error(error, settled)
            case ev.ConversationItemInputAudioTranscriptionCompleted():
                self._parts.usage.add_transcription(event.usage)
            case _:
                pass

    def _output_event(self, event: ev.ServerEvent, conversation: Conversation) -> None:
        playback = self._parts.playback
        match event:
            case ev.ResponseContentPartAdded(part=ev.AudioPart()):
                playback.begun(event.response_id, event.item_id, event.content_index)
            case ev.ResponseOutputAudioDone():
                playback.finished(event.item_id, event.content_index)
            case ev.ResponseFunctionCallArgumentsDelta(item_id=item_id, call_id=call_id, delta=delta):
                entry = conversation.item(item_id)
                name = entry.item.name if entry is not None and isinstance(entry.item, ev.FunctionCall) else ""
                self._parts.arguments.put(ToolArguments(at_ns=now_ns(), call_id=call_id, name=name, delta=delta))
            case ev.ResponseOutputItemDone(item=ev.Message(id=str(item_id))):
                self._written(item_id, event.response_id)
            case _:
                pass

    def _response_event(self, event: ev.ServerEvent, conversation: Conversation) -> None:
        match event:
            case ev.ResponseCreated(response=response) if response.conversation_id is not None:
                self._parts.consent.response_began(response.id or "")
                if self.user.silences:  # it was asked for just before the user began to speak
                    self._parts.barge_in.interrupt(conversation, by="user", at_ns=now_ns(), server_cancels=False)
            case ev.ResponseDone(response=response) if response.id:
                self._parts.usage.add_response(response)
                self._parts.playback.response_done(response.id)
                self._parts.runner.response_done(response.id)
                if not self._parts.filler.owns(response.id):
                    self._judge(response)
            case _:
                pass

    def _called(self, item: ev.FunctionCall, response_id: str, conversation: Conversation, at_ns: int) -> None:
        """Only finished calls of the conversation: the arguments of a cut call may be half a sentence."""
        entry = conversation.item(item.id or "")
        if item.status == "incomplete":
            self._parts.journal.decision("call_ignored", "cut off by an interruption", call_id=item.call_id)
        elif entry is not None and not entry.in_conversation:
            self._parts.journal.decision("call_ignored", "out of band", call_id=item.call_id)
        else:
            call = self._parts.runner.requested(item, response_id, at_ns)
            if call is not None and not self._parts.consent.reported(call):
                self._parts.runner.run(call)

    def _written(self, item_id: str, response_id: str) -> None:
        """Text, and speech without a sink, is given when it is there."""
        playback = self._parts.playback
        spoken = playback.ledger.position(item_id) is not None
        if spoken and playback.has_sink:
            return
        self._parts.consent.question_given(response_id)
        self._say(item_id, 0)

    def _judge(self, response: ev.Response) -> None:
        """An answer that failed, or that the service cut short, is lost for this turn only."""
        details = response.status_details
        if response.status == "failed":
            error = details.error if details and details.error else ev.StatusError(message="the response failed")
            self._lost(explain(error).severity, error.code, error.message or explain(error).happened)
            if error.code == "server_error" and response.conversation_id is not None:
                self._parts.responder.retry()
        elif response.status == "incomplete":
            reason = details.reason if details else None
            self._lost(Severity.TURN_LOST, reason, f"the answer is incomplete: {reason}")

    def _error(self, error: ev.ErrorDetail, settled: bool) -> None:
        self.last_error = error
        found = severity(error)
        sent = self._parts.outbox.sent(error.event_id)
        self._parts.journal.error(found.value, error.code, error.message, answers=type(sent).__name__ if sent else None)
        expired = error.code == "session_expired"  # the close that follows is answered by a new connection
        if found is not Severity.HARMLESS and not settled and not expired:
            self._tell(found, error.code, error.message)

    def _lost(self, found: Severity, code: str | None, message: str) -> None:
        self._parts.journal.error(found.value, code, message)
        self._tell(found, code, message)

    def _tell(self, found: Severity, code: str | None, message: str) -> None:
        severity: Literal["turn", "call"] = "call" if found is Severity.CALL_LOST else "turn"
        self._emit(ErrorHappened(at_ns=now_ns(), severity=severity, code=code, message=message))

    def _say(self, item_id: str, heard_ms: int, *, interrupted: bool = False) -> None:
        entry = self._parts.transcript.entry(item_id)
        if entry is not None and entry.role == "assistant":
            self._emit(
                AgentSaid(at_ns=now_ns(), item_id=item_id, text=entry.text, heard_ms=heard_ms, interrupted=interrupted)
            )

    def _emit(self, event: CallEvent) -> None:
        self._parts.feed.put(event)
