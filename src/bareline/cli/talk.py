"""``bareline talk``: speak, play a recording or type, to OpenAI or to the built-in server."""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.util
import inspect
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from bareline.cli.call_view import ProtocolView
from bareline.cli.imported import imported
from bareline.cli.running import run_call
from bareline.cli.talk_browser import BROWSER_TASKS, DEFAULT_PORT, talk_in_browser
from bareline.cli.talk_interruptions import INTERRUPTIONS, interruption_keywords
from bareline.cli.talk_turns import turn_keywords
from bareline.cli.terminal import Terminal
from bareline.client.connect import DEFAULT_MODEL
from bareline.errors import ConfigurationError

if TYPE_CHECKING:
    from bareline.cli.talk_view import TalkView
    from bareline.tools import Toolbox

__all__ = ["add_parser", "run"]

_WEBRTC = ("aiortc", "aioice", "av")
_GOES_WITH = {
    "out": ("--out", ("wav",)),
    "input_device": ("--input-device", ("microphone",)),
    "output_device": ("--output-device", ("microphone",)),
    "interruptions": ("--interruptions", ("microphone", "wav")),
    "echo": ("--echo", ("microphone",)),
    "push_to_talk": ("--push-to-talk", ("microphone",)),
    "wake_word": ("--wake-word", ("microphone", "wav")),
    "transport": ("--transport", ("microphone", "wav", "text")),
    "json": ("--json", ("microphone", "wav", "text", "list_devices")),
    "port": ("--port", ("browser",)),
    "no_open": ("--no-open", ("browser",)),
}
"""Options to their name and the ways of talking that they go with."""
_WAYS = {
    "microphone": "microphone and speakers",
    "wav": "--wav",
    "text": "--text",
    "browser": "--browser",
    "list_devices": "--list-devices",
}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage]
    """The command's options."""
    parser = commands.add_parser(
        "talk",
        help="talk to OpenAI (when a key is set) or to the built-in server",
        description="Talks, by microphone and speakers unless another way is named, to OpenAI when OPENAI_API_KEY is "
        "set, else to the built-in server. Says which. The assistant is a task manager unless --tools names your own. "
        "Ctrl-C hangs up.",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--wav", type=Path, metavar="FILE", help="speak this recording, in real time")
    how.add_argument("--text", action="store_true", help="type (or pipe) lines instead of speaking")
    how.add_argument("--browser", action="store_true", help="speak in a page that the browser shows")
    how.add_argument("--list-devices", action="store_true", help="list microphones and speakers, and end")
    parser.add_argument("--input-device", metavar="DEVICE", help="the microphone: its number or a part of its name")
    parser.add_argument("--output-device", metavar="DEVICE", help="the speakers: their number or a part of their name")
    parser.add_argument(
        "--echo",
        choices=("auto", "on", "off"),
        help="keep the assistant from hearing itself; default auto: unless the speakers are called headphones",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="with --wav: record the answer as heard into this WAV")
    parser.add_argument(
        "--transport",
        choices=("webrtc", "websocket"),
        help="default: webrtc when speaking and the webrtc extra is there, else websocket",
    )
    parser.add_argument(
        "--interruptions",
        choices=INTERRUPTIONS,
        help="who judges what is said over the assistant: rules that know a listener's sound from an interruption "
        "(balanced, the default; patient; eager), or the service, which takes every sound for one",
    )
    parser.add_argument("--push-to-talk", action="store_true", help="the space bar begins and ends your turns")
    parser.add_argument(
        "--wake-word",
        metavar="PHRASE",
        help="nothing is sent before this is said: alexa, okay nabu, hey jarvis, hey mycroft, or any phrase of yours",
    )
    parser.add_argument("--model", default=DEFAULT_MODEL, help=f"default: {DEFAULT_MODEL}")
    parser.add_argument("--voice", help="marin, cedar, alloy, …")
    parser.add_argument("--instructions", help="the system prompt")
    parser.add_argument("--tools", metavar="MODULE:NAME", help="a Toolbox of yours; 'none' for no tools")
    parser.add_argument("--base-url", metavar="URL", help="another server; 'local' for the built-in one")
    parser.add_argument("--port", type=int, help=f"with --browser: of the page ({DEFAULT_PORT}; 0: any)")
    parser.add_argument("--no-open", action="store_true", help="with --browser: only say where the page is")
    parser.add_argument("--json", action="store_true", help="print one JSON object for each thing that happens")
    parser.add_argument("-v", "--verbose", action="store_true", help="show the protocol, on standard error")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Hold the conversation."""
    way = _way(args)
    if way == "list_devices":
        return _list_devices(as_json=args.json)
    base_url = _server(args.base_url)
    if way == "browser":
        tools = _tools(args.tools, BROWSER_TASKS)
        talk_in_browser(args, base_url, tools, args.instructions or (None if args.tools else _instructions()))
        return 0
    try:
        run_call(_talk(args, way, base_url))
    except KeyboardInterrupt:
        if way != "microphone":  # which knows no other end
            raise
    return 0


def _way(args: argparse.Namespace) -> str:
    """How the person wants to talk. Raises ``ConfigurationError`` for options that do not go with it."""
    way = next((name for name in ("wav", "text", "browser", "list_devices") if getattr(args, name)), "microphone")
    for option, (name, ways) in _GOES_WITH.items():
        given = getattr(args, option)
        if given is not None and given is not False and way not in ways:
            raise ConfigurationError(
                f"{name} goes with {' or '.join(_WAYS[one] for one in ways)}, not with {_WAYS[way]}"
            )
    return way


def _list_devices(*, as_json: bool) -> int:
    from bareline.devices.portaudio import list_devices

    terminal = Terminal()
    devices = list_devices()
    for device in devices:
        if as_json:
            terminal.line(msgspec.json.encode(device).decode())
            continue
        ways = [f"{count} {way}" for count, way in ((device.inputs, "in"), (device.outputs, "out")) if count]
        chosen = {"microphone": device.default_input, "speakers": device.default_output}
        default = " and ".join(name for name, is_default in chosen.items() if is_default)
        mark = terminal.paint(f"  the system's {default}", "green") if default else ""
        terminal.line(
            f"{device.number:>3}  {device.name} ({device.system}, {', '.join(ways)}, {device.rate_hz} Hz){mark}"
        )
    if not devices and not as_json:
        terminal.line("No microphones or speakers were found: bareline talk --browser uses those of your browser.")
    return 0


def _server(wanted: str | None) -> str | None:
    if wanted or os.environ.get("OPENAI_BASE_URL") or os.environ.get("OPENAI_API_KEY"):
        return wanted or os.environ.get("OPENAI_BASE_URL")
    return "local"


async def _talk(args: argparse.Namespace, way: str, base_url: str | None) -> None:
    import bareline.local  # pyright: ignore[reportUnusedImport]  # noqa: F401  (makes "local" mean the built-in server)
    from bareline.cli.talk_call import Talk
    from bareline.cli.talk_view import JsonView, PersonView

    view = JsonView() if args.json else PersonView(Terminal())
    transport = _transport(args.transport, way, view)
    options: dict[str, Any] = {
        "model": args.model,
        "transport": transport,
        "voice": args.voice,
        "base_url": base_url,
        "observer": ProtocolView(Terminal(sys.stderr)) if args.verbose else None,
        "tools": _tools(args.tools),
        "instructions": args.instructions or (None if args.tools else _instructions()),
    }
    if way in ("microphone", "wav"):
        if not args.push_to_talk:  # a key leaves no doubt
            options |= interruption_keywords(args.interruptions, view)
        options |= turn_keywords(push_to_talk=args.push_to_talk, wake_word=args.wake_word, view=view)
    name = "the built-in server (rules, not a language model)" if base_url == "local" else base_url or "OpenAI"
    talk = Talk(name, args.model, transport, options, view)
    if way == "wav":
        await talk.from_file(args.wav, args.out)
    elif way == "text":
        await talk.in_writing()
    else:
        await talk.aloud(args.input_device, args.output_device, args.echo or "auto")


def _transport(wanted: str | None, way: str, view: TalkView) -> str:
    """The one wanted; else WebRTC for speech where it is installed. Writing needs no media."""
    if wanted:
        return wanted
    if way == "text":
        return "websocket"
    if any(importlib.util.find_spec(name) is None for name in _WEBRTC):
        view.notice("Over WebSocket: WebRTC needs the optional part 'webrtc' (pip install 'bareline[webrtc]').")
        return "websocket"
    return "webrtc"


def _tools(name: str | None, tasks: Sequence[str] = ()) -> Toolbox | None:
    from bareline.lab.task_manager.places import PlaceDirectory
    from bareline.lab.task_manager.tasks import TaskStore
    from bareline.lab.task_manager.tools import all_tools

    if name == "none":
        return None
    if name:
        return _imported(name)
    store = TaskStore(":memory:")
    for title in tasks:
        store.add(title)
    return all_tools(store, PlaceDirectory())


def _imported(name: str) -> Toolbox:
    from bareline.tools import Toolbox

    found = imported("--tools ", name if ":" in name else f"{name}:tools")
    found = found() if inspect.isfunction(found) else found  # as for `bareline tools lint`: it makes one
    if not isinstance(found, Toolbox):
        raise ConfigurationError(f"--tools {name}: that is a {type(found).__name__}, not a bareline.Toolbox")
    return found


def _instructions() -> str:
    """Of the task manager; tools of the user's own need words of the user's own."""
    from bareline.lab.task_manager.tools import instructions

    return instructions(dt.datetime.now().astimezone().date())
