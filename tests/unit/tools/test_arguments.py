"""A wrong argument goes back with its name, what it must be, and what it was, so that the model can mend it."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import uuid
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal, TypedDict

import msgspec
import pytest

from bareline.tools import Toolbox
from bareline.tools.arguments import Arguments, InvalidArguments


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


@dataclass
class Topping:
    name: str
    extra: bool = False


class Window(TypedDict):
    first: dt.time


def take(  # noqa: PLR0917 (one parameter for each kind of type)
    title: str = "",
    due: dt.date | None = None,
    at: dt.datetime | None = None,
    lasts: dt.timedelta | None = None,
    size: Size = Size.SMALL,
    only: Literal["one"] = "one",
    count: Annotated[int, msgspec.Meta(ge=1, le=9)] = 1,
    share: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.5,
    code: Annotated[str, msgspec.Meta(min_length=2, max_length=3, pattern="^[A-Z]+$")] = "AB",
    loud: bool = False,
    toppings: list[Topping] = [],  # noqa: B006 (copied for each call)
    window: Window | None = None,
    notes: dict[str, int] = {},  # noqa: B006 (copied for each call)
    pair: tuple[int, str] = (1, "a"),
    number: int | bool | None = None,
    key: uuid.UUID | None = None,
    price: decimal.Decimal | None = None,
    anything: Any = None,
    items: list = [],  # type: ignore[type-arg]  # noqa: B006 (a list of anything)
) -> None:
    """Take everything."""


TOOL = Toolbox().add(take)


def refused(**arguments: Any) -> InvalidArguments:
    found = TOOL.parse(json.dumps(arguments))
    assert isinstance(found, InvalidArguments)
    return found


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("title", 3, "'title' must be text, not 3"),
        ("due", "tomorrow", "'due' must be a date written YYYY-MM-DD, such as 2026-05-04 (work out words like"),
        ("due", "tomorrow", 'not "tomorrow"'),
        ("at", "tonight", "'at' must be a date and time written YYYY-MM-DDTHH:MM:SS"),
        ("lasts", "an hour", "'lasts' must be a duration as in ISO 8601"),
        ("size", "huge", "'size' must be one of large, small, not \"huge\""),
        ("only", "two", "'only' must be one, not \"two\""),
        ("count", 12, "'count' must be a whole number from 1 to 9, not 12"),
        ("share", 1, "'share' must be a number above 0 below 1, not 1"),
        ("code", "a", "'code' must be text of at least 2 characters of at most 3 characters like the pattern ^[A-Z]+$"),
        ("loud", "maybe", "'loud' must be true or false, not \"maybe\""),
        ("toppings", "ham", "'toppings' must be a list, each entry an object with name, extra, not \"ham\""),
        ("toppings", [{"name": "ham"}, {}], "'toppings[1].name' is missing; it must be text"),
        ("toppings", [{"name": 1}], "'toppings[0].name' must be text, not 1"),
        ("window", {"first": "noon"}, "'window.first' must be a time of day written HH:MM:SS"),
        ("window", [], "'window' must be an object with first, not []"),
        ("notes", 1, "'notes' must be an object, not 1"),
        ("notes", {"a": "b"}, '\'notes\': Expected `int`, got `str`, not {"a":"b"}'),
        ("pair", [1], "'pair': Expected `array` of length 2, got 1, not [1]"),
        ("number", "x", "'number' must be a whole number or true or false, not \"x\""),
        ("key", "x", "'key' must be a UUID"),
        ("price", "x", "'price' must be a decimal number in quotes"),
        ("items", 1, "'items' must be a list, not 1"),
        ("title", ["x" * 200], "…"),
    ],
)
def test_a_wrong_value_is_told_with_what_it_must_be(name: str, value: Any, words: str) -> None:
    invalid = refused(**{name: value})
    assert words in invalid.message
    assert invalid.field == name
    assert invalid.expected == TOOL.parameters["properties"][name]
    assert len(invalid.message) < 300


def test_everything_wrong_is_told_at_once() -> None:
    def add(title: str, due: dt.date) -> None:
        """Add."""

    invalid = Toolbox().add(add).parse('{"due":"friday","colour":"red"}')
    assert isinstance(invalid, InvalidArguments)
    assert "'title' is missing; it must be text" in invalid.message
    assert 'not "friday"' in invalid.message
    assert "there is no argument 'colour'; there are title, due" in invalid.message
    assert invalid.field == "title"


def test_a_tool_without_arguments_takes_none() -> None:
    def ping() -> None:
        """Ping."""

    invalid = Toolbox().add(ping).parse('{"x":1}')
    assert isinstance(invalid, InvalidArguments)
    assert invalid.message == "there is no argument 'x'; there are none"
    assert invalid.expected is None


@pytest.mark.parametrize(("text", "words"), [("{", "not JSON"), ("[]", "must be an object with title, due")])
def test_text_that_is_no_object_is_refused(text: str, words: str) -> None:
    invalid = TOOL.parse(text)
    assert isinstance(invalid, InvalidArguments)
    assert words in invalid.message


def test_numbers_written_as_text_are_understood_beside_right_values() -> None:
    found = TOOL.parse('{"count":"3","loud":"true","title":"7","toppings":[{"name":"ham"}]}')
    assert isinstance(found, Arguments)
    assert [found.values[name] for name in ("count", "loud", "title")] == [3, True, "7"]
    assert found.values["toppings"] == [Topping("ham")]


def test_equal_arguments_are_one_however_they_are_written() -> None:
    first, second = TOOL.parse('{"count":"3","loud":true}'), TOOL.parse('{"loud":true,"count":3}')
    assert isinstance(first, Arguments)
    assert isinstance(second, Arguments)
    assert first.digest == second.digest
