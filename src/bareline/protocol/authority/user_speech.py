"""How does the user's audio become an item, by hand and by voice activity?

Source: REALTIME.md 10.3-10.6, 10.13 and section 13.
"""

from __future__ import annotations

from bareline.protocol import events as ev
from bareline.protocol.actions import InputAppended, InputCleared, InputCommitted
from bareline.protocol.authority.input_buffer import InputBuffer
from bareline.protocol.authority.playback import Playback
from bareline.protocol.authority.responses import Responses
from bareline.protocol.authority.shared import Shared
from bareline.protocol.authority.transcripts import Transcripts
from bareline.protocol.limits import COMMIT_MIN_MS
from bareline.protocol.refusal import Refusal
from bareline.protocol.states import BufferEvent, BufferState, PlaybackEvent, Refused

__all__ = ["UserSpeech"]


class UserSpeech:
    """The input side of a session."""

    def __init__(self, shared: Shared, responses: Responses, playback: Playback, transcripts: Transcripts) -> None:
        self._shared = shared
        self._responses = responses
        self._playback = playback
        self._transcripts = transcripts
        self._buffer = InputBuffer(shared.input_format)

    def append(self, audio: bytes) -> None:
        """More audio; not acknowledged (section 17, row 19)."""
        if audio:
            self._buffer.append(audio, detecting=self._shared.detection is not None)
            self._shared.out.act(InputAppended(audio=audio, format=self._buffer.format))

    def commit(self, now_ns: int) -> Refusal | None:  # noqa: ARG002
        """The client makes an item of everything since the last commit or clear; no response follows."""
        held_ms = self._buffer.held_ms
        item_id = self._buffer.item_id
        audio = self._buffer.commit()
        if isinstance(audio, Refused):
            message = (
                "Error committing input audio buffer: buffer too small. "
                f"Expected at least {COMMIT_MIN_MS}ms of audio, but buffer only has {held_ms:.2f}ms of audio."
            )
            return Refusal(code=audio.code, message=message)
        self._commit(item_id or self._shared.ids.new("item"), audio)
        return None

    def clear(self) -> None:
        """The client drops the buffer."""
        self._transcripts.forget(self._buffer.item_id)
        self._buffer.clear()
        self._shared.out.emit(ev.InputAudioBufferCleared())
        self._shared.out.act(InputCleared())

    def started(self, audio_start_ms: int, now_ns: int) -> str | None:
        """Somebody speaks."""
        detection, buffer = self._shared.detection, self._buffer
        if detection is None or buffer.item_id is not None:
            return buffer.item_id
        item_id = self._shared.ids.new("item")
        buffer.begin(item_id, audio_start_ms)
        self._transcripts.expect(item_id)
        self._shared.out.emit(ev.InputAudioBufferSpeechStarted(audio_start_ms=audio_start_ms, item_id=item_id))
        if detection.interrupt_response is not False:
            self._interrupt(now_ns)
        return item_id

    def stopped(self, audio_end_ms: int, now_ns: int) -> None:
        """The turn is over."""
        item_id = self._buffer.item_id
        if item_id is None:
            return
        self._shared.out.emit(ev.InputAudioBufferSpeechStopped(audio_end_ms=audio_end_ms, item_id=item_id))
        self._commit(item_id, self._buffer.commit_span(self._buffer.start_ms, audio_end_ms, BufferEvent.SPEECH_STOPPED))
        self._answer(now_ns)

    def idle(self, start_ms: int, end_ms: int, now_ns: int) -> None:
        """Nobody spoke for long; a stretch of silence becomes a turn."""
        if self._shared.detection is None or self._buffer.state is BufferState.SPEECH:
            return
        item_id = self._shared.ids.new("item")
        self._shared.out.emit(
            ev.InputAudioBufferTimeoutTriggered(audio_start_ms=start_ms, audio_end_ms=end_ms, item_id=item_id)
        )
        self._commit(item_id, self._buffer.commit_span(start_ms, end_ms, BufferEvent.IDLE_TIMEOUT))
        self._answer(now_ns)

    def follow_session(self) -> None:
        """The session has changed."""
        self._buffer.reformat(self._shared.input_format)
        if self._shared.detection is None:
            self._transcripts.forget(self._buffer.item_id)
            self._buffer.detection_off()

    def _interrupt(self, now_ns: int) -> None:
        self._playback.stop(PlaybackEvent.BARGE_IN)
        if self._shared.options.truncated_before_done:
            self._playback.truncate()
        self._responses.interrupt(now_ns)
        self._playback.truncate()

    def _commit(self, item_id: str, audio: bytes) -> None:
        shared, out = self._shared, self._shared.out
        before = shared.last_item_id()
        transcribe = self._transcripts.expect(item_id)
        shared.audio.add(item_id, audio, self._buffer.format)
        out.emit(ev.InputAudioBufferCommitted(item_id=item_id, previous_item_id=before))
        item = ev.Message(id=item_id, role="user", status="completed", content=[ev.InputAudio()])
        out.emit(ev.ConversationItemAdded(item=item, previous_item_id=before))
        out.emit(ev.ConversationItemDone(item=item, previous_item_id=before))
        out.act(InputCommitted(item_id=item_id, audio=audio, format=self._buffer.format, transcribe=transcribe))

    def _answer(self, now_ns: int) -> None:
        detection = self._shared.detection
        speaks = isinstance(self._shared.session, ev.RealtimeSession)
        if speaks and detection is not None and detection.create_response is not False:
            self._responses.answer_turn(now_ns)
