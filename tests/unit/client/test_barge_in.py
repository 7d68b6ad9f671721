"""Is an interruption safe at every moment, over both transports, and does the next turn go on?"""

from __future__ import annotations

import asyncio
import math

import pytest

from bareline.client.call_events import AgentSaid, AgentStarted, Interrupted, UserSaid
from bareline.devices.sinks import NullSink
from bareline.protocol import events as ev
from bareline.protocol.generation import CallDelta
from bareline.testing.virtual import run_virtual
from bareline.tools import Toolbox
from bareline.transports.faults import Delay
from bareline.units import ms_to_ns

FIRST, SECOND = "One two three four five six seven.", "Eight nine ten eleven twelve."


def quick_and_slow(quick: tuple[int, ...], slow: tuple[int, ...]) -> list[object]:
    """Moments for the quick suite, and those that only the long one has time for."""
    return [*quick, *(pytest.param(moment, marks=pytest.mark.slow) for moment in slow)]


transports = pytest.mark.parametrize("media", [False, True], ids=["events", "media"])


def two_parts(kit, first_ms: int = 800, second_ms: int = 600):
    """The first answer has two spoken items, later ones have one."""

    async def respond(request):
        if len([item for item in request.context if isinstance(item, ev.Message) and item.role == "user"]) == 1:
            await asyncio.sleep(0.05)
            for item, (text, ms) in enumerate(((FIRST, first_ms), (SECOND, second_ms))):
                for delta in kit.speech(text, ms, item=item):
                    await asyncio.sleep(0.01)
                    yield delta
        else:
            for delta in kit.speech("Good.", 300):
                yield delta

    return respond


async def check_aftermath(phone, *, device_ms: int = 0) -> None:
    """Silence until the next turn, which is answered; and both ends hold the same conversation."""
    await asyncio.sleep((device_ms + 1) / 1000)
    silent_at = phone.speaker.heard_samples
    await asyncio.sleep(0.7)
    assert phone.speaker.heard_samples == silent_at, "nothing speaks after an interruption"
    assert not phone.call._parts.playback.unheard
    phone.call.send_text("And now?")
    await phone.until(AgentSaid, count=1 + len([e for e in phone.seen(AgentSaid) if e.text == "Good."]), within_s=10)
    async with asyncio.timeout(10):
        while phone.call.transcript.last("assistant").text != "Good.":  # noqa: ASYNC110 (virtual time)
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    assert phone.errors() == []
    for event in phone.sent(ev.ConversationItemTruncate):
        assert event.audio_end_ms <= phone.call.ledger.received_ms(event.item_id)
    here = {entry.id: entry for entry in phone.call.conversation.items}
    there = {entry.id: entry for entry in phone.server.conversation.items}
    assert list(here) == list(there)
    assert [e.truncated_ms for e in here.values()] == [e.truncated_ms for e in there.values()]


@transports
@pytest.mark.parametrize("at_ms", quick_and_slow((0, 51, 75, 801, 1_700), (1, 49, 61, 100, 799, 950, 1_449, 1_451)))
def test_at_any_moment(kit, media: bool, at_ms: int) -> None:
    async def main() -> None:
        async with kit.phone(two_parts(kit), media=media, transcription=None) as phone:
            phone.call.send_text("Go.")
            await asyncio.sleep(at_ms / 1000)
            stopped = phone.call.interrupt()
            assert not phone.call.interrupt(), "the second one finds nothing to stop"
            heard_ms = math.floor(phone.speaker.heard_samples / 24)
            await check_aftermath(phone)
            assert len(phone.seen(Interrupted)) == stopped
            told = [event.audio_end_ms for event in phone.sent(ev.ConversationItemTruncate)]
            if media:
                assert told == []
            elif stopped:
                assert sum(told) in (heard_ms, heard_ms - 800), "the first item was heard to its end"

    run_virtual(main())


@transports
@pytest.mark.parametrize("state", ["both", pytest.param("paused", marks=pytest.mark.slow), "resumed"])
def test_while_held_back(kit, media: bool, state: str) -> None:
    async def main() -> None:
        async with kit.phone(two_parts(kit), media=media, speaker=NullSink(device_ms=20)) as phone:
            phone.call.send_text("Go.")
            await phone.until(AgentStarted)
            await asyncio.sleep(0.4)
            playback = phone.call._parts.playback
            if state != "paused":
                playback.duck(-12)
            playback.pause()
            await asyncio.sleep(0.2)
            if state == "resumed":
                playback.resume()
                await asyncio.sleep(0.1)
            assert phone.call.interrupt()
            heard_ms = math.floor(phone.speaker.heard_samples / 24)
            assert not playback.paused
            await check_aftermath(phone, device_ms=20)
            assert [event.heard_ms for event in phone.seen(Interrupted)] == [heard_ms]
            if not media:
                assert [event.audio_end_ms for event in phone.sent(ev.ConversationItemTruncate)] == [heard_ms]

    run_virtual(main())


