"""What does whoever generates a response hand to the server's authority?

Items are numbered by the generator from 0 as they begin (that is their ``output_index``); deltas of different items may
interleave, as those of the 2.x models do (REALTIME.md 10.8). The authority makes the events of it.
"""

from __future__ import annotations

import msgspec

from bareline.protocol.events.items import Item
from bareline.protocol.events.session import Tool, ToolChoice, VoiceId
from bareline.protocol.events.settings import AudioFormat

__all__ = [
    "CallDelta",
    "Completed",
    "EndItem",
    "Failed",
    "Incomplete",
    "Outcome",
    "Output",
    "ResponseRequest",
    "SpeechDelta",
    "TextDelta",
]


class _Value(msgspec.Struct, frozen=True, kw_only=True):
    pass


class SpeechDelta(_Value, frozen=True):
    """Speech of an assistant message: transcript that runs with or ahead of the audio, and audio bytes.

    From a backend the audio is PCM16 at 24 kHz; the pump converts it to the session's format for the authority.
    """

    item: int = 0
    transcript: str = ""
    audio: bytes = b""
    phase: str | None = None


class TextDelta(_Value, frozen=True):
    """Text of an assistant message."""

    item: int = 0
    text: str = ""
    phase: str | None = None


class CallDelta(_Value, frozen=True):
    """A function call; the first delta of an item names the function."""

    item: int = 0
    name: str = ""
    arguments: str = ""


class EndItem(_Value, frozen=True):
    """The item is complete. Items not ended are ended with the response."""

    item: int = 0


Output = SpeechDelta | TextDelta | CallDelta | EndItem


class Completed(_Value, frozen=True):
    """The response is whole."""


class Incomplete(_Value, frozen=True):
    """The response stops early: ``max_output_tokens`` or ``content_filter``."""

    reason: str


class Failed(_Value, frozen=True):
    """The response failed; the session stays open."""

    code: str
    message: str
    type: str = "server_error"


Outcome = Completed | Incomplete | Failed


class ResponseRequest(_Value, frozen=True):
    """All a generator needs to know of one response; overrides of ``response.create`` are applied.

    ``format`` is the wire format of its audio: what the authority is to be given by the pump.
    """

    response_id: str
    context: tuple[Item, ...]
    instructions: str
    tools: tuple[Tool, ...]
    tool_choice: ToolChoice
    audio: bool
    voice: str | VoiceId
    speed: float
    max_output_tokens: int | str
    out_of_band: bool
    metadata: dict[str, str] | None = None
    format: AudioFormat = AudioFormat(type="audio/pcm", rate=24_000)
