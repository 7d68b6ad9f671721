"""Does a call know what was heard where the server plays the audio itself, and does nobody lie about it?"""

from __future__ import annotations

import asyncio

import pytest

from bareline.client.call_events import (
    AgentSaid,
    AgentStarted,
    AgentStopped,
    Interrupted,
    Reconnected,
    UserSaid,
    UserStarted,
)
from bareline.devices.sinks import CallbackSink, NullSink
from bareline.errors import ConfigurationError
from bareline.media.frames import AudioFrame
from bareline.protocol import events as ev
from bareline.testing.virtual import run_virtual
from bareline.transports.faults import Delay, Stall
from bareline.units import ms_to_ns

WORDS = "One two three four five six seven eight nine ten."
PACKET_MS = 20


def spoken(kit, *lengths_ms: int):
    async def respond(request):
        for item, ms in enumerate(lengths_ms):
            for delta in kit.speech(WORDS, ms, item=item):
                yield delta

    return respond


def server_events(phone, name: str) -> list[dict]:
    return [record.data for record in phone.records.records if record.kind == "received" and record.name == name]


def test_what_the_server_plays_is_heard_to_the_sample(kit) -> None:
    async def main() -> None:
        played: list[bytes] = []
        sink = CallbackSink(lambda frame: played.append(frame.pcm))
        async with kit.phone(spoken(kit, 2_000), media=True, speaker=sink) as phone:
            await phone.talk(600)
            began = await phone.until(AgentStarted)
            said = await phone.until(AgentSaid)
            await phone.until(UserSaid)
            assert said.text == WORDS
            assert said.heard_ms == 2_000
            assert phone.call.ledger.position(said.item_id).heard == 48_000 == phone.speaker.heard_samples
            assert not phone.call.ledger.position(said.item_id).estimated
            assert began.item_id == said.item_id
            assert b"".join(played) == kit.voice(100) * 20
            assert not phone.seen(AgentStopped)[0].interrupted
            assert phone.errors() == []

    run_virtual(main())


@pytest.mark.parametrize("device_ms", [0, 40])
@pytest.mark.parametrize(("event_ms", "audio_ms"), [(0, 0), (50, 50), (0, 60), (400, 0)])
def test_barge_in_is_truncated_by_the_server_and_both_counts_agree(kit, device_ms, event_ms, audio_ms) -> None:
    async def main() -> None:
        late = (Delay(by_ns=ms_to_ns(event_ms), direction="down"),)
        later = (Delay(by_ns=ms_to_ns(audio_ms), direction="down"),)
        sink = NullSink(device_ms=device_ms)
        async with kit.phone(spoken(kit, 8_000), media=True, speaker=sink, faults=late, audio_faults=later) as phone:
            await phone.talk(600)
            await phone.until(AgentStarted)
            await asyncio.sleep(1.2345)
            await phone.talk(400)
            cut = await phone.until(Interrupted)
            said = await phone.until(AgentSaid)
            await asyncio.sleep(0.3)
            told = server_events(phone, "conversation.item.truncated")[0]["audio_end_ms"]
            assert phone.sent(ev.ConversationItemTruncate) == phone.sent(ev.ConversationItemDelete) == []
            assert cut.by == "user"
            late_ms = max(0, audio_ms - event_ms)  # what was on its way is not heard
            assert cut.heard_ms == pytest.approx(told - late_ms, abs=2 * PACKET_MS + device_ms)
            assert phone.call.ledger.heard_ms(said.item_id) - cut.heard_ms <= device_ms + 1
            entry = phone.call.transcript.entry(said.item_id)
            assert (entry.told_ms, entry.heard_ms) == (told, min(told, said.heard_ms))
            assert WORDS.startswith(said.text)
            assert said.text not in ("", WORDS)

    run_virtual(main())


def test_late_packets_of_an_interrupted_answer_are_not_played(kit) -> None:
    async def main() -> None:
        late = (Delay(by_ns=ms_to_ns(300), direction="down"),)
        async with kit.phone(spoken(kit, 8_000), media=True, audio_faults=late) as phone:
            phone.call.send_text("Go.")
            await phone.until(AgentStarted)
            await asyncio.sleep(1)
            assert phone.call.interrupt()
            heard = phone.speaker.heard_samples
            await asyncio.sleep(2)
            assert phone.speaker.heard_samples == heard
            assert isinstance(phone.said[-1], ev.OutputAudioBufferClear)

    run_virtual(main())


