"""Does every request for a response get its turn, and its one end?"""

from __future__ import annotations

import copy
import random
from collections import deque
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareline.errors import LocalProtocolError
from bareline.ids import SeededIds
from bareline.protocol import events as ev
from bareline.protocol.limits import REQUEST_ANSWER_NS, REQUEST_QUEUE_MAX, REQUEST_RETRY_NS, VAD_RESPONSE_NS
from bareline.protocol.sequencer import OBSERVED, REQUEST_KEY, ResponseSequencer

BESIDE = ev.ResponseConfig(conversation="none")
BUSY = "conversation_already_has_active_response"


def created(name: str, request: str | None = None, conversation: str | None = "conv_1") -> ev.ResponseCreated:
    return ev.ResponseCreated(response=response(name, "in_progress", request, conversation))


def done(
    name: str, request: str | None = None, status: str = "completed", conversation: str | None = "conv_1"
) -> ev.ResponseDone:
    return ev.ResponseDone(response=response(name, status, request, conversation))


def response(name: str, status: str, request: str | None, conversation: str | None) -> ev.Response:
    metadata = {REQUEST_KEY: request} if request else None
    return ev.Response(id=name, status=status, conversation_id=conversation, metadata=metadata)


def error(code: str, event_id: str | None = None) -> ev.Error:
    return ev.Error(error=ev.ErrorDetail(type="invalid_request_error", code=code, message="", event_id=event_id))


@pytest.fixture
def sequencer() -> ResponseSequencer:
    return ResponseSequencer(SeededIds(1))


def sent(sequencer: ResponseSequencer, now_ns: int = 0) -> list[str]:
    """What goes out, in short."""
    short: list[str] = []
    for event in sequencer.outgoing(now_ns):
        if isinstance(event, ev.ResponseCreate):
            assert isinstance(event.response, ev.ResponseConfig)
            short.append(f"create {event.response.metadata[REQUEST_KEY]}")
        else:
            assert isinstance(event, ev.ResponseCancel)
            short.append(f"cancel {event.response_id}")
    return short


def noted(sequencer: ResponseSequencer) -> list[tuple[str, str | None]]:
    return [(note.what, note.request_id) for note in sequencer.notes()]


def test_request_waits_for_the_active_response(sequencer: ResponseSequencer) -> None:
    first = sequencer.request(reason="greeting")
    assert sent(sequencer) == [f"create {first}"]
    sequencer.observe(created("resp_1", first), 0)
    second = sequencer.request()
    assert sent(sequencer) == []
    assert (sequencer.active_response_id, sequencer.active_request_id) == ("resp_1", first)
    sequencer.observe(done("resp_1", first), 0)
    assert sent(sequencer) == [f"create {second}"]
    assert noted(sequencer) == [("created", first), ("done", first)]


def test_requests_that_mean_the_same_become_one_while_they_wait(sequencer: ResponseSequencer) -> None:
    sequencer.observe(created("resp_0"), 0)
    plain = sequencer.request(reason="tool a")
    special = sequencer.request(ev.ResponseConfig(instructions="Say goodbye."))
    assert sequencer.request(ev.ResponseConfig(), reason="tool b") == plain
    assert special != plain
    sequencer.observe(done("resp_0"), 0)
    assert sent(sequencer) == [f"create {plain}"]
    assert sequencer.request() not in {plain, special}


def test_out_of_band_runs_beside_and_settles_nothing_else(sequencer: ResponseSequencer) -> None:
    sequencer.observe(created("resp_0"), 0)
    beside = sequencer.request(BESIDE)
    assert sent(sequencer) == [f"create {beside}"]
    sequencer.observe(created("resp_1", beside, conversation=None), 0)
    assert sequencer.active_response_id == "resp_0"
    assert sequencer.request_of("resp_1") == beside
    sequencer.cancel(beside)
    assert sent(sequencer) == ["cancel resp_1"]
    assert not sequencer.idle


def test_response_of_the_server_itself_holds_requests_back(sequencer: ResponseSequencer) -> None:
    sequencer.observe(ev.InputAudioBufferSpeechStarted(audio_start_ms=0, item_id="item_u"), 0)
    request = sequencer.request()
    assert sent(sequencer) == []
    sequencer.observe(ev.InputAudioBufferSpeechStopped(audio_end_ms=1, item_id="item_u"), 0)
    assert sent(sequencer) == []
    sequencer.observe(created("resp_vad"), 0)
    sequencer.observe(done("resp_vad"), 0)
    assert sent(sequencer) == [f"create {request}"]
    assert noted(sequencer)[:2] == [("created", None), ("done", None)]


