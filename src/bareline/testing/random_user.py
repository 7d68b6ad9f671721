"""What does a user do when chance decides?

``RandomUser`` does through a client whatever the protocol knows, at random moments, often out of turn: talks, types,
interrupts, truncates, deletes, answers calls, changes the session, asks out of band, and says wrong things.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from bareline.errors import LocalProtocolError
from bareline.protocol import events as ev
from bareline.protocol.client_endpoint import Received
from bareline.testing.laws import Laws
from bareline.testing.pair import EndpointPair
from bareline.testing.random_plan import WORDS
from bareline.units import ms_to_ns

__all__ = ["RandomUser"]

_FRAME_MS = 100
_LOUD = b"\x00\x10" * (24 * _FRAME_MS)
_SILENT = bytes(48 * _FRAME_MS)
_WRONG = (
    b"",
    b"{",
    b"null",
    b"\xff\xfe",
    b'{"type":"response.create","nonsense":1}',
    b'{"type":"no.such.event"}',
    b'{"type":"conversation.item.truncate","item_id":"item_x"}',
)
_TOOL = ev.FunctionTool(name="look_up", description="Look something up.", parameters={"type": "object"})


class RandomUser:
    """Acts on a pair, by seed. ``acts`` acts, spread evenly over ``over_ms``."""

    def __init__(self, pair: EndpointPair, laws: Laws, seed: int, *, acts: int, over_ms: int) -> None:
        self._pair = pair
        self._laws = laws
        self._chance = random.Random(f"{seed}:user")
        self._count = 0
        self._items: list[str] = ["item_that_never_was"]
        self._spoken: dict[str, int] = {}
        self._responses: list[str] = ["resp_that_never_was"]
        pair.at(0, self._configure)
        for _ in range(acts):
            pair.at(ms_to_ns(self._chance.randint(0, over_ms)), self._act)

    def received(self, received: Received) -> None:
        """Remember what can be acted on, and answer calls."""
        match received.event:
            case ev.ConversationItemAdded(item=item) if item.id:
                self._items.append(item.id)
            case ev.ResponseOutputAudioDelta(item_id=item_id, delta=delta):
                self._spoken[item_id] = self._spoken.get(item_id, 0) + len(delta)
            case ev.ResponseCreated(response=response) if response.id:
                self._responses.append(response.id)
            case ev.ResponseFunctionCallArgumentsDone(call_id=call_id):
                delay_ns = ms_to_ns(self._chance.randint(0, 1500))
                self._pair.after(delay_ns, lambda: self._answer_call(call_id))
            case _:
                pass

    def _act(self) -> None:
        acts: dict[Callable[[], None], int] = {
            self._talk: 20,
            self._type: 20,
            self._ask: 10,
            self._ask_out_of_band: 6,
            self._cancel: 10,
            self._truncate: 10,
            self._delete: 6,
            self._retrieve: 4,
            self._configure: 6,
            self._commit: 4,
            self._clear: 2,
            self._say_something_wrong: 2,
        }
        self._chance.choices(list(acts), list(acts.values()))[0]()

    def _talk(self) -> None:
        loud = self._chance.randint(1, 15)
        frames = [_LOUD] * loud + [_SILENT] * 8
        for number, frame in enumerate(frames):
            self._pair.after(ms_to_ns(number * _FRAME_MS), lambda frame=frame: self._append(frame))

    def _append(self, audio: bytes) -> None:
        self._say(ev.InputAudioBufferAppend(event_id=self._name(), audio=audio))

    def _type(self) -> None:
        place = self._chance.choice((ev.UNSET, ev.UNSET, None, "root", self._chance.choice(self._items)))
        text = ev.InputText(text="".join(self._chance.choices(WORDS, k=3)))
        item_id = f"mine_{self._chance.randint(0, 60)}" if self._chance.random() < 0.3 else None
        item = ev.Message(id=item_id, role=self._chance.choice(("user", "user", "system")), content=[text])
        self._say(ev.ConversationItemCreate(event_id=self._name(), item=item, previous_item_id=place))
        if self._chance.random() < 0.7:
            self._ask()

    def _ask(self) -> None:
        chance = self._chance
        config = ev.ResponseConfig(
            output_modalities=chance.choice((ev.UNSET, ev.UNSET, ["text"], ["audio"])),
            max_output_tokens=chance.choice((ev.UNSET, ev.UNSET, ev.UNSET, 3)),
            metadata={"purpose": "answer"},
        )
        self._say(ev.ResponseCreate(event_id=self._name(), response=chance.choice((ev.UNSET, config))))

    def _ask_out_of_band(self) -> None:
        question = ev.Message(role="user", content=[ev.InputText(text="classify this")])
        context: list[ev.Item] = [question]
        if self._chance.random() < 0.5:
            context.append(ev.ItemReference(id=self._some_item()))
        given = ev.UNSET if self._chance.random() < 0.3 else context
        config = ev.ResponseConfig(conversation="none", metadata={"purpose": "aside"}, input=given)
        self._say(ev.ResponseCreate(event_id=self._name(), response=config))

    def _cancel(self) -> None:
        which = self._chance.choice((ev.UNSET, ev.UNSET, self._responses[-1], self._chance.choice(self._responses)))
        self._say(ev.ResponseCancel(event_id=self._name(), response_id=which))

    def _truncate(self) -> None:
        item_id = self._chance.choice([*self._spoken, self._some_item()])
        end_ms = int(self._spoken.get(item_id, 0) / 48 * self._chance.uniform(0, 1.3))
        self._say(
            ev.ConversationItemTruncate(event_id=self._name(), item_id=item_id, content_index=0, audio_end_ms=end_ms)
        )

    def _delete(self) -> None:
        self._say(ev.ConversationItemDelete(event_id=self._name(), item_id=self._some_item()))

    def _retrieve(self) -> None:
        self._say(ev.ConversationItemRetrieve(event_id=self._name(), item_id=self._some_item()))

    def _answer_call(self, call_id: str) -> None:
        if self._chance.random() < 0.1:
            call_id = "call_unknown"
        output = ev.FunctionCallOutput(call_id=call_id, output='{"found": true}')
        self._say(ev.ConversationItemCreate(event_id=self._name(), item=output))
        self._ask()

    def _configure(self) -> None:
        chance = self._chance
        vad = ev.ServerVad(
            silence_duration_ms=chance.choice((200, 500)),
            create_response=chance.random() < 0.8,
            interrupt_response=chance.random() < 0.8,
        )
        transcription = ev.TranscriptionConfig(model="whisper-1")
        audio_in = ev.AudioInputConfig(
            turn_detection=chance.choice((vad, vad, None)),
            transcription=chance.choice((None, transcription, transcription)),
        )
        session = ev.RealtimeSessionConfig(
            instructions=chance.choice((ev.UNSET, "Be brief.")),
            tools=chance.choice((ev.UNSET, [], [_TOOL])),
            output_modalities=chance.choice((ev.UNSET, ["text"], ["audio"])),
            audio=ev.AudioConfig(
                input=audio_in, output=ev.AudioOutputConfig(voice=chance.choice((ev.UNSET, "marin", "cedar")))
            ),
        )
        self._say(ev.SessionUpdate(event_id=self._name(), session=session))

    def _commit(self) -> None:
        self._say(ev.InputAudioBufferCommit(event_id=self._name()))

    def _clear(self) -> None:
        self._say(ev.InputAudioBufferClear(event_id=self._name()))

    def _say_something_wrong(self) -> None:
        self._pair.client.send_raw(self._chance.choice(_WRONG))

    def _some_item(self) -> str:
        return self._chance.choice(self._items[-8:] if self._chance.random() < 0.9 else self._items)

    def _name(self) -> str:
        self._count += 1
        return f"mine_{self._count}"

    def _say(self, event: ev.ClientEvent) -> None:
        try:
            self._pair.send(event)
        except LocalProtocolError:
            return
        self._laws.sent(event, self._pair.now_ns)
