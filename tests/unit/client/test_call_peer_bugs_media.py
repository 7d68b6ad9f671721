"""Mistakes seen in other clients of this protocol, where the audio travels as media; numbered as over WebSocket."""

from __future__ import annotations

import asyncio

import pytest

from bareline.client.call_events import AgentSaid, AgentStarted, ErrorHappened, Interrupted, UserSaid, UserStarted
from bareline.protocol import events as ev
from bareline.testing.virtual import run_virtual
from bareline.transports.faults import Stall
from bareline.units import ms_to_ns

PACKET_MS = 20


def long_answer(kit, *lengths_ms: int):
    async def respond(request):
        for item, ms in enumerate(lengths_ms):
            for delta in kit.speech("One two three four five six seven eight nine ten.", ms, item=item):
                yield delta

    return respond


def cuts_of(phone) -> list[tuple[str, int]]:
    """What the server says it has truncated."""
    records = [r.data for r in phone.records.records if (r.kind, r.name) == ("received", "conversation.item.truncated")]
    return [(data["item_id"], data["audio_end_ms"]) for data in records]


def test_1_two_audio_items_interrupted_in_the_first_are_both_the_server_s_to_cut(kit) -> None:
    async def main() -> None:
        async with kit.phone(long_answer(kit, 3_000, 3_000), media=True) as phone:
            await phone.talk(600)
            await phone.until(AgentStarted)
            await asyncio.sleep(1)
            await phone.talk(600)
            cut = await phone.until(Interrupted)
            await asyncio.sleep(0.5)
            first, second = cut.item_ids
            assert cuts_of(phone)[0][0] == first
            assert cuts_of(phone)[0][1] == pytest.approx(cut.heard_ms, abs=2 * PACKET_MS)
            there = phone.server.conversation.item(second)
            assert there is None or there.truncated_ms == 0
            assert phone.call.transcript.entry(second).text == ""
            assert phone.sent(ev.ConversationItemTruncate) == phone.sent(ev.ConversationItemDelete) == []
            assert phone.errors() == []

    run_virtual(main())


@pytest.mark.parametrize("late", ["audio", "both"])
def test_3_a_stall_of_the_network_does_not_count_as_heard(kit, late: str) -> None:
    """The server plays on into the stall, so what it takes for heard may exceed what was, by no more than the stall."""

    async def main() -> None:
        stall = (Stall(at_ns=ms_to_ns(2_500), for_ns=ms_to_ns(600), direction="down"),)
        faults = {"audio_faults": stall, "faults": stall if late == "both" else ()}
        options = {"turns": ev.ServerVad(create_response=False), **faults}
        async with kit.phone(long_answer(kit, 6_000), media=True, **options) as phone:
            await asyncio.sleep(0.9)
            phone.call.send_text("Go.")
            await phone.until(AgentStarted)
            await asyncio.sleep(1.6)
            await phone.talk(400)
            cut = await phone.until(Interrupted)
            await asyncio.sleep(1)
            ((_, told_ms),) = cuts_of(phone)
            assert cut.heard_ms == phone.speaker.heard_samples // 24
            assert cut.heard_ms - PACKET_MS <= told_ms <= cut.heard_ms + 600 + 2 * PACKET_MS
            assert phone.call.transcript.last("assistant").heard_ms <= cut.heard_ms

    run_virtual(main())


@pytest.mark.parametrize("interrupts", [True, False])
def test_5_nothing_is_cancelled_that_the_server_cancels_itself(kit, interrupts: bool) -> None:
    async def respond(request):
        for delta in kit.speech("A very long answer. " * 4, 6_000):
            await asyncio.sleep(0.09)
            yield delta

    async def main() -> None:
        turns = ev.ServerVad(interrupt_response=interrupts, create_response=False)
        async with kit.phone(respond, media=True, turns=turns) as phone:
            phone.call.send_text("Go on.")
            await phone.until(AgentStarted)
            await asyncio.sleep(1)
            await phone.talk(600)
            await phone.until(Interrupted)
            await asyncio.sleep(1)
            assert len(phone.sent(ev.ResponseCancel)) == (0 if interrupts else 1)
            assert len(phone.sent(ev.OutputAudioBufferClear)) == (0 if interrupts else 1)
            assert phone.call.conversation.active_response is None
            assert len(cuts_of(phone)) == 1
            assert phone.errors() == []
            assert phone.seen(ErrorHappened) == []

    run_virtual(main())


def test_6_the_microphone_is_heard_while_the_assistant_speaks(kit) -> None:
    async def main() -> None:
        async with kit.phone(long_answer(kit, 4_000), media=True, barge_in=False, turns="manual") as phone:
            phone.call.send_text("Speak.")
            await phone.until(AgentStarted)
            phone.call.clear()
            await phone.talk(1_000, then_ms=200)
            phone.call.commit(respond=False)
            await asyncio.sleep(0.1)
            assert kit.voice(1_000) in phone.mind.utterances[0].audio.pcm

    run_virtual(main())


def test_9_before_the_first_sample_after_the_last_and_twice_nothing_is_truncated_here(kit) -> None:
    async def main() -> None:
        async with kit.phone(long_answer(kit, 500), media=True) as phone:
            phone.call.send_text("Go.")
            while not phone.call.ledger.positions():  # noqa: ASYNC110 (virtual time)
                await asyncio.sleep(0)
            assert phone.call.interrupt()
            assert not phone.call.interrupt()
            await asyncio.sleep(1)
            phone.call.send_text("Again.")
            await phone.until(AgentSaid)
            assert not phone.call.interrupt()
            await phone.talk(600)
            await phone.until(UserStarted)
            await asyncio.sleep(0.1)
            assert len(phone.seen(Interrupted)) == 1
            assert phone.sent(ev.ConversationItemTruncate) == phone.sent(ev.ConversationItemDelete) == []
            assert phone.errors() == []

    run_virtual(main())


def test_10_a_muted_microphone_sends_silence_at_the_same_pace(kit) -> None:
    async def respond(request):
        return
        yield

    async def main() -> None:
        async with kit.phone(respond, media=True) as phone:
            await phone.talk(400)
            phone.call.mute()
            before = phone.call._capture.sent_samples
            await phone.talk(2_000)
            assert phone.call._capture.sent_samples - before == 2_000 * 24
            await phone.until(UserSaid)
            assert phone.mind.utterances[0].audio.samples < 1_800 * 24, "silence ended the turn"
            phone.call.unmute()
            await phone.talk(600)
            await phone.until(UserSaid, count=2)

    run_virtual(main())
