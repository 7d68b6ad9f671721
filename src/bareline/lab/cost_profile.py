"""How does a call go, as far as its price is concerned?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from bareline.errors import ConfigurationError

__all__ = ["CallProfile", "load_profile"]

_Count = Annotated[int, Meta(ge=0, le=100_000)]
_Tokens = Annotated[int, Meta(ge=0, le=1_000_000)]
_Share = Annotated[float, Meta(ge=0, le=1)]
_Minutes = Annotated[float, Meta(gt=0, le=24 * 60)]
_SpokenMinutes = Annotated[float, Meta(ge=0, le=24 * 60)]


class CallProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A call in numbers; turns are alike, and tool calls, images and changes are spread evenly over them.

    ``minutes``: how long the line is open. ``user_minutes`` and ``assistant_minutes``: speech of each. ``turns`` of
    the user. ``prompt_tokens``: instructions and tools together. ``tool_calls``, each with ``tool_tokens`` of
    arguments and result (a tenth of them are written by the model). ``images`` of ``image_tokens`` each.
    ``cache_share``: how much of the context that the response before had too comes from the prompt cache.
    ``changes``: how often instructions or tools are changed in mid-call, which loses the cache once.
    ``unheard_share``: of the assistant's speech, generated and paid, cut off by interruptions, and not kept.
    ``transcription``: the model that writes down what the user says, or nothing.
    """

    minutes: _Minutes = 4.0
    user_minutes: _SpokenMinutes = 1.5
    assistant_minutes: _SpokenMinutes = 2.0
    turns: _Count = 12
    prompt_tokens: _Tokens = 1000
    tool_calls: _Count = 2
    tool_tokens: _Tokens = 200
    images: _Count = 0
    image_tokens: _Tokens = 765
    cache_share: _Share = 0.9
    changes: _Count = 0
    unheard_share: _Share = 0.05
    transcription: str = ""

    @classmethod
    def lasting(cls, minutes: float) -> CallProfile:
        """The default call as long as this: speech, turns and tool calls in proportion."""
        usual = cls()
        times = minutes / usual.minutes
        return cls(
            minutes=minutes,
            user_minutes=usual.user_minutes * times,
            assistant_minutes=usual.assistant_minutes * times,
            turns=max(1, round(usual.turns * times)),
            tool_calls=round(usual.tool_calls * times),
        )

    def __post_init__(self) -> None:
        if self.user_minutes > self.minutes or self.assistant_minutes > self.minutes:
            raise ValueError("nobody can speak for longer than the call lasts")


def load_profile(path: Path | str) -> CallProfile:
    """A profile from a JSON file with any of the fields; raises ``ConfigurationError`` naming what is wrong."""
    try:
        return msgspec.json.decode(Path(path).read_bytes(), type=CallProfile)
    except OSError as error:
        raise ConfigurationError(f"the profile {path} cannot be read: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise ConfigurationError(f"{path} is not a profile of a call: {error}") from error
