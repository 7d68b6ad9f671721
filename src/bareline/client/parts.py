"""Which parts is a call made of?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bareline.client.barge_in import BargeIn
from bareline.client.call_events import CallEvent, HungUp, ToolArguments
from bareline.client.claims import ClaimWatch
from bareline.client.consent import ConsentDesk
from bareline.client.feed import Feed
from bareline.client.filler import Filler
from bareline.client.interruptions import Interruptions
from bareline.client.journal import Journal
from bareline.client.local_ears import LocalEars
from bareline.client.local_turns import LocalTurns
from bareline.client.media_playback import MediaPlayback
from bareline.client.media_reactions import MediaReactions
from bareline.client.outbox import Outbox
from bareline.client.playback import Playback
from bareline.client.protection import Protection
from bareline.client.recovery import Recovery
from bareline.client.remote_tools import RemoteTools
from bareline.client.responder import Responder
from bareline.client.service_turns import ServiceTurns
from bareline.client.telling import Telling
from bareline.client.tool_runner import ToolRunner
from bareline.client.transcript import Transcript
from bareline.client.truncation import ClientTruncation, ServerTruncation
from bareline.client.turn_pace import TurnPace
from bareline.client.usage import CallUsage
from bareline.clock import now_ns
from bareline.errors import ConfigurationError
from bareline.protocol.conversation import Conversation
from bareline.turns.overlap import OutputChange

__all__ = ["Judging", "OverMedia", "Parts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OverMedia:
    """The parts that take over where a line carries audio as media."""

    playback: MediaPlayback
    truncation: ServerTruncation
    reactions: MediaReactions


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """The parts that judge interruptions, where a policy is in use."""

    interruptions: Interruptions
    service_turns: ServiceTurns


@dataclass(slots=True, kw_only=True)
class Parts:
    """The parts of one call, and the feed of its events.

    How the assistant's audio travels is known when the first line is open; ``media`` is there where it is media.
    """

    journal: Journal
    feed: Feed[CallEvent]
    arguments: Feed[ToolArguments]
    outbox: Outbox
    playback: Playback | MediaPlayback
    truncation: ClientTruncation | ServerTruncation
    transcript: Transcript
    responder: Responder
    barge_in: BargeIn
    filler: Filler
    runner: ToolRunner
    consent: ConsentDesk
    remote: RemoteTools
    telling: Telling | None
    recovery: Recovery | None
    claims: ClaimWatch
    usage: CallUsage
    ears: LocalEars
    turns: LocalTurns
    pace: TurnPace | None
    protection: Protection
    judging: Judging | None
    over_media: OverMedia
    media: MediaReactions | None = None
    opened_before: bool = False

    def opened(self, *, carries_audio: bool) -> None:
        """A line is open. Raises ``ConfigurationError`` when it carries audio in another way than the one before."""
        if not self.opened_before and carries_audio:
            self.playback, self.truncation = self.over_media.playback, self.over_media.truncation
            self.media = self.over_media.reactions
        elif carries_audio != (self.media is not None):
            raise ConfigurationError("a call cannot change between transports with and without media")
        self.opened_before = True
        self.turns.opened(media=carries_audio)

    async def play(self) -> None:
        """Play what the assistant says, until cancelled."""
        await self.playback.run()

    def interrupt(
        self,
        conversation: Conversation,
        *,
        by: Literal["user", "application"],
        at_ns: int,
        server_cancels: bool,
        judged: OutputChange | None = None,
    ) -> bool:
        """Stop what is being said and generated, and the tools that an interruption stops.

        A user who speaks into silence interrupts nothing; the application's word stops tools also then. False when
        there was nothing to stop.
        """
        stopped = self.barge_in.interrupt(
            conversation, by=by, at_ns=at_ns, server_cancels=server_cancels, judged=judged
        )
        if stopped or by == "application":
            stopped = self.runner.interrupted(by) or stopped
        return stopped

    def connection_lost(self) -> None:
        """What the server would have told of this connection is not coming any more."""
        self.outbox.lost()
        self.playback.connection_lost()
        self.turns.connection_lost()
        self.protection.connection_lost()
        if self.judging is not None:
            self.judging.service_turns.connection_lost()
        if self.telling is not None:
            self.telling.connection_lost()
        self.remote.connection_lost()
        self._settle()

    def close(self, reason: str) -> None:
        """The call is over: silence, and the last event."""
        self.outbox.lost()
        self.consent.close()
        self.runner.close()
        self.remote.close()
        if self.judging is not None:
            self.judging.interruptions.close()
        self.playback.silence()
        self._settle()
        self.feed.put(HungUp(at_ns=now_ns(), reason=reason))
        self.feed.close()
        self.arguments.close()

    def _settle(self) -> None:
        if isinstance(self.truncation, ServerTruncation):
            self.truncation.settle()
