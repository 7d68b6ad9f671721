"""What is said in the scene about tools, drawn from the seed?"""

from __future__ import annotations

import datetime
import random
from dataclasses import dataclass

from bareline.lab.demo.scene import BYE, CALLERS, DELETE, PHRASES, VOICES, YES
from bareline.lab.task_manager.tasks import TaskStore

__all__ = ["KEYWORDS", "ToolsScene", "draw_tools_scene"]

_ALIKE = (
    ("invoice", "print the invoice", "send the invoice"),
    ("dentist", "call the dentist", "visit the dentist"),
    ("parcel", "pick up the parcel", "wrap the parcel"),
    ("plants", "water the plants", "order the plants"),
)
"""A word that two tasks have in common, so that whoever says it alone has to choose."""
KEYWORDS = tuple(dict.fromkeys([*PHRASES, *(title for alike in _ALIKE for title in alike)]))
"""What the agent's session announces."""
_SECRETIVE = "town hall"
_OPEN = ("library", "pharmacy", "post office")

_LOOK_UP = ("Check the opening hours of the {place}.", "Please check the opening hours of the {place}.")
_BOTH = (
    "List my tasks and check the opening hours of the {place}.",
    "Show my tasks and check the opening hours of the {place}.",
)
_CLEAR = ("Clear my list.", "Delete all my tasks.")
_NO = ("No.", "No, thank you.", "No, don't do it.")
_OTHER = ("No, the other one.", "Not that one, the other one.", "No, I meant the other one.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolsScene:
    """One call as the seed drew it.

    Places: ``slow``, ``busy`` (fails once), ``secretive`` (fails always), ``beside`` (looked up beside the list).
    Tasks: ``kept`` (its deletion is declined), ``deleted``, ``mistaken`` and ``meant`` (share the word ``vague``).
    """

    seed: int
    caller_voice: str
    agent_voice: str
    today: datetime.date
    tasks: tuple[tuple[str, datetime.date | None], ...]
    slow: str
    busy: str
    secretive: str
    beside: str
    kept: str
    deleted: str
    vague: str
    mistaken: str
    meant: str
    look_up: str
    both: str
    delete: str
    clear: str
    yes: str
    no: str
    other: str
    goodbye: str

    def fill(self, store: TaskStore) -> None:
        """Put the tasks there that exist before the call."""
        for title, due in self.tasks:
            store.add(title, due)

    def unmet(self, store: TaskStore) -> list[str]:
        """What the call should have done to the tasks and did not, in words; empty when all is well."""
        left = {task.title for task in store.tasks()}
        expected = {title for title, _ in self.tasks} - {self.deleted, self.meant}
        problems = [f"'{title}' is missing" for title in sorted(expected - left)]
        return problems + [f"'{title}' should not be there" for title in sorted(left - expected)]


def draw_tools_scene(seed: int, today: datetime.date) -> ToolsScene:
    """The scene of a seed, for a call that takes place on ``today``."""
    chance = random.Random(f"{seed}:tools")
    vague, *alike = chance.choice(_ALIKE)
    chance.shuffle(alike)
    words = {word for title in alike for word in title.split()} - {"the", "up"}
    kept, deleted = chance.sample([title for title in PHRASES if not words & set(title.split())], 2)
    slow, busy, beside = chance.sample(_OPEN, 3)
    titles = chance.sample([kept, deleted, *alike], 4)
    return ToolsScene(
        seed=seed,
        caller_voice=chance.choice(CALLERS),
        agent_voice=chance.choice(VOICES),
        today=today,
        tasks=tuple((title, today + datetime.timedelta(days=chance.randint(1, 12))) for title in titles),
        slow=slow,
        busy=busy,
        secretive=_SECRETIVE,
        beside=beside,
        kept=kept,
        deleted=deleted,
        vague=vague,
        mistaken=alike[0],
        meant=alike[1],
        look_up=chance.choice(_LOOK_UP),
        both=chance.choice(_BOTH).format(place=beside),
        delete=chance.choice(DELETE),
        clear=chance.choice(_CLEAR),
        yes=chance.choice(YES),
        no=chance.choice(_NO),
        other=chance.choice(_OTHER),
        goodbye=chance.choice(BYE),
    )