def test_response_that_the_server_does_not_start_is_not_awaited_for_ever(sequencer: ResponseSequencer) -> None:
    sequencer.observe(ev.InputAudioBufferSpeechStopped(audio_end_ms=1, item_id="item_u"), 5)
    request = sequencer.request()
    assert sequencer.deadline() == 5 + VAD_RESPONSE_NS
    sequencer.tick(5 + VAD_RESPONSE_NS)
    assert sent(sequencer, 5 + VAD_RESPONSE_NS) == [f"create {request}"]


@pytest.mark.parametrize("detection", [None, ev.TurnDetection(type="server_vad", create_response=False)])
def test_session_that_never_answers_by_itself_holds_nothing_back(
    sequencer: ResponseSequencer, detection: ev.TurnDetection | None
) -> None:
    audio = ev.SessionAudio(input=ev.SessionAudioInput(turn_detection=detection))
    session = ev.RealtimeSession(object="realtime.session", id="sess_1", audio=audio)
    sequencer.observe(ev.SessionUpdated(session=session), 0)
    sequencer.observe(ev.InputAudioBufferSpeechStopped(audio_end_ms=1, item_id="item_u"), 0)
    request = sequencer.request()
    assert sent(sequencer) == [f"create {request}"]


@pytest.mark.parametrize("end", [ev.InputAudioBufferCommitted(item_id="item_u"), ev.InputAudioBufferCleared()])
def test_buffer_that_is_gone_ends_the_users_speech(sequencer: ResponseSequencer, end: ev.ServerEvent) -> None:
    sequencer.observe(ev.InputAudioBufferSpeechStarted(audio_start_ms=0, item_id="item_u"), 0)
    request = sequencer.request()
    assert sent(sequencer) == []
    sequencer.observe(end, 0)
    sequencer.observe(ev.RateLimitsUpdated(rate_limits=[]), 0)
    assert sent(sequencer) == [f"create {request}"]


def test_speech_that_this_side_hears_holds_requests_back_whatever_the_server_reports(
    sequencer: ResponseSequencer,
) -> None:
    sequencer.user_speaks(speaks=True)
    request = sequencer.request()
    sequencer.observe(ev.InputAudioBufferCleared(), 0)
    assert sent(sequencer) == []
    sequencer.user_speaks(speaks=False)
    assert sent(sequencer) == [f"create {request}"]


def test_end_of_an_old_response_does_not_end_the_wait_for_the_servers_own(sequencer: ResponseSequencer) -> None:
    sequencer.observe(created("resp_0"), 0)
    sequencer.observe(ev.InputAudioBufferSpeechStopped(audio_end_ms=1, item_id="item_u"), 0)
    request = sequencer.request()
    sequencer.observe(done("resp_0"), 0)
    assert sent(sequencer) == []
    sequencer.observe(created("resp_vad"), 0)
    assert sequencer.active_request_id is None
    sequencer.observe(done("resp_vad"), 0)
    assert sent(sequencer) == [f"create {request}"]


def test_refused_request_that_was_withdrawn_ends_once(sequencer: ResponseSequencer) -> None:
    request = sequencer.request()
    sent(sequencer)
    sequencer.cancel(request)
    assert sequencer.observe(error(BUSY, f"{request}.1"), 0)
    assert noted(sequencer) == [("withdrawn", request)]
    assert sequencer.idle


def test_switching_detection_off_while_the_user_speaks_lets_requests_go(sequencer: ResponseSequencer) -> None:
    sequencer.observe(ev.InputAudioBufferSpeechStarted(audio_start_ms=0, item_id="item_u"), 0)
    request = sequencer.request()
    audio = ev.SessionAudio(input=ev.SessionAudioInput(turn_detection=None))
    sequencer.observe(ev.SessionUpdated(session=ev.RealtimeSession(object="", id="s", audio=audio)), 0)
    assert sent(sequencer) == [f"create {request}"]


def test_refusal_because_of_an_active_response_is_settled_here(sequencer: ResponseSequencer) -> None:
    request = sequencer.request()
    sent(sequencer)
    sequencer.observe(created("resp_vad", "elsewhere"), 0)
    assert sequencer.observe(error(BUSY, f"{request}.1"), 0)
    assert sent(sequencer) == []
    sequencer.observe(done("resp_vad", "elsewhere"), 0)
    assert sent(sequencer) == [f"create {request}"]


