"""Does audio keep its samples on both ways, whatever the format, the filter or the pace?"""

from __future__ import annotations

import asyncio

import pytest

from bareline.client.call_events import (
    AgentSaid,
    AgentStarted,
    AgentStopped,
    ErrorHappened,
    Interrupted,
    Reconnected,
    UserSaid,
)
from bareline.clock import now_ns
from bareline.devices.sinks import CallbackSink, NullSink
from bareline.errors import AudioFormatError
from bareline.media.frames import AudioFrame
from bareline.protocol import events as ev
from bareline.protocol.generation import SpeechDelta
from bareline.testing.virtual import run_virtual
from bareline.units import ms_to_ns


def spoken(kit, ms: int):
    async def respond(request):
        for delta in kit.speech("One two three four five six.", ms):
            yield delta

    return respond


@pytest.mark.parametrize("name", ["g711_ulaw", "g711_alaw"])
def test_telephone_formats_are_converted_both_ways_and_survive_a_reconnection(kit, name) -> None:
    async def main() -> None:
        async with kit.phone(spoken(kit, 1_000), input_format=name, output_format=name) as phone:
            for turn in (1, 2):
                wire = phone.server.session.audio
                assert (
                    wire.input.format.type
                    == wire.output.format.type
                    == {"g711_ulaw": "audio/pcmu"}.get(name, "audio/pcma")
                )
                await phone.talk(600)
                said = await phone.until(AgentSaid, count=turn)
                assert said.heard_ms == 1_000
                await phone.until(UserSaid, count=turn)
                await phone.wires[-1].close(1006)
                await phone.until(Reconnected, count=turn)
            assert phone.errors() == []

    run_virtual(main())


@pytest.mark.parametrize("device_ms", [0, 40])
@pytest.mark.parametrize("queue_ms", [40, 1_000])
def test_what_is_cut_is_what_the_device_says_was_heard(kit, device_ms, queue_ms) -> None:
    async def main() -> None:
        sink = NullSink(device_ms=device_ms, queue_ms=queue_ms)
        async with kit.phone(spoken(kit, 5_000), speaker=sink) as phone:
            await phone.talk(600)
            await phone.until(AgentStarted)
            await asyncio.sleep(1.2345)
            heard_then = sink.heard_samples // 24
            phone.call.interrupt()
            cut = await phone.until(Interrupted)
            await asyncio.sleep(1)
            assert cut.heard_ms == heard_then
            assert heard_then <= sink.heard_samples // 24 <= heard_then + device_ms + 1
            assert phone.sent(ev.ConversationItemTruncate)[0].audio_end_ms == cut.heard_ms
            assert phone.call.ledger.unheard_samples == 0

    run_virtual(main())


def test_the_sink_gets_exactly_what_the_server_sent_through_the_filter(kit) -> None:
    played: list[bytes] = []

    async def main() -> None:
        def louder(frame: AudioFrame) -> AudioFrame:
            return AudioFrame(frame.pcm[::-1], frame.first_sample, frame.at_ns)

        sink = CallbackSink(lambda frame: played.append(frame.pcm))
        async with kit.phone(spoken(kit, 1_000), speaker=sink, output_filter=louder) as phone:
            await phone.talk(600)
            await phone.until(AgentStopped)
        sent = b"".join(delta.audio for delta in kit.speech("x", 1_000))
        assert b"".join(frame[::-1] for frame in played) == sent

    run_virtual(main())


def test_a_filter_that_loses_samples_ends_the_call_with_its_reason(kit) -> None:
    async def main() -> None:
        async with kit.phone(spoken(kit, 1_000), output_filter=lambda frame: AudioFrame(frame.pcm[:2])) as phone:
            phone.call.send_text("Go.")
            with pytest.raises(AudioFormatError, match="output_filter"):
                await phone.call.run()

    run_virtual(main())


