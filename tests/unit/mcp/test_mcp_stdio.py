"""Are the tools of a program that speaks MCP tools as all others?"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

import bareline
from bareline import Toolbox
from bareline.errors import ConfigurationError, Permanent, Temporary
from bareline.mcp import McpServer
from bareline.tools import Confirm, Tool, ToolContext
from bareline.tools.arguments import Arguments, InvalidArguments

pytest.importorskip("mcp", reason="the optional part 'mcp' is not installed")

PROGRAM = Path(__file__).parents[2] / "data" / "mcp" / "server.py"


def desk(scratch: Path | None = None, **options: Any) -> McpServer:
    args = [str(PROGRAM), *(["--scratch", str(scratch)] if scratch else [])]
    return bareline.mcp_stdio(sys.executable, args, open_timeout_s=30, **options)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    async def bounded() -> Any:
        async with asyncio.timeout(45):
            return await work

    return asyncio.run(bounded())


def tool(box: Toolbox, name: str) -> Tool:
    found = box.get(name)
    assert found is not None
    return found


async def call(box: Toolbox, name: str, progress: Callable[[str], None] = lambda _: None, /, **arguments: Any) -> Any:
    chosen = tool(box, name)
    parsed = chosen.parse(json.dumps(arguments))
    assert isinstance(parsed, Arguments), parsed
    context = ToolContext(name, "call_1", "key", progress=progress)
    return await chosen.function(**parsed.values, **{chosen.context or "": context})


def test_tools_have_effect_and_consent_by_their_hints() -> None:
    async def work() -> Toolbox:
        async with desk() as server:
            return server.tools

    box = run(work())
    assert [tool(box, name).effect for name in ("add", "move")] == ["read", "idempotent"]
    adds, destroys = tool(box, "write_note"), tool(box, "delete_note")
    assert (adds.effect, adds.consent) == ("irreversible", ())
    assert destroys.effect == "irreversible"
    assert destroys.consent == (Confirm(),)
    assert (tool(box, "add").interrupted, destroys.interrupted) == ("cancel", "finish")


def test_the_application_has_the_last_word_on_names_effects_and_consent() -> None:
    async def work() -> Toolbox:
        chosen = desk(
            prefix="desk-",
            allowed={"add", "delete_note", "write_note"},
            effects={"delete_note": "idempotent"},
            confirm={"write_note": "Write down '{text}'?"},
            timeout_s=3,
        )
        async with chosen as server:
            return Toolbox() + server.tools

    box = run(work())
    assert sorted(entry.name for entry in box) == ["desk-add", "desk-delete_note", "desk-write_note"]
    assert tool(box, "desk-delete_note").effect == "idempotent"
    assert tool(box, "desk-delete_note").consent == ()
    assert tool(box, "desk-write_note").consent == (Confirm("Write down '{text}'?"),)
    assert tool(box, "desk-add").timeout_s == 3


def test_a_choice_for_a_tool_that_is_not_there_is_refused_with_those_that_are() -> None:
    async def work() -> None:
        async with desk(allowed={"subtract"}):
            raise AssertionError

    with pytest.raises(ConfigurationError, match=r"allowed names 'subtract'.*there are: add, weather"):
        run(work())


def test_a_question_that_names_no_parameter_is_refused() -> None:
    async def work() -> None:
        async with desk(confirm={"add": bareline.Forbid(), "delete_note": "Delete {name}?"}):
            raise AssertionError

    with pytest.raises(ConfigurationError, match=r"confirm of 'delete_note' names \{name\}"):
        run(work())


def test_schemas_are_flat_and_arguments_checked_before_the_server_is_asked(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"

    async def work() -> tuple[Any, ...]:
        async with desk(scratch) as server:
            move = tool(server.tools, "move")
            mended = move.parse('{"what": "the lamp", "to": {"room": "hall", "floor": 2}}')
            wrong = [
                move.parse(text) for text in ('{"what": "it"}', '{"what": 1, "to": {"room": "a"}}', "[]", "{", "null")
            ]
            nested = move.parse('{"what": "it", "to": {"room": "a", "floor": "top"}}')
            number = tool(server.tools, "add").parse('{"a": "2", "b": 3}')
            long = tool(server.tools, "write_note").parse(json.dumps({"text": "x" * 21}))
            return move.parameters, mended, wrong, nested, number, long

    parameters, mended, wrong, nested, number, long = run(work())
    assert parameters["properties"]["to"] == {
        "type": "object",
        "properties": {"room": {"type": "string"}, "floor": {"type": "integer", "default": 0}},
        "required": ["room"],
    }
    assert isinstance(mended, Arguments)
    assert [entry.field for entry in wrong] == ["to", "what", None, None, None]
    assert wrong[1].message == "1 is not of type 'string'"
    assert wrong[1].expected == {"type": "string"}
    assert isinstance(nested, InvalidArguments)
    assert (nested.field, nested.message) == ("to", "'top' is not of type 'integer' at to.floor")
    assert isinstance(number, Arguments)
    assert number.values == {"a": 2, "b": 3}
    assert isinstance(long, InvalidArguments)
    assert not scratch.exists()


def test_results_are_values_texts_and_notes_on_what_cannot_be_said() -> None:
    async def work() -> list[Any]:
        async with desk() as server:
            box = server.tools
            return [await call(box, "add", a=2, b=3), await call(box, "weather", city="Oslo"), await call(box, "chart")]

    added, weather, chart = run(work())
    assert added == 5
    assert weather == "It is sunny in Oslo."
    assert chart == {
        "result": "two bars",
        "note": "The tool also gave an image, which cannot be said and was left out.",
    }


def test_a_tools_own_failure_is_told_and_does_not_go_away() -> None:
    async def work() -> None:
        async with desk() as server:
            await call(server.tools, "fail")

    with pytest.raises(Permanent, match="the shelf is empty") as caught:
        run(work())
    assert caught.value.say == "That did not work."


def test_progress_is_passed_on(tmp_path: Path) -> None:
    said: list[str] = []

    async def work() -> Any:
        async with desk() as server:
            return await call(server.tools, "look_up", said.append, seconds=0)

    assert run(work()) == "found"
    assert said == ["half of it is done"]


def test_a_cancelled_call_is_cancelled_at_the_server_and_the_next_one_works(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"

    async def work() -> Any:
        async with desk(scratch) as server:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await call(server.tools, "look_up", seconds=40)
            answer = await call(server.tools, "add", a=1, b=1)
            await until(lambda: "look up cancelled" in scratch.read_text())
            return answer

    assert run(work()) == 2


def test_the_box_follows_the_servers_list() -> None:
    told: list[list[str]] = []

    async def work() -> list[str]:
        def changed(box: Toolbox) -> None:
            told.append([entry.name for entry in box])

        async with desk(allowed=None, changed=changed) as server:
            before = "where" in server.tools
            assert before
            await call(server.tools, "learn")
            await until(lambda: bool(told))
            return [entry.name for entry in server.tools]

    names = run(work())
    assert "greet" in names
    assert "where" not in names
    assert told[0] == names


def test_a_program_that_ends_is_started_again_once_and_then_fails_for_a_while(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"

    async def work() -> Any:
        async with desk(scratch) as server:
            with pytest.raises(Temporary, match="cannot be reached"):
                await call(server.tools, "crash_reading")
            answer = await call(server.tools, "add", a=1, b=1)
            with pytest.raises(Temporary):
                await call(server.tools, "crash_reading")
            with pytest.raises(Temporary):
                await call(server.tools, "add", a=1, b=1)
            return answer

    assert run(work()) == 2
    assert scratch.read_text() == "crashed\ncrashed\n"


def test_what_may_have_taken_effect_is_not_called_failed(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk() as server:
            await call(server.tools, "crash_deleting")

    with pytest.raises(Permanent, match="not known whether it took effect"):
        run(work())


def test_the_program_gets_the_environment_and_the_directory_it_is_given_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")

    async def work() -> list[Any]:
        async with desk(None) as plain:
            secret = await call(plain.tools, "environment", name="OPENAI_API_KEY")
        args = [str(PROGRAM)]
        chosen = bareline.mcp_stdio(sys.executable, args, env={"COLOUR": "red"}, cwd=tmp_path, open_timeout_s=30)
        async with chosen as server:
            return [secret, await call(server.tools, "environment", name="COLOUR"), await call(server.tools, "where")]

    assert run(work()) == ["not set", "red", str(tmp_path)]


def test_stderr_is_kept_here_and_said_when_the_program_cannot_be_used() -> None:
    async def work() -> str:
        async with desk() as server:
            await until(lambda: bool(server.stderr))
            return server.stderr

    assert run(work()) == "the desk is open\n"

    async def broken() -> None:
        code = "import sys; print('no licence', file=sys.stderr); sys.exit(1)"
        async with bareline.mcp_stdio(sys.executable, ["-c", code], open_timeout_s=20):
            raise AssertionError

    with pytest.raises(ConfigurationError, match=r"cannot be used(.|\n)*no licence"):
        run(broken())


@pytest.mark.parametrize("command", ["no-such-program-here", "/"])
def test_a_program_that_is_none_is_refused(command: str) -> None:
    async def work() -> None:
        async with bareline.mcp_stdio(command):
            raise AssertionError

    with pytest.raises(ConfigurationError, match="cannot be used"):
        run(work())


@pytest.mark.slow
def test_a_program_that_says_nothing_is_given_up() -> None:
    async def work() -> None:
        silent = bareline.mcp_stdio(sys.executable, ["-c", "import time; time.sleep(60)"], open_timeout_s=0.5)
        async with silent:
            raise AssertionError

    with pytest.raises(ConfigurationError, match=r"no answer within 0\.5 s"):
        run(work())


def test_closing_twice_leaves_nothing_and_its_tools_say_so() -> None:
    async def work() -> None:
        before = asyncio.all_tasks()
        server = desk()
        async with server:
            pass
        await server.close()
        with pytest.raises(Temporary, match="cannot be reached"):
            await call(server.tools, "add", a=1, b=1)
        assert asyncio.all_tasks() == before

    run(work())


async def until(happened: Callable[[], bool]) -> None:
    while not happened():  # noqa: ASYNC110 (another process brings it about)
        await asyncio.sleep(0.02)
