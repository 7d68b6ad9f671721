"""An MCP server with tools of every kind, over standard input and output, or over HTTP at a port.

``server.py [--http PORT] [--scratch FILE]``: what its tools do is written to the scratch file, a line for each.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

from mcp.server.fastmcp import Context, FastMCP, Image
from mcp.types import ToolAnnotations
from pydantic import BaseModel, Field

parser = argparse.ArgumentParser()
parser.add_argument("--http", type=int)
parser.add_argument("--scratch", type=Path)
options = parser.parse_args()
server = FastMCP("desk", host="127.0.0.1", port=options.http or 0, log_level="WARNING")

READS = ToolAnnotations(readOnlyHint=True)
ADDS = ToolAnnotations(destructiveHint=False)
REPEATABLE = ToolAnnotations(destructiveHint=False, idempotentHint=True)


class Place(BaseModel):
    room: str
    floor: int = 0


def write(line: str) -> None:
    if options.scratch is not None:
        with options.scratch.open("a") as scratch:
            scratch.write(line + "\n")


@server.tool(annotations=READS)
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@server.tool(annotations=READS)
def weather(city: str) -> str:
    """The weather of a city."""
    return f"It is sunny in {city}."


@server.tool(annotations=REPEATABLE)
def move(what: str, to: Place) -> str:
    """Move something to a place."""
    write(f"moved {what}")
    return f"{what} is in {to.room}."


@server.tool(annotations=ADDS)
def write_note(text: Annotated[str, Field(max_length=20)]) -> str:
    """Write a note."""
    write(f"note {text}")
    return "written"


@server.tool()
def delete_note(title: str) -> str:
    """Delete a note for good."""
    write(f"deleted {title}")
    return f"{title} is deleted."


@server.tool(annotations=READS)
async def look_up(seconds: float, ctx: Context) -> str:
    """Look something up, slowly."""
    write("look up began")
    try:
        await ctx.report_progress(1, 2, "half of it is done")
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        write("look up cancelled")
        raise
    return "found"


@server.tool(annotations=READS)
def fail() -> str:
    """Fail."""
    raise ValueError("the shelf is empty")


@server.tool(annotations=READS, structured_output=False)
def chart() -> list[object]:
    """Draw a chart."""
    return ["two bars", Image(data=b"no picture", format="png")]


@server.tool(annotations=READS)
def environment(name: str) -> str:
    """A variable of the environment."""
    return os.environ.get(name, "not set")


@server.tool(annotations=READS)
def where() -> str:
    """The directory it runs in."""
    return str(Path.cwd())


@server.tool(annotations=READS)
async def learn(ctx: Context) -> str:
    """Learn one more tool."""
    server.add_tool(lambda: "hello", name="greet", description="Greet.", annotations=READS)
    server.remove_tool("where")
    await ctx.session.send_tool_list_changed()
    return "learned"


@server.tool(annotations=READS)
def crash_reading() -> str:
    """End the program while it reads."""
    write("crashed")
    os._exit(3)


@server.tool()
def crash_deleting() -> str:
    """End the program while it deletes."""
    write("crashed")
    os._exit(3)


print("the desk is open", file=sys.stderr, flush=True)
server.run(transport="streamable-http" if options.http else "stdio")