def test_refused_request_keeps_its_place_before_later_ones(sequencer: ResponseSequencer) -> None:
    first = sequencer.request()
    sent(sequencer)
    sequencer.request(ev.ResponseConfig(instructions="Later."))
    sequencer.observe(error(BUSY, f"{first}.1"), 0)
    assert sent(sequencer, REQUEST_RETRY_NS) == [f"create {first}"]


def test_refusal_because_of_a_response_never_seen_is_tried_again_later(sequencer: ResponseSequencer) -> None:
    request = sequencer.request()
    sent(sequencer)
    assert sequencer.observe(error(BUSY), 0)
    assert sent(sequencer, REQUEST_RETRY_NS - 1) == []
    assert sent(sequencer, REQUEST_RETRY_NS) == [f"create {request}"]


def test_only_the_end_of_a_response_in_the_conversation_ends_the_wait_after_a_refusal(
    sequencer: ResponseSequencer,
) -> None:
    beside = sequencer.request(BESIDE)
    request = sequencer.request()
    sent(sequencer)
    sequencer.observe(created("resp_beside", beside, None), 0)
    sequencer.observe(error(BUSY), 0)
    sequencer.observe(done("resp_beside", beside, conversation=None), 0)
    assert sent(sequencer) == []
    sequencer.observe(done("resp_of_others"), 0)
    assert sent(sequencer) == [f"create {request}"]


def test_endless_refusals_end(sequencer: ResponseSequencer) -> None:
    request = sequencer.request()
    now = 0
    while sent(sequencer, now):
        sequencer.observe(error(BUSY), now)
        now += REQUEST_RETRY_NS
    assert noted(sequencer) == [("refused", request)]
    assert sequencer.idle


def test_other_refusal_is_the_requests_end_and_carries_the_error(sequencer: ResponseSequencer) -> None:
    request = sequencer.request(reason="why")
    sent(sequencer)
    assert sequencer.observe(error("invalid_value", f"{request}.1"), 0)
    (note,) = sequencer.notes()
    assert (note.what, note.reason, note.error and note.error.code) == ("refused", "why", "invalid_value")
    assert not sequencer.observe(error("invalid_value", "somebody.else"), 0)


def test_harmless_errors_reach_nobody(sequencer: ResponseSequencer) -> None:
    assert sequencer.observe(error("response_cancel_not_active"), 0)
    assert sequencer.observe(error(BUSY, "a raw create of the application"), 0)


def test_cancel_takes_the_active_response_once_and_leaves_the_queue(sequencer: ResponseSequencer) -> None:
    sequencer.observe(created("resp_0"), 0)
    waiting = sequencer.request()
    sequencer.cancel()
    sequencer.cancel()
    assert sent(sequencer) == ["cancel resp_0"]
    sequencer.observe(done("resp_0", status="cancelled"), 0)
    assert sent(sequencer) == [f"create {waiting}"]


def test_cancelled_request_that_begins_nevertheless_is_an_orphan(sequencer: ResponseSequencer) -> None:
    request = sequencer.request()
    sent(sequencer)
    sequencer.cancel()
    assert sent(sequencer) == []
    sequencer.observe(created("resp_1", request), 0)
    assert sent(sequencer) == ["cancel resp_1"]
    sequencer.observe(done("resp_1", request, "cancelled"), 0)
    assert noted(sequencer) == [("withdrawn", request), ("orphan", request), ("done", request)]


def test_waiting_request_can_be_withdrawn(sequencer: ResponseSequencer) -> None:
    sequencer.observe(created("resp_0"), 0)
    request = sequencer.request()
    sequencer.cancel(request)
    sequencer.observe(done("resp_0"), 0)
    assert sent(sequencer) == []
    assert ("withdrawn", request) in noted(sequencer)


def test_request_without_an_answer_is_given_up_and_its_late_response_cancelled(sequencer: ResponseSequencer) -> None:
    request = sequencer.request()
    sent(sequencer, 7)
    assert sequencer.deadline() == 7 + REQUEST_ANSWER_NS
    sequencer.tick(6 + REQUEST_ANSWER_NS)
    assert noted(sequencer) == []
    sequencer.tick(7 + REQUEST_ANSWER_NS)
    assert noted(sequencer) == [("unanswered", request)]
    sequencer.observe(created("resp_late", request), 0)
    assert sent(sequencer) == ["cancel resp_late"]
    assert noted(sequencer) == [("orphan", request)]


