"""How does the demo's call look while it happens, and in the end?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bareline.cli.call_view import CallView
from bareline.cli.terminal import Terminal
from bareline.client.call_events import CallEvent
from bareline.lab.demo.play import CallerSaid, DemoOptions
from bareline.lab.demo.summary import DemoSummary, MediaFigures
from bareline.lab.demo.tools_judge import ToolsSummary

__all__ = ["DemoView"]

_TRANSPORTS = {"webrtc": "WebRTC", "websocket": "WebSocket"}


class DemoView:
    """Prints the call with what the caller really said, then the figures."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._call = CallView(terminal)

    def begin(self, options: DemoOptions) -> None:
        """Say what is about to happen."""
        where = options.base_url or "the built-in server"
        over = _TRANSPORTS.get(options.transport, options.transport)
        lossy = f", {options.loss_percent:g} % of the packets lost" if options.loss_percent else ""
        self._terminal.line(f"A spoken call over {over} with {where}, seed {options.seed}{lossy}.", "bold")
        self._terminal.line("The caller is synthesised and speaks in real time; no sound is played.", "dim")
        self._terminal.line()

    def show(self, event: CallEvent | CallerSaid) -> None:
        """Show one thing that happened."""
        if isinstance(event, CallerSaid):
            how = "caller interrupts" if event.interrupts else "caller"
            self._call.line(event.at_ns, how, event.text, "cyan")
        else:
            self._call.show(event)

    def finish(self, summary: DemoSummary | ToolsSummary, out: Path) -> None:
        """Say how it went, and where everything is."""
        line = self._terminal.line
        line()
        verdict = ("The call did what it was for.", "green") if summary.ok else ("The call missed its goals.", "red")
        line(verdict[0], "bold", verdict[1])
        for problem in summary.errors:
            line(f"  {problem}", "red")
        figures = _tools(summary) if isinstance(summary, ToolsSummary) else _call(summary)
        for name, figure in figures:
            line(f"  {name:<14} {figure}")
        if summary.media:
            line(f"  media          {_media(summary.media)}")
        heard = summary.recognition
        wrong = f"{heard.sentence_errors} of {heard.sentences} sentences with an error"
        line(f"  recognition    {wrong}, repeated {heard.asked_again} times")
        line(f"  recording      {out / 'call.wav'} (left: caller, right: agent)")
        line(f"  trace          {out / 'trace.jsonl'}")
        line(f"  summary        {out / 'summary.json'}")


def _call(summary: DemoSummary) -> Iterator[tuple[str, str]]:
    if summary.first_audio_ms:
        first = summary.first_audio_ms
        yield "first audio", f"{first.p50} ms median, {first.p95} ms p95, over {first.turns} turns"
    if summary.barge_in:
        cut = summary.barge_in
        yield "barge-in", f"silent after {cut.stop_ms} ms; {cut.heard_ms} ms heard, {cut.audio_end_ms} ms told"
    turns = summary.turn_taking
    if turns.backchannel:
        sound = turns.backchannel
        became = "ended the answer" if sound.interrupted else f"did not end the answer: a gap of {sound.gap_ms} ms"
        yield "backchannel", f"'{sound.text}' {became}"
    if turns.thinking:
        became = "was taken for its end" if turns.thinking.cut else "was waited out"
        yield "long pause", f"{turns.thinking.pause_ms} ms in the middle of a sentence: {became}"


def _tools(summary: ToolsSummary) -> Iterator[tuple[str, str]]:
    for outcome in summary.outcomes:
        yield "shown" if outcome.shown else "missing", f"{outcome.name}: {outcome.words}"
    if summary.dead_air:
        yield "dead air", f"{summary.dead_air.longest_ms} ms at most while a tool ran ({summary.dead_air.tool})"
    yield "fillers", f"{len(summary.fillers)} said: {' '.join(dict.fromkeys(summary.fillers))}"


def _media(media: MediaFigures) -> str:
    lost = f"{media.lost_percent:g} % of {media.packets} packets lost"
    mended = f"{media.fec_ms} ms restored, {media.concealed_ms} ms concealed, {media.silent_ms} ms missing"
    return f"{media.codec}, {lost}; {mended}"
