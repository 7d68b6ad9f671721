"""Does every parameter of ``server_vad`` do what it says, and is what was not heard forgotten, over both transports?"""

from __future__ import annotations

import asyncio
import base64
import math
from array import array

import pytest

from bareline.protocol.generation import Completed, EndItem, SpeechDelta
from bareline.testing.virtual import run_virtual

MS = 48
TRUNCATED = "conversation.item.truncated"


def tone(ms: int, peak: int = 12_000) -> bytes:
    return array("h", (int(peak * math.sin(index * math.tau * 440 / 24_000)) for index in range(ms * 24))).tobytes()


def silence(ms: int) -> bytes:
    return bytes(ms * MS)


async def answer(request):
    for item in range(2):
        yield SpeechDelta(item=item, transcript=f"item {item}", audio=tone(1_000))
        yield EndItem(item=item)
    yield Completed()


async def endless(request):
    while True:
        yield SpeechDelta(transcript="la ", audio=tone(200))
        await asyncio.sleep(0.05)


def detection(**settings: object) -> dict[str, object]:
    return {"audio": {"input": {"turn_detection": {"type": "server_vad", **settings}}}}


SOFT = tone(600, peak=300)
"""-44 dBFS: half-way between silence and speech to the voice activity of these tests."""


@pytest.mark.parametrize(
    ("settings", "spoken", "found"),
    [
        ({"threshold": 0.3}, SOFT, [(700, 2_100)]),
        ({"threshold": 0.9}, SOFT, []),
        ({"prefix_padding_ms": 0}, tone(600), [(1_000, 2_100)]),
        ({"prefix_padding_ms": 5_000}, tone(600), [(0, 2_100)]),
        ({"silence_duration_ms": 100}, tone(600), [(700, 1_700)]),
        ({"silence_duration_ms": 100}, tone(300) + silence(200) + tone(100), [(700, 1_400), (1_400, 1_700)]),
        ({"silence_duration_ms": 300}, tone(300) + silence(200) + tone(100), [(700, 1_900)]),
    ],
)
def test_where_turns_begin_and_end(kit, settings, spoken: bytes, found: list[tuple[int, int]]) -> None:
    async def main() -> None:
        async with kit.session(kit.Mind(answer)) as client:
            wanted = {"silence_duration_ms": 500, "create_response": False} | settings
            await client.configure(**detection(**wanted))
            await client.append(silence(1_000) + spoken + silence(1_500))
            await client.configure(instructions="a mark in the stream")
            starts = [e["audio_start_ms"] for e in client.seen if e["type"].endswith("speech_started")]
            ends = [e["audio_end_ms"] for e in client.seen if e["type"].endswith("speech_stopped")]
            assert list(zip(starts, ends, strict=True)) == found
            assert "response.created" not in client.types()

    run_virtual(main())


def test_where_speech_interrupts_nothing_the_call_plays_on_until_it_is_cleared(kit) -> None:
    async def main() -> None:
        async with kit.call(kit.Mind(answer)) as caller:
            await caller.configure(**detection(interrupt_response=False, create_response=False))
            await caller.say("response.create")
            await caller.until("output_audio_buffer.started")
            await caller.speak(tone(300) + silence(700))
            await caller.until("conversation.item.done")
            assert not {"output_audio_buffer.cleared", TRUNCATED} & set(caller.types())
            await caller.say("output_audio_buffer.clear")
            await caller.until("output_audio_buffer.cleared")
            cut = await caller.until(TRUNCATED)
            played_ms = 20 * len(caller.frames)
            assert 1_000 < played_ms < 2_000
            assert cut["audio_end_ms"] == played_ms - 1_000

    run_virtual(main())


def test_a_client_cuts_what_is_still_being_said(kit) -> None:
    async def main() -> None:
        async with kit.session(kit.Mind(endless), ahead_s=1) as client:
            await client.configure(**detection(interrupt_response=False, create_response=False))
            await client.say("response.create")
            added = await client.until("response.output_item.added")
            item_id = added["item"]["id"]
            await asyncio.sleep(2)
            for end_ms in (900, 500):
                await client.say("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=end_ms)
                assert (await client.until(TRUNCATED))["audio_end_ms"] == end_ms
            await client.say("response.cancel")
            await client.until("response.done")
            await client.say("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=900)
            assert (await client.until("error"))["error"]["code"] == "invalid_value"
            await client.say("conversation.item.retrieve", item_id=item_id)
            (part,) = (await client.until("conversation.item.retrieved"))["item"]["content"]
            assert len(base64.b64decode(part["audio"])) == 500 * MS
            assert "transcript" not in part

    run_virtual(main())