def test_all_that_waits_can_be_withdrawn_and_what_was_sent_stays(sequencer: ResponseSequencer) -> None:
    first = sequencer.request()
    assert sent(sequencer) == [f"create {first}"]
    second, beside = sequencer.request(reason="later"), sequencer.request(BESIDE)
    sequencer.withdraw_waiting()
    assert noted(sequencer) == [("withdrawn", second)]
    sequencer.observe(created("resp_1", first), 0)
    sequencer.observe(done("resp_1", first), 0)
    assert sent(sequencer) == [f"create {beside}"]


def test_withdrawn_request_is_not_called_unanswered_as_well(sequencer: ResponseSequencer) -> None:
    request = sequencer.request()
    sent(sequencer)
    sequencer.cancel(request)
    sequencer.tick(REQUEST_ANSWER_NS)
    assert noted(sequencer) == [("withdrawn", request)]
    assert sequencer.idle


def test_only_the_latest_unanswered_requests_are_remembered(sequencer: ResponseSequencer) -> None:
    requests = [sequencer.request(BESIDE) for _ in range(REQUEST_QUEUE_MAX)]
    sent(sequencer)
    sequencer.tick(REQUEST_ANSWER_NS)
    requests.append(sequencer.request(BESIDE))
    sent(sequencer)
    sequencer.tick(REQUEST_ANSWER_NS)
    noted(sequencer)
    sequencer.observe(created("resp_old", requests[0], None), 0)
    sequencer.observe(created("resp_late", requests[-1], None), 0)
    assert sent(sequencer) == ["cancel resp_late"]
    assert noted(sequencer) == [("created", None), ("orphan", requests[-1])]


def test_server_that_echoes_no_metadata_is_understood(sequencer: ResponseSequencer) -> None:
    request = sequencer.request()
    sent(sequencer)
    sequencer.observe(created("resp_1"), 0)
    assert sequencer.active_request_id == request


def test_unmarked_response_of_a_server_that_echoes_is_not_ours(sequencer: ResponseSequencer) -> None:
    first = sequencer.request()
    sent(sequencer)
    sequencer.observe(created("resp_1", first), 0)
    sequencer.observe(done("resp_1", first), 0)
    sequencer.request()
    sent(sequencer)
    sequencer.observe(created("resp_2"), 0)
    assert sequencer.active_request_id is None


def test_done_without_created_settles_the_request(sequencer: ResponseSequencer) -> None:
    request = sequencer.request()
    sent(sequencer)
    sequencer.observe(done("resp_1", request), 0)
    assert noted(sequencer) == [("done", request)]
    assert sequencer.idle


def test_new_connection_asks_again_and_tells_what_was_lost(sequencer: ResponseSequencer) -> None:
    beside = sequencer.request(BESIDE)
    running = sequencer.request()
    sent(sequencer)
    sequencer.observe(created("resp_1", running), 0)
    waiting = sequencer.request()
    sequencer.reconnected()
    assert sent(sequencer) == [f"create {waiting}"]
    assert noted(sequencer) == [("created", running), ("lost", running), ("lost", beside)]
    sequencer.reconnected()
    assert sent(sequencer) == [f"create {waiting}"]


def test_new_connection_asks_once_for_all_that_means_the_same(sequencer: ResponseSequencer) -> None:
    asked = sequencer.request()
    sent(sequencer)
    waiting = sequencer.request()
    beside = sequencer.request(BESIDE)
    sequencer.reconnected()
    assert noted(sequencer) == [("lost", beside), ("withdrawn", asked)]
    assert sent(sequencer) == [f"create {waiting}"]


def test_queue_and_metadata_are_bounded(sequencer: ResponseSequencer) -> None:
    for index in range(REQUEST_QUEUE_MAX):
        sequencer.request(ev.ResponseConfig(instructions=str(index)))
    with pytest.raises(LocalProtocolError, match="waiting already"):
        sequencer.request()
    with pytest.raises(LocalProtocolError, match="one free pair"):
        sequencer.request(ev.ResponseConfig(metadata={str(n): "" for n in range(16)}))
    for _ in range(2 * REQUEST_QUEUE_MAX):
        sequencer.tick(10**18)
        sequencer.outgoing(0)
    assert len(sequencer._given_up) == REQUEST_QUEUE_MAX


# --- against a server that keeps the rule by itself, over a link with delay ------------------------------------------


