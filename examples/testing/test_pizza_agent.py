"""How to test an agent: the tutorial's, without OpenAI and in virtual time. Run ``pytest examples/testing``."""

from __future__ import annotations

import pytest

import bareline as bl
from bareline.client.call_events import CallEvent, Reconnected, ToolSettled
from bareline.server.backend import Backend
from bareline.server.backends.script import read_scene
from bareline.testing.in_process import InProcessServer
from bareline.testing.virtual import run_virtual
from bareline.transports.faults import parse_faults
from pizza_agent import INSTRUCTIONS, Order, Shop, shop_tools

SCENE = """\
turns:
  - when: {heard: "two large pizzas"}
    do:
      - {call: order_pizza, arguments: {size: large, quantity: 2}}
      - {call: order_pizza, arguments: {size: huge}}
  - when: {output_of: order_pizza}
    do: [{text: "Two large pizzas are coming. There is no huge one."}]
"""


async def conversation(backend: Backend, shop: Shop, *lines: str, faults: str = "") -> tuple[str, list[CallEvent]]:
    """What was said and what happened when ``lines`` were written to the agent."""
    first = tuple(parse_faults(faults)) if faults else ()
    async with InProcessServer(backend, faults=lambda number: () if number else first) as server:
        async with bl.Call(
            dial=server.dial, instructions=INSTRUCTIONS, tools=shop_tools(shop), output_modalities=["text"]
        ) as call:
            for line in lines:
                call.send_text(line)
                await call.quiet()
        return str(call.transcript), [event async for event in call.events()]


def settled(events: list[CallEvent]) -> list[tuple[str, str]]:
    """The tools that came to an end, and to which."""
    return [(event.name, event.state.value) for event in events if isinstance(event, ToolSettled)]


def test_what_the_model_orders_is_ordered_and_nonsense_is_not():
    shop = Shop()
    backend = bl.ScriptBackend(read_scene(SCENE))
    said, events = run_virtual(conversation(backend, shop, "I'd like two large pizzas and a huge one."))
    assert sorted(settled(events)) == [("order_pizza", "answered"), ("order_pizza", "failed")]
    assert list(shop.orders.values()) == [Order(1, "large", 2, 24)]
    assert said.endswith("There is no huge one.")


@pytest.mark.parametrize(("answer", "left", "end"), [("Yes.", 0, "answered"), ("No.", 1, "cancelled")])
def test_an_order_is_cancelled_only_with_consent(answer, left, end):
    shop = Shop()
    shop.order("small", 1)
    said, events = run_virtual(conversation(bl.RulesBackend(), shop, "Cancel order one.", answer))
    assert "Cancel order 1 for good?" in said
    assert len(shop.orders) == left
    assert settled(events) == [("cancel_order", end)]


def test_the_agent_remembers_the_order_after_a_lost_connection():
    shop = Shop()
    lines = ("A small pizza, please.", "Cancel my order.", "Yes.")
    said, events = run_virtual(conversation(bl.RulesBackend(), shop, *lines, faults="abort@500ms"))
    assert [event.lost for event in events if isinstance(event, Reconnected)] == [()]
    assert settled(events) == [("order_pizza", "answered"), ("cancel_order", "answered")]
    assert shop.orders == {}
    assert said.count("user:") == len(lines)
