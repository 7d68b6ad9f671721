"""Is the time that tools take covered, and does a filler ever meet the user or the answer?"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from bareline.client.call_events import (
    AgentSaid,
    AgentStarted,
    ErrorHappened,
    FillerSaid,
    Reconnected,
    ToolCalled,
    ToolSettled,
    UserStarted,
    UserStopped,
)
from bareline.devices.sinks import NullSink
from bareline.protocol import events as ev
from bareline.protocol.generation import CallDelta, EndItem, Failed, ResponseRequest
from bareline.protocol.limits import REQUEST_QUEUE_MAX
from bareline.server.backends.rules.directions import direction
from bareline.testing.ear import Ear
from bareline.testing.virtual import run_virtual
from bareline.tools import Clip, FillerLadder, ModelLine, Spoken, Stage, Toolbox, ToolContext
from bareline.tools.durations import Durations
from bareline.transports.faults import Delay

TRANSPORTS = pytest.mark.parametrize("media", [False, True], ids=["websocket", "media"])
PROGRESS = ["Still working on it.", "It takes a little longer.", "Nearly there, I hope."]
SAY = "Say exactly the following text: "


@dataclass
class Model:
    """Calls ``tools`` on the user's first turn, says fillers as told, and answers when all outputs are there.

    ``way_s``: from being asked to a filler's first audio; ``preamble_ms`` is said before the calls.
    """

    kit: type
    tools: tuple[str, ...] = ("work",)
    way_s: float = 0.2
    filler_ms: int = 800
    preamble_ms: int = 0
    asked: list[ResponseRequest] = field(default_factory=list)

    async def respond(self, request):
        if request.out_of_band:
            self.asked.append(request)
            await asyncio.sleep(self.way_s)
            for delta in self.kit.speech(request.instructions.removeprefix(SAY), self.filler_ms):
                yield delta
            return
        await asyncio.sleep(0.1)
        outputs = [item for item in request.context if isinstance(item, ev.FunctionCallOutput)]
        said = [item for item in request.context if isinstance(item, ev.Message) and item.role == "user"]
        if outputs or len(said) > 1:
            for delta in self.kit.speech("There it is.", 600):
                yield delta
            return
        for delta in self.kit.speech("I am on it.", self.preamble_ms) if self.preamble_ms else ():
            yield delta
        for number, name in enumerate(self.tools, 1):
            yield CallDelta(item=number, name=name, arguments="{}")


def tool(seconds: float, *, name: str = "work", box: Toolbox | None = None, **options) -> Toolbox:
    box = box if box is not None else Toolbox()

    async def work() -> str:
        await asyncio.sleep(seconds)
        return "done"

    box.add(work, name=name, description="Work.", **options)
    return box


def fillers(phone) -> list[str]:
    return [event.text for event in phone.seen(FillerSaid)]


def decisions(phone, name: str = "filler") -> list[dict[str, Any]]:
    return [record.data for record in phone.records.records if record.name == name]


def delays_ms(phone) -> list[int]:
    return [decision["delay_ms"] for decision in decisions(phone)]


def running(phone) -> tuple[int, int]:
    """When tools were at work."""
    steps = [record for record in phone.records.records if record.kind == "tool"]
    began = next(record.at_ns for record in steps if record.data["state"] == "running")
    return began, max(record.at_ns for record in steps if record.data["state"] in ("answered", "cancelled"))


def dead_air_ms(phone, ear: Ear) -> float:
    """The longest silence while tools were at work."""
    ear.listen()
    began, ended = running(phone)
    gaps, last = [0], began
    for stretch in ear.stretches:
        if began < stretch.end_ns and stretch.start_ns < ended:
            gaps.append(stretch.start_ns - last)
            last = max(last, stretch.end_ns)
    return max(*gaps, ended - last) / 1e6


@asynccontextmanager
async def calling(kit, respond, box: Toolbox, **options):
    """A call whose loudspeaker somebody listens to all the time, and that person's ear."""
    ear = Ear(NullSink())

    async def listen() -> None:
        while True:
            ear.listen()
            await asyncio.sleep(0.01)

    async with kit.phone(respond, tools=box, speaker=ear, **options) as phone, asyncio.TaskGroup() as group:
        listening = group.create_task(listen())
        yield phone, ear
        listening.cancel()


