"""Does a call survive its connection, and say honestly what it lost?"""

from __future__ import annotations

import asyncio
import json

import pytest

from bareline.client.call_events import (
    AgentSaid,
    AgentStarted,
    ErrorHappened,
    HungUp,
    Interrupted,
    Reconnected,
    ToolCalled,
    ToolSettled,
    UserSaid,
    UserStarted,
)
from bareline.client.reconnect import ReconnectPolicy
from bareline.errors import CallLost, ConnectFailed
from bareline.protocol import events as ev
from bareline.protocol.generation import CallDelta
from bareline.testing.virtual import run_virtual
from bareline.tools import Toolbox


def brief(kit, text: str = "Noted.", ms: int = 300):
    async def respond(request):
        for delta in kit.speech(text, ms):
            yield delta

    return respond


async def broken(phone, code: int = 1006, reason: str = "") -> None:
    await phone.wires[-1].close(code, reason)


def told(phone) -> list[tuple[str | None, str]]:
    return [(entry.role, entry.text) for entry in phone.server.conversation.items]


def test_the_conversation_is_told_again_with_speech_as_far_as_it_was_heard(kit) -> None:
    async def main() -> None:
        answer = brief(kit, "One two three four five six seven eight nine ten eleven twelve.", 6_000)
        async with kit.phone(answer, turns=ev.ServerVad(create_response=False), words=lambda _: "Count.") as phone:
            await phone.talk(600)
            await phone.until(UserSaid)
            phone.call.respond()
            await phone.until(AgentStarted)
            await asyncio.sleep(2)
            phone.call.interrupt()
            heard = (await phone.until(AgentSaid)).text
            await broken(phone)
            again = await phone.until(Reconnected)
            assert heard
            assert "One two three four five six seven eight nine ten eleven twelve.".startswith(heard)
            assert told(phone) == [("user", "Count."), ("assistant", heard)]
            assert again.lost == ()
            assert [(entry.role, entry.text) for entry in phone.call.transcript] == told(phone)

    run_virtual(main())


def test_an_answer_that_died_with_the_connection_is_asked_for_again(kit) -> None:
    asked: list[int] = []

    async def respond(request):
        asked.append(1)
        if len(asked) == 1:
            await asyncio.sleep(1_000)
        for delta in kit.speech("Here it is.", 300):
            yield delta

    async def main() -> None:
        async with kit.phone(respond) as phone:
            phone.call.send_text("Please.")
            await asyncio.sleep(1)
            await broken(phone)
            assert (await phone.until(AgentSaid)).text == "Here it is."
            assert told(phone)[0] == ("user", "Please.")

    run_virtual(main())


def test_a_tool_result_that_comes_while_away_is_delivered(kit) -> None:
    tools = Toolbox()

    @tools.tool
    async def look() -> str:
        """Look."""
        await asyncio.sleep(3)
        return "found it"

    async def respond(request):
        results = [item.output for item in request.context if isinstance(item, ev.FunctionCallOutput)]
        if not any(isinstance(item, ev.FunctionCall) for item in request.context):
            yield CallDelta(name="look", arguments="{}")
        elif results:
            for delta in kit.speech(results[0], 300):
                yield delta

    async def main() -> None:
        async with kit.phone(respond, tools=tools, reconnect=ReconnectPolicy(first_s=4)) as phone:
            phone.call.send_text("Look.")
            await phone.until(ToolCalled)
            await asyncio.sleep(1)
            phone.refuse_dials = 1
            await broken(phone)
            await phone.until(ToolSettled)
            assert phone.seen(Reconnected) == []
            said = await phone.until(AgentSaid)
            assert said.text == "found it"
            assert phone.errors() == []
            await asyncio.sleep(1)
            assert len(phone.seen(AgentSaid)) == 1

    run_virtual(main())


def test_words_written_while_away_are_delivered(kit) -> None:
    async def main() -> None:
        async with kit.phone(brief(kit)) as phone:
            phone.refuse_dials = 2
            await broken(phone)
            await asyncio.sleep(0.1)
            phone.call.send_text("Are you there?")
            await phone.until(AgentSaid)
            assert told(phone)[0] == ("user", "Are you there?")
            assert phone.seen(Reconnected)[0].attempts == 3
            assert phone.lines_closed == 1
        assert phone.lines_closed == 2

    run_virtual(main())


def test_speech_under_way_is_reported_lost(kit) -> None:
    async def main() -> None:
        async with kit.phone(brief(kit)) as phone:
            phone.refuse_dials = 1
            await phone.talk(400)
            item_id = (await phone.until(UserStarted)).item_id
            await broken(phone)
            again = await phone.until(Reconnected)
            assert [entry.item_id for entry in again.lost] == [item_id]
            assert again.audio_lost_ms > 100
            await phone.talk(600)
            await phone.until(AgentSaid)

    run_virtual(main())


