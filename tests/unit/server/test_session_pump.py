"""Does the pump carry out what the authority asks: responses, their end, errors, time and the end of the session?"""

from __future__ import annotations

import asyncio

import pytest

from bareline.errors import ConnectionLost
from bareline.protocol.generation import CallDelta, Completed, EndItem, Failed, SpeechDelta, TextDelta
from bareline.server.connection import BinaryMessage
from bareline.testing.virtual import run_virtual

SECOND = bytes(48_000)


async def words(request):
    for word in ("one ", "two ", "three"):
        await asyncio.sleep(0.1)
        yield TextDelta(text=word)


async def endless(request):
    """A second of speech at a time, for ever."""
    while True:
        yield SpeechDelta(transcript="la ", audio=SECOND)
        await asyncio.sleep(0)


def test_a_text_response_has_the_service_s_order_of_events(kit) -> None:
    async def main() -> None:
        async with kit.session(kit.Mind(words)) as client:
            await client.configure(output_modalities=["text"])
            await client.say("response.create")
            done = await client.until("response.done")
            assert client.types()[2:] == [
                "response.created",
                "response.output_item.added",
                "conversation.item.added",
                "response.content_part.added",
                *["response.output_text.delta"] * 3,
                "response.output_text.done",
                "response.content_part.done",
                "conversation.item.done",
                "response.output_item.done",
                "response.done",
            ]
            assert done["response"]["status"] == "completed"
            assert done["response"]["output"][0]["content"][0]["text"] == "one two three"

    run_virtual(main())


def test_speech_and_a_call_in_one_response(kit) -> None:
    async def both(request):
        yield SpeechDelta(item=0, transcript="One moment.", audio=SECOND)
        yield CallDelta(item=1, name="list_tasks", arguments='{"status":')
        yield CallDelta(item=1, arguments='"all"}')
        yield EndItem(item=0)
        yield Completed()

    async def main() -> None:
        async with kit.session(kit.Mind(both)) as client:
            await client.say("response.create")
            spoken, call = (await client.until("response.done"))["response"]["output"]
            assert spoken["content"][0]["transcript"] == "One moment."
            assert (call["name"], call["arguments"]) == ("list_tasks", '{"status":"all"}')
            assert client.audio() == SECOND

    run_virtual(main())


def test_audio_runs_ahead_of_its_playback_no_further_than_allowed(kit) -> None:
    async def main() -> None:
        async with kit.session(kit.Mind(endless), ahead_s=5) as client:
            await client.say("response.create")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(20):
                    await client.until("response.done")
            assert len(client.audio()) == pytest.approx(25 * len(SECOND), abs=len(SECOND))
            await client.say("response.cancel")
            assert (await client.until("response.done"))["response"]["status"] == "cancelled"

    run_virtual(main())


def test_a_cancelled_response_stops_its_generator(kit) -> None:
    stopped = asyncio.Event()

    async def slow(request):
        try:
            yield TextDelta(text="so ")
            await asyncio.sleep(1_000)
        finally:
            stopped.set()

    async def main() -> None:
        async with kit.session(kit.Mind(slow)) as client:
            await client.configure(output_modalities=["text"])
            await client.say("response.create")
            await client.until("response.output_text.delta")
            await client.say("response.cancel")
            done = await client.until("response.done")
            assert done["response"]["status_details"]["reason"] == "client_cancelled"
            async with asyncio.timeout(1):
                await stopped.wait()

    run_virtual(main())


async def raising(request):
    yield TextDelta(text="so ")
    raise RuntimeError("no more")


def refusing(request):
    raise RuntimeError("not even a start")


async def wrong(request):
    yield TextDelta(text="so ")
    yield EndItem(item=0)
    yield TextDelta(text="on")


async def limited(request):
    yield Failed(code="rate_limit_exceeded", message="Too many.")


@pytest.mark.parametrize(
    ("respond", "code"),
    [(raising, "server_error"), (refusing, "server_error"), (wrong, "server_error"), (limited, "rate_limit_exceeded")],
)
def test_a_failing_backend_fails_the_response_and_not_the_session(kit, respond, code) -> None:
    async def main() -> None:
        async with kit.session(kit.Mind(respond)) as client:
            await client.configure(output_modalities=["text"])
            for _ in range(2):
                await client.say("response.create")
                response = (await client.until("response.done"))["response"]
                assert response["status"] == "failed"
                assert response["status_details"]["error"]["code"] == code

    run_virtual(main())