def test_the_next_answer_is_played_although_the_last_one_was_interrupted(kit) -> None:
    async def main() -> None:
        async with kit.phone(spoken(kit, 3_000), media=True) as phone:
            phone.call.send_text("Go.")
            await phone.until(AgentStarted)
            await asyncio.sleep(1)
            phone.call.interrupt()
            phone.mind.respond = spoken(kit, 1_000)
            phone.call.send_text("Go on.")
            said = await phone.until(AgentSaid, count=2)
            assert said.heard_ms == 1_000
            assert phone.errors() == []

    run_virtual(main())


@pytest.mark.parametrize("stalled", ["events", "audio", "both"])
def test_after_a_stall_the_counts_are_still_right(kit, stalled) -> None:
    async def main() -> None:
        stall = (Stall(at_ns=ms_to_ns(1_500), for_ns=ms_to_ns(900), direction="down"),)
        events, audio = stalled in ("events", "both"), stalled in ("audio", "both")
        async with kit.phone(
            spoken(kit, 4_000), media=True, faults=stall if events else (), audio_faults=stall if audio else ()
        ) as phone:
            phone.call.send_text("Go.")
            said = await phone.until(AgentSaid)
            assert said.heard_ms == 4_000
            phone.call.send_text("Go.")
            await phone.until(AgentStarted, count=2)
            await asyncio.sleep(1.5)
            await phone.talk(400)
            cut = await phone.until(Interrupted)
            await phone.until(AgentSaid, count=2)
            told = server_events(phone, "conversation.item.truncated")[0]["audio_end_ms"]
            assert cut.heard_ms == pytest.approx(told, abs=2 * PACKET_MS)

    run_virtual(main())


@pytest.mark.parametrize("at_ms", [400, 1_000])
def test_events_that_come_after_their_audio_still_name_it(kit, at_ms) -> None:
    """As when the packet of an event is lost and sent again: the answer sounds before anybody says whose it is."""

    async def main() -> None:
        late = (Stall(at_ns=ms_to_ns(at_ms), for_ns=ms_to_ns(1_200), direction="down"),)
        async with kit.phone(spoken(kit, 800), media=True, faults=late) as phone:
            await asyncio.sleep(0.5)
            await phone.call.line.send(ev.ResponseCreate())
            await asyncio.sleep(1)
            await phone.call.line.send(ev.ResponseCreate())
            for turn in (1, 2):
                said = await phone.until(AgentSaid, count=turn)
                assert phone.call.ledger.position(said.item_id).heard == 800 * 24

    run_virtual(main())


def test_several_items_of_one_answer_are_divided_by_the_length_of_their_words_and_say_so(kit) -> None:
    async def respond(request):
        for item, (text, ms) in enumerate((("Short.", 500), ("This one is a good deal longer than that.", 3_000))):
            for delta in kit.speech(text, ms, item=item):
                yield delta

    async def main() -> None:
        async with kit.phone(respond, media=True) as phone:
            phone.call.send_text("Go.")
            first, second = [await phone.until(AgentSaid, count=count) for count in (1, 2)]
            assert (first.text, second.text) == ("Short.", "This one is a good deal longer than that.")
            positions = phone.call.ledger.positions()
            assert sum(position.heard for position in positions.values()) == 3_500 * 24
            assert all(position.estimated for position in positions.values())
            assert first.heard_ms == pytest.approx(500, abs=150)
            shown = [r.data for r in phone.records.records if r.kind == "playout" and r.name == "finished"]
            assert all(data["estimated"] for data in shown)

    run_virtual(main())


def test_the_server_may_fall_silent_by_itself(kit) -> None:
    async def main() -> None:
        async with kit.phone(spoken(kit, 5_000), media=True, barge_in=False) as phone:
            phone.call.send_text("Go.")
            await phone.until(AgentStarted)
            await asyncio.sleep(1)
            await phone.talk(400)
            cut = await phone.until(Interrupted)
            told = server_events(phone, "conversation.item.truncated")[0]["audio_end_ms"]
            assert cut.by == "server"
            assert cut.heard_ms == pytest.approx(told, abs=2 * PACKET_MS)

    run_virtual(main())


def test_the_trace_keeps_heard_and_told_apart(kit) -> None:
    async def main() -> None:
        async with kit.phone(spoken(kit, 5_000), media=True) as phone:
            phone.call.send_text("Go.")
            await phone.until(AgentStarted)
            await asyncio.sleep(1)
            await phone.talk(400)
            said = await phone.until(AgentSaid)
            told = next(r.data for r in phone.records.records if r.kind == "playout" and r.name == "told")
            assert told["heard_ms"] == said.heard_ms
            assert told["told_ms"] == phone.call.conversation.item(said.item_id).truncated_ms

    run_virtual(main())


