"""The agent of the tutorial: takes orders for a pizza shop, and asks before it cancels one.

``python examples/pizza_agent.py`` lets you type; ``bareline talk --wav FILE --tools pizza_agent:tools``, in this
folder, lets you speak. Talks to OpenAI when OPENAI_API_KEY is set, else to the built-in server.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

import bareline as bl
from bareline.client.call_events import AgentSaid, ConfirmationAsked, ToolSettled

INSTRUCTIONS = (
    "You take orders for a pizza shop. Keep answers short, since they are spoken. "
    "Never say that something was done before a tool has said so."
)
MENU = {"small": 7, "medium": 9, "large": 12}


@dataclass
class Order:
    """One order as the tools tell of it."""

    order_id: int
    size: str
    quantity: int
    price: int


@dataclass
class Shop:
    """The orders of a shop; a real one would be a database or a service."""

    orders: dict[int, Order] = field(default_factory=dict)
    taken: int = 0

    def order(self, size: str, quantity: int) -> Order:
        """Take an order."""
        self.taken += 1
        self.orders[self.taken] = Order(self.taken, size, quantity, MENU[size] * quantity)
        return self.orders[self.taken]

    def cancel(self, order_id: int) -> Order:
        """Drop an order. Raises ``NotFound``, which the model gets in words."""
        if order_id not in self.orders:
            raise bl.errors.NotFound(f"there is no order {order_id}", say=f"I have no order {order_id}.")
        return self.orders.pop(order_id)


def shop_tools(shop: Shop) -> bl.Toolbox:
    """What the model may do in ``shop``."""
    box = bl.Toolbox()

    @box.tool
    def get_menu() -> dict[str, int]:
        """Tell what is on the menu, with prices. Use when the user asks what there is or what it costs."""
        return MENU

    @box.tool(effect="irreversible", confirm=False, concurrency=1, lint_ignore=("unconfirmed",))
    def order_pizza(size: Literal["small", "medium", "large"], quantity: int = 1) -> Order:
        """Order a pizza. Use when the user wants one or more pizzas.

        Args:
            quantity: How many; one unless they say otherwise.
        """
        return shop.order(size, quantity)

    @box.tool(effect="irreversible", confirm="Cancel order {order_id} for good?", concurrency=1)
    def cancel_order(order_id: int) -> Order:
        """Cancel an order. Use when the user does not want it any more.

        Args:
            order_id: The number that the user was told when they ordered.
        """
        return shop.cancel(order_id)

    return box


shop = Shop()
tools = shop_tools(shop)


async def show(call: bl.Call) -> None:
    """Print what happens until the call is over."""
    async for event in call.events():
        match event:
            case AgentSaid(text=text):
                print(f"agent: {text}")
            case ConfirmationAsked(question=question):
                print(f"       (waits for consent: {question})")
            case ToolSettled(name=name, arguments=arguments, state=state):
                print(f"       ({name}({arguments}) {state})")
            case _:
                pass


async def converse(next_line: Callable[[], Awaitable[str]], base_url: str | None) -> None:
    """Say line after line, each when the answer to the one before is complete, up to an empty one."""
    async with (
        asyncio.TaskGroup() as tasks,
        bl.Call(instructions=INSTRUCTIONS, tools=tools, output_modalities=["text"], base_url=base_url) as call,
    ):
        tasks.create_task(show(call))
        while line := await next_line():
            call.send_text(line)
            await call.quiet()


async def typed() -> str:
    """One typed line; empty at the end of the input."""
    try:
        return (await asyncio.to_thread(input, "you:   ")).strip()
    except EOFError:
        return ""


async def scripted() -> str:
    """The next line of the script."""
    line = SCRIPT.pop(0) if SCRIPT else ""
    print(f"you:   {line}")
    return line


SCRIPT = [
    "What is on the menu?",
    "I would like two large pizzas.",
    "A small pizza, please.",
    "Cancel order one.",
    "Yes.",
]


def main() -> None:
    """Hold the conversation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="play a script with the built-in server and judge it")
    args = parser.parse_args()
    local = args.check or not os.environ.get("OPENAI_API_KEY")
    asyncio.run(converse(scripted if args.check else typed, "local" if local else None))
    if args.check and list(shop.orders.values()) != [Order(2, "small", 1, 7)]:
        raise SystemExit(f"the orders are {shop.orders}")


if __name__ == "__main__":
    main()
