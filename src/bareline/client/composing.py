"""What do the parts of a call share while they are put together?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bareline.client.call_events import CallEvent
from bareline.client.feed import Feed
from bareline.client.journal import Journal
from bareline.client.outbox import Outbox
from bareline.client.parts import Parts
from bareline.client.reactions import Reactions
from bareline.client.responder import Responder
from bareline.client.sink_writer import FrameFilter
from bareline.client.tool_choices import ToolChoices
from bareline.client.transcript import Transcript
from bareline.client.turn_choices import TurnChoices
from bareline.devices.contract import AudioSink
from bareline.ids import IdSource
from bareline.observe.record import Observer
from bareline.protocol.conversation import Conversation
from bareline.protocol.playout import Cut, PartKey
from bareline.tools import Toolbox
from bareline.turns.overlap import OutputChange

__all__ = ["CallOptions", "Later", "Shared"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOptions:
    """What the application chose, the session apart; as in ``Call``."""

    toolbox: Toolbox
    choices: ToolChoices
    turns: TurnChoices
    speaker: AudioSink | None
    output_filter: FrameFilter | None
    observer: Observer | None
    ids: IdSource


class Later:
    """Parts that are made last, for those that are made before and call them once the call is open."""

    parts: Parts
    reactions: Reactions

    def started(self, key: PartKey, at_ns: int) -> None:
        """A part begins to sound."""
        self.reactions.heard_first(key, at_ns)

    def playing(self) -> bool:
        """Whether the assistant is heard at the moment."""
        return bool(self.parts.playback.sounding)

    def holds(self, response_id: str) -> bool:
        """Whether audio of this response is heard or waits to be heard."""
        return self.parts.playback.holds(response_id)

    def spoke(self, item_id: str) -> None:
        """The user has taken a turn."""
        self.reactions.user.spoke(item_id)

    def judged(self, change: OutputChange, at_ns: int) -> None:
        """The assistant is interrupted, as a policy has it."""
        self.reactions.user.judged(change, at_ns)

    def stopped(self, key: PartKey, interrupted: bool) -> None:
        """Nothing more of a part will sound."""
        self.reactions.heard_last(key, interrupted)

    def cut(self, item_id: str, heard_ms: int) -> None:
        """So much was heard of an item that was cut."""
        self.reactions.cut(item_id, heard_ms)

    def tell(self, cuts: Sequence[Cut], conversation: Conversation) -> None:
        """Somebody has to know what was cut."""
        self.parts.truncation.tell(cuts, conversation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What nearly every part is given."""

    journal: Journal
    feed: Feed[CallEvent]
    outbox: Outbox
    responder: Responder
    transcript: Transcript
