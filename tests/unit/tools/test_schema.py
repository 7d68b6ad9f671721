"""The schema a model sees is the signature and the docstring, flat."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal, TypedDict

import msgspec
import pytest

from bareline.errors import ConfigurationError
from bareline.tools import Toolbox, ToolContext


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


@dataclass
class Topping:
    name: str
    extra: bool = False


class Place(msgspec.Struct):
    street: Annotated[str, msgspec.Meta(description="Street and number")]


class Window(TypedDict):
    first: dt.time
    last: dt.time


class Tree(msgspec.Struct):
    children: list[Tree]


def schema(function: Any) -> dict[str, Any]:
    return Toolbox().add(function).parameters


def test_types_of_python_become_types_of_json_schema() -> None:
    def order(  # noqa: PLR0917 (one parameter for each kind of type)
        size: Size,
        toppings: list[Topping],
        kind: Literal["thin", "thick"] = "thin",
        count: Annotated[int, msgspec.Meta(ge=1, le=9, examples=[2])] = 1,
        day: dt.date | None = None,
        at: dt.time | None = None,
        moments: list[dt.datetime] | None = None,
        level: Literal[1, 2] = 1,
        mixed: Literal[1, "a"] = 1,
        tags: list[str] = [],  # noqa: B006 (copied for each call)
    ) -> None:
        """Order."""

    topping = {"name": {"type": "string"}, "extra": {"type": "boolean", "default": False}}
    assert schema(order) == {
        "type": "object",
        "properties": {
            "size": {"type": "string", "enum": ["large", "small"]},
            "toppings": {
                "type": "array",
                "items": {"type": "object", "properties": topping, "required": ["name"]},
            },
            "kind": {"type": "string", "enum": ["thick", "thin"], "default": "thin"},
            "count": {"type": "integer", "minimum": 1, "maximum": 9, "examples": [2], "default": 1},
            "day": {"type": "string", "format": "date"},
            "at": {"type": "string", "format": "time"},
            "moments": {"type": "array", "items": {"type": "string", "format": "date-time"}},
            "level": {"type": "integer", "enum": [1, 2], "default": 1},
            "mixed": {"enum": [1, "a"], "default": 1},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["size", "toppings"],
        "additionalProperties": False,
    }


def test_nested_structs_and_typed_dicts_are_written_out() -> None:
    def book(place: Place, window: Window, other: int | str | None = None) -> None:
        """Book."""

    properties = schema(book)["properties"]
    assert properties["place"]["properties"]["street"]["description"] == "Street and number"
    assert properties["window"]["required"] == ["first", "last"]
    assert properties["other"] == {"anyOf": [{"type": "integer"}, {"type": "string"}]}
    assert "$ref" not in str(properties)


def test_a_property_named_like_a_keyword_is_still_a_property() -> None:
    def find(title: str, enum: str = "x") -> None:
        """Find."""

    assert list(schema(find)["properties"]) == ["title", "enum"]


def test_a_type_that_contains_itself_is_refused() -> None:
    def plant(tree: Tree) -> None:
        """Plant."""

    with pytest.raises(ConfigurationError, match="Tree"):
        schema(plant)


def google(title: str, due: dt.date) -> None:
    """Add a task.

    Use when they want one.

    Args:
        title (str): What it is called,
            in a few words.
        due: The day.

    Returns:
        Nothing.
    """


def numpy(title: str, due: dt.date) -> None:
    """Add a task.

    Use when they want one.

    Parameters
    ----------
    title : str
        What it is called,
        in a few words.
    due
        The day.

    Returns
    -------
    None
    """


def sphinx(title: str, due: dt.date) -> None:
    """Add a task.

    Use when they want one.

    :param str title: What it is called,
        in a few words.
    :param due: The day.
    :returns: Nothing.
    """


@pytest.mark.parametrize("function", [google, numpy, sphinx])
def test_docstrings_of_all_styles_describe_tool_and_parameters(function: Any) -> None:
    tool = Toolbox().add(function)
    assert tool.description == "Add a task.\n\nUse when they want one."
    assert tool.parameters["properties"]["title"]["description"] == "What it is called, in a few words."
    assert tool.parameters["properties"]["due"]["description"] == "The day."


def test_other_sections_are_not_part_of_the_description() -> None:
    def ping() -> str:
        """Ping.

        Returns:
            Pong.
        """
        return "pong"

    def bare(x: int) -> None: ...

    assert Toolbox().add(ping).description == "Ping."
    assert Toolbox().add(bare).description == ""


@pytest.mark.parametrize(
    "words",
    [
        "Go.\n\nArgs:\n    place: Where to.",
        "Go.\n\nParameters\n----------\nplace : str\n    Where to.",
        "Go.\n\n:param place: Where to.",
    ],
)
def test_a_section_may_end_the_docstring(words: str) -> None:
    def go(place: str) -> None: ...

    go.__doc__ = words
    assert schema(go)["properties"]["place"]["description"] == "Where to."


@pytest.mark.parametrize("words", ["Go.\n\nArgs:\n", "Go.\n\nParameters\n----------\n\nReturns\n-------\nNothing."])
def test_a_section_may_be_empty(words: str) -> None:
    def go(place: str) -> None: ...

    go.__doc__ = words
    assert Toolbox().add(go).description == "Go."
    assert "description" not in schema(go)["properties"]["place"]


def test_a_described_type_wins_over_the_docstring() -> None:
    def go(place: Annotated[str, msgspec.Meta(description="from the type")]) -> None:
        """Go.

        Args:
            place: from the docstring
        """

    assert schema(go)["properties"]["place"]["description"] == "from the type"


def test_the_context_is_not_shown_to_the_model() -> None:
    def go(place: str, context: ToolContext, maybe: ToolContext | None = None) -> None:
        """Go."""

    assert list(schema(go)["properties"]) == ["place"]


class Shop:
    def open(self, door: str) -> str:
        """Open."""
        return door


def test_bound_methods_are_tools() -> None:
    tool = Toolbox().add(Shop().open)
    assert tool.name == "open"
    assert list(tool.parameters["properties"]) == ["door"]


def many(*titles: str) -> None: ...
def keywords(**titles: str) -> None: ...
def positional(title: str, /) -> None: ...
def untyped(title) -> None: ...  # type: ignore[no-untyped-def]
def unresolved(title: Missing) -> None: ...  # type: ignore[name-defined]  # noqa: F821
def unfit(title: type) -> None: ...


@pytest.mark.parametrize("function", [many, keywords, positional, untyped, unresolved, unfit])
def test_signatures_a_model_cannot_call_are_refused_by_place(function: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Toolbox().add(function)
    assert function.__name__ in str(caught.value)
    assert "'title" in str(caught.value)
    assert "test_schema.py:" in str(caught.value)


def test_only_functions_are_tools() -> None:
    with pytest.raises(ConfigurationError, match="function or a bound method"):
        Toolbox().add(print)
