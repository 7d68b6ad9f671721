"""How does a call look on the terminal while it happens?"""

from __future__ import annotations

import msgspec

from bareline.cli.terminal import Terminal
from bareline.client.call_events import (
    AgentSaid,
    CallEvent,
    CallStarted,
    ConfirmationAsked,
    ErrorHappened,
    FillerSaid,
    Interrupted,
    OutputResumed,
    Reconnected,
    ToolSettled,
    UserSaid,
)
from bareline.observe.record import TraceRecord
from bareline.units import NS_PER_S

__all__ = ["CallView", "ProtocolView"]

_SOUNDS = {"backchannel": "a listener's sound", "echo": "its own echo", "unknown": "nothing"}
_ARROWS = {"sent": "→", "received": "←", "malformed": "?"}


class CallView:
    """Prints a call line by line: when (seconds from its start), who, what."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self._started_ns: int | None = None

    def show(self, event: CallEvent) -> None:
        """Show what happened, if a person wants to know of it."""
        match event:
            case CallStarted():
                self._started_ns = event.at_ns
                self.line(event.at_ns, "call", f"connected to {event.model}", "dim")
            case UserSaid():
                self.line(event.at_ns, "understood", event.text or "(nothing)", "dim")
            case AgentSaid():
                cut = self.terminal.paint(" — interrupted", "yellow") if event.interrupted else ""
                self.line(event.at_ns, "agent", event.text + cut, "green")
            case ToolSettled():
                call = f"{event.name}({_arguments(event.arguments)})"
                self.line(event.at_ns, "tool", f"{call} {_outcome(event)}", "magenta")
            case FillerSaid():
                self.line(event.at_ns, "filler", event.text, "dim")
            case ConfirmationAsked():
                self.line(event.at_ns, "confirm", f"{event.name} waits for a yes", "yellow")
            case Interrupted() | OutputResumed():
                self._show_floor(event)
            case Reconnected():
                self.line(event.at_ns, "call", f"reconnected after {event.reason}", "yellow")
            case ErrorHappened():
                self.line(event.at_ns, "error", event.message, "red")
            case _:
                pass

    def _show_floor(self, event: Interrupted | OutputResumed) -> None:
        if isinstance(event, OutputResumed):
            self.line(event.at_ns, "goes on", f"it was {_SOUNDS.get(event.kind, event.kind)}", "dim")
            return
        judged = f" ({event.kind})" if event.kind else ""
        self.line(event.at_ns, "barge-in", f"silent; {event.heard_ms} ms had been heard{judged}", "yellow")

    def line(self, at_ns: int, who: str, text: str, colour: str) -> None:
        """One line of the call."""
        seconds = (at_ns - (self._started_ns or at_ns)) / NS_PER_S
        paint = self.terminal.paint
        self.terminal.line(f"{paint(f'{seconds:6.2f}', 'dim')}  {paint(f'{who:<17}', colour)} {text}")


class ProtocolView:
    """An observer that prints every event both ways (``-v``); audio shows as its size."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def observe(self, record: TraceRecord) -> None:
        """Print one record of the wire; others are left out."""
        arrow = _ARROWS.get(record.kind)
        if arrow is None:
            return
        shown = {name: value for name, value in record.data.items() if name not in ("type", "event_id")}
        text = msgspec.json.encode(shown).decode()
        seconds = record.at_ns / NS_PER_S
        self._terminal.line(f"{seconds:10.3f} {arrow} {record.name} {text[:160]}", "dim")


def _arguments(text: str) -> str:
    try:
        values = msgspec.json.decode(text, type=dict[str, object])
    except msgspec.MsgspecError:
        return text
    return ", ".join(f"{name}={value!r}" for name, value in values.items())


def _outcome(event: ToolSettled) -> str:
    consent = f", consent by {event.consent}" if event.consent else ""
    return f"→ {event.state.value}{consent} in {event.duration_ms} ms"
