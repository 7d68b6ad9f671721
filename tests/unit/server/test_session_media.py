"""Does a session over media hear what comes beside the events, and play what is generated at its pace?"""

from __future__ import annotations

import asyncio
import itertools
import math

import pytest

from bareline.media.frames import AudioFrame
from bareline.protocol.generation import Completed, EndItem, SpeechDelta, TextDelta
from bareline.testing.virtual import run_virtual
from bareline.units import NS_PER_S, samples_to_ns

STARTED, STOPPED, CLEARED = (f"output_audio_buffer.{what}" for what in ("started", "stopped", "cleared"))
TRUNCATED = "conversation.item.truncated"
VAD = {"audio": {"input": {"turn_detection": {"type": "server_vad", "silence_duration_ms": 400}}}}
INTERRUPTING = {"audio": {"input": {"turn_detection": {"type": "server_vad", "create_response": False}}}}


def tone(ms: int) -> bytes:
    return b"".join(
        int(12_000 * math.sin(index * 2 * math.pi * 440 / 24_000)).to_bytes(2, "little", signed=True)
        for index in range(ms * 24)
    )


def counting(ms: int) -> bytes:
    """Audio of which every sample is another one."""
    return b"".join((index % 30_000 + 1).to_bytes(2, "little") for index in range(ms * 24))


def saying(*lengths_ms: int):
    """A backend that speaks items of these lengths at once."""

    async def respond(request):
        for item, ms in enumerate(lengths_ms):
            yield SpeechDelta(item=item, transcript=f"item {item}", audio=counting(ms))
            yield EndItem(item=item)
        yield Completed()

    return respond


def test_audio_is_played_at_its_pace_and_started_and_stopped_are_said(kit) -> None:
    async def main() -> None:
        async with kit.call(kit.Mind(saying(1_010))) as caller:
            await caller.say("response.create")
            started = await caller.until(STARTED)
            began_s = asyncio.get_running_loop().time()
            stopped = await caller.until(STOPPED)
            assert asyncio.get_running_loop().time() - began_s == pytest.approx(1.02)
            assert started["response_id"] == stopped["response_id"]
            assert caller.types().index("response.content_part.added") < caller.types().index(STARTED)
            assert "response.output_audio.delta" not in caller.types()
            assert caller.types().index("response.output_audio.done") < caller.types().index("response.done")
            assert caller.played() == counting(1_010) + bytes(10 * 48)
            assert {frame.samples for _, frame in caller.frames} == {480}

    run_virtual(main())


def test_frames_stand_where_the_clock_stands_and_pauses_are_jumps(kit) -> None:
    async def main() -> None:
        async with kit.call(kit.Mind(saying(100))) as caller:
            for _ in range(2):
                await caller.say("response.create")
                await caller.until(STOPPED)
                await asyncio.sleep(1.2345)
            at_ns = [int(time_s * NS_PER_S) for time_s, _ in caller.frames]
            places = [samples_to_ns(frame.first_sample) for _, frame in caller.frames]
            assert [a - at_ns[0] for a in at_ns] == pytest.approx([p - places[0] for p in places], abs=1_000)
            assert [b - a for a, b in itertools.pairwise(places)].count(20_000_000) == 8
            assert [frame.at_ns for _, frame in caller.frames] == pytest.approx(at_ns, abs=1_000)

    run_virtual(main())


def test_barge_in_cuts_exactly_what_was_not_handed_out(kit) -> None:
    async def main() -> None:
        async with kit.call(kit.Mind(saying(700, 2_000))) as caller:
            await caller.configure(**INTERRUPTING)
            await caller.say("response.create")
            await caller.until(STARTED)
            await asyncio.sleep(1)
            await caller.speak(tone(300))
            cleared = await caller.until(CLEARED)
            truncated = await caller.until(TRUNCATED)
            await asyncio.sleep(1)
            created = next(event for event in caller.seen if event["type"] == "response.created")
            assert cleared["response_id"] == created["response"]["id"]
            played_ms = len(caller.frames) * 20
            assert 1_000 < played_ms < 1_300
            done = next(event for event in caller.seen if event["type"] == "response.done")
            second = done["response"]["output"][1]["id"]
            assert (truncated["item_id"], truncated["audio_end_ms"]) == (second, played_ms - 700)
            assert STOPPED not in caller.types()

    run_virtual(main())


