"""How does the demo's call look while it happens, and in the end?"""

from __future__ import annotations

from pathlib import Path

import msgspec

from bareline.cli.terminal import Terminal
from bareline.client.call_events import (
    AgentSaid,
    CallEvent,
    CallStarted,
    ConfirmationAsked,
    ErrorHappened,
    Interrupted,
    ToolSettled,
    UserSaid,
)
from bareline.lab.demo.play import CallerSaid, DemoOptions
from bareline.lab.demo.summary import DemoSummary
from bareline.units import NS_PER_S

__all__ = ["DemoView"]


class DemoView:
    """Prints a call line by line: when, who, what."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._started_ns: int | None = None

    def begin(self, options: DemoOptions) -> None:
        """Say what is about to happen."""
        where = options.base_url or "the built-in server"
        self._terminal.line(f"A spoken call over {options.transport} with {where}, seed {options.seed}.", "bold")
        self._terminal.line("The caller is synthesised and speaks in real time; nothing leaves this machine.", "dim")
        self._terminal.line()

    def show(self, event: CallEvent | CallerSaid) -> None:
        """Show one thing that happened."""
        match event:
            case CallStarted():
                self._started_ns = event.at_ns
                self._line(event.at_ns, "call", f"connected to {event.model}", "dim")
            case CallerSaid():
                how = "caller interrupts" if event.interrupts else "caller"
                self._line(event.at_ns, how, event.text, "cyan")
            case UserSaid():
                self._line(event.at_ns, "understood", event.text or "(nothing)", "dim")
            case AgentSaid():
                cut = self._terminal.paint(" — interrupted", "yellow") if event.interrupted else ""
                self._line(event.at_ns, "agent", event.text + cut, "green")
            case ToolSettled():
                self._line(
                    event.at_ns, "tool", f"{event.name}({_arguments(event.arguments)}) {_outcome(event)}", "magenta"
                )
            case ConfirmationAsked():
                self._line(event.at_ns, "confirm", f"{event.name} waits for a spoken yes", "yellow")
            case Interrupted():
                self._line(
                    event.at_ns, "barge-in", f"silent; the server is told of {event.heard_ms} ms heard", "yellow"
                )
            case ErrorHappened():
                self._line(event.at_ns, "error", event.message, "red")
            case _:
                pass

    def finish(self, summary: DemoSummary, out: Path) -> None:
        """Say how it went, and where everything is."""
        line = self._terminal.line
        line()
        verdict = ("The call did what it was for.", "green") if summary.ok else ("The call missed its goals.", "red")
        line(verdict[0], "bold", verdict[1])
        for problem in summary.errors:
            line(f"  {problem}", "red")
        if summary.first_audio_ms:
            first = summary.first_audio_ms
            line(f"  first audio    {first.p50} ms median, {first.p95} ms p95, over {first.turns} turns")
        if summary.barge_in:
            cut = summary.barge_in
            line(f"  barge-in       silent after {cut.stop_ms} ms; {cut.heard_ms} ms heard, {cut.audio_end_ms} ms told")
        heard = summary.recognition
        line(
            f"  recognition    {heard.sentence_errors} of {heard.sentences} sentences with an error, "
            f"repeated {heard.asked_again} times"
        )
        line(f"  recording      {out / 'call.wav'} (left: caller, right: agent)")
        line(f"  trace          {out / 'trace.jsonl'}")
        line(f"  summary        {out / 'summary.json'}")

    def _line(self, at_ns: int, who: str, text: str, colour: str) -> None:
        seconds = (at_ns - (self._started_ns or at_ns)) / NS_PER_S
        self._terminal.line(
            f"{self._terminal.paint(f'{seconds:6.2f}', 'dim')}  {self._terminal.paint(f'{who:<17}', colour)} {text}"
        )


def _arguments(text: str) -> str:
    try:
        values = msgspec.json.decode(text, type=dict[str, object])
    except msgspec.MsgspecError:
        return text
    return ", ".join(f"{name}={value!r}" for name, value in values.items())


def _outcome(event: ToolSettled) -> str:
    consent = f", consent by {event.consent}" if event.consent else ""
    return f"→ {event.state.value}{consent} in {event.duration_ms} ms"
