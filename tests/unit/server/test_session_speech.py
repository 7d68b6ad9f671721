"""Does speech become turns, transcripts and answers, and does it interrupt?"""

from __future__ import annotations

import asyncio
import math
import random
from array import array

import pytest

from bareline.media.convert import PcmDecoder, PcmEncoder
from bareline.media.formats import wire_format
from bareline.media.levels import rms_dbfs
from bareline.protocol.generation import Completed, SpeechDelta
from bareline.testing.virtual import run_virtual

FRAME_MS = 20
BYTES_PER_MS = 48


def tone(ms: int) -> bytes:
    return b"".join(
        int(12_000 * math.sin(index * 2 * math.pi * 440 / 24_000)).to_bytes(2, "little", signed=True)
        for index in range(ms * 24)
    )


def silence(ms: int) -> bytes:
    return bytes(ms * BYTES_PER_MS)


def noise(ms: int, seed: int = 0) -> bytes:
    """White, at -60 dBFS."""
    chance = random.Random(seed)
    return array("h", (round(chance.gauss(0, 33)) for _ in range(ms * 24))).tobytes()


def with_noise(pcm: bytes) -> bytes:
    added = array("h", noise(len(pcm) // BYTES_PER_MS, seed=1))
    return array("h", map(sum, zip(array("h", pcm), added, strict=True))).tobytes()


async def speak(client, audio: bytes, bytes_per_ms: int = BYTES_PER_MS) -> None:
    """Send audio at the pace of a microphone."""
    step = FRAME_MS * bytes_per_ms
    for start in range(0, len(audio), step):
        await client.append(audio[start : start + step])
        await asyncio.sleep(FRAME_MS / 1000)


async def two_seconds(request):
    yield SpeechDelta(transcript="Hello there.", audio=tone(2_000))
    yield Completed()


async def long_answer(request):
    while True:
        yield SpeechDelta(transcript="and ", audio=silence(500))
        await asyncio.sleep(0.1)


VAD = {"audio": {"input": {"turn_detection": {"type": "server_vad", "silence_duration_ms": 400}}}}


def test_a_spoken_turn_in_the_order_of_the_service(kit) -> None:
    async def main() -> None:
        mind = kit.Mind(two_seconds)
        async with kit.session(mind) as client:
            await client.configure(**VAD)
            audio = silence(1_000) + tone(600) + silence(600)
            await speak(client, audio)
            await client.until("response.done")
            turn = client.types()[2:8]
            assert turn == [
                "input_audio_buffer.speech_started",
                "input_audio_buffer.speech_stopped",
                "input_audio_buffer.committed",
                "conversation.item.added",
                "conversation.item.done",
                "response.created",
            ]
            started, stopped, committed = client.seen[2:5]
            assert (started["audio_start_ms"], stopped["audio_end_ms"]) == (700, 2_000)
            assert started["item_id"] == stopped["item_id"] == committed["item_id"]
            (utterance,) = mind.utterances
            assert utterance.item_id == committed["item_id"]
            assert utterance.audio.pcm == audio[700 * BYTES_PER_MS : 2_000 * BYTES_PER_MS]
            assert b"".join(frame.pcm for frame in mind.heard) == utterance.audio.pcm

    run_virtual(main())


@pytest.mark.parametrize("detection", [None, VAD["audio"]["input"]["turn_detection"]])
def test_noise_reduction_lowers_the_noise_that_the_backend_hears(kit, detection) -> None:
    async def main() -> None:
        levels: dict[str | None, float] = {}
        for kind in (None, "near_field", "far_field"):
            mind = kit.Mind(two_seconds)
            async with kit.session(mind) as client:
                reduction = {"type": kind} if kind else None
                wanted = {"turn_detection": detection, "noise_reduction": reduction}
                updated = await client.configure(audio={"input": wanted})
                assert updated["session"]["audio"]["input"]["noise_reduction"] == (
                    {"type": kind, "strength": 1.0} if kind else None
                )
                await client.append(noise(1_000) + with_noise(tone(400)) + noise(600))
                if detection is None:
                    await client.say("input_audio_buffer.commit")
                await client.until("conversation.item.done")
                (utterance,) = mind.utterances
                heard = b"".join(frame.pcm for frame in mind.heard)
                assert heard in (b"", utterance.audio.pcm)
                levels[kind] = rms_dbfs(utterance.audio.pcm[-150 * BYTES_PER_MS : -50 * BYTES_PER_MS])
        assert levels["near_field"] < levels[None] - 8
        assert levels["far_field"] < levels["near_field"] - 4

    run_virtual(main())


def test_speech_interrupts_the_answer_that_is_being_generated(kit) -> None:
    async def main() -> None:
        async with kit.session(kit.Mind(long_answer), ahead_s=3) as client:
            await client.configure(**VAD)
            await client.say("response.create")
            await client.until("response.output_audio.delta")
            await speak(client, silence(200) + tone(300))
            done = await client.until("response.done")
            assert done["response"]["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
            assert done["response"]["output"][0]["status"] == "incomplete"
            assert "input_audio_buffer.speech_started" in client.types()

    run_virtual(main())


def test_speech_does_not_interrupt_where_the_session_says_so(kit) -> None:
    async def main() -> None:
        async with kit.session(kit.Mind(two_seconds), ahead_s=0.2) as client:
            detection = {"type": "server_vad", "interrupt_response": False, "create_response": False}
            await client.configure(audio={"input": {"turn_detection": detection}})
            await client.say("response.create")
            await speak(client, tone(400) + silence(800))
            done = await client.until("response.done")
            assert done["response"]["status"] == "completed"
            assert client.audio() == tone(2_000)

    run_virtual(main())


def test_manual_turns_are_committed_by_the_client_alone(kit) -> None:
    async def main() -> None:
        mind = kit.Mind(two_seconds)
        async with kit.session(mind) as client:
            await client.configure(audio={"input": {"turn_detection": None}})
            await speak(client, tone(500) + silence(2_000))
            await client.say("input_audio_buffer.commit")
            await client.until("conversation.item.done")
            assert not [kind for kind in client.types() if "speech" in kind or kind.startswith("response")]
            assert mind.utterances[0].audio.pcm == tone(500) + silence(2_000)
            assert mind.heard == []

    run_virtual(main())


def test_a_commit_in_the_middle_of_speech_ends_that_turn_once(kit) -> None:
    async def main() -> None:
        mind = kit.Mind(two_seconds)
        async with kit.session(mind) as client:
            await client.configure(
                audio={"input": {"turn_detection": {"type": "server_vad", "create_response": False}}}
            )
            await speak(client, tone(500))
            await client.say("input_audio_buffer.commit")
            await speak(client, silence(1_500))
            await speak(client, tone(500) + silence(1_000))
            await client.say("input_audio_buffer.clear")
            await client.until("input_audio_buffer.cleared")
            assert client.types().count("input_audio_buffer.committed") == 2
            assert client.types().count("input_audio_buffer.speech_stopped") == 1
            assert len(mind.utterances) == 2

    run_virtual(main())


def test_turns_made_by_hand_from_the_middle_of_an_utterance_on_are_understood_whole(kit) -> None:
    async def main() -> None:
        mind = kit.Mind(two_seconds)
        async with kit.session(mind) as client:
            await speak(client, silence(500) + tone(500))
            await client.configure(audio={"input": {"turn_detection": None}})
            await speak(client, tone(500))
            await client.say("input_audio_buffer.commit")
            await client.until("conversation.item.done")
            assert mind.forgotten == 1, "what was heard of it is not all of it"
            assert mind.utterances[0].audio.pcm.endswith(tone(500) + tone(500))

    run_virtual(main())


def test_a_cleared_buffer_forgets_the_utterance(kit) -> None:
    async def main() -> None:
        mind = kit.Mind(two_seconds)
        async with kit.session(mind) as client:
            await speak(client, tone(500))
            await client.say("input_audio_buffer.clear")
            await speak(client, silence(1_500))
            await client.until("input_audio_buffer.cleared")
            assert mind.forgotten == 1
            assert mind.utterances == []

    run_virtual(main())


def test_a_transcript_streams_and_a_failed_one_is_told(kit) -> None:
    async def spelled(item_id: str):
        yield "Delete "
        await asyncio.sleep(0.1)
        yield "it."

    async def deaf(item_id: str):
        yield "De"
        raise RuntimeError("lost the thread")

    async def main() -> None:
        for transcribe, ending in ((spelled, "completed"), (deaf, "failed")):
            async with kit.session(kit.Mind(two_seconds, transcribe)) as client:
                audio = {"input": {"turn_detection": None, "transcription": {"model": "whisper-1"}}}
                await client.configure(audio=audio)
                await client.append(tone(500))
                await client.say("input_audio_buffer.commit")
                told = await client.until(f"conversation.item.input_audio_transcription.{ending}")
                assert told.get("transcript", "Delete it.") == "Delete it."
                await client.configure(instructions="still here")

    run_virtual(main())


@pytest.mark.parametrize("law", ["audio/pcmu", "audio/pcma"])
def test_telephone_audio_both_ways(kit, law: str) -> None:
    def encoded(pcm: bytes) -> bytes:
        encoder = PcmEncoder(wire_format(law))
        return encoder.feed(pcm) + encoder.flush()

    async def main() -> None:
        mind = kit.Mind(two_seconds)
        async with kit.session(mind) as client:
            wire = {"format": {"type": law}}
            await client.configure(audio={"input": wire, "output": wire})
            await speak(client, encoded(silence(1_000) + tone(600) + silence(800)), bytes_per_ms=8)
            await client.until("response.done")
            started = next(event for event in client.seen if event["type"].endswith("speech_started"))
            assert started["audio_start_ms"] == pytest.approx(700, abs=20)
            assert rms_dbfs(mind.utterances[0].audio.pcm) == pytest.approx(rms_dbfs(tone(600) + silence(700)), abs=0.5)
            assert len(client.audio()) == 2_000 * 8
            decoder = PcmDecoder(wire_format(law))
            answer = decoder.feed(client.audio()) + decoder.flush()
            assert rms_dbfs(answer) == pytest.approx(rms_dbfs(tone(2_000)), abs=0.5)

    run_virtual(main())


def test_the_idle_timeout_counts_from_the_end_of_playback(kit) -> None:
    async def main() -> None:
        async with kit.session(kit.Mind(two_seconds)) as client:
            detection = {"type": "server_vad", "idle_timeout_ms": 5_000}
            await client.configure(audio={"input": {"turn_detection": detection}})
            await client.say("response.create")
            await client.until("response.done")
            done_at = asyncio.get_running_loop().time()
            microphone = asyncio.create_task(speak(client, silence(20_000)))
            triggered = await client.until("input_audio_buffer.timeout_triggered")
            assert asyncio.get_running_loop().time() - done_at == pytest.approx(2 + 5, abs=0.05)
            assert triggered["audio_end_ms"] - triggered["audio_start_ms"] == pytest.approx(5_000, abs=40)
            await client.until("response.created")
            microphone.cancel()

    run_virtual(main())


def test_the_idle_timeout_also_counts_from_a_cancelled_answer_and_not_from_one_beside(kit) -> None:
    async def main() -> None:
        async with kit.session(kit.Mind(long_answer), ahead_s=2) as client:
            detection = {"type": "server_vad", "idle_timeout_ms": 5_000}
            await client.configure(audio={"input": {"turn_detection": detection}})
            await client.say("response.create")
            await client.until("response.output_audio.delta")
            await client.say("response.cancel")
            await client.until("response.done")
            done_at = asyncio.get_running_loop().time()
            await client.say("response.create", response={"conversation": "none"})
            microphone = asyncio.create_task(speak(client, silence(10_000)))
            await client.until("input_audio_buffer.timeout_triggered")
            assert asyncio.get_running_loop().time() - done_at == pytest.approx(5, abs=0.05)
            microphone.cancel()

    run_virtual(main())


def test_speech_stops_the_idle_clock(kit) -> None:
    async def main() -> None:
        async with kit.session(kit.Mind(two_seconds)) as client:
            detection = {"type": "server_vad", "idle_timeout_ms": 5_000, "create_response": False}
            await client.configure(audio={"input": {"turn_detection": detection}})
            await client.say("response.create")
            await client.until("response.done")
            await speak(client, silence(3_000) + tone(300) + silence(10_000))
            await client.configure(instructions="a mark in the stream")
            assert "input_audio_buffer.timeout_triggered" not in client.types()

    run_virtual(main())


def test_detection_by_meaning_waits_longer_for_the_less_eager(kit) -> None:
    async def main() -> None:
        ends: dict[str, int] = {}
        for eagerness in ("high", "auto", "low"):
            async with kit.session(kit.Mind(two_seconds)) as client:
                await client.configure(
                    audio={"input": {"turn_detection": {"type": "semantic_vad", "eagerness": eagerness}}}
                )
                await speak(client, tone(600) + silence(2_000))
                ends[eagerness] = (await client.until("input_audio_buffer.speech_stopped"))["audio_end_ms"]
        assert ends["high"] < ends["auto"] < ends["low"]

    run_virtual(main())


def test_minutes_of_audio_in_one_message_are_judged_as_if_spoken(kit) -> None:
    async def main() -> None:
        mind = kit.Mind(two_seconds)
        async with kit.session(mind) as client:
            await client.configure(
                audio={"input": {"turn_detection": {"type": "server_vad", "create_response": False}}}
            )
            await client.append((silence(2_000) + tone(1_000) + silence(2_000)) * 12)
            for _ in range(12):
                await client.until("conversation.item.done")
            assert {len(utterance.audio.pcm) // BYTES_PER_MS for utterance in mind.utterances} == {1_800}

    run_virtual(main())