def test_out_of_band_responses_run_beside_the_active_one(kit) -> None:
    async def by_kind(request):
        await asyncio.sleep(1 if request.out_of_band else 10)
        yield TextDelta(text="beside" if request.out_of_band else "main")

    async def main() -> None:
        async with kit.session(kit.Mind(by_kind)) as client:
            await client.configure(output_modalities=["text"])
            await client.say("response.create")
            await client.say("response.create", response={"conversation": "none", "metadata": {"topic": "x"}})
            first = (await client.until("response.done"))["response"]
            second = (await client.until("response.done"))["response"]
            assert (first["metadata"], first["conversation_id"]) == ({"topic": "x"}, None)
            assert second["output"][0]["content"][0]["text"] == "main"

    run_virtual(main())


def test_a_client_that_does_not_listen_holds_up_the_generator_and_can_still_cancel(kit) -> None:
    made = 0

    async def counted(request):
        nonlocal made
        while True:
            made += 1
            yield TextDelta(text="x" * 10_000)

    async def main() -> None:
        async with kit.session(kit.Mind(counted)) as client:
            await client.configure(output_modalities=["text"])
            await client.say("response.create")
            await asyncio.sleep(60)
            held = made
            await asyncio.sleep(60)
            assert made == held < 1_000
            await client.say("response.cancel")
            done = await client.until("response.done")
            assert done["response"]["status"] == "cancelled"

    run_virtual(main())


def test_binary_and_unreadable_messages_are_answered_and_end_nothing(kit) -> None:
    async def main() -> None:
        async with kit.session(kit.Mind(words)) as client:
            await client.transport.send(BinaryMessage(b"\x00\x01"))
            assert (await client.until("error"))["error"]["code"] == "invalid_event"
            await client.transport.send(b"{not json")
            assert (await client.until("error"))["error"]["code"] == "invalid_json"
            await client.configure(instructions="still here")

    run_virtual(main())


def test_the_session_ends_at_its_limit_with_the_done_chain_an_error_and_1001(kit) -> None:
    async def main() -> None:
        async with kit.session(kit.Mind(endless), limit_s=60) as client:
            await client.say("response.create")
            with pytest.raises(ConnectionLost) as lost:
                await client.until("never")
            assert lost.value.code == 1001
            assert client.types()[-3:] == ["response.done", "rate_limits.updated", "error"]
            assert client.seen[-1]["error"]["code"] == "session_expired"
            assert asyncio.get_running_loop().time() == pytest.approx(60, abs=0.1)

    run_virtual(main())


def test_a_stopping_server_says_what_it_has_to_say_and_goes_away(kit) -> None:
    async def main() -> None:
        async with kit.session(kit.Mind(words)) as client:
            await client.until("session.created")
            for index in range(50):
                await client.say("conversation.item.retrieve", item_id=f"item_{index}")
            await asyncio.sleep(0.01)
            client.pump.stop()
            client.pump.stop(1011, "only the first stop counts")
            with pytest.raises(ConnectionLost) as lost:
                await client.until("never")
            assert lost.value.code == 1001
            assert client.types().count("error") == 50

    run_virtual(main())


def test_a_client_that_never_reads_cannot_hold_up_the_end(kit) -> None:
    async def main() -> None:
        async with kit.session(kit.Mind(endless)) as client:
            await client.say("response.create")
            await asyncio.sleep(100)
            client.pump.stop()
            async with asyncio.timeout(6):
                await client.task

    run_virtual(main())


def test_hanging_up_in_the_middle_of_a_response_ends_everything(kit) -> None:
    stopped = asyncio.Event()

    async def slow(request):
        try:
            await asyncio.sleep(1_000)
            yield TextDelta(text="never")
        finally:
            stopped.set()

    async def main() -> None:
        mind = kit.Mind(slow)
        async with kit.session(mind) as client:
            await client.say("response.create")
            await client.until("response.created")
            await client.transport.close()
            async with asyncio.timeout(1):
                await client.task
        assert stopped.is_set()

    run_virtual(main())


@pytest.mark.parametrize("method", ["open", "configure", "committed", "close"])
def test_a_broken_backend_ends_its_session_with_1011_and_nothing_else(kit, method, caplog) -> None:
    def broken(*args, **options):
        raise RuntimeError("a bug of the user's")

    async def main() -> None:
        mind = kit.Mind(words)
        mind.closed = True  # the kit asks for it, and a broken backend may not get so far
        setattr(mind, method, broken)
        async with kit.session(mind) as client:
            await client.append(SECOND)
            await client.say("input_audio_buffer.commit")
            if method == "close":
                await client.transport.close()
                await client.task
                return
            with pytest.raises(ConnectionLost) as lost:
                await client.until("never")
            assert lost.value.code == 1011

    run_virtual(main())
    assert "a bug of the user's" in caplog.text
