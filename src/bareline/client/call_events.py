"""What happens in a call, in an application's words rather than the wire's?

``Call.events()`` gives these. All times are nanoseconds of the running loop's clock.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from bareline.client.image_policy import ShownImage
from bareline.protocol.replay import Lost
from bareline.tools.calls import CallState
from bareline.tools.executions import Execution
from bareline.tools.proposals import ConsentBy
from bareline.turns.interruption import OverlapKind

__all__ = [
    "AgentSaid",
    "AgentStarted",
    "AgentStopped",
    "ApprovalAsked",
    "CallEvent",
    "CallStarted",
    "ClaimFlagged",
    "ConfirmationAsked",
    "ErrorHappened",
    "ExecutionRecovered",
    "FillerSaid",
    "HungUp",
    "ImageShown",
    "Interrupted",
    "OutputDucked",
    "OutputPaused",
    "OutputResumed",
    "Reconnected",
    "RemoteToolsListed",
    "ToolArguments",
    "ToolCalled",
    "ToolSettled",
    "TurnDecided",
    "UserSaid",
    "UserStarted",
    "UserStopped",
]


class _Happened(msgspec.Struct, frozen=True, kw_only=True):
    at_ns: int


class CallStarted(_Happened, frozen=True):
    """The session is configured; the call can be used."""

    session_id: str | None
    model: str | None


class UserStarted(_Happened, frozen=True):
    """The user began to speak. ``item_id`` is empty where turns are decided on this side."""

    item_id: str


class UserStopped(_Happened, frozen=True):
    """The user's turn is over, as the service judged it, or this side; the latter knows no ``item_id`` yet."""

    item_id: str


class TurnDecided(_Happened, frozen=True):
    """A turn detector on this side (``Call(turns=detector)``) decided something; ``decided_at_ns`` is when it knew.

    Pauses within a turn stop and start speech; ``UserStarted`` and ``UserStopped`` come once a turn. ``words``: what a
    recogniser on this side understood by then.
    """

    kind: Literal["speech_started", "speech_stopped", "turn_ended"]
    decided_at_ns: int
    reason: str
    words: str = ""


class UserSaid(_Happened, frozen=True):
    """What the user said or wrote, final. May come after the answer to it; ``Call.transcript`` has the order."""

    item_id: str
    text: str


class AgentStarted(_Happened, frozen=True):
    """The first sample of an item of the assistant was heard."""

    item_id: str
    response_id: str


class AgentStopped(_Happened, frozen=True):
    """Nothing of the assistant is to be heard any more: it was heard to its end, or it was cut."""

    item_id: str
    interrupted: bool


class AgentSaid(_Happened, frozen=True):
    """What the assistant said, as far as it was heard, and when no more of it comes.

    ``heard_ms`` is 0 for text. After an interruption the text is an estimate, cut to whole words.
    """

    item_id: str
    text: str
    heard_ms: int = 0
    interrupted: bool = False


class Interrupted(_Happened, frozen=True):
    """The assistant was interrupted. ``item_ids``: what was cut; ``stop_ms``: from the decision to silence.

    ``heard_ms`` is what left our sink. ``by`` the server: it dropped its output buffer unasked (WebRTC). ``kind`` and
    ``reason``: as an interruption policy judged it, where one is in use.
    """

    item_ids: tuple[str, ...]
    heard_ms: int
    by: Literal["user", "application", "server"]
    stop_ms: float = 0.0
    kind: OverlapKind | None = None
    reason: str = ""


class _OutputChanged(_Happened, frozen=True):
    since_ns: int
    kind: OverlapKind
    reason: str


class OutputDucked(_OutputChanged, frozen=True):
    """Somebody makes a sound, so the assistant's voice is lowered. ``since_ns``: when the sound began.

    ``kind`` and ``reason``: what the interruption policy takes it for so far, and why.
    """


class OutputPaused(_OutputChanged, frozen=True):
    """The assistant's voice waits until it is clear what the sound is; nothing of it is lost."""