@transports
@pytest.mark.parametrize("again_ms", quick_and_slow((20, 310), (0, 150, 290, 500)))
def test_twice_while_a_truncation_is_in_flight(kit, media: bool, again_ms: int) -> None:
    """The line takes 150 ms each way: the server has not heard of the first one when the second one comes."""

    async def main() -> None:
        late = (Delay(by_ns=ms_to_ns(150)),)
        async with kit.phone(two_parts(kit, 4_000), media=media, faults=late, audio_faults=late) as phone:
            phone.call.send_text("Go.")
            await phone.until(AgentStarted)
            await asyncio.sleep(0.8)
            await phone.talk(300, then_ms=100)
            await phone.until(Interrupted)
            await asyncio.sleep(again_ms / 1000)
            phone.call.interrupt()
            await asyncio.sleep(1.5)
            await check_aftermath(phone)
            items = [event.item_id for event in phone.sent(ev.ConversationItemTruncate)]
            assert len(items) == len(set(items)), "nothing is truncated twice"

    run_virtual(main())


@transports
@pytest.mark.parametrize("at_ms", quick_and_slow((90, 640), (60, 120, 300, 700, 900)))
def test_during_a_tool(kit, media: bool, at_ms: int) -> None:
    """The tool is being written, runs, has answered, is being told of; nothing of it is lost or told twice."""
    runs: list[str] = []
    tools = Toolbox()

    @tools.tool(effect="irreversible", confirm=False)
    async def open_door(door: str) -> str:
        """Open a door."""
        runs.append(door)
        await asyncio.sleep(0.5)
        return f"{door} is open"

    async def respond(request):
        calls = [item for item in request.context if isinstance(item, ev.FunctionCall)]
        outputs = [item for item in request.context if isinstance(item, ev.FunctionCallOutput)]
        if not calls:
            await asyncio.sleep(0.05)
            for delta in kit.speech("One moment please.", 500):
                await asyncio.sleep(0.01)
                yield delta
            yield CallDelta(item=1, name="open_door", arguments='{"door":"front"}')
        else:
            assert len(outputs) <= 1
            for delta in kit.speech("Good.", 300):
                yield delta

    async def main() -> None:
        async with kit.phone(respond, media=media, tools=tools) as phone:
            phone.call.send_text("Open the door.")
            await asyncio.sleep(at_ms / 1000)
            phone.call.interrupt()
            phone.call.interrupt()
            await asyncio.sleep(1.5)
            phone.call.send_text("And now?")
            async with asyncio.timeout(10):
                while "Good." not in [entry.text for entry in phone.call.transcript]:  # noqa: ASYNC110 (virtual time)
                    await asyncio.sleep(0.05)
            await phone.call.quiet(for_s=0.5)
            assert phone.errors() == []
            calls = [entry for entry in phone.server.conversation.items if isinstance(entry.item, ev.FunctionCall)]
            outputs = [e for e in phone.server.conversation.items if isinstance(e.item, ev.FunctionCallOutput)]
            done = [entry for entry in calls if entry.item.status == "completed"]
            assert len(runs) == len(done) == len(outputs) <= 1

    run_virtual(main())


@transports
def test_the_words_that_were_heard_stay_and_are_marked(kit, media: bool) -> None:
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]

    async def respond(request):
        for delta in kit.speech(" ".join(words), 3_300):  # about 15 characters a second, as people speak
            yield delta

    async def main() -> None:
        async with kit.phone(respond, media=media) as phone:
            phone.call.send_text("Count.")
            await phone.until(AgentStarted)
            await asyncio.sleep(1.6)
            await phone.talk(300)
            await phone.until(UserSaid)
            said = await phone.until(AgentSaid)
            entry = phone.call.transcript.entry(said.item_id)
            kept = entry.text.split()
            assert kept == words[: len(kept)]
            heard = said.heard_ms // 330  # a word takes 330 ms
            assert heard - 2 <= len(kept) <= heard + media  # over media the share of the text is an estimate
            assert (entry.interrupted, entry.final, entry.text) == (True, True, said.text)
            assert f"assistant: {entry.text} [interrupted]" in str(phone.call.transcript)
            assert entry.heard_ms <= said.heard_ms
            assert entry.heard_ms <= entry.told_ms

    run_virtual(main())
