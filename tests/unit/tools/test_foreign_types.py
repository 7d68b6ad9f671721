"""Models and annotations of pydantic are parameters like any others; without them pydantic is not imported."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import pydantic
import pydantic.dataclasses
import pytest
from typing_extensions import TypedDict

from bareline.errors import ConfigurationError
from bareline.tools import Tool, Toolbox
from bareline.tools.arguments import Arguments, InvalidArguments
from bareline.tools.foreign_types import is_foreign


class Address(pydantic.BaseModel):
    street: str = pydantic.Field(description="Street and number", min_length=2)
    floor: int | None = None


class Order(pydantic.BaseModel):
    to: Address
    day: dt.date

    @pydantic.field_validator("day")
    @classmethod
    def not_sunday(cls, day: dt.date) -> dt.date:
        if day.weekday() == 6:
            raise ValueError("we are closed on Sundays")
        return day


class Node(pydantic.BaseModel):
    below: list[Node] = []


@dataclass
class Parcel:
    to: Address
    weights: list[int]


class Truck(msgspec.Struct):
    stops: list[Address]
    last: Address | None = None


class Plan(TypedDict):
    home: Address


@pydantic.dataclasses.dataclass
class Box:
    width: Annotated[int, pydantic.Field(gt=0)]


@dataclass
class Twig:
    twigs: list[Twig]


@dataclass
class Lost:
    way: Nowhere  # type: ignore[name-defined]  # noqa: F821 (the subject)


class Doc:
    def __init__(self, documentation: str) -> None:
        self.documentation = documentation


def tool(function: Any) -> Tool:
    return Toolbox().add(function)


def parsed(function: Any, **arguments: Any) -> dict[str, Any]:
    found = tool(function).parse(json.dumps(arguments))
    assert isinstance(found, Arguments), found
    return found.values


def refused(function: Any, **arguments: Any) -> str:
    found = tool(function).parse(json.dumps(arguments))
    assert isinstance(found, InvalidArguments)
    return found.message


ADDRESS = {
    "type": "object",
    "properties": {
        "street": {"type": "string", "minLength": 2, "description": "Street and number"},
        "floor": {"type": "integer"},
    },
    "required": ["street"],
}


def test_models_are_written_out_wherever_they_stand() -> None:
    def send(  # noqa: PLR0917 (one parameter for each place)
        to: Address,
        more: list[Address],
        parcel: Parcel,
        truck: Truck,
        plan: Plan,
        maybe: Address | None = None,
        either: Address | str = "home",
        known: Address = Address(street="Main 1"),  # noqa: B008 (as users write it)
    ) -> None:
        """Send."""

    parameters = tool(send).parameters
    properties = parameters["properties"]
    assert properties["to"] == ADDRESS == properties["maybe"] == properties["known"]
    assert properties["more"] == {"type": "array", "items": ADDRESS}
    assert properties["parcel"]["properties"]["to"] == ADDRESS
    assert properties["truck"]["properties"]["stops"]["items"] == ADDRESS
    assert properties["plan"]["properties"]["home"] == ADDRESS
    assert properties["either"] == {"anyOf": [ADDRESS, {"type": "string"}], "default": "home"}
    assert parameters["required"] == ["to", "more", "parcel", "truck", "plan"]
    home = {"street": "Main 1"}
    values = parsed(
        send, to=home, more=[home], parcel={"to": home, "weights": [1]}, truck={"stops": [home]}, plan={"home": home}
    )
    there = Address(street="Main 1")
    assert (values["to"], values["more"], values["known"], values["maybe"]) == (there, [there], there, None)
    assert values["parcel"] == Parcel(there, [1])
    assert values["truck"] == Truck([there])
    assert values["plan"] == {"home": there}


def test_annotations_of_pydantic_hold_and_describe() -> None:
    def add(
        title: Annotated[str, pydantic.Field(description="What to do", max_length=9)],
        count: int = pydantic.Field(2, ge=1, description="How many"),
        place: str = pydantic.Field(description="Where"),
        box: Box | None = None,
    ) -> None:
        """Add."""

    parameters = tool(add).parameters
    assert parameters["properties"]["title"] == {"type": "string", "maxLength": 9, "description": "What to do"}
    assert parameters["properties"]["count"] == {
        "type": "integer",
        "minimum": 1,
        "description": "How many",
        "default": 2,
    }
    assert parameters["required"] == ["title", "place"]
    values = parsed(add, title="x", place="y", box={"width": 3})
    assert (values["count"], values["box"]) == (2, Box(3))
    assert "'count': Input should be greater than or equal to 1, not 0" in refused(add, title="x", place="y", count=0)
    assert "'box.width'" in refused(add, title="x", place="y", box={"width": 0})


def test_a_model_that_refuses_says_which_field_and_why() -> None:
    def place(order: Order, truck: Truck | None = None) -> None:
        """Place an order."""

    message = refused(
        place, order={"to": {"street": "x"}, "day": "2026-05-03"}, truck={"stops": [{"street": "ok"}, {"floor": "x"}]}
    )
    assert "'order.to.street': String should have at least 2 characters, not \"x\"" in message
    assert "'order.day': Value error, we are closed on Sundays, not \"2026-05-03\"" in message
    assert "'truck.stops[1].street': Field required" in message
    assert "pydantic" not in message


def test_equal_models_are_one_consent() -> None:
    def send(to: Address) -> None:
        """Send."""

    first = tool(send).parse('{"to":{"street":"Main 1"}}')
    second = tool(send).parse('{"to":{"floor":null,"street":"Main 1"}}')
    assert isinstance(first, Arguments)
    assert isinstance(second, Arguments)
    assert first.canonical == second.canonical == '{"to":{"floor":null,"street":"Main 1"}}'


def test_plain_words_in_an_annotation_describe() -> None:
    def add(
        title: Annotated[str, "What to do"],
        due: Annotated[dt.date | None, Doc("The day")] = None,
        at: Annotated[list[dt.time], "When", msgspec.Meta(min_length=1)] = [],  # noqa: B006 (copied for each call)
    ) -> None:
        """Add."""

    assert tool(add).parameters["properties"] == {
        "title": {"type": "string", "description": "What to do"},
        "due": {"type": "string", "format": "date", "description": "The day"},
        "at": {
            "type": "array",
            "items": {"type": "string", "format": "time"},
            "minItems": 1,
            "description": "When",
        },
    }


def itself(tree: Node) -> None: ...
def unknown(mixed: Annotated[type, pydantic.Field()]) -> None: ...
def struct_beside(either: Address | Truck) -> None: ...
def unresolved(lost: Lost) -> None: ...


@pytest.mark.parametrize("function", [itself, unknown, struct_beside, unresolved])
def test_what_pydantic_cannot_write_is_refused_by_place(function: Any) -> None:
    with pytest.raises(ConfigurationError, match=rf"{function.__name__} .*test_foreign_types\.py"):
        tool(function)


def test_a_dataclass_that_contains_itself_is_not_pydantics() -> None:
    assert not is_foreign(Twig)


def test_tools_without_models_do_not_import_pydantic() -> None:
    program = (
        "import sys\nfrom bareline.tools import Toolbox\n"
        "def add(n: int = 1) -> None: ...\n"
        "Toolbox().add(add).parse('{}')\nprint('pydantic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
