"""Do several connections of one call see the same session, and may all of them steer it?"""

from __future__ import annotations

import asyncio

import pytest

from bareline.errors import Closed, ConnectionLost, LocalProtocolError
from bareline.ids import SeededIds
from bareline.protocol.generation import SpeechDelta, TextDelta
from bareline.protocol.server_endpoint import ServerEndpoint, ServerOptions
from bareline.server.fanout import SIDEBAND_UNSENT_MAX_BYTES, SIDEBANDS_MAX
from bareline.server.session import SessionPump
from bareline.testing.virtual import run_virtual
from bareline.transports.memory import MemoryMediaTransport, memory_pair
from bareline.turns.energy import EnergyVad

STOPPED = "output_audio_buffer.stopped"


class Narrow:
    """A transport whose other side takes small messages only."""

    def __init__(self, wide: MemoryMediaTransport) -> None:
        self._wide = wide

    def __getattr__(self, name: str):
        return getattr(self._wide, name)

    async def send(self, message: bytes) -> None:
        if len(message) > 4_000:
            raise LocalProtocolError("the other side takes no more than 4000 bytes")
        await self._wide.send(message)


async def spoken(request):
    yield SpeechDelta(transcript="Hello.", audio=bytes(48 * 200))


def test_a_sideband_sees_everything_but_the_beginning_and_the_audio(kit) -> None:
    """Behaviour 2 of REALTIME.md section 17, in the order seen live (10.6)."""

    async def main() -> None:
        async with kit.call(kit.Mind(spoken)) as caller:
            sideband = caller.sideband()
            await sideband.configure(instructions="Be brief.")
            await sideband.say("response.create")
            await sideband.until(STOPPED)
            assert sideband.types() == [
                "session.updated",
                "response.created",
                "response.output_item.added",
                "conversation.item.added",
                "response.content_part.added",
                "response.output_audio_transcript.delta",
                "response.output_audio.done",
                "response.output_audio_transcript.done",
                "response.content_part.done",
                "conversation.item.done",
                "response.output_item.done",
                "response.done",
                "rate_limits.updated",
                "output_audio_buffer.started",
                STOPPED,
            ]
            await caller.until(STOPPED)
            assert caller.types() == ["session.created", *sideband.types()]

    run_virtual(main())


def test_both_steer_and_each_hears_of_its_own_mistakes(kit) -> None:
    async def main() -> None:
        async with kit.call(kit.Mind(spoken)) as caller:
            sideband = caller.sideband()
            await caller.configure(instructions="From the browser.")
            await sideband.say("conversation.item.delete", item_id="item_none", event_id="mine")
            assert (await sideband.until("error"))["error"]["event_id"] == "mine"
            updated = await sideband.configure(instructions="From the server.")
            assert updated["session"]["instructions"] == "From the server."
            await caller.say("response.cancel", event_id="theirs")
            assert (await caller.until("error"))["error"]["event_id"] == "theirs"
            assert caller.types() == ["session.created", "session.updated", "session.updated", "error"]
            await caller.configure()
            await sideband.until("session.updated")
            assert sideband.types().count("error") == 1

    run_virtual(main())


def test_errors_go_to_all_where_the_server_is_told_so(kit) -> None:
    async def main() -> None:
        async with kit.call(kit.Mind(spoken), server=ServerOptions(errors_to="all")) as caller:
            sideband = caller.sideband()
            await sideband.configure()
            await caller.say("response.cancel")
            await caller.until("error")
            await sideband.until("error")

    run_virtual(main())


def test_a_sideband_that_leaves_does_not_end_the_call_and_the_end_of_the_call_closes_the_others(kit) -> None:
    async def main() -> None:
        async with kit.call(kit.Mind(spoken)) as caller:
            first, second = caller.sideband(), caller.sideband()
            await first.configure()
            await first.transport.close()
            await second.configure()
            await caller.say("response.create")
            await caller.until(STOPPED)
            caller.pump.stop(1000, "hangup")
            with pytest.raises(ConnectionLost) as lost:
                await second.until("nothing of the kind")
            assert (lost.value.code, lost.value.reason) == (1000, "hangup")
            assert second.types()[-1] == STOPPED
            await caller.task
            with pytest.raises(Closed):
                await caller.pump.attach(memory_pair()[0])

    run_virtual(main())