def test_the_client_clears_after_it_cancelled(kit) -> None:
    async def endless(request):
        while True:
            yield SpeechDelta(transcript="la ", audio=counting(200))
            await asyncio.sleep(0.1)

    async def main() -> None:
        async with kit.call(kit.Mind(endless)) as caller:
            await caller.say("response.create")
            await caller.until(STARTED)
            await asyncio.sleep(0.5)
            await caller.say("response.cancel")
            done = await caller.until("response.done")
            assert done["response"]["status_details"]["reason"] == "client_cancelled"
            await asyncio.sleep(0.3)
            assert len(caller.frames) == pytest.approx(40, abs=1)  # a cancelled response is played on until cleared
            await caller.say("output_audio_buffer.clear")
            await caller.until(CLEARED)
            truncated = await caller.until(TRUNCATED)
            await asyncio.sleep(1)
            assert truncated["audio_end_ms"] == 20 * len(caller.frames)

    run_virtual(main())


def test_a_cancelled_response_that_is_not_cleared_is_played_to_its_end(kit) -> None:
    async def held(request):
        yield SpeechDelta(transcript="so", audio=counting(300))
        await asyncio.sleep(1_000)

    async def main() -> None:
        async with kit.call(kit.Mind(held)) as caller:
            await caller.say("response.create")
            await caller.until(STARTED)
            await caller.say("response.cancel")
            await caller.until(STOPPED)
            assert caller.played() == counting(300)

    run_virtual(main())


def test_a_response_beside_waits_for_the_output_buffer(kit) -> None:
    async def main() -> None:
        async with kit.call(kit.Mind(saying(400))) as caller:
            await caller.say("response.create")
            await caller.say("response.create", response={"conversation": "none"})
            for _ in range(2):
                await caller.until(STOPPED)
            order = [(event["type"], event["response_id"]) for event in caller.seen if "_buffer." in event["type"]]
            first, second = (event["response"]["id"] for event in caller.seen if event["type"] == "response.created")
            assert order == [(STARTED, first), (STOPPED, first), (STARTED, second), (STOPPED, second)]
            assert caller.played() == counting(400) * 2

    run_virtual(main())


def test_barge_in_lets_a_response_beside_go_on_generating_unheard(kit) -> None:
    async def slow(request):
        for _ in range(20):
            yield SpeechDelta(transcript="la ", audio=counting(200))
            await asyncio.sleep(0.2)

    async def main() -> None:
        async with kit.call(kit.Mind(slow)) as caller:
            await caller.configure(**INTERRUPTING)
            await caller.say("response.create", response={"conversation": "none"})
            await caller.until(STARTED)
            await caller.speak(tone(300))
            await caller.until(CLEARED)
            heard = len(caller.frames)
            done = await caller.until("response.done")
            assert done["response"]["status"] == "completed"
            assert len(caller.frames) <= heard + 1
            assert TRUNCATED not in caller.types()

    run_virtual(main())


def test_generation_keeps_no_further_ahead_than_allowed(kit) -> None:
    made: list[float] = []

    async def endless(request):
        while True:
            made.append(asyncio.get_running_loop().time())
            yield SpeechDelta(transcript="la ", audio=counting(200))
            await asyncio.sleep(0)

    async def main() -> None:
        async with kit.call(kit.Mind(endless), ahead_s=2) as caller:
            await caller.say("response.create")
            await caller.until(STARTED)
            await asyncio.sleep(10)
            assert len(made) * 0.2 == pytest.approx(12, abs=0.5)
            await caller.say("response.cancel")
            await caller.until("response.done")

    run_virtual(main())


def test_a_stalled_loop_catches_up_a_little_and_the_rest_is_a_pause(kit) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with kit.call(kit.Mind(saying(2_000))) as caller:
            await caller.say("response.create")
            await caller.until(STARTED)
            await asyncio.sleep(0.5)
            loop._jumping.now_ns += NS_PER_S  # as if a callback had blocked for a second
            before = len(caller.frames)
            await asyncio.sleep(0.001)
            assert len(caller.frames) - before <= 4
            await caller.until(STOPPED)
            places = [frame.first_sample for _, frame in caller.frames]
            jumps = [b - a for a, b in itertools.pairwise(places) if b - a != 480]
            assert len(jumps) == 1
            assert 900 * 24 < jumps[0] < 1_000 * 24
            assert caller.played() == counting(2_000)

    run_virtual(main())


