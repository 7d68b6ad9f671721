"""A task manager to talk to: its tools look things up elsewhere, ask before they delete, and say what went wrong.

``python examples/task_manager`` uses microphone and loudspeaker, ``--text`` the keyboard. Talks to OpenAI when
OPENAI_API_KEY is set, else to the built-in server. README.md, beside this file, says what to try.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import bareline as bl
from bareline.client.call_events import AgentSaid, ConfirmationAsked, FillerSaid, ToolSettled, UserSaid
from places import PlaceDirectory
from tasks import TaskStore
from tools import all_tools, instructions

SCRIPT = [
    "Add water the plants for Friday.",
    "Add call the dentist.",
    "Add buy oat milk for tomorrow.",
    "Move water the plants to Saturday.",
    "Mark call the dentist as done.",
    "List my tasks and check the opening hours of the library.",
    "Check the opening hours of the town hall.",
    "Delete buy oat milk.",
    "No, water the plants.",
    "Yes.",
    "Clear my list.",
    "No.",
]


async def show(call: bl.Call) -> None:
    """Print what happens until the call is over."""
    async for event in call.events():
        match event:
            case UserSaid(text=text):
                print(f"you:   {text}")
            case AgentSaid(text=text):
                print(f"agent: {text}")
            case FillerSaid(text=text):
                print(f"       (meanwhile: {text})")
            case ConfirmationAsked(question=question):
                print(f"       (waits for consent: {question})")
            case ToolSettled(name=name, arguments=arguments, state=state):
                print(f"       ({name}({arguments}) {state})")
            case _:
                pass


async def write(tools: bl.Toolbox, base_url: str | None, next_line: Callable[[], Awaitable[str]]) -> None:
    """Hold the call in writing, up to an empty line."""
    today = dt.datetime.now().astimezone().date()
    async with (
        asyncio.TaskGroup() as tasks,
        bl.Call(instructions=instructions(today), tools=tools, output_modalities=["text"], base_url=base_url) as call,
    ):
        tasks.create_task(show(call))
        while line := await next_line():
            call.send_text(line)
            await call.quiet()


async def talk(tools: bl.Toolbox, base_url: str | None) -> None:
    """Hold the call aloud, until Ctrl-C."""
    microphone, speaker = bl.Microphone(), bl.Speaker()
    today = dt.datetime.now().astimezone().date()
    try:
        async with (
            asyncio.TaskGroup() as tasks,
            bl.Call(
                instructions=instructions(today),
                tools=tools,
                turns=bl.turns.ServerVad.balanced(),
                transcription="gpt-4o-mini-transcribe",
                microphone=microphone,
                speaker=speaker,
                base_url=base_url,
            ) as call,
        ):
            tasks.create_task(show(call))
            call.respond()
            await call.run()
    finally:
        await microphone.close()
        await speaker.close()


async def typed() -> str:
    """One typed line; empty at the end of the input."""
    try:
        return (await asyncio.to_thread(input)).strip()
    except EOFError:
        return ""


async def scripted() -> str:
    """The next line of the script."""
    return SCRIPT.pop(0) if SCRIPT else ""


def check() -> None:
    """Play the script with the built-in server and judge what became of the tasks."""
    store = TaskStore(":memory:")
    asyncio.run(write(all_tools(store, PlaceDirectory(seconds=0.2, busy=["library"])), "local", scripted))
    left = [(task.title, task.status) for task in store.tasks()]
    store.close()
    if left != [("buy oat milk", "pending"), ("call the dentist", "done")]:
        raise SystemExit(f"the tasks are {left}")


def main() -> None:
    """Hold the conversation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--text", action="store_true", help="type and read, in place of talking")
    parser.add_argument("--store", type=Path, default=Path("tasks.sqlite"), help="the file that keeps the tasks")
    parser.add_argument("--check", action="store_true", help="play a script with the built-in server and judge it")
    args = parser.parse_args()
    if args.check:
        check()
        return
    base_url = None if os.environ.get("OPENAI_API_KEY") else "local"
    store = TaskStore(args.store)
    tools = all_tools(store)
    try:
        asyncio.run(write(tools, base_url, typed) if args.text else talk(tools, base_url))
    except KeyboardInterrupt:
        print()
    finally:
        store.close()


if __name__ == "__main__":
    main()
