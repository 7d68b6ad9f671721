"""What does the server's authority ask of the code that drives it?

``ServerEndpoint.events()`` yields these in order; the pump (``bareline.server``) carries them out with real audio,
voice activity and backends. Audio is in the session's wire format, since the core does not convert.
"""

from __future__ import annotations

import msgspec

from bareline.protocol.events.session import AudioFormat, Session
from bareline.protocol.events.tools import McpTool
from bareline.protocol.generation import ResponseRequest

__all__ = [
    "Action",
    "CloseConnection",
    "InputAppended",
    "InputCleared",
    "InputCommitted",
    "McpCallRequested",
    "McpCallStopped",
    "McpListRequested",
    "OutputAppended",
    "OutputDropped",
    "ResponseRequested",
    "ResponseStopped",
    "SessionChanged",
]


class _Action(msgspec.Struct, frozen=True, kw_only=True):
    pass


class SessionChanged(_Action, frozen=True):
    """The effective session, at the start and after each update."""

    session: Session


class InputAppended(_Action, frozen=True):
    """Audio of the user, to be judged by voice activity and heard by the backend."""

    audio: bytes
    format: AudioFormat


class InputCleared(_Action, frozen=True):
    """The input buffer was emptied by the client; an utterance under way is forgotten."""


class InputCommitted(_Action, frozen=True):
    """The buffer became an item. ``transcribe``: the session wants a transcript of it.

    Not ``buffered``: the client created the item with its audio, and the input buffer is as it was.
    """

    item_id: str
    audio: bytes
    format: AudioFormat
    transcribe: bool
    buffered: bool = True


class ResponseRequested(_Action, frozen=True):
    """Generate; ``response.created`` is already out."""

    request: ResponseRequest


class ResponseStopped(_Action, frozen=True):
    """Stop generating; the done chain is already out. What is queued to be played goes on (see ``OutputDropped``).

    ``reason``: turn_detected, client_cancelled, max_output_tokens or session_ended.
    """

    response_id: str
    reason: str


class McpListRequested(_Action, frozen=True):
    """Fetch the tools of this server; the answer is ``mcp_listed`` or ``mcp_list_failed``.

    It stays the server of its label for calls until another list is requested for the label.
    """

    item_id: str
    tool: McpTool


class McpCallRequested(_Action, frozen=True):
    """Call a tool of the server listed under this label; the answer is ``mcp_called``. ``arguments``: JSON text."""

    item_id: str
    server_label: str
    name: str
    arguments: str


class McpCallStopped(_Action, frozen=True):
    """Nobody waits for this call any more."""

    item_id: str


class OutputAppended(_Action, frozen=True):
    """Play this after what was appended before (media only); PCM16 at 24 kHz."""

    response_id: str
    audio: bytes


class OutputDropped(_Action, frozen=True):
    """Drop what is queued of this response (media only); whether it still generates is another matter."""

    response_id: str


class CloseConnection(_Action, frozen=True):
    """Close after all outgoing messages are sent."""

    code: int
    reason: str


Action = (
    SessionChanged
    | InputAppended
    | InputCleared
    | InputCommitted
    | ResponseRequested
    | ResponseStopped
    | McpListRequested
    | McpCallRequested
    | McpCallStopped
    | OutputAppended
    | OutputDropped
    | CloseConnection
)