# --- the user's audio -------------------------------------------------------------------------------------------------


def test_a_turn_that_is_spoken_beside_the_events(kit) -> None:
    async def main() -> None:
        mind = kit.Mind(saying(200))
        async with kit.call(mind) as caller:
            await caller.configure(**VAD)
            await caller.speak(bytes(48 * 500) + tone(600) + bytes(48 * 600), first_sample=77_777)
            await caller.until(STOPPED)
            assert "response.done" in caller.types()
            (utterance,) = mind.utterances
            assert tone(600) in utterance.audio.pcm

    run_virtual(main())


@pytest.mark.parametrize("jump_ms", [0, 900])
def test_time_passes_for_turn_detection_while_nothing_arrives(kit, jump_ms) -> None:
    """The sender falls silent (DTX, a muted track): by the clock, or as the jump in its next frame."""

    async def main() -> None:
        async with kit.call(kit.Mind(saying(200))) as caller:
            await caller.configure(**VAD)
            await caller.speak(tone(600))
            if jump_ms:
                await caller.transport.send_audio(AudioFrame(bytes(960), first_sample=(600 + jump_ms) * 24))
            spoken_s = asyncio.get_running_loop().time()
            await caller.until("input_audio_buffer.speech_stopped")
            waited_s = asyncio.get_running_loop().time() - spoken_s
            assert waited_s < 0.05 if jump_ms else 0.35 < waited_s < 0.65
            await caller.until("response.done")

    run_virtual(main())


def test_what_was_filled_by_the_clock_is_not_filled_again(kit) -> None:
    async def main() -> None:
        async with kit.call(kit.Mind(saying(200))) as caller:
            detection = {"type": "server_vad", "silence_duration_ms": 2_000, "create_response": False}
            await caller.configure(audio={"input": {"turn_detection": detection}})
            await caller.speak(tone(500))
            await asyncio.sleep(1.0)
            await caller.speak(tone(500) + bytes(48 * 2_500), first_sample=1_500 * 24)
            stopped = await caller.until("input_audio_buffer.speech_stopped")
            began_ms = next(event["audio_start_ms"] for event in caller.seen if "audio_start_ms" in event)
            assert stopped["audio_end_ms"] - began_ms == pytest.approx(500 + 1_000 + 500 + 2_000, abs=100)

    run_virtual(main())


def test_the_user_is_silent_from_the_end_of_playback(kit) -> None:
    """Behaviour 44 of REALTIME.md section 17."""

    async def main() -> None:
        async with kit.call(kit.Mind(saying(8_000))) as caller:
            detection = {"type": "server_vad", "idle_timeout_ms": 5_000}
            await caller.configure(audio={"input": {"turn_detection": detection}})
            await caller.say("response.create")
            await caller.until(STOPPED)
            stopped_s = asyncio.get_running_loop().time()
            timeout = await caller.until("input_audio_buffer.timeout_triggered")
            assert asyncio.get_running_loop().time() - stopped_s == pytest.approx(5, abs=0.01)
            assert timeout["audio_end_ms"] - timeout["audio_start_ms"] == 5_000

    run_virtual(main())


def test_a_text_answer_is_over_when_it_is_done(kit) -> None:
    async def words(request):
        yield TextDelta(text="so")

    async def main() -> None:
        async with kit.call(kit.Mind(words)) as caller:
            detection = {"type": "server_vad", "idle_timeout_ms": 5_000}
            await caller.configure(audio={"input": {"turn_detection": detection}}, output_modalities=["text"])
            await caller.say("response.create")
            await caller.until("response.done")
            done_s = asyncio.get_running_loop().time()
            await caller.until("input_audio_buffer.timeout_triggered")
            assert asyncio.get_running_loop().time() - done_s == pytest.approx(5, abs=0.01)
            assert caller.frames == []

    run_virtual(main())
