"""Tools of an MCP server on a call: what reads runs, what destroys asks first.

``python examples/mcp_notes.py`` talks to OpenAI when OPENAI_API_KEY is set, else to the built-in server. Needs the
extra ``mcp``.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import bareline as bl
from bareline import call_events as happened

NOTES = Path(__file__).with_name("notes_server.py")


async def talk(base_url: str | None) -> list[str]:
    """Ask for the notes and have one deleted; what the tools gave."""
    given: list[str] = []
    async with (
        bl.mcp_stdio(sys.executable, [str(NOTES)], confirm={"delete_note": "Delete the note {title}?"}) as notes,
        bl.Call(base_url=base_url, output_modalities=["text"], tools=notes.tools) as call,
    ):
        events = call.events()
        for words in ("List my notes.", "Delete the note buy milk.", "Yes."):
            print(f"you:   {words}")
            call.send_text(words)
            given += await answer(events)
    return given


async def answer(events: AsyncIterator[happened.CallEvent]) -> list[str]:
    """What tools gave until the assistant has spoken."""
    given: list[str] = []
    async for event in events:
        match event:
            case happened.ConfirmationAsked(name=name):
                print(f"       ({name} waits for consent)")
            case happened.ToolSettled(name=name, output=output):
                print(f"       ({name} gave {output})")
                given.append(output)
            case happened.AgentSaid(text=text):
                print(f"agent: {text}")
                break
            case _:
                pass
    return given


def main() -> None:
    """Talk, and fail when the note is still there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="use the built-in server and judge the outcome")
    args = parser.parse_args()
    local = args.check or not os.environ.get("OPENAI_API_KEY")
    given = asyncio.run(talk("local" if local else None))
    if args.check and given != ['["buy milk","call Ada"]', "deleted buy milk"]:
        raise SystemExit(f"the tools gave {given}")


if __name__ == "__main__":
    main()