def call_once(kit, model: Model, box: Toolbox, **options):
    """One turn with its tools, to the end of the answer: the phone, and the longest dead air."""

    async def main():
        async with calling(kit, model.respond, box, **options) as (phone, ear):
            phone.call.send_text("Work.")
            said = await phone.until(AgentSaid, count=2 if model.preamble_ms else 1)
            assert said.text == "There it is."
            assert phone.seen(ErrorHappened) == []
            assert set(phone.errors()) <= {"response_cancel_not_active"}, "withdrawn at the moment it was done"
            dead_ms = dead_air_ms(phone, ear)
        return phone, dead_ms

    return run_virtual(main())


@TRANSPORTS
@pytest.mark.parametrize("way_s", [0.0, 0.8])
@pytest.mark.parametrize("seconds", [0, 0.4, 0.7, 1.3, 2, 3.1, 8, 20])
def test_no_silence_is_longer_than_a_second_and_a_half(kit, media, way_s, seconds) -> None:
    phone, dead_ms = call_once(kit, Model(kit, way_s=way_s), tool(seconds), media=media)
    assert dead_ms <= 1_500
    assert bool(fillers(phone)) == (seconds > 1.5) or 0.5 < seconds < 1.5
    texts = [entry.text for entry in phone.call.transcript]
    assert texts == ["Work.", "There it is."], "fillers are not part of the conversation"


def test_a_slow_tool_is_acknowledged_and_then_spoken_of(kit) -> None:
    phone, _ = call_once(kit, Model(kit), tool(6.6, filler="Let me look."))
    assert fillers(phone) == ["Let me look.", *PROGRESS[:3]]
    made = decisions(phone)
    assert [(each["stage"], each["tool"], each["why"]) for each in made] == [
        (0, "work", "the tool runs"),
        *[(1, "work", "it still runs")] * 3,
    ]
    assert made[0]["delay_ms"] == 600, "asked for 400 ms before it is to be heard"


def test_the_way_to_the_ear_is_learned(kit) -> None:
    phone, _ = call_once(kit, Model(kit, way_s=0.7), tool(5))
    assert delays_ms(phone)[:2] == [600, pytest.approx(300, abs=20)]
    phone, _ = call_once(kit, Model(kit, way_s=0.1), tool(14))
    assert delays_ms(phone)[:2] == [600, 600]
    assert delays_ms(phone)[-1] == pytest.approx(900, abs=20)


def test_a_filler_calls_no_tools_and_knows_nothing_of_the_conversation(kit) -> None:
    model = Model(kit)
    phone, _ = call_once(kit, model, tool(3))
    assert all(request.tool_choice == "none" and request.context == () for request in model.asked)
    assert len(phone.sent(ev.ResponseCreate)) == 2 + len(model.asked)


@TRANSPORTS
def test_a_filler_not_heard_yet_is_withdrawn_when_the_tool_ends(kit, media) -> None:
    model = Model(kit, way_s=1.0)
    phone, _ = call_once(kit, model, tool(1.2), media=media)
    assert (len(model.asked), fillers(phone)) == (1, [])
    assert len(phone.sent(ev.ResponseCancel)) == 1
    said = phone.seen(AgentSaid)[0]
    assert len(phone.seen(AgentStarted)) == 1
    assert said.at_ns - phone.seen(ToolSettled)[0].at_ns < 1e9, "the answer did not wait for it"


@TRANSPORTS
@pytest.mark.parametrize("tool_s", [1.05, 1.3, 1.8])
def test_one_that_sounds_ends_and_the_answer_follows(kit, media, tool_s) -> None:
    phone, _ = call_once(kit, Model(kit, way_s=0.3, filler_ms=2_000), tool(tool_s, filler="Wait."), media=media)
    assert fillers(phone) == ["Wait."]
    sounding = [record for record in phone.records.records if record.kind == "playout"]
    names = [record.name for record in sounding]
    assert names == ["started", "finished", "started", "finished"], "one after the other"
    assert sounding[2].at_ns - sounding[1].at_ns < 100e6
    assert sounding[1].data["heard"] == pytest.approx(2_000 * 24, abs=480)


