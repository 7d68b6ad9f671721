"""``bareline talk --browser``: a page that holds the call itself, while key and tools stay in this process."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
import webbrowser
from typing import TYPE_CHECKING

from bareline.cli.terminal import Terminal
from bareline.errors import ConfigurationError, MissingExtra

if TYPE_CHECKING:
    from bareline.client.address import Address
    from bareline.lab.talk_page import Introduction
    from bareline.tools import Toolbox

__all__ = ["BROWSER_TASKS", "DEFAULT_PORT", "talk_in_browser"]

DEFAULT_PORT = 8090
"""The same at each start, so that browsers remember that the page may use the microphone."""
BROWSER_TASKS = ("buy oat milk", "call the dentist", "print the boarding passes")
"""What is on the list at first, so that there is something to ask for."""
_SUGGESTIONS = (
    "What is on my list?",
    "Add a task to water the plants tomorrow.",
    "I have finished buy oat milk.",
    "Delete call the dentist, please.",
    "… and interrupt the assistant whenever you like.",
)


def talk_in_browser(
    args: argparse.Namespace, base_url: str | None, tools: Toolbox | None, instructions: str | None
) -> None:
    """Serve the page until SIGINT or SIGTERM. ``instructions`` None: those of the service."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO if args.verbose else logging.WARNING, format="%(message)s"
    )
    logging.getLogger("aioice").setLevel(logging.WARNING)  # which tells of every check of every call
    asyncio.run(_serve(args, base_url, tools, instructions))


async def _serve(
    args: argparse.Namespace, base_url: str | None, tools: Toolbox | None, instructions: str | None
) -> None:
    import bareline.local  # pyright: ignore[reportUnusedImport]  # noqa: F401  (makes "local" mean the built-in server)
    from bareline.client.address import resolve_address
    from bareline.tools import Toolbox

    try:
        from bareline.lab.browser_calls import BrowserCalls
        from bareline.lab.talk_page import TalkPage
    except ImportError as error:
        raise MissingExtra("The page", "server") from error
    port = DEFAULT_PORT if args.port is None else args.port
    if not 0 <= port <= 65535:
        raise ConfigurationError(f"--port {port} is outside 0-65535")
    address = await resolve_address(base_url)
    try:
        calls = BrowserCalls(
            address,
            tools if tools is not None else Toolbox(),
            {"instructions": instructions, "transcription": "gpt-4o-mini-transcribe"},
        )
        async with TalkPage(calls, _introduction(args, base_url, address), port) as page:
            Terminal().line(f"Open {page.url} in a browser; Ctrl-C ends it.", "bold")
            if not args.no_open:
                _open(page.url)
            await _interrupted()
    finally:
        if address.stop is not None:
            await address.stop()


def _introduction(args: argparse.Namespace, base_url: str | None, address: Address) -> Introduction:
    from bareline.client.address import OPENAI_BASE_URL
    from bareline.lab.talk_page import Introduction
    from bareline.server.models import REALTIME_MODELS
    from bareline.speech.voices import ASSISTANT_VOICES

    names = {"local": "the built-in server", OPENAI_BASE_URL: "OpenAI"}
    voice = args.voice or "marin"
    return Introduction(
        server=names.get(base_url or address.base_url, address.base_url),
        note="rules over its tools, not a language model" if base_url == "local" else "",
        model=args.model,
        models=list(dict.fromkeys((args.model, *REALTIME_MODELS))),
        voice=voice,
        voices=list(dict.fromkeys((voice, *sorted(ASSISTANT_VOICES)))),
        suggestions=() if args.tools or args.instructions else _SUGGESTIONS,
    )


async def _interrupted() -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await stopped.wait()


def _open(url: str) -> None:
    """In the browser of the desktop, if there is one; browsers of the terminal cannot call."""
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(url)
