"""Tools are looked up, joined, parsed and asked about."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import Any, Literal

import msgspec
import pytest

from bareline.errors import ConfigurationError
from bareline.tools import Confirm, Tool, Toolbox
from bareline.tools.arguments import Arguments, InvalidArguments
from bareline.tools.questions import question_about


class Status(Enum):
    DONE = "done"


def box() -> Toolbox:
    tools = Toolbox()

    @tools.tool(effect="read", filler="Let me look.")
    async def list_tasks(status: Literal["pending", "done"] = "pending", limit: int = 5) -> list[str]:
        """List tasks."""
        return []

    @tools.tool(effect="irreversible", confirm="Delete {title} for good?")
    def delete_task(title: str) -> str:
        """Delete a task."""
        return title

    return tools


def tool(name: str) -> Tool:
    found = box().get(name)
    assert found
    return found


def parse(name: str, text: str) -> Any:
    return tool(name).parse(text)


def test_a_decorated_function_stays_a_function() -> None:
    tools = Toolbox()

    @tools.tool
    def ping() -> str:
        """Ping."""
        return "pong"

    assert ping() == "pong"
    assert "ping" in tools
    assert tools.get("pong") is None


def test_async_and_plain_functions_are_told_apart() -> None:
    assert tool("list_tasks").is_async
    assert not tool("delete_task").is_async


def test_boxes_are_joined_in_order_and_names_stay_unique() -> None:
    other = Toolbox()
    other.add(test_only, name="other")
    joined = box() + other
    assert [entry.name for entry in joined] == ["list_tasks", "delete_task", "other"]
    assert len(Toolbox().include(joined, other)) == 3
    with pytest.raises(ConfigurationError, match="taken by"):
        joined.include(box())


def test_only() -> None: ...


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": "two words"}, "two words"),
        ({"name": "confirm_action"}, "own name"),
        ({"effect": "write"}, "irreversible"),
        ({"timeout_s": 0}, "timeout_s"),
        ({"confirm": "Delete {task}?"}, "{task}"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Toolbox().add(test_only, **options)


def test_the_definition_is_the_service_s_flat_function_tool() -> None:
    definition = tool("delete_task").definition()
    assert msgspec.json.decode(msgspec.json.encode(definition)) == {
        "type": "function",
        "name": "delete_task",
        "description": "Delete a task.",
        "parameters": {
            "type": "object",
            "properties": {"title": {"type": "string"}},
            "required": ["title"],
            "additionalProperties": False,
        },
    }
    assert box().definitions()[1] == definition


def test_arguments_become_python_values() -> None:
    tools = Toolbox()

    @tools.tool
    def plan(day: dt.date, count: int = 1) -> None:
        """Plan."""

    found = tools.get("plan")
    assert found
    parsed = found.parse('{"day":"2026-11-23","count":"2"}\n')
    assert isinstance(parsed, Arguments)
    assert parsed.values == {"day": dt.date(2026, 11, 23), "count": 2}


def test_no_text_means_no_arguments() -> None:
    assert parse("list_tasks", "").values == {"status": "pending", "limit": 5}


def test_equal_arguments_have_one_digest_however_they_are_written() -> None:
    first, second = parse("list_tasks", '{"limit":5}'), parse("list_tasks", ' {"status" : "pending", "limit": 5 }')
    assert first.digest == second.digest
    assert first.digest != parse("list_tasks", '{"limit":6}').digest


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        ('{"status":"late"}', "status", "one of done, pending"),
        ('{"limit":"many"}', "limit", 'must be a whole number, not "many"'),
        ('{"colour":1}', "colour", "there is no argument 'colour'; there are status, limit"),
        ("{", None, "not JSON"),
        ("[]", None, "must be an object with"),
    ],
)
def test_wrong_arguments_name_the_field_and_what_was_expected(text: str, field: str | None, words: str) -> None:
    invalid = parse("list_tasks", text)
    assert isinstance(invalid, InvalidArguments)
    assert invalid.field == field
    assert words in invalid.message


def test_nested_arguments_are_blamed_by_their_top_level_name() -> None:
    tools = Toolbox()

    @tools.tool
    def put(pairs: list[tuple[str, int]]) -> None:
        """Put."""

    found = tools.get("put")
    assert found
    invalid = found.parse('{"pairs":[["a","b"]]}')
    assert isinstance(invalid, InvalidArguments)
    assert invalid.field == "pairs"


def test_a_tool_is_taken_out_and_put_back_and_a_name_that_is_not_there_is_said() -> None:
    tools = Toolbox()
    made = tools.add(mark, name="mark_task")
    assert tools.remove("mark_task") is made
    assert len(tools) == 0
    assert tools.put(made) is tools.get("mark_task")
    with pytest.raises(ConfigurationError, match=r"no tool 'mark' to remove; there are: mark_task"):
        tools.remove("mark")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"concurrency": 0}, "concurrency must be at least 1"),
        ({"effect": "irreversible", "on_interrupt": "cancel"}, "an irreversible tool cannot be cancelled"),
    ],
)
def test_options_that_contradict_each_other_are_refused(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        Toolbox().add(mark, **options)


def asked(tool: Tool, text: str) -> str:
    parsed = tool.parse(text)
    assert isinstance(parsed, Arguments)
    (rule,) = tool.consent
    assert isinstance(rule, Confirm)
    return question_about(tool.name, rule.question, parsed.values, "'milk', due Friday" if rule.question else None)


def test_the_question_is_filled_in_and_reads_well() -> None:
    tools = Toolbox()
    text = '{"title":"milk","status":"done","day":"2026-11-23"}'
    told = tools.add(mark, effect="idempotent", confirm="Mark {title} as {status} by {day:%d %B}?")
    plain = tools.add(mark, effect="irreversible", name="mark_task")
    found = tools.add(mark, effect="irreversible", name="mark_it", confirm=Confirm("Mark {object}?"))
    assert asked(told, text) == "Mark milk as done by 23 November?"
    assert asked(plain, text) == "Shall I really mark task: title milk, status done, day the 23rd of November 2026?"
    assert asked(found, text) == "Mark 'milk', due Friday?"
    assert tools.add(mark, effect="irreversible", name="mark_now", confirm=False).consent == ()


def mark(title: str, status: Status, day: dt.date) -> None: ...


def test_a_box_knows_whether_anything_asks() -> None:
    assert box().confirms
    assert not Toolbox().confirms


def test_idempotency_keys_belong_to_one_execution() -> None:
    found = tool("delete_task")
    parsed = found.parse('{"title":"a"}')
    assert isinstance(parsed, Arguments)
    key = found.idempotency_key("call_1", "p_1", parsed)
    assert key == found.idempotency_key("call_1", "p_1", parsed)
    assert (
        len({key, found.idempotency_key("call_2", "p_1", parsed), found.idempotency_key("call_1", None, parsed)}) == 3
    )
