"""How does the demo's call look while it happens, and in the end?"""

from __future__ import annotations

from pathlib import Path

from bareline.cli.call_view import CallView
from bareline.cli.terminal import Terminal
from bareline.client.call_events import CallEvent
from bareline.lab.demo.play import CallerSaid, DemoOptions
from bareline.lab.demo.summary import DemoSummary, MediaFigures

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
        if summary.media:
            line(f"  media          {_media(summary.media)}")
        heard = summary.recognition
        wrong = f"{heard.sentence_errors} of {heard.sentences} sentences with an error"
        line(f"  recognition    {wrong}, repeated {heard.asked_again} times")
        line(f"  recording      {out / 'call.wav'} (left: caller, right: agent)")
        line(f"  trace          {out / 'trace.jsonl'}")
        line(f"  summary        {out / 'summary.json'}")


def _media(media: MediaFigures) -> str:
    lost = f"{media.lost_percent:g} % of {media.packets} packets lost"
    mended = f"{media.fec_ms} ms restored, {media.concealed_ms} ms concealed, {media.silent_ms} ms missing"
    return f"{media.codec}, {lost}; {mended}"
