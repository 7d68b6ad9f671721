"""A server's side under test: what it says decoded, and folded a second time as a client would."""

from __future__ import annotations

from typing import Any

import pytest

from bareline.errors import RemoteProtocolError
from bareline.ids import SeededIds
from bareline.protocol import events as ev
from bareline.protocol.actions import Action, ResponseRequested
from bareline.protocol.codec import decode_server, encode
from bareline.protocol.conversation import Conversation, apply
from bareline.protocol.generation import Completed, Outcome, Output, ResponseRequest
from bareline.protocol.server_endpoint import ServerEndpoint


class Served:
    """An open session. ``say`` and the others return what the server said to it."""

    def __init__(self, *, quiet: bool = True, **settings: Any) -> None:
        settings = {"ids": SeededIds(7), "model": "gpt-realtime", "opened_unix_s": 1_000, **settings}
        self.endpoint = ServerEndpoint(**settings)
        self.mirror = Conversation()
        self.actions: list[Action] = []
        self.now_ns = 0
        self.endpoint.open(0)
        self.opened = self.heard()
        if quiet:
            self.actions.clear()

    def heard(self) -> list[ev.ServerEvent]:
        self.actions += self.endpoint.events()
        found: list[ev.ServerEvent] = []
        for message in self.endpoint.outgoing():
            event = decode_server(message)
            assert not isinstance(event, RemoteProtocolError), event
            apply(self.mirror, event)
            found.append(event)
        assert self.mirror.snapshot() == self.endpoint.conversation.snapshot()
        return found

    def raw(self, message: bytes) -> list[ev.ServerEvent]:
        self.endpoint.receive(message, self.now_ns)
        return self.heard()

    def say(self, *events: ev.ClientEvent) -> list[ev.ServerEvent]:
        return [answer for event in events for answer in self.raw(encode(event))]

    def write(self, text: str = "hello", item_id: str | None = None, **where: Any) -> str:
        item = ev.Message(id=item_id, role="user", content=[ev.InputText(text=text)])
        added = self.say(ev.ConversationItemCreate(item=item, **where))[0]
        assert isinstance(added, ev.ConversationItemAdded)
        return added.item.id or ""

    def respond(self, config: ev.ResponseConfig | None = None) -> ResponseRequest:
        self.say(ev.ResponseCreate(response=config) if config else ev.ResponseCreate())
        return self.requests[-1]

    @property
    def requests(self) -> list[ResponseRequest]:
        return [action.request for action in self.actions if isinstance(action, ResponseRequested)]

    def produce(self, response_id: str, *outputs: Output) -> list[ev.ServerEvent]:
        for output in outputs:
            self.endpoint.produce(response_id, output, self.now_ns)
        return self.heard()

    def finish(self, response_id: str, outcome: Outcome | None = None) -> list[ev.ServerEvent]:
        self.endpoint.finish(response_id, outcome or Completed(), self.now_ns)
        return self.heard()

    def speak(self, start_ms: int, end_ms: int) -> list[ev.ServerEvent]:
        self.endpoint.speech_started(start_ms, self.now_ns)
        self.endpoint.speech_stopped(end_ms, self.now_ns)
        return self.heard()


@pytest.fixture
def serve() -> type[Served]:
    return Served


@pytest.fixture
def types() -> Any:
    return lambda events: [str(type(event).__struct_config__.tag) for event in events]


@pytest.fixture
def refusal() -> Any:
    """The one error among the answers."""

    def only(answers: list[ev.ServerEvent]) -> ev.ErrorDetail:
        (answer,) = answers
        assert isinstance(answer, ev.Error)
        return answer.error

    return only