@TRANSPORTS
def test_the_answer_is_asked_for_while_the_filler_is_still_generated(kit, media) -> None:
    async def respond(request: ResponseRequest) -> Any:
        if request.out_of_band:
            for delta in kit.speech("Wait for it.", 2_000):
                yield delta
                await asyncio.sleep(0.1)
            ends.append(asyncio.get_running_loop().time())
            return
        async for output in model.respond(request):
            if any(isinstance(item, ev.FunctionCallOutput) for item in request.context):
                begins.append(asyncio.get_running_loop().time())
            yield output

    model, begins, ends = Model(kit), list[float](), list[float]()

    async def main() -> None:
        async with calling(kit, respond, tool(1.2), media=media) as (phone, _):
            phone.call.send_text("Work.")
            assert (await phone.until(AgentSaid)).text == "There it is."
            assert fillers(phone) == ["One moment."]

    run_virtual(main())
    assert begins[0] < ends[0] - 1


def overlaps(phone, ear: Ear) -> bool:
    """Whether the assistant was heard, for more than it takes to notice, while the user spoke."""
    ear.listen()
    began = [event.at_ns for event in phone.seen(UserStarted)]
    stopped = [event.at_ns for event in phone.seen(UserStopped)]
    spoken = zip(began, stopped, strict=True)
    return any(
        stretch.start_ns < last and first + 50e6 < stretch.end_ns for first, last in spoken for stretch in ear.stretches
    )


@TRANSPORTS
@pytest.mark.parametrize("speaks_s", [1.0, 1.6, 2.0, 3.3])
def test_the_user_s_words_silence_fillers_and_keep_others_back(kit, media, speaks_s) -> None:
    async def main() -> None:
        model = Model(kit, way_s=0.4, filler_ms=900)
        box = tool(9, on_interrupt="finish")
        async with calling(kit, model.respond, box, media=media) as (phone, ear):
            phone.call.send_text("Work.")
            await phone.until(ToolCalled)
            await asyncio.sleep(speaks_s)
            await phone.talk(3_000, then_ms=500)
            answered = await phone.until(AgentSaid)
            assert answered.text == "There it is.", "the user got an answer meanwhile"
            assert not overlaps(phone, ear)
            before = len(fillers(phone))
            await phone.until(ToolSettled)
            assert len(fillers(phone)) > before, "and then the tool is spoken of again"
            await phone.until(AgentSaid, count=2)
            assert phone.errors() == []

    run_virtual(main())


@pytest.mark.parametrize("speaks_s", [0.9, 1.3])
def test_who_may_not_interrupt_is_not_spoken_over_either(kit, speaks_s) -> None:
    async def main() -> None:
        model = Model(kit, way_s=0.8)
        async with calling(kit, model.respond, tool(6), barge_in=False) as (phone, ear):
            phone.call.send_text("Work.")
            await phone.until(ToolCalled)
            await asyncio.sleep(speaks_s)
            await phone.talk(2_000)
            await phone.until(AgentSaid)
            assert not overlaps(phone, ear)

    run_virtual(main())


def test_an_interruption_by_the_application_withdraws_what_is_on_its_way(kit) -> None:
    async def main() -> None:
        model = Model(kit, way_s=0.8)
        async with calling(kit, model.respond, tool(3, on_interrupt="finish")) as (phone, ear):
            phone.call.send_text("Work.")
            await phone.until(ToolCalled)
            await asyncio.sleep(0.8)
            assert len(model.asked) == 1
            interrupted_ns = round(asyncio.get_running_loop().time() * 1e9)
            phone.call.interrupt()
            await phone.until(FillerSaid)
            ear.listen()
            assert ear.stretches[0].start_ns - interrupted_ns > 900e6
            assert phone.errors() == []

    run_virtual(main())


@TRANSPORTS
def test_the_model_s_own_preamble_is_the_first_stage(kit, media) -> None:
    model = Model(kit, preamble_ms=900)
    phone, dead_ms = call_once(kit, model, tool(4, filler="Let me look."), media=media)
    assert fillers(phone)[0] == "Still working on it."
    assert dead_ms <= 1_500


@TRANSPORTS
def test_two_tools_have_one_voice(kit, media) -> None:
    box = tool(3.5, name="one")
    tool(5, name="two", box=box)
    phone, dead_ms = call_once(kit, Model(kit, tools=("one", "two")), box, media=media)
    assert fillers(phone) == ["One moment.", *PROGRESS[:2]], "as for one of five seconds"
    assert dead_ms <= 1_500


def test_progress_is_said_in_place_of_the_next_words(kit) -> None:
    box = Toolbox()

    @box.tool
    async def work(context: ToolContext) -> str:
        """Work."""
        for percent in range(10, 100, 10):
            context.progress(f"{percent} percent are done.")
            await asyncio.sleep(1)
        return "done"

    phone, _ = call_once(kit, Model(kit), box)
    assert fillers(phone) == ["10 percent are done.", *PROGRESS[:2], "60 percent are done.", PROGRESS[2]]