def test_a_sample_split_over_two_deltas_is_put_together(kit) -> None:
    async def main() -> None:
        played: list[bytes] = []
        sink = CallbackSink(lambda frame: played.append(frame.pcm))
        async with kit.phone(spoken(kit, 100), speaker=sink) as phone:
            playback = phone.call._parts.playback
            place = {"response_id": "resp_x", "item_id": "item_x", "output_index": 0, "content_index": 0}
            for piece in (b"\1\2\3", b"\4\5", b"\6"):
                playback.received(ev.ResponseOutputAudioDelta(delta=piece, **place), None)
            playback.finished("item_x", 0)
            await asyncio.sleep(0.1)
            assert b"".join(played) == b"\1\2\3\4\5\6"
            assert playback.ledger.position("item_x").heard == 3

    run_virtual(main())


def test_the_end_of_the_source_is_followed_by_silence_so_that_the_turn_ends(kit) -> None:
    async def main() -> None:
        async with kit.phone(spoken(kit, 500)) as phone:
            await phone.mic.push(kit.voice(600))
            phone.mic.end()
            await phone.until(AgentSaid)
            await phone.call.quiet(after_microphone=True)
            assert phone.call.transcript.last("assistant").final

    run_virtual(main())


def test_without_a_sink_everything_else_goes_on(kit) -> None:
    async def main() -> None:
        async with kit.phone(spoken(kit, 500), has_speaker=False) as phone:
            phone.call.send_text("Go.")
            assert (await phone.until(AgentSaid)).text == "One two three four five six."
            phone.call.interrupt()
            await asyncio.sleep(0.1)
            assert phone.sent(ev.ConversationItemDelete) == []

    run_virtual(main())


def test_speech_beside_the_conversation_is_cut_but_not_told(kit) -> None:
    async def main() -> None:
        async with kit.phone(spoken(kit, 3_000)) as phone:
            phone.call.say("One moment.", remember=False)
            await phone.until(AgentStarted)
            await asyncio.sleep(0.5)
            assert phone.call.interrupt()
            await asyncio.sleep(0.5)
            assert phone.sent(ev.ConversationItemTruncate) == phone.sent(ev.ConversationItemDelete) == []
            assert len(phone.call.transcript) == 0
            assert phone.errors() == []

    run_virtual(main())


def test_a_response_that_begins_when_the_user_has_just_begun_to_speak_is_stopped(kit) -> None:
    async def main() -> None:
        async with kit.phone(spoken(kit, 3_000)) as phone:

            async def late(request):
                await asyncio.sleep(0)
                for delta in kit.speech("Too late.", 2_000):
                    yield delta

            phone.mind.respond = late
            await phone.talk(300)
            assert phone.call._reactions.user.speaking
            await phone.call.line.send(ev.ResponseCreate())
            await phone.talk(600)
            assert phone.speaker.heard_samples == 0
            assert set(phone.errors()) <= {"response_cancel_not_active"}
            assert phone.seen(ErrorHappened) == []

    run_virtual(main())


def test_heard_words_follow_the_audio(kit) -> None:
    async def respond(request):
        yield SpeechDelta(transcript="Apples and ", audio=kit.voice(1_000))
        yield SpeechDelta(transcript="oranges and ", audio=kit.voice(1_000))
        yield SpeechDelta(transcript="pears.", audio=kit.voice(1_000))

    async def main() -> None:
        async with kit.phone(respond) as phone:
            phone.call.send_text("Go.")
            await phone.until(AgentStarted)
            await asyncio.sleep(2.2)
            phone.call.interrupt()
            said = await phone.until(AgentSaid)
            assert said.text == "Apples and oranges"
            assert phone.call.transcript.entry(said.item_id).interrupted

    run_virtual(main())


def test_a_beginning_is_told_while_the_rest_is_not_there_yet(kit) -> None:
    async def respond(request):
        first, *rest = kit.speech("One two three.", 1_000)
        yield first
        await asyncio.sleep(3)
        for delta in rest:
            yield delta

    async def main() -> None:
        async with kit.phone(respond) as phone:
            await phone.talk(600)
            started = await phone.until(AgentStarted)
            assert now_ns() - started.at_ns <= ms_to_ns(30)
            said = await phone.until(AgentSaid)
            assert said.heard_ms == 1_000

    run_virtual(main())
