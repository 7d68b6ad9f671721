"""How is a call shown to the person who holds it, and how to a program?"""

from __future__ import annotations

import re
import sys
from typing import Protocol, TextIO

import msgspec

from bareline.cli.call_view import CallView
from bareline.cli.talk_summary import TalkSummary
from bareline.cli.terminal import Terminal
from bareline.client.call_events import AgentSaid, CallEvent, Interrupted, UserSaid, UserStarted
from bareline.clock import now_ns
from bareline.media.levels import SILENCE_DBFS
from bareline.units import ns_to_ms

__all__ = ["JsonView", "PersonView", "TalkView"]

_BARS = " ▁▂▃▄▅▆▇█"
_PLAIN_BARS = " .:-=+*#@"
_FLOOR_DBFS = -60.0
_METER_WIDTH = 8
_PARTIAL_CHARS = 400


class TalkView(Protocol):
    """Sees a call as it happens."""

    live: bool
    """Whether ``partial`` and ``levels`` are of any use."""

    def begin(self, server: str, model: str, transport: str, devices: str) -> None:
        """Who is talked to, and how; ``devices`` is empty where there are none."""
        ...

    def notice(self, text: str) -> None:
        """Something that the person should know."""
        ...

    def show(self, event: CallEvent) -> None:
        """What happened."""
        ...

    def partial(self, who: str, text: str) -> None:
        """More of what ``who`` is saying."""
        ...

    def levels(self, user_dbfs: float, agent_dbfs: float) -> None:
        """How loud both were since the last time."""
        ...

    def finish(self, summary: TalkSummary) -> None:
        """It is over."""
        ...


class PersonView:
    """Lines; on a terminal also both levels, and what is being said while it is said."""

    def __init__(self, terminal: Terminal) -> None:
        self.live = terminal.live
        self._terminal = terminal
        self._lines = CallView(terminal)
        self._meters = {"you": _Meter(), "agent": _Meter()}
        self._partial = ("", "")

    def begin(self, server: str, model: str, transport: str, devices: str) -> None:
        """Say it in a line or two."""
        over = {"webrtc": "WebRTC", "websocket": "WebSocket"}.get(transport, transport)
        self._terminal.line(f"Talking to {server}, model {model}, over {over}.", "bold")
        if devices:
            self._terminal.line(devices, "dim")

    def notice(self, text: str) -> None:
        """A line."""
        self._terminal.line(text, "yellow")

    def show(self, event: CallEvent) -> None:
        """A line, if a person wants to know of it."""
        match event:
            case UserStarted() | UserSaid() | AgentSaid() | Interrupted():
                self._partial = ("", "")
            case _:
                pass
        self._lines.show(event)

    def partial(self, who: str, text: str) -> None:
        """In the last line, until it is complete."""
        before = self._partial[1] if self._partial[0] == who else ""
        self._partial = (who, (before + text)[-_PARTIAL_CHARS:])

    def levels(self, user_dbfs: float, agent_dbfs: float) -> None:
        """In the last line."""
        for meter, dbfs in zip(self._meters.values(), (user_dbfs, agent_dbfs), strict=True):
            meter.add(dbfs)
        bars = _BARS if self._terminal.can_show(_BARS) else _PLAIN_BARS
        shown = "  ".join(f"{name} {meter.drawn(bars)}" for name, meter in self._meters.items())
        who, text = self._partial
        self._terminal.status(f"{shown}  {who}: {text.strip()}" if text else shown)

    def finish(self, summary: TalkSummary) -> None:
        """One line."""
        self._terminal.status("")
        self._terminal.line(str(summary), "bold")


class JsonView:
    """One JSON object in each line: ``type`` says what it is, ``at_ms`` when, from the beginning of the command on."""

    live = False

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._began_ns = now_ns()

    def begin(self, server: str, model: str, transport: str, devices: str) -> None:
        """``type`` is ``talk``."""
        self._write("talk", {"server": server, "model": model, "transport": transport, "devices": devices})

    def notice(self, text: str) -> None:
        """``type`` is ``notice``."""
        self._write("notice", {"text": text})

    def show(self, event: CallEvent) -> None:
        """``type`` is the event's name in lower case: ``user_said``."""
        fields: dict[str, object] = msgspec.to_builtins(event)
        at_ns = event.at_ns
        del fields["at_ns"]
        self._write(re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower(), fields, at_ns)

    def partial(self, who: str, text: str) -> None:
        """Nothing: what is final comes as an event."""

    def levels(self, user_dbfs: float, agent_dbfs: float) -> None:
        """Nothing."""

    def finish(self, summary: TalkSummary) -> None:
        """``type`` is ``summary``; the last line."""
        self._write("summary", msgspec.to_builtins(summary))

    def _write(self, kind: str, fields: dict[str, object], at_ns: int | None = None) -> None:
        since_ns = (now_ns() if at_ns is None else at_ns) - self._began_ns
        line = msgspec.json.encode({"type": kind, "at_ms": ns_to_ms(since_ns), **fields})
        print(line.decode(), file=self._stream, flush=True)


class _Meter:
    """The last levels, as bars."""

    def __init__(self) -> None:
        self._levels = [SILENCE_DBFS] * _METER_WIDTH

    def add(self, dbfs: float) -> None:
        self._levels = [*self._levels[1:], dbfs]

    def drawn(self, bars: str) -> str:
        return "".join(bars[_step(dbfs, len(bars))] for dbfs in self._levels)


def _step(dbfs: float, steps: int) -> int:
    share = (dbfs - _FLOOR_DBFS) / -_FLOOR_DBFS
    return min(steps - 1, max(0, round(share * (steps - 1))))
