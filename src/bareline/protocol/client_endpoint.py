"""What does the client's side of a session know, and what goes out and comes in?

Thin on purpose: without ``checks`` and without ``fold`` an event costs its decoding and nothing more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import msgspec

from bareline.errors import RemoteProtocolError
from bareline.protocol.client_checks import ClientChecks
from bareline.protocol.client_limits import check_message_size
from bareline.protocol.codec import decode_server, encode, encode_append
from bareline.protocol.conversation import Conversation, apply
from bareline.protocol.events import (
    ClientEvent,
    InputAudioBufferAppend,
    ServerEvent,
    Session,
    SessionCreated,
    SessionUpdated,
)

__all__ = ["ClientEndpoint", "Received"]

_SESSION_REPORTS = (SessionCreated, SessionUpdated)


class Received(msgspec.Struct, frozen=True):
    """One message from the server: the event (or why it is none), the message as it came, and when."""

    event: ServerEvent | RemoteProtocolError
    raw: bytes
    at_ns: int


class ClientEndpoint:
    """The client's side, sans-IO; an ``Endpoint[Received]``.

    ``checks``: refuse with ``LocalProtocolError`` what the protocol forbids; nothing is queued then. ``fold``: keep
    ``conversation``. ``output_buffer``: the server plays the audio (WebRTC, SIP, sidebands).
    """

    def __init__(self, *, checks: bool = False, fold: bool = True, output_buffer: bool = False) -> None:
        self._checks = ClientChecks(output_buffer=output_buffer) if checks else None
        self._conversation = Conversation() if fold else None
        self._session: Session | None = None
        self._events: deque[Received] = deque()
        self._outgoing: deque[bytes] = deque()

    @property
    def session(self) -> Session | None:
        """The session as the server last reported it whole."""
        return self._session

    @property
    def conversation(self) -> Conversation | None:
        """What was said and done so far; ``None`` without ``fold``."""
        return self._conversation

    def send(self, event: ClientEvent, now_ns: int) -> None:  # noqa: ARG002  (time is an argument of every step)
        """Queue an event. With ``checks``, raises ``LocalProtocolError`` for a forbidden one and queues nothing."""
        self._outgoing.append(self.encoded(event))

    def send_raw(self, message: bytes) -> None:
        """Queue a message as it is, right or wrong."""
        self._outgoing.append(message)

    @property
    def checks(self) -> bool:
        """Whether what is about to be said may be refused."""
        return self._checks is not None

    def encoded(self, event: ClientEvent) -> bytes:
        """Check and note ``event`` as said, and give its message to a driver that sends at once."""
        checks = self._checks
        if checks is None:
            return encode(event)
        checks.check(event)
        message = encode(event)
        check_message_size(message)
        checks.sent(event)
        return message

    def encoded_audio(self, audio: bytes) -> bytes:
        """As ``encoded``, for an ``input_audio_buffer.append``."""
        return encode_append(audio) if self._checks is None else self.encoded(InputAudioBufferAppend(audio=audio))

    def receive(self, message: bytes, now_ns: int) -> None:
        self._events.append(self.understood(message, now_ns))

    def understood(self, message: bytes, now_ns: int) -> Received:
        """Take a message in and give its event at once, for a driver that hands out each one as it comes."""
        event = decode_server(message)
        if not isinstance(event, RemoteProtocolError):
            if isinstance(event, _SESSION_REPORTS):
                self._session = event.session
            if self._conversation is not None:
                apply(self._conversation, event)
            if self._checks is not None:
                self._checks.observe(event)
        return Received(event, message, now_ns)

    def tick(self, now_ns: int) -> None:
        """Nothing of the client's side waits for time."""

    def events(self) -> Iterator[Received]:
        while self._events:
            yield self._events.popleft()

    def outgoing(self) -> Iterator[bytes]:
        while self._outgoing:
            yield self._outgoing.popleft()

    def deadline(self) -> int | None:
        return None
