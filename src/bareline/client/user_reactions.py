"""What does it mean for the parts of a call that the user speaks, or has spoken?"""

from __future__ import annotations

from collections.abc import Callable

from bareline.client.barge_in import server_interrupts
from bareline.client.call_events import UserSaid, UserStarted, UserStopped
from bareline.client.parts import Parts
from bareline.protocol import events as ev
from bareline.protocol.conversation import Conversation
from bareline.protocol.playout import PartKey
from bareline.turns.overlap import OutputChange

__all__ = ["UserReactions"]

_LOCAL_SPEECH = "input_audio_buffer"
"""What speech is called that is not committed, and has no item yet."""


class UserReactions:
    """Tells the parts who has the floor, and what reached the user.

    ``barge_in``: whether speech interrupts the assistant where no policy judges that. ``session`` and ``conversation``
    are those of the moment. ``speaking``: whether the user has the floor; ``speech_lost``: the item that was being
    spoken when a connection was lost, until it is taken up.
    """

    def __init__(
        self,
        parts: Parts,
        *,
        barge_in: bool,
        session: Callable[[], ev.Session | None],
        conversation: Callable[[], Conversation],
    ) -> None:
        self.speaking = False
        self.speech_lost = ""
        self._parts = parts
        self._barge_in = barge_in
        self._session = session
        self._conversation = conversation
        self._speech = ""

    @property
    def silences(self) -> bool:
        """Whether an answer that begins now begins over the user's voice, who means to interrupt it."""
        return self.speaking and self._barge_in and not self._held

    def take(self, event: ev.ServerEvent, at_ns: int) -> None:
        """React to what the service says of the user's speech."""
        match event:
            case ev.InputAudioBufferSpeechStarted(item_id=item_id):
                self.user_began(at_ns, item_id)
            case ev.InputAudioBufferSpeechStopped(item_id=item_id):
                self.user_ended(at_ns, item_id)
            case ev.InputAudioBufferCleared():
                self._parts.turns.buffer_cleared()
                self.dropped(at_ns)
            case ev.InputAudioBufferCommitted(item_id=item_id):
                if item_id == self._speech:  # committed by hand, in the middle of it
                    self.dropped(at_ns)
                if self._parts.judging is None:
                    self.spoke(item_id)
            case ev.ConversationItemInputAudioTranscriptionCompleted(item_id=item_id, transcript=text):
                self._parts.feed.put(UserSaid(at_ns=at_ns, item_id=item_id, text=text.strip()))
                self._parts.consent.transcribed(item_id)
            case ev.ConversationItemInputAudioTranscriptionFailed(item_id=item_id):
                self._parts.consent.transcribed(item_id)
            case _:
                pass

    def added(self, item: ev.Item) -> None:
        """What is written on another connection of the call (the page's, of a sideband) is a turn of the user too.

        What this side sent is none by that, and what it tells again after a loss was one before.
        """
        match item:
            case ev.Message(id=str(item_id), role="user", content=content):
                text = " ".join(part.text for part in content if isinstance(part, ev.InputText))
                known = self._parts.transcript.entry(item_id) is not None or self._parts.outbox.holds(item_id)
                if text and not known:
                    self.spoke(item_id, text)
            case _:
                pass

    def user_began(self, at_ns: int, item_id: str = "", *, interrupts: bool = True) -> None:
        """The user began to speak, and by that interrupts the assistant or does not."""
        self.speaking, self._speech = True, item_id or _LOCAL_SPEECH
        self._parts.responder.user_speaks(speaks=not item_id)
        self._parts.consent.user_began(at_ns)
        if self._barge_in and interrupts and not self._held:
            self._parts.interrupt(
                self._conversation(), by="user", at_ns=at_ns, server_cancels=server_interrupts(self._session())
            )
        self._parts.feed.put(UserStarted(at_ns=at_ns, item_id=item_id))
        self._parts.filler.look()

    def judged(self, change: OutputChange, at_ns: int) -> None:
        """What the user says takes the floor, as the interruption policy has it.

        Who wants no more than a stop, or another matter, does not want to hear what waits to be said.
        """
        if change.kind in ("stop", "redirection"):
            self._parts.responder.withdraw_waiting()
        self._parts.interrupt(self._conversation(), by="user", at_ns=at_ns, server_cancels=False, judged=change)

    def user_ended(self, at_ns: int, item_id: str = "") -> None:
        """The user's turn is over."""
        self.speaking = False
        self._parts.responder.user_speaks(speaks=False)
        self._parts.consent.user_ended()
        self._parts.feed.put(UserStopped(at_ns=at_ns, item_id=item_id))
        self._parts.filler.look()

    def dropped(self, at_ns: int) -> None:
        """The service will not say that the speech it found is over."""
        if self.speaking and self._speech != _LOCAL_SPEECH:
            self.user_ended(at_ns, self._speech)

    def connection_lost(self) -> None:
        """What the user was saying is gone with the connection's input buffer."""
        if self.speaking:
            self.speech_lost = self._speech
        self.speaking = False
        self._parts.consent.user_ended()

    def spoke(self, item_id: str, text: str | None = None) -> None:
        """The user took a turn, in writing where there is ``text``; a question that sounds just now counts as given."""
        for key in self._parts.playback.sounding:
            self.given(key)
        self._parts.consent.user_spoke(item_id, text)
        self._parts.claims.user_spoke()

    def given(self, key: PartKey) -> None:
        """A question of the conversation (not a filler beside it) has reached the user."""
        position = self._parts.playback.ledger.position(*key)
        said = self._parts.transcript.entry(key[0])
        if position is not None and said is not None:
            self._parts.consent.question_given(position.response_id)

    @property
    def _held(self) -> bool:
        """Whether something else than the first sound decides about interruptions."""
        return self._parts.judging is not None or self._parts.protection.active