CLIP = Clip(pcm=b"\x00\x10" * 24 * 700, name="hum")
CLIPS = FillerLadder((Stage(800, CLIP),))


@TRANSPORTS
def test_clips_are_played_here_and_count_for_nobody(kit, media) -> None:
    async def main() -> None:
        model = Model(kit)
        async with calling(kit, model.respond, tool(4, filler=CLIPS), media=media) as (phone, ear):
            phone.call.send_text("Work.")
            assert (await phone.until(AgentSaid)).heard_ms == pytest.approx(600, abs=20)
            assert (fillers(phone), model.asked) == (["hum", "hum", "hum"], [])
            assert dead_air_ms(phone, ear) < 1_000
            assert len(phone.call.ledger.positions()) == 1
            assert phone.call.ledger.unheard_samples == 0
            assert phone.speaker.heard_samples == pytest.approx((3 * 700 + 600) * 24, abs=480)

    run_virtual(main())


@TRANSPORTS
def test_a_clip_is_silenced_by_the_user_and_followed_by_the_answer(kit, media) -> None:
    long = FillerLadder((Stage(500, Clip(pcm=b"\x00\x10" * 24 * 6_000, name="music")),))

    async def main(talk: bool) -> None:
        box = tool(2, filler=long, on_interrupt="finish")
        async with calling(kit, Model(kit).respond, box, media=media) as (phone, ear):
            phone.call.send_text("Work.")
            await phone.until(FillerSaid)
            if talk:
                await phone.talk(1_000, then_ms=100)
            assert (await phone.until(AgentSaid)).text == "There it is."
            assert not overlaps(phone, ear)
            assert phone.speaker.heard_samples >= (600 if talk else 6_600) * 24
            assert talk == (phone.speaker.heard_samples < 3_000 * 24)

    run_virtual(main(talk=True))
    run_virtual(main(talk=False))


def test_the_model_words_a_line_itself(kit) -> None:
    model = Model(kit)
    ladder = FillerLadder((Stage(1_000, ModelLine("Say in German that it takes a moment.")),))
    phone, dead_ms = call_once(kit, model, tool(2, filler=ladder))
    request = model.asked[0]
    assert request.tool_choice == "none"
    assert isinstance(request.context[-1], ev.FunctionCall), "it sees what it speaks of"
    assert fillers(phone)[0] == "Say in German that it takes a moment."
    assert dead_ms <= 1_500


def test_delays_are_learned_over_calls(kit) -> None:
    durations = Durations()

    def delay_ms(seconds: float) -> int | None:
        phone, _ = call_once(kit, Model(kit), tool(seconds), durations=durations)
        return next(iter(delays_ms(phone)), None)

    assert [delay_ms(0.9) for _ in range(4)] == [600, 600, 600, None], "it always is as fast, so nothing is asked for"
    assert delay_ms(3.3) == 950, "for once it is not"
    durations = Durations({"work": [5_000] * 5})
    assert delay_ms(3.3) == 100, "to be heard after half a second"


def test_a_call_has_a_ladder_for_tools_without_one(kit) -> None:
    german = FillerLadder((Stage(900, Spoken(("Moment bitte.",))), Stage(1_000, Spoken(("Noch dabei.",)))))
    phone, _ = call_once(kit, Model(kit), tool(3.5), filler=german)
    assert fillers(phone) == ["Moment bitte.", "Noch dabei."]
    phone, _ = call_once(kit, Model(kit), tool(3.5, filler="Ich sehe nach."), filler=german)
    assert fillers(phone) == ["Ich sehe nach.", "Noch dabei."]
    phone, _ = call_once(kit, Model(kit), tool(4, filler="Let me look."), filler=False)
    assert fillers(phone) == []


def test_without_a_sink_nothing_is_said(kit) -> None:
    async def main() -> None:
        model = Model(kit)
        async with kit.phone(model.respond, tools=tool(4), has_speaker=False) as phone:
            phone.call.send_text("Work.")
            await phone.until(ToolSettled)
            assert model.asked == []

    run_virtual(main())


