"""``bareline talk``: speak from a file, or type, to OpenAI or to the built-in server."""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import os
import sys
import threading
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bareline.cli.call_view import CallView, ProtocolView
from bareline.cli.imported import imported
from bareline.cli.running import run_call
from bareline.cli.talk_browser import BROWSER_TASKS, DEFAULT_PORT, talk_in_browser
from bareline.cli.terminal import Terminal
from bareline.client.connect import DEFAULT_MODEL
from bareline.errors import ConfigurationError

if TYPE_CHECKING:
    from bareline.client.call import Call
    from bareline.tools import Toolbox

__all__ = ["add_parser", "run"]

_TRAILING_SILENCE_MS = 1_500
"""After a file's last word, so that the server hears the end of the turn."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage]
    """The command's options."""
    parser = commands.add_parser(
        "talk",
        help="talk to OpenAI (when a key is set) or to the built-in server",
        description="Talks to OpenAI when OPENAI_API_KEY is set, else to the built-in server. "
        "Says which. The assistant is a task manager unless --tools names your own.",
    )
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--wav", type=Path, metavar="FILE", help="speak this recording, in real time")
    how.add_argument("--text", action="store_true", help="type (or pipe) lines instead of speaking")
    how.add_argument("--browser", action="store_true", help="speak in a page that the browser shows")
    parser.add_argument("--out", type=Path, metavar="FILE", help="with --wav: record the answer as heard into this WAV")
    parser.add_argument("--model", default=DEFAULT_MODEL, help=f"default: {DEFAULT_MODEL}")
    parser.add_argument("--voice", help="marin, cedar, alloy, …")
    parser.add_argument("--instructions", help="the system prompt")
    parser.add_argument("--tools", metavar="MODULE:NAME", help="a Toolbox of yours; 'none' for no tools")
    parser.add_argument("--base-url", metavar="URL", help="another server; 'local' for the built-in one")
    parser.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help="with --browser: of the page (%(default)s; 0: any)"
    )
    parser.add_argument("--no-open", action="store_true", help="with --browser: only say where the page is")
    parser.add_argument("-v", "--verbose", action="store_true", help="show the protocol")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Hold the conversation."""
    terminal = Terminal()
    base_url = _server(args.base_url)
    if args.browser:
        tools = _tools(args.tools, BROWSER_TASKS)
        talk_in_browser(args, base_url, tools, args.instructions or (None if args.tools else _instructions()))
        return 0
    name = "the built-in server (rules, not a language model)" if base_url == "local" else base_url or "OpenAI"
    terminal.line(f"Talking to {name}, model {args.model}.", "bold")
    run_call(_talk(args, base_url, terminal))
    return 0


def _server(wanted: str | None) -> str | None:
    if wanted or os.environ.get("OPENAI_BASE_URL") or os.environ.get("OPENAI_API_KEY"):
        return wanted or os.environ.get("OPENAI_BASE_URL")
    return "local"


async def _talk(args: argparse.Namespace, base_url: str | None, terminal: Terminal) -> None:
    import bareline.local  # pyright: ignore[reportUnusedImport]  # noqa: F401  (makes "local" mean the built-in server)
    from bareline.client.call import Call

    options: dict[str, Any] = {
        "model": args.model,
        "voice": args.voice,
        "base_url": base_url,
        "observer": ProtocolView(Terminal(sys.stderr)) if args.verbose else None,
    }
    tools = _tools(args.tools)
    options |= {"tools": tools, "instructions": args.instructions or (None if args.tools else _instructions())}
    if args.text:
        async with Call(**options, output_modalities=["text"]) as call, _shown(call, terminal):
            await _type(call, terminal)
    else:
        await _speak(args, options, terminal)


async def _type(call: Call, terminal: Terminal) -> None:
    """Send line after line, each when the answer to the one before is complete; stop when the call is over."""
    lines = _lines()
    if sys.stdin.isatty():
        terminal.line("Type; an empty line ends the call.", "dim")

    async def tell() -> None:
        with suppress(Exception):  # leaving the call raises it
            await call.run()
        lines.put_nowait("")

    over = asyncio.create_task(tell())
    try:
        while (line := (await lines.get()).strip()) and not over.done():
            call.send_text(line)
            await call.quiet()
    finally:
        over.cancel()


async def _speak(args: argparse.Namespace, options: dict[str, Any], terminal: Terminal) -> None:
    from bareline.client.call import Call
    from bareline.devices.sinks import NullSink
    from bareline.devices.sources import FileSource
    from bareline.devices.wav_sink import WavSink

    microphone = FileSource(args.wav, trailing_silence_ms=_TRAILING_SILENCE_MS)
    speaker = WavSink(args.out) if args.out else NullSink()
    try:
        call = Call(**options, microphone=microphone, speaker=speaker, transcription="gpt-4o-mini-transcribe")
        async with call, _shown(call, terminal):
            await call.quiet(after_microphone=True)
    finally:
        await microphone.close()
        await speaker.close()
    if args.out:
        terminal.line(f"The answer is in {args.out}.", "dim")


@asynccontextmanager
async def _shown(call: Call, terminal: Terminal) -> AsyncGenerator[None]:
    """Print what happens until the call is over."""
    view = CallView(terminal)

    async def follow() -> None:
        try:
            async for event in call.events():
                view.show(event)
        finally:
            await call.hang_up("nobody follows it")  # what failed here is raised by who awaits this

    following = asyncio.create_task(follow())
    try:
        yield
    finally:
        await call.hang_up()
        await following


def _lines() -> asyncio.Queue[str]:
    """Lines of standard input as they come; an empty one at the end.

    Read by a daemon thread: nothing can wake a thread that waits for a keyboard, and it must not hold up Ctrl-C.
    """
    lines: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, "")

    threading.Thread(target=read, name="bareline-stdin", daemon=True).start()
    return lines


def _tools(name: str | None, tasks: Sequence[str] = ()) -> Toolbox | None:
    from bareline.lab.demo.agent import task_tools
    from bareline.lab.demo.store import TaskStore

    if name == "none":
        return None
    if name:
        return _imported(name)
    store = TaskStore(":memory:")
    for title in tasks:
        store.add(title)
    return task_tools(store)


def _imported(name: str) -> Toolbox:
    from bareline.tools import Toolbox

    found = imported("--tools ", name if ":" in name else f"{name}:tools")
    if not isinstance(found, Toolbox):
        raise ConfigurationError(f"--tools {name}: that is a {type(found).__name__}, not a bareline.Toolbox")
    return found


def _instructions() -> str:
    """Of the task manager; tools of the user's own need words of the user's own."""
    from bareline.lab.demo.agent import instructions

    return instructions(dt.datetime.now().astimezone().date())