def test_the_microphone_goes_out_as_frames_whatever_the_session_says_and_muted_as_silence(kit) -> None:
    async def main() -> None:
        async with kit.phone(spoken(kit, 500), media=True, input_format="g711_ulaw") as phone:
            phone.call.mute()
            await phone.talk(600, then_ms=1_000)
            assert phone.seen(UserStarted) == []
            phone.call.unmute()
            await phone.talk(600)
            await phone.until(AgentSaid)
            assert phone.sent(ev.InputAudioBufferAppend) == []

    run_virtual(main())


def test_a_lost_connection_is_followed_by_another_with_the_same_conversation(kit) -> None:
    async def main() -> None:
        async with kit.phone(spoken(kit, 3_000), media=True) as phone:
            phone.call.send_text("Go.")
            await phone.until(AgentStarted)
            await asyncio.sleep(1)
            await phone.wires[-1].close(1006)
            again = await phone.until(Reconnected)
            assert again.lost == ()
            await phone.until(AgentStopped)
            phone.call.send_text("Again.")
            said = await phone.until(AgentSaid, count=2)
            assert said.heard_ms == 3_000
            assert sum(p.heard for p in phone.call.ledger.positions().values()) == phone.speaker.heard_samples

    run_virtual(main())


def test_both_filters_see_every_frame_and_a_second_listener_gets_the_original(kit) -> None:
    async def main() -> None:
        seen: dict[str, int] = {"in": 0, "out": 0}
        copy, played = bytearray(), bytearray()

        def counted(way):
            def see(frame):
                seen[way] += frame.samples
                return AudioFrame(bytes(len(frame.pcm)), frame.first_sample) if way == "out" else frame

            return see

        async def listen(line):
            async for audio in line.audio():
                copy.extend(audio.frame.pcm)

        sink = CallbackSink(lambda frame: played.extend(frame.pcm))
        filters = {"input_filter": counted("in"), "output_filter": counted("out")}
        async with kit.phone(spoken(kit, 1_000), media=True, speaker=sink, **filters) as phone:
            listening = asyncio.create_task(listen(phone.call.line))
            await phone.talk(600)
            await phone.until(AgentSaid)
        await listening
        assert (seen["in"] >= 600 * 24, seen["out"]) == (True, 24_000)
        assert (any(copy), any(played)) == (True, False)
        assert len(copy) == len(played) == 48_000

    run_virtual(main())


def test_without_a_speaker_the_audio_is_the_programs_own(kit) -> None:
    async def main() -> None:
        async with kit.phone(spoken(kit, 500), media=True, has_speaker=False) as phone:
            playback = phone.call._parts.playback
            phone.call.send_text("Go.")
            assert (await phone.until(AgentSaid)).text == WORDS
            assert not phone.call.interrupt()
            await asyncio.sleep(0.6)
            assert not playback.unheard

    run_virtual(main())


def test_a_call_does_not_change_between_media_and_events(kit) -> None:
    async def main() -> None:
        async with kit.phone(spoken(kit, 500), media=True) as phone:
            phone._media = False
            await phone.wires[-1].close(1006)
            with pytest.raises(ConfigurationError, match="with and without media"):
                await phone.call.run()

    run_virtual(main())


def test_a_sink_that_takes_nothing_is_not_waited_for_for_ever(kit) -> None:
    class Stuck(NullSink):
        async def write(self, frame) -> None:
            await asyncio.Event().wait()

    async def main() -> None:
        async with kit.phone(spoken(kit, 12_000), media=True, speaker=Stuck()) as phone:
            phone.call.send_text("Go.")
            await asyncio.sleep(13)
            assert phone.call._parts.playback.dropped_samples > 24_000
            assert phone.call.interrupt()

    run_virtual(main())


def test_what_was_cut_is_said_even_when_the_call_ends_before_the_server_has_told(kit) -> None:
    async def main() -> None:
        late = (Delay(by_ns=ms_to_ns(500), direction="down"),)
        async with kit.phone(spoken(kit, 5_000), media=True, faults=late) as phone:
            phone.call.send_text("Go.")
            await phone.until(AgentStarted)
            await asyncio.sleep(1)
            phone.call.interrupt()
        said = phone.seen(AgentSaid)[0]
        assert said.interrupted
        assert said.heard_ms == pytest.approx(1_000, abs=600)

    run_virtual(main())
