"""Does the authority hold its invariants under any order of requests, speech and generation?

A naive model of the session (lists and sets, no tables, no fold) says what must come of each step. Both ends' folds are
compared after every step (in ``Served.heard``), and section 9 of REALTIME.md over the whole stream.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from bareline.protocol import events as ev
from bareline.protocol.generation import CallDelta, Completed, EndItem, Failed, Incomplete, SpeechDelta, TextDelta

MS = 48
TEXTS = st.text("ab {}", max_size=6)


@dataclass
class Made:
    """An item that a response makes."""

    id: str
    kind: str
    beside: bool
    text: str = ""
    ms: int = 0
    cut_ms: int | None = None
    over: bool = False


@dataclass
class Model:
    order: list[str] = field(default_factory=list)
    active: str | None = None
    running: dict[str, dict[int, Made]] = field(default_factory=dict)
    made: dict[str, Made] = field(default_factory=dict)
    calls: set[str] = field(default_factory=set)
    held: list[str] = field(default_factory=list)
    buffered_ms: int = 0
    speech: bool = False
    turn_waits: bool = False


def code(answers: list[ev.ServerEvent]) -> str | None:
    return answers[0].error.code if answers and isinstance(answers[0], ev.Error) else None


class Session(RuleBasedStateMachine):
    def __init__(self, serve) -> None:
        super().__init__()
        self.served = serve()
        self.model = Model()
        self.said: list[ev.ServerEvent] = []
        self.fresh = 0

    def ask(self, *events: ev.ClientEvent) -> list[ev.ServerEvent]:
        answers = self.served.say(*events)
        self.said += answers
        return answers

    def hear(self) -> list[ev.ServerEvent]:
        answers = self.served.heard()
        self.said += answers
        return answers

    def an_item(self, data) -> str:
        return data.draw(st.sampled_from([*self.model.order, "nobody"]))

    # --- what a client asks -----------------------------------------------------------------------------------------

    @rule(data=st.data(), text=TEXTS)
    def create_message(self, data, text) -> None:
        previous = data.draw(st.sampled_from([None, "root", "nobody", *self.model.order]))
        self.fresh += 1
        item = ev.Message(id=f"mine{self.fresh}", role="user", content=[ev.InputText(text=text)])
        answers = self.ask(ev.ConversationItemCreate(item=item, previous_item_id=previous or ev.UNSET))
        if previous == "nobody":
            assert code(answers) == "invalid_value"
        elif previous == "root":
            self.model.order.insert(0, item.id)
        else:
            at = self.model.order.index(previous) + 1 if previous else len(self.model.order)
            self.model.order.insert(at, item.id)

    @rule(data=st.data())
    def create_output(self, data) -> None:
        call_id = data.draw(st.sampled_from(["unknown", *sorted(self.model.calls)]))
        self.fresh += 1
        item = ev.FunctionCallOutput(id=f"mine{self.fresh}", call_id=call_id, output="1")
        answers = self.ask(ev.ConversationItemCreate(item=item))
        if call_id == "unknown":
            assert code(answers) == "invalid_tool_call_id"
        elif self.model.active:
            assert answers == []
            self.model.held.append(item.id)
        else:
            self.model.order.append(item.id)

    @rule(data=st.data())
    def retrieve(self, data) -> None:
        item_id = self.an_item(data)
        answers = self.ask(ev.ConversationItemRetrieve(item_id=item_id))
        assert code(answers) == ("item_retrieve_invalid_item_id" if item_id == "nobody" else None)

    @rule(data=st.data())
    def delete(self, data) -> None:
        item_id = self.an_item(data)
        entry = self.served.endpoint.conversation.item(item_id)
        answers = self.ask(ev.ConversationItemDelete(item_id=item_id))
        if item_id == "nobody":
            assert code(answers) == "item_delete_invalid_item_id"
            return
        assert isinstance(answers[-1], ev.ConversationItemDeleted)
        self.model.order.remove(item_id)
        if isinstance(entry.item, ev.FunctionCall):
            self.model.calls.discard(entry.item.call_id)
        if item_id in self.model.made:
            self.model.made[item_id].over = True

    @rule(data=st.data(), end_ms=st.integers(0, 60))
    def truncate(self, data, end_ms) -> None:
        item_id = self.an_item(data)
        answers = self.ask(ev.ConversationItemTruncate(item_id=item_id, content_index=0, audio_end_ms=end_ms))
        made = self.model.made.get(item_id)
        if item_id == "nobody":
            assert code(answers) == "item_truncate_invalid_item_id"
        elif made is None or made.kind != "speech":
            assert answers[0].error.message == "Only model output audio messages can be truncated"
        elif end_ms > (made.ms if made.cut_ms is None else made.cut_ms):
            assert code(answers) == "invalid_value"
        else:
            assert code(answers) is None
            made.cut_ms = end_ms
            assert self.served.mirror.item(item_id).text == ""

    @rule(beside=st.booleans())
    def respond(self, beside) -> None:
        config = ev.ResponseConfig(conversation="none") if beside else None
        answers = self.ask(ev.ResponseCreate(response=config) if config else ev.ResponseCreate())
        if self.model.active and not beside:
            assert code(answers) == "conversation_already_has_active_response"
            return
        self.begun(answers[0], beside=beside)

    def begun(self, event: ev.ServerEvent, *, beside: bool) -> None:
        assert isinstance(event, ev.ResponseCreated)
        assert (event.response.conversation_id is None) == beside
        self.model.running[event.response.id] = {}
        if not beside:
            assert self.model.active is None
            self.model.active = event.response.id

    @rule(data=st.data())
    def cancel(self, data) -> None:
        named = data.draw(st.sampled_from([None, "nobody", *self.model.running]))
        answers = self.ask(ev.ResponseCancel(response_id=named or ev.UNSET))
        if (named or self.model.active) not in self.model.running:
            assert code(answers) == "response_cancel_not_active"
        else:
            self.ended(named or self.model.active, answers, "cancelled")

    # --- what is generated ------------------------------------------------------------------------------------------

    @precondition(lambda self: self.model.running)
    @rule(data=st.data(), index=st.integers(0, 2), text=TEXTS, ms=st.integers(0, 30))
    def produce(self, data, index, text, ms) -> None:
        response_id = data.draw(st.sampled_from(sorted(self.model.running)))
        items = self.model.running[response_id]
        made = items.get(index)
        kind = made.kind if made else data.draw(st.sampled_from(["speech", "text", "call"]))
        if made and made.over and self.served.endpoint.conversation.item(made.id):
            return
        delta = {
            "speech": SpeechDelta(item=index, transcript=text, audio=bytes(ms * MS)),
            "text": TextDelta(item=index, text=text),
            "call": CallDelta(item=index, name="f", arguments=text),
        }[kind]
        before = list(self.model.order)
        answers = self.served.produce(response_id, delta)
        self.said += answers
        beside = response_id != self.model.active
        if made is None:
            item = answers[0].item
            made = items[index] = self.model.made[item.id] = Made(item.id, kind, beside)
            if not beside:
                self.model.order = [*before, item.id]
                if kind == "call":
                    self.model.calls.add(item.call_id)
        if made.over:
            assert answers == []
            return
        made.text += text
        made.ms += ms if kind == "speech" else 0

    @precondition(lambda self: self.model.running)
    @rule(data=st.data(), index=st.integers(0, 2))
    def end_item(self, data, index) -> None:
        response_id = data.draw(st.sampled_from(sorted(self.model.running)))
        made = self.model.running[response_id].get(index)
        answers = self.served.produce(response_id, EndItem(item=index))
        self.said += answers
        assert bool(answers) == (made is not None and not made.over)
        if made:
            made.over = True

    @precondition(lambda self: self.model.running)
    @rule(
        data=st.data(),
        outcome=st.sampled_from([Completed(), Incomplete(reason="content_filter"), Failed(code="c", message="m")]),
    )
    def finish(self, data, outcome) -> None:
        response_id = data.draw(st.sampled_from(sorted(self.model.running)))
        answers = self.served.finish(response_id, outcome)
        self.said += answers
        status = {Completed: "completed", Incomplete: "incomplete", Failed: "failed"}[type(outcome)]
        self.ended(response_id, answers, status)

    def ended(self, response_id: str, answers: list[ev.ServerEvent], status: str) -> None:
        dones = [event.response for event in answers if isinstance(event, ev.ResponseDone)]
        assert [(done.id, done.status) for done in dones] == [(response_id, status)]
        items = self.model.running.pop(response_id)
        assert [item.id for item in dones[0].output] == [made.id for _, made in sorted(items.items())]
        for made in items.values():
            made.over = True
        if response_id == self.model.active:
            self.model.active = None
            self.model.order += self.model.held
            self.model.held.clear()
            if self.model.turn_waits:
                self.model.turn_waits = False
                self.begun(answers[-1], beside=False)

    # --- what the user says -----------------------------------------------------------------------------------------

    @rule(ms=st.integers(1, 120))
    def append(self, ms) -> None:
        assert self.ask(ev.InputAudioBufferAppend(audio=bytes(ms * MS))) == []
        self.model.buffered_ms += ms

    @rule()
    def commit(self) -> None:
        answers = self.ask(ev.InputAudioBufferCommit())
        if self.model.buffered_ms < 100:
            assert code(answers) == "input_audio_buffer_commit_empty"
        else:
            self.model.order.append(answers[0].item_id)
            self.model.buffered_ms, self.model.speech = 0, False

    @rule()
    def clear(self) -> None:
        assert isinstance(self.ask(ev.InputAudioBufferClear())[0], ev.InputAudioBufferCleared)
        self.model.buffered_ms, self.model.speech = 0, False

    @precondition(lambda self: not self.model.speech)
    @rule()
    def start_speech(self) -> None:
        self.served.endpoint.speech_started(0, 0)
        answers = self.hear()
        assert isinstance(answers[0], ev.InputAudioBufferSpeechStarted)
        self.model.speech, self.model.turn_waits = True, False
        if self.model.active:
            self.ended(self.model.active, answers, "cancelled")

    @precondition(lambda self: self.model.speech)
    @rule()
    def stop_speech(self) -> None:
        self.served.endpoint.speech_stopped(10**6, 0)
        answers = self.hear()
        self.model.order.append(answers[0].item_id)
        self.model.buffered_ms, self.model.speech = 0, False
        if self.model.active:
            self.model.turn_waits = True
        else:
            self.begun(answers[-1], beside=False)

    # --- what must always hold --------------------------------------------------------------------------------------

    @invariant()
    def both_ends_have_the_models_order(self) -> None:
        assert [entry.id for entry in self.served.mirror.items] == self.model.order

    @invariant()
    def the_active_response_is_the_models(self) -> None:
        active = self.served.mirror.active_response
        responding = self.model.running.get(self.model.active or "", {}).values()
        assert (active.id if active else None) == self.model.active
        for made in responding:
            entry = self.served.mirror.item(made.id)
            if entry is not None and entry.truncated_ms is None:
                assert entry.text == made.text

    def teardown(self) -> None:
        for response_id in list(self.model.running):
            self.said += self.served.finish(response_id)
        for response in [each for each in self.served.mirror.responses.values() if each.active]:
            self.said += self.served.finish(response.id)
        check_invariants(self.said)


def check_invariants(said: list[ev.ServerEvent]) -> None:
    """Section 9: ends pair with beginnings, and deltas joined are the text that their end reports."""
    created = [event.response.id for event in said if isinstance(event, ev.ResponseCreated)]
    ended = [event.response.id for event in said if isinstance(event, ev.ResponseDone)]
    assert sorted(created) == sorted(ended)
    assert len(set(created)) == len(created)
    for first, last in (
        (ev.ResponseOutputItemAdded, ev.ResponseOutputItemDone),
        (ev.ConversationItemAdded, ev.ConversationItemDone),
    ):
        begun = [event.item.id for event in said if isinstance(event, first)]
        assert sorted(begun) == sorted(event.item.id for event in said if isinstance(event, last))
    parts = [event.item_id for event in said if isinstance(event, ev.ResponseContentPartAdded)]
    assert sorted(parts) == sorted(event.item_id for event in said if isinstance(event, ev.ResponseContentPartDone))
    deltas: dict[str, str] = {}
    for event in said:
        match event:
            case (
                ev.ResponseOutputTextDelta(item_id=item_id, delta=delta)
                | ev.ResponseOutputAudioTranscriptDelta(item_id=item_id, delta=delta)
                | ev.ResponseFunctionCallArgumentsDelta(item_id=item_id, delta=delta)
            ):
                deltas[item_id] = deltas.get(item_id, "") + delta
            case (
                ev.ResponseOutputTextDone(item_id=item_id, text=text)
                | ev.ResponseOutputAudioTranscriptDone(item_id=item_id, transcript=text)
                | ev.ResponseFunctionCallArgumentsDone(item_id=item_id, arguments=text)
            ):
                assert deltas.get(item_id, "") == text


def test_any_session_keeps_the_invariants(serve) -> None:
    run_state_machine_as_test(
        lambda: Session(serve),
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
        ),
    )
