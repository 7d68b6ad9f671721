"""What does a response in the conversation wait for, other responses apart?

Kept by ``bareline.protocol.sequencer``. Source: REALTIME.md 10.6-10.9.
"""

from __future__ import annotations

from dataclasses import dataclass

from bareline.protocol.events import (
    InputAudioBufferCleared,
    InputAudioBufferCommitted,
    InputAudioBufferSpeechStarted,
    InputAudioBufferSpeechStopped,
    InputAudioBufferTimeoutTriggered,
    ServerEvent,
    Session,
    SessionCreated,
    SessionUpdated,
)
from bareline.protocol.limits import REQUEST_RETRY_NS, VAD_RESPONSE_NS
from bareline.protocol.session_formats import vad_on, vad_responds

__all__ = ["ResponseFloor"]


@dataclass(slots=True)
class ResponseFloor:
    """The user who speaks, the server that is about to answer by itself, and a moment after it refused.

    ``user_speaks``: as the server says; ``user_speaks_here``: as a turn detector on this side judges it.
    ``held_until_ns``: nothing is asked for before. ``server_answers``: the user's turn is over, and a response that
    nobody asked for is to be expected.
    """

    session: Session | None = None
    user_speaks: bool = False
    user_speaks_here: bool = False
    held_until_ns: int | None = None
    server_answers: bool = False

    def observe(self, event: ServerEvent, now_ns: int) -> None:
        """Take an event about the session or the user's speech."""
        match event:
            case SessionCreated() | SessionUpdated():
                self.session = event.session
                self.user_speaks = self.user_speaks and vad_on(event.session) is not False
            case InputAudioBufferSpeechStarted():
                self.user_speaks = True
            case InputAudioBufferSpeechStopped() | InputAudioBufferTimeoutTriggered():
                self.user_speaks = False
                self.server_answers = vad_responds(self.session)
                if self.server_answers:
                    self.held_until_ns = now_ns + VAD_RESPONSE_NS
            case InputAudioBufferCommitted() | InputAudioBufferCleared():
                self.user_speaks = False
            case _:
                pass

    def free(self, now_ns: int) -> bool:
        """Whether a response may begin."""
        held = self.held_until_ns is not None and now_ns < self.held_until_ns
        return not (self.user_speaks or self.user_speaks_here or held)

    def response_began(self) -> None:
        """In the conversation: what was expected is there."""
        self._expect_nothing()

    def response_done(self) -> None:
        """In the conversation: the next one may begin, unless the server is about to answer."""
        if not self.server_answers:
            self.held_until_ns = None

    def refused(self, now_ns: int) -> None:
        """Another response was active that nobody knows of: not again at once."""
        self.held_until_ns = now_ns + REQUEST_RETRY_NS

    def tick(self, now_ns: int) -> None:
        """What was expected and has not come is expected no more."""
        if self.held_until_ns is not None and now_ns >= self.held_until_ns:
            self._expect_nothing()

    def reconnected(self) -> None:
        """The server knows nothing of a voice, and answers nothing; this side still does."""
        self._expect_nothing()
        self.user_speaks = False

    def _expect_nothing(self) -> None:
        self.held_until_ns = None
        self.server_answers = False