def test_expiry_is_told_to_all_and_closes_all(kit) -> None:
    async def main() -> None:
        async with kit.call(kit.Mind(spoken), limit_s=60) as caller:
            sideband = caller.sideband()
            assert (await sideband.until("error"))["error"]["code"] == "session_expired"
            assert (await caller.until("error"))["error"]["code"] == "session_expired"
            with pytest.raises(ConnectionLost) as lost:
                await sideband.next()
            assert lost.value.code == 1001

    run_virtual(main())


def test_a_backend_that_breaks_closes_all(kit) -> None:
    class Broken(kit.Mind):
        def configure(self, session):
            if session.instructions == "break":
                raise RuntimeError("broken")

    async def main() -> None:
        async with kit.call(Broken()) as caller:
            sideband = caller.sideband()
            await sideband.configure()
            await sideband.say("session.update", session={"type": "realtime", "instructions": "break"})
            with pytest.raises(ConnectionLost) as lost:
                await sideband.until("nothing of the kind")
            assert lost.value.code == 1011
            with pytest.raises(ConnectionLost) as lost:
                await caller.until("nothing of the kind")
            assert lost.value.code == 1011

    run_virtual(main())


def test_a_call_of_audio_alone_is_driven_by_its_sideband(kit) -> None:
    async def main() -> None:
        async with kit.call(kit.Mind(spoken), channel=False) as caller:
            sideband = caller.sideband()
            await sideband.configure()
            await sideband.say("response.create")
            await sideband.until(STOPPED)
            assert len(caller.frames) == 10
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await caller.next()

    run_virtual(main())


def test_there_is_a_bound_on_sidebands(kit) -> None:
    async def main() -> None:
        async with kit.call(kit.Mind(spoken)) as caller:
            for _ in range(SIDEBANDS_MAX):
                await caller.sideband().configure()
            assert not await caller.pump.attach(memory_pair()[0])

    run_virtual(main())


def test_sidebands_that_come_before_the_session_is_open_are_bounded_too(kit) -> None:
    async def main() -> None:
        async with kit.call(kit.Mind(spoken)) as caller:
            waiting = [caller.sideband() for _ in range(SIDEBANDS_MAX + 1)]
            await waiting[0].configure()
            assert [sideband.result() for sideband in caller.sidebands if sideband.done()] == [False]

    run_virtual(main())


def test_a_sideband_that_does_not_listen_is_closed_and_holds_nobody_up(kit) -> None:
    async def main() -> None:
        text = "x" * (SIDEBAND_UNSENT_MAX_BYTES // 300)
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        async with kit.call(kit.Mind(spoken)) as caller:
            deaf = caller.sideband()
            for _ in range(300):
                await caller.say("conversation.item.create", item=item)
                await caller.until("conversation.item.done")
            await caller.sidebands[0]
            with pytest.raises(ConnectionLost) as lost:
                await deaf.until("nothing of the kind")
            assert lost.value.code == 1013

    run_virtual(main())


def test_an_event_too_large_for_the_connection_is_refused_in_words_and_reaches_the_sideband(kit) -> None:
    async def words(request):
        yield TextDelta(text="w" * 5_000)

    async def main() -> None:
        async with kit.call(kit.Mind(words), narrow=Narrow) as caller:
            sideband = caller.sideband()
            await sideband.configure(output_modalities=["text"])
            await caller.say("response.create")
            error = (await caller.until("error"))["error"]
            assert (error["type"], error["code"]) == ("server_error", "event_too_large")
            assert error["message"].startswith("The event response.output_text.delta (event_")
            assert "no more than 4000 bytes" in error["message"]
            assert len((await sideband.until("response.output_text.delta"))["delta"]) == 5_000
            assert "rate_limits.updated" in caller.types()

    run_virtual(main())


def test_media_needs_a_transport_that_carries_it(kit) -> None:
    async def main() -> None:
        endpoint = ServerEndpoint(ids=SeededIds(1), model="gpt-realtime", opened_unix_s=0, media=True)
        with pytest.raises(TypeError):
            SessionPump(memory_pair()[0], kit.Mind(), endpoint, voice_activity=EnergyVad)

    run_virtual(main())