class OutputResumed(_OutputChanged, frozen=True):
    """It was nothing that takes the floor: the voice goes on, at full level, at the sample where it paused."""


class ToolArguments(_Happened, frozen=True):
    """The model wrote a piece of a call's arguments: ``Call.tool_arguments`` gives these, ``Call.events`` does not.

    The pieces of one ``call_id`` joined are its JSON text; ``ToolCalled`` follows when it is whole.
    """

    call_id: str
    name: str
    delta: str


class RemoteToolsListed(_Happened, frozen=True):
    """The service lists the tools of an MCP server, or has, or could not: then an ``ErrorHappened`` may say why.

    A response that is asked for before the list is complete does not know the tools.
    """

    server_label: str
    state: Literal["in_progress", "completed", "failed"]
    names: tuple[str, ...] = ()


class ToolCalled(_Happened, frozen=True):
    """The model asked for a tool. ``arguments`` is its own text.

    ``server_label``: of the MCP server whose tool the service itself calls; ``call_id`` is the item's id then.
    """

    call_id: str
    name: str
    arguments: str
    server_label: str | None = None


class ConfirmationAsked(_Happened, frozen=True):
    """An action waits for consent: by voice, or by ``Call.confirm(proposal_id)``."""

    proposal_id: str
    name: str
    arguments: str
    question: str


class FillerSaid(_Happened, frozen=True):
    """Something is heard beside the conversation while a tool runs. ``text``: its words, or the name of a clip."""

    call_id: str
    text: str


class ApprovalAsked(_Happened, frozen=True):
    """An action waits for a person whom a rule asks (``AskPerson``); the application may decide it too."""

    proposal_id: str
    name: str
    arguments: str
    question: str


class ToolSettled(_Happened, frozen=True):
    """A tool call came to its one end. ``output``: what the model was told. ``consent``: who agreed, if asked.

    ``server_label``: see ``ToolCalled``.
    """

    call_id: str
    name: str
    arguments: str
    state: CallState
    output: str
    duration_ms: int
    consent: ConsentBy | None = None
    server_label: str | None = None


class ExecutionRecovered(_Happened, frozen=True):
    """What an earlier call or process began and left, and how it ended; the model is asked to tell the user.

    ``execution.state``: answered, failed, or unknown when nobody knows whether it took effect.
    """

    execution: Execution


class ClaimFlagged(_Happened, frozen=True):
    """The assistant said that something was done, and no tool has done it. ``text``: the sentence.

    ``tools``: those that could have. ``corrected``: the model was told to correct itself, as
    ``Call(correct_claims=True)`` wants it.
    """

    item_id: str
    text: str
    tools: tuple[str, ...]
    corrected: bool


class ImageShown(_Happened, frozen=True):
    """The user showed a picture. ``evicted``: the items of older ones, which went for it."""

    image: ShownImage
    evicted: tuple[str, ...] = ()


class ErrorHappened(_Happened, frozen=True):
    """Something was lost. ``severity``: turn (the call goes on), or call (nothing more can come of it)."""

    severity: Literal["turn", "call"]
    code: str | None
    message: str


class Reconnected(_Happened, frozen=True):
    """A new connection continues the call. ``lost``: what the new session does not know."""

    reason: str
    attempts: int
    away_ms: int
    lost: tuple[Lost, ...]
    audio_lost_ms: int = 0


class HungUp(_Happened, frozen=True):
    """The call is over; the last event."""

    reason: str


CallEvent = (
    CallStarted
    | UserStarted
    | UserStopped
    | TurnDecided
    | UserSaid
    | AgentStarted
    | AgentStopped
    | AgentSaid
    | Interrupted
    | OutputDucked
    | OutputPaused
    | OutputResumed
    | RemoteToolsListed
    | ToolCalled
    | ConfirmationAsked
    | ApprovalAsked
    | FillerSaid
    | ToolSettled
    | ExecutionRecovered
    | ClaimFlagged
    | ImageShown
    | ErrorHappened
    | Reconnected
    | HungUp
)
