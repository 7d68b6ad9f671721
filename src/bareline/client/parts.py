"""Which parts is a call made of?"""

from __future__ import annotations

from dataclasses import dataclass

from bareline.client.barge_in import BargeIn
from bareline.client.call_events import CallEvent, HungUp
from bareline.client.consent import ConsentDesk
from bareline.client.feed import Feed
from bareline.client.journal import Journal
from bareline.client.outbox import Outbox
from bareline.client.playback import Playback
from bareline.client.responder import Responder
from bareline.client.tool_runner import ToolRunner
from bareline.client.transcript import Transcript
from bareline.client.usage import CallUsage
from bareline.clock import now_ns

__all__ = ["Parts"]


@dataclass(slots=True, kw_only=True)
class Parts:
    """The parts of one call, and the feed of its events."""

    journal: Journal
    feed: Feed[CallEvent]
    outbox: Outbox
    playback: Playback
    transcript: Transcript
    responder: Responder
    barge_in: BargeIn
    runner: ToolRunner
    consent: ConsentDesk
    usage: CallUsage

    def close(self, reason: str) -> None:
        """The call is over: silence, and the last event."""
        self.outbox.lost()
        self.runner.close()
        self.playback.silence()
        self.feed.put(HungUp(at_ns=now_ns(), reason=reason))
        self.feed.close()