@pytest.mark.parametrize("outcome", ["fails", "says nothing"])
def test_a_filler_that_comes_to_nothing_is_no_lost_turn(kit, outcome) -> None:
    model = Model(kit)

    async def respond(request: ResponseRequest) -> Any:
        if request.out_of_band:
            model.asked.append(request)
            if outcome == "fails":
                yield Failed(code="server_error", message="no voice today")
            return
        async for output in model.respond(request):
            yield output

    async def main() -> None:
        async with calling(kit, respond, tool(8)) as (phone, _):
            phone.call.send_text("Work.")
            assert (await phone.until(AgentSaid)).text == "There it is."
            assert phone.seen(ErrorHappened) == []
            assert 3 <= len(model.asked) <= 5, "tried again, but not all the time"

    run_virtual(main())


def test_a_lost_connection_takes_a_filler_along_and_the_next_one_comes(kit) -> None:
    async def main() -> None:
        model = Model(kit, way_s=0.8)
        async with calling(kit, model.respond, tool(8)) as (phone, _):
            phone.call.send_text("Work.")
            await phone.until(ToolCalled)
            await asyncio.sleep(0.9)
            await phone.wires[-1].close(1011, "gone")
            await phone.until(Reconnected)
            await phone.until(FillerSaid)
            assert phone.seen(ToolSettled) == []

    run_virtual(main())


def test_fillers_are_understood_by_the_server_in_the_box(kit) -> None:
    async def main() -> None:
        model = Model(kit)
        async with calling(kit, model.respond, tool(2)) as (phone, _):
            phone.call.send_text("Work.")
            await phone.until(FillerSaid)
            assert direction(model.asked[0].instructions, default="") == "One moment."

    run_virtual(main())


def test_where_no_more_can_be_asked_for_it_is_tried_again(kit) -> None:
    async def respond(request: ResponseRequest) -> Any:
        if request.instructions != "Nothing.":
            async for output in model.respond(request):
                yield output

    model = Model(kit)

    async def main() -> None:
        slow = (Delay(by_ns=200_000_000),)
        async with calling(kit, respond, tool(6), media=True, faults=slow) as (phone, _):
            phone.call.send_text("Work.")
            await phone.until(ToolCalled)
            await asyncio.sleep(0.5)
            for _ in range(REQUEST_QUEUE_MAX):
                phone.call.respond(ev.ResponseConfig(conversation="none", instructions="Nothing."))
            await phone.until(ToolSettled)
            assert fillers(phone)[0] == "Let me see."
            assert decisions(phone, "filler_dropped")[0]["why"] == "too many requests are waiting"

    run_virtual(main())


def test_a_way_too_long_to_be_heard_is_learned_too(kit) -> None:
    calls = iter(["work"] * 3)

    async def respond(request: ResponseRequest) -> Any:
        if request.out_of_band:
            async for output in model.respond(request):
                yield output
        elif name := next(calls, None):
            yield CallDelta(name=name, arguments="{}")

    async def main() -> None:
        async with calling(kit, respond, tool(1.1)) as (phone, _):
            phone.call.send_text("Work.")
            await phone.until(ToolSettled, count=3)
            assert fillers(phone) == []
            assert delays_ms(phone) == [600, 500, 400]

    model = Model(kit, way_s=2)
    run_virtual(main())


def test_nothing_is_asked_for_while_the_user_speaks_or_waits_for_an_answer(kit) -> None:
    async def respond(request: ResponseRequest) -> Any:
        said = [item for item in request.context if isinstance(item, ev.Message) and item.role == "user"]
        if len(said) > 1 and not request.out_of_band:
            await asyncio.sleep(3)
        async for output in model.respond(request):
            yield output

    model = Model(kit)

    async def main() -> None:
        async with calling(kit, respond, tool(12, on_interrupt="finish")) as (phone, _):
            phone.call.send_text("Work.")
            await phone.until(FillerSaid)
            await asyncio.sleep(1.2)
            asked = len(model.asked)
            await phone.talk(3_000)
            assert (await phone.until(AgentSaid)).text == "There it is."
            assert len(model.asked) == asked
            await phone.until(FillerSaid, count=2)

    run_virtual(main())


def test_a_preamble_counts_however_long_the_arguments_take(kit) -> None:
    async def respond(request: ResponseRequest) -> Any:
        async for output in model.respond(request):
            if isinstance(output, CallDelta):
                yield EndItem(item=0)
                await asyncio.sleep(4)
            yield output

    async def main() -> None:
        async with calling(kit, respond, tool(3)) as (phone, _):
            phone.call.send_text("Work.")
            assert (await phone.until(FillerSaid)).text == PROGRESS[0]

    model = Model(kit, preamble_ms=500)
    run_virtual(main())
