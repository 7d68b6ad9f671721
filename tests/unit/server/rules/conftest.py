"""A typed dialogue with the rules backend, and toolsets that it has never seen."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from bareline.protocol.events import (
    FunctionCall,
    FunctionCallOutput,
    FunctionTool,
    InputText,
    Item,
    Message,
    OutputText,
    RealtimeSession,
)
from bareline.protocol.generation import CallDelta, Outcome, Output, ResponseRequest, SpeechDelta, TextDelta
from bareline.server.backends.rules import RulesBackend
from bareline.testing.virtual import run_virtual

TODAY = date(2026, 11, 23)
"""A Monday."""
TEXT = {"type": "string"}
DAY = {"type": "string", "format": "date"}
CLOCK = {"type": "string", "format": "time"}


def tool(name: str, description: str, required: str = "", **properties: object) -> FunctionTool:
    """A function tool; ``required``: names of its required parameters."""
    parameters = {"type": "object", "properties": properties, "required": required.split()}
    return FunctionTool(name=name, description=description, parameters=parameters)


NOTES = (
    tool("list_notes", 'List the notes. Use when they ask "what did I write down".'),
    tool("create_note", "Create a note.", "title", title=TEXT, remind_on=DAY),
    tool("delete_note", "Delete a note for good.", "title", title=TEXT),
    tool("confirm_action", "Carry out what waits for consent.", "proposal_id", proposal_id=TEXT),
    tool("decline_action", "Drop what waits for consent.", "proposal_id", proposal_id=TEXT),
)
PIZZA = (
    tool("get_menu", "Tell what is on the menu."),
    tool(
        "order_pizza",
        "Order a pizza.",
        "size quantity",
        size={"type": "string", "enum": ["small", "medium", "large"]},
        toppings={"type": "array", "items": {"type": "string", "enum": ["mushrooms", "olives", "ham", "extra_cheese"]}},
        quantity={"type": "integer", "minimum": 1, "maximum": 10},
    ),
    tool("cancel_order", "Cancel an order.", "order_id", order_id={"type": "integer"}),
    tool("get_order_status", "Check how far an order is.", "order_id", order_id={"type": "integer"}),
)
LAMPS = (
    tool(
        "set_lamp",
        "Turn a lamp on or off, or set its brightness.",
        "room",
        room={"type": "string", "enum": ["kitchen", "living_room", "bedroom"]},
        on={"type": "boolean"},
        brightness={"type": "integer", "minimum": 0, "maximum": 100, "description": "Percent"},
    ),
    tool("list_lamps", "List all lamps and their state."),
)
SALON = (
    tool(
        "book_appointment",
        "Book an appointment.",
        "service date time",
        service={"type": "string", "enum": ["haircut", "beard_trim", "coloring"]},
        date=DAY,
        time=CLOCK,
    ),
    tool("reschedule_appointment", "Move an appointment.", "appointment_id date", appointment_id=TEXT, date=DAY),
    tool("list_appointments", "Show upcoming appointments."),
)
TOOLSETS = {"notes": NOTES, "pizza": PIZZA, "lamps": LAMPS, "salon": SALON}


@dataclass
class Dialogue:
    """A conversation in text; ``outputs`` answers calls by the tool's name."""

    tools: tuple[FunctionTool, ...]
    outputs: dict[str, object] = field(default_factory=dict)
    instructions: str = "Be kind."
    context: list[Item] = field(default_factory=list)
    calls: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        backend = RulesBackend(today=lambda: TODAY)
        self.session = run_virtual(backend.open(seed=1))
        self.session.configure(
            RealtimeSession(
                object="realtime.session", id="sess_1", instructions=self.instructions, tools=list(self.tools)
            )
        )

    def say(self, text: str) -> str:
        """What is answered to ``text``, after all the calls it leads to; the calls are in ``calls``."""
        self.calls = []
        self.context.append(Message(id=self._id("u"), role="user", content=[InputText(text=text)]))
        said = self.respond()
        while self._answered():
            said += self.respond()
        return said

    def asked(self, text: str) -> list[tuple[str, dict[str, object]]]:
        """The calls that ``text`` leads to."""
        self.say(text)
        return self.calls

    def respond(self, **changes: object) -> str:
        """One response; calls are noted and stand in the context."""
        text, calls = run_virtual(_collect(self.session.respond(self.request(**changes))))
        if text:
            self.context.append(Message(id=self._id("a"), role="assistant", content=[OutputText(text=text)]))
        for name, arguments in calls:
            self.calls.append((name, json.loads(arguments)))
            call_id = self._id("c")
            self.context.append(FunctionCall(id=call_id, call_id=call_id, name=name, arguments=arguments))
        return text

    def request(self, **changes: object) -> ResponseRequest:
        """A request for a text response with the conversation so far."""
        given: dict[str, object] = {
            "response_id": "resp_1",
            "context": tuple(self.context),
            "instructions": self.instructions,
            "tools": self.tools,
            "tool_choice": "auto",
            "audio": False,
            "voice": "marin",
            "speed": 1.0,
            "max_output_tokens": "inf",
            "out_of_band": False,
        }
        return ResponseRequest(**(given | changes))  # type: ignore[arg-type]

    def _answered(self) -> bool:
        """Answer the calls at the end of the context, as far as there are outputs for them."""
        answered = {item.call_id for item in self.context if isinstance(item, FunctionCallOutput)}
        waiting = [item for item in self.context if isinstance(item, FunctionCall) and item.call_id not in answered]
        waiting = [item for item in waiting if item.name in self.outputs]
        for call in waiting:
            given = self.outputs[call.name]
            text = given if isinstance(given, str) else json.dumps(given)
            self.context.append(FunctionCallOutput(id=self._id("o"), call_id=call.call_id or "", output=text))
        return bool(waiting)

    def _id(self, prefix: str) -> str:
        return f"{prefix}_{len(self.context)}"


@pytest.fixture(name="talk")
def _talk() -> Callable[..., Dialogue]:
    """Begins a dialogue with one of the toolsets, or with tools of the test's own."""

    def begin(tools: str | tuple[FunctionTool, ...], outputs: dict[str, object] | None = None, **more: Any) -> Dialogue:
        return Dialogue(TOOLSETS[tools] if isinstance(tools, str) else tools, outputs or {}, **more)

    return begin


@pytest.fixture(name="make_tool")
def _make_tool() -> Callable[..., FunctionTool]:
    return tool


async def _collect(outputs: AsyncIterator[Output | Outcome]) -> tuple[str, list[tuple[str, str]]]:
    text = ""
    calls: list[tuple[str, str]] = []
    async for output in outputs:
        match output:
            case TextDelta():
                text += output.text
            case SpeechDelta():
                text += output.transcript
            case CallDelta(name=name) if name:
                calls.append((name, ""))
            case CallDelta():
                calls[-1] = (calls[-1][0], calls[-1][1] + output.arguments)
            case _:
                pass
    return text, calls