def test_an_interruption_after_the_reconnection_draws_no_error(kit) -> None:
    async def main() -> None:
        async with kit.phone(brief(kit, "A long answer that goes on and on and on.", 5_000)) as phone:
            phone.call.send_text("Go.")
            await phone.until(AgentStarted)
            await broken(phone)
            await phone.until(Reconnected)
            assert phone.call.interrupt()
            await phone.until(Interrupted)
            await asyncio.sleep(1)
            assert phone.errors() == []

    run_virtual(main())


def test_a_call_that_nobody_answers_again_is_lost(kit) -> None:
    async def main() -> None:
        async with kit.phone(brief(kit), reconnect=ReconnectPolicy(tries=3)) as phone:
            phone.refuse_dials = 99
            await broken(phone)
            with pytest.raises(CallLost, match="connection broke"):
                await phone.call.run()
            assert phone.refuse_dials == 96
            await asyncio.sleep(0)
        assert phone.seen(ErrorHappened)[0].severity == "call"
        assert isinstance(phone.events[-1], HungUp)

    run_virtual(main())


@pytest.mark.parametrize(("policy", "code"), [(None, 1006), (ReconnectPolicy(), 4000)])
def test_some_ends_are_final(kit, policy, code) -> None:
    async def main() -> None:
        async with kit.phone(brief(kit), reconnect=policy) as phone:
            await broken(phone, code)
            with pytest.raises(CallLost):
                await phone.call.run()
            assert len(phone.servers) == 1

    run_virtual(main())


def test_a_server_that_hangs_up_ends_the_call_in_peace_when_all_was_heard(kit) -> None:
    async def main() -> None:
        async with kit.phone(brief(kit, "Goodbye then.", 1_000)) as phone:
            phone.call.send_text("Bye.")
            await phone.until(AgentStarted)
            await broken(phone, 1000, "bye")
            await phone.call.run()
            await asyncio.sleep(0)
            assert phone.seen(AgentSaid)[0].heard_ms == 1_000
            assert phone.events[-1].reason == "bye"

    run_virtual(main())


def test_a_refused_configuration_is_the_caller_s_mistake(kit) -> None:
    async def main() -> None:
        with pytest.raises(CallLost, match=r"(?i)speed"):
            async with kit.phone(brief(kit), speed=9.0):
                pass

    run_virtual(main())


def test_a_wrong_key_is_told_by_its_error_and_not_tried_again(kit) -> None:
    from bareline.client.call import Call
    from bareline.client.line import Line
    from bareline.transports.memory import memory_pair

    async def dial():
        near, far = memory_pair()
        error = {"type": "invalid_request_error", "code": "invalid_api_key", "message": "Incorrect API key provided"}
        await near.send(json.dumps({"type": "error", "event_id": "event_1", "error": error}).encode())
        await near.close(3000, "invalid_request_error.invalid_api_key")
        return Line(far)

    async def main() -> None:
        with pytest.raises(CallLost, match="Incorrect API key") as lost:
            async with Call(dial=dial):
                pass
        assert lost.value.code == "invalid_api_key"

    run_virtual(main())


def test_a_server_that_confirms_nothing_is_given_up(kit) -> None:
    from bareline.client.call import Call
    from bareline.client.line import Line
    from bareline.transports.memory import memory_pair

    async def dial():
        return Line(memory_pair()[1])

    async def main() -> None:
        with pytest.raises(ConnectFailed, match=r"session\.updated"):
            async with Call(dial=dial):
                pass

    run_virtual(main())


def test_hanging_up_is_obeyed_while_the_connection_is_being_lost(kit) -> None:
    async def main() -> None:
        async with kit.phone(brief(kit)) as phone:
            await broken(phone)
            await asyncio.sleep(0)
            async with asyncio.timeout(5):
                await phone.call.hang_up("enough")
        assert len(phone.wires) == 1
        assert phone.events[-1].reason == "enough"

    run_virtual(main())


def test_hanging_up_again_does_not_cut_the_end_short(kit) -> None:
    async def main() -> None:
        async with kit.phone(brief(kit)) as phone:
            phone.closing_s = 2
            first = asyncio.create_task(phone.call.hang_up("enough"))
            await asyncio.sleep(1)
            await phone.call.hang_up("at once")
            assert first.done()
        assert phone.lines_closed == 1
        assert phone.events[-1] == HungUp(at_ns=2_000_000_000, reason="enough")

    run_virtual(main())
