"""What has the authority said, and what did it ask its driver to do?"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import msgspec

from bareline.ids import IdSource
from bareline.protocol import events as ev
from bareline.protocol.actions import Action
from bareline.protocol.codec import encode
from bareline.protocol.conversation import Conversation, apply
from bareline.protocol.refusal import Refusal

__all__ = ["ErrorMessage", "Outbox"]

_PADDING_MAX_CHARS = 16


class ErrorMessage(bytes):
    """A message that tells why something was refused: whoever carries messages may send it to its cause alone."""


class Outbox:
    """Events on their way out, each with an id, each folded into ``conversation``; and actions for the driver.

    Whatever is emitted can be written: what cannot raises ``LocalProtocolError`` before anything changed. The driver
    drains both after each call, which is their bound.
    """

    def __init__(self, ids: IdSource, *, obfuscation: bool) -> None:
        self.conversation = Conversation()
        self._ids = ids
        self._obfuscation = obfuscation
        self._messages: deque[bytes] = deque()
        self._actions: deque[Action] = deque()

    def emit(self, event: ev.KnownServerEvent) -> None:
        """Say this."""
        named: ev.KnownServerEvent = msgspec.structs.replace(event, event_id=self._ids.new("event"))
        self._messages.append(encode(named))
        apply(self.conversation, named)

    def refuse(self, refusal: Refusal) -> None:
        """Say why a request of the client was refused."""
        self.emit(ev.Error(error=refusal.detail()))
        self._messages.append(ErrorMessage(self._messages.pop()))

    def act(self, action: Action) -> None:
        """Ask the driver for this."""
        self._actions.append(action)

    def padding(self, delta: str) -> str | ev.UnsetType:
        """A string of random length against guessing the text from the size of messages (section 4)."""
        if not self._obfuscation:
            return ev.UNSET
        drawn = self._ids.new("pad").partition("_")[2]
        return drawn[: (sum(drawn.encode()) + len(delta)) % _PADDING_MAX_CHARS + 1]

    def messages(self) -> Iterator[bytes]:
        """What is to be sent; drains."""
        while self._messages:
            yield self._messages.popleft()

    def actions(self) -> Iterator[Action]:
        """What is to be done; drains."""
        while self._actions:
            yield self._actions.popleft()