class Server:
    """One active response in the conversation, any number beside it; answers late and in order."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.inbox: deque[ev.ClientEvent] = deque()
        self.outbox: deque[ev.ServerEvent] = deque()
        self.running: dict[str, str | None] = {}
        self.active: str | None = None
        self.count = 0

    def start(self, request: str | None, *, beside: bool = False) -> None:
        self.count += 1
        name = f"resp_{self.count}"
        self.running[name] = request
        if not beside:
            assert self.active is None
            self.active = name
        self.outbox.append(created(name, request, None if beside else "conv_1"))

    def end(self, name: str, status: str = "completed") -> None:
        self.active = None if name == self.active else self.active
        self.outbox.append(done(name, self.running.pop(name), status))

    def read(self) -> None:
        event = self.inbox.popleft()
        if isinstance(event, ev.ResponseCreate):
            assert isinstance(event.response, ev.ResponseConfig)
            beside = event.response.conversation == "none"
            if not beside and self.active is not None:
                self.outbox.append(error(BUSY, event.event_id))
            else:
                self.start(event.response.metadata[REQUEST_KEY], beside=beside)
        elif isinstance(event, ev.ResponseCancel):
            if event.response_id in self.running:
                self.end(event.response_id, "cancelled")
            else:
                self.outbox.append(error("response_cancel_not_active", event.event_id))

    def live(self) -> None:
        """Something happens at the server's side."""
        if self.inbox and self.chance.random() < 0.6:
            self.read()
        elif self.running and self.chance.random() < 0.5:
            self.end(self.chance.choice(sorted(self.running)))
        elif self.active is None and self.chance.random() < 0.2:
            self.outbox.append(ev.InputAudioBufferSpeechStopped(audio_end_ms=1, item_id="item_u"))
            self.start(None)


NS_STEP = 200_000_000


@given(st.integers(0, 2**32))
def test_every_request_ends_once_whatever_the_timing(seed: int) -> None:
    chance = random.Random(seed)
    server, sequencer = Server(chance), ResponseSequencer(SeededIds(seed))
    sequencer.observe(done("resp_0", "req_0"), 0)  # so that it is known to echo metadata
    sequencer.notes()
    asked: set[str] = set()
    ended: list[tuple[str, str | None]] = []
    now = 0
    for step in range(400):
        now += chance.randrange(NS_STEP)
        if step < 200 and chance.random() < 0.2:
            asked.add(sequencer.request(chance.choice([None, None, BESIDE])))
        if step < 200 and chance.random() < 0.05:
            sequencer.cancel(chance.choice([None, *sorted(asked)]))
        if server.outbox and chance.random() < 0.5:
            event = server.outbox.popleft()
            absorbed = sequencer.observe(event, now)
            assert absorbed or not isinstance(event, ev.Error)
        server.live()
        sequencer.tick(now)
        server.inbox.extend(sequencer.outgoing(now))
        ended += noted(sequencer)
    while not sequencer.idle:
        now += NS_STEP
        server.live()
        while server.outbox:
            sequencer.observe(server.outbox.popleft(), now)
        sequencer.tick(now)
        server.inbox.extend(sequencer.outgoing(now))
        ended += noted(sequencer)
    for request in asked:
        ends = [what for what, named in ended if named == request and what not in {"created", "orphan"}]
        assert ends in (["done"], ["withdrawn"], ["withdrawn", "done"], ["unanswered"], ["unanswered", "done"])


def test_an_answer_that_is_generated_asked_for_or_expected_is_told_from_what_runs_beside(
    sequencer: ResponseSequencer,
) -> None:
    assert not sequencer.answering()
    sequencer.request(BESIDE)
    sent(sequencer)
    assert not sequencer.answering(), "what runs beside is no answer"
    request = sequencer.request()
    assert sequencer.answering()
    sent(sequencer)
    assert sequencer.answering()
    sequencer.observe(created("resp_1", request), 0)
    assert sequencer.answering()
    assert not sequencer.answering(besides={"resp_1"})
    sequencer.observe(done("resp_1", request), 0)
    assert not sequencer.answering()
    sequencer.observe(ev.InputAudioBufferSpeechStopped(audio_end_ms=0, item_id="item_1"), 0)
    assert sequencer.answering(), "the server is about to answer"


@pytest.mark.parametrize(
    "kind", sorted(set(get_args(ev.KnownServerEvent)) - set(OBSERVED), key=lambda kind: kind.__name__)
)
def test_events_that_it_need_not_be_shown_change_nothing(sequencer: ResponseSequencer, kind: type[ev.ServerEvent]):
    before = copy.deepcopy(vars(sequencer) | {"_ids": None})
    event = kind(**{field.name: None for field in msgspec.structs.fields(kind) if field.required})
    assert sequencer.observe(event, 0) is False
    assert vars(sequencer) | {"_ids": None} == before
