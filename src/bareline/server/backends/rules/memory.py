"""What does a dialogue carry from one turn to the next?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec

from bareline.server.backends.rules.results import Proposal
from bareline.server.backends.rules.schema import Json
from bareline.server.backends.rules.slots import Slot
from bareline.server.backends.rules.toolset import ToolModel
from bareline.server.backends.rules.understanding import Intent

__all__ = [
    "AskConsent",
    "AskDo",
    "AskRight",
    "AskSlot",
    "AskWhich",
    "Call",
    "Draft",
    "Expecting",
    "Heard",
    "Memory",
    "Reply",
]

_REMEMBERED_MAX = 512


@dataclass(frozen=True, slots=True)
class Heard:
    """What the user said: the text, how sure that is (0-1), and whether it was spoken rather than typed."""

    text: str
    confidence: float = 1.0
    spoken: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A call to be made; ``arguments`` by their top-level names."""

    name: str
    arguments: dict[str, Json]

    @property
    def text(self) -> str:
        """The arguments as JSON."""
        return msgspec.json.encode(self.arguments).decode()


@dataclass(frozen=True, slots=True)
class Draft:
    """A call in the making: values by slot name; ``unsure``: slots whose words were on no list, to be read back."""

    tool: ToolModel
    values: dict[str, Json]
    unsure: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AskSlot:
    """A value was asked for; ``offered``: one of these names, if any."""

    draft: Draft
    slot: Slot
    offered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AskRight:
    """A value was read back."""

    draft: Draft
    slot: Slot
    value: Json


@dataclass(frozen=True, slots=True)
class AskDo:
    """Whether to make these calls was asked."""

    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class AskWhich:
    """Which of several things was meant was asked."""

    intents: tuple[Intent, ...]


@dataclass(frozen=True, slots=True)
class AskConsent:
    """A tool's proposal was put to the user.

    ``call``: the one that was proposed, if it is known. ``believed``: how sure it is (0-1) that a yes was among the
    answers so far, none of which was sure enough.
    """

    proposal: Proposal
    call: Call | None = None
    believed: float = 0.0


Expecting: TypeAlias = AskSlot | AskRight | AskDo | AskWhich | AskConsent


@dataclass(frozen=True, slots=True)
class Reply:
    """What to say, then what to call. ``reminder``: said before a question that is put again."""

    say: str = ""
    calls: tuple[Call, ...] = ()
    reminder: str = ""

    @property
    def text(self) -> str:
        """All that is said."""
        return f"{self.reminder} {self.say}".strip()


@dataclass(slots=True)
class Memory:
    """``said``: the last thing said; ``misses``: times in a row that nothing was understood; ``proposing``: the tool
    that made the newest proposal; ``offered``: the names among which the user last had to choose."""

    expecting: Expecting | None = None
    said: str = ""
    misses: int = 0
    proposing: str = ""
    offered: tuple[str, ...] = ()
    answered: dict[str, None] = field(default_factory=dict[str, None])

    def settle(self, key: str) -> bool:
        """Note that an item was dealt with; False when it had been before."""
        if key in self.answered:
            return False
        self.answered[key] = None
        if len(self.answered) > _REMEMBERED_MAX:
            del self.answered[next(iter(self.answered))]
        return True
