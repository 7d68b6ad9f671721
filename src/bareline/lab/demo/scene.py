"""What is said in the demo's call, and what must be true afterwards?

Everything comes from the seed: the tasks, the wording, the voices. The built-in server imports none of it; it learns
titles as any service would: from the session's keywords and from what the tools return.
"""

from __future__ import annotations

import datetime
import random
from dataclasses import dataclass

from bareline.lab.task_manager.tasks import TaskStore

__all__ = ["BYE", "CALLERS", "DELETE", "PHRASES", "VOICES", "YES", "Scene", "draw_scene"]

PHRASES = (
    "call the dentist",
    "water the plants",
    "buy oat milk",
    "review the budget",
    "book a train to Leeds",
    "write the quarterly report",
    "clean the garage",
    "send the invoice",
    "renew the passport",
    "pick up the parcel",
    "prepare the presentation",
    "order new glasses",
    "fix the kitchen tap",
    "answer Maria",
    "pay the electricity bill",
    "plan the summer holiday",
    "return the library books",
    "wash the car",
    "print the boarding passes",
    "check the smoke alarm",
    "bake a birthday cake",
    "visit grandmother",
    "sharpen the knives",
    "update the website",
)
"""Titles a caller may use; also the keywords the agent's session announces."""

CALLERS = ("caller-1", "caller-2", "caller-3", "caller-4")
VOICES = ("marin", "cedar", "alloy", "verse", "echo", "coral")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_ASK = ("What is on my list?", "What's on my list, please?", "Show me my tasks, please.", "Please read my tasks.")
_ADD = ("Please add … {title} for {day}.", "Add a task to … {title} on {day}.", "Please add … {title} on {day}.")
"""With a pause to think, where nobody could take the sentence to be over."""
DELETE = ("Delete {title}, please.", "Please delete {title}.", "Remove {title} from my list.")
YES = ("Yes, please.", "Yes.", "Yes, go ahead.")
_ASK_ALL = ("Read me all of my tasks.", "List all my tasks, please.", "Show all my tasks.")
_INTERRUPT = ("Stop, please.", "Okay, stop.", "Stop.")
_LISTENING = ("Uh-huh.", "Yeah.", "Right.")
_COMPLETE = ("Mark {title} as done.", "Complete {title}, please.", "I have finished {title}.")
_NEVER_MIND = ("Never mind.", "No, never mind.", "No, thank you.")
BYE = ("Goodbye.", "That's all, goodbye.", "Thank you, goodbye.")


@dataclass(frozen=True, slots=True)
class Scene:
    """One call as the seed drew it: sentences in order of use, voices, tasks before and after."""

    seed: int
    caller_voice: str
    agent_voice: str
    today: datetime.date
    tasks: tuple[tuple[str, datetime.date | None], ...]
    created: str
    due: datetime.date
    deleted: str
    completed: str
    absent: str
    ask: str
    add: str
    delete: str
    yes: str
    ask_all: str
    backchannel: str
    interrupt: str
    complete: str
    complete_absent: str
    never_mind: str
    goodbye: str

    def fill(self, store: TaskStore) -> None:
        """Put the tasks there that exist before the call."""
        for title, due in self.tasks:
            store.add(title, due)

    def unmet(self, store: TaskStore) -> list[str]:
        """What the call should have done to the tasks and did not, in words; empty when all is well."""
        found = {task.title.lower(): task for task in store.tasks()}
        expected = {title.lower() for title, _ in self.tasks} - {self.deleted.lower()} | {self.created.lower()}
        problems = [f"'{title}' is missing" for title in sorted(expected - found.keys())]
        problems += [f"'{title}' should not be there" for title in sorted(found.keys() - expected)]
        created = found.get(self.created.lower())
        if created and created.due != self.due:
            problems.append(f"'{self.created}' is due {created.due}, not {self.due}")
        done = {title for title, task in found.items() if task.status == "done"}
        if done != {self.completed.lower()}:
            problems.append(f"done are {sorted(done)}, not only '{self.completed}'")
        return problems


def draw_scene(seed: int, today: datetime.date) -> Scene:
    """The scene of a seed, for a call that takes place on ``today``."""
    chance = random.Random(seed)
    titles = chance.sample(PHRASES, 8)
    existing, (created, absent) = titles[:6], titles[6:]
    day = chance.choice(_DAYS)

    def worded(choices: tuple[str, ...], title: str = "") -> str:
        return chance.choice(choices).format(title=title, day=day.capitalize())

    return Scene(
        seed=seed,
        caller_voice=chance.choice(CALLERS),
        agent_voice=chance.choice(VOICES),
        today=today,
        tasks=tuple((title, _some_date(chance, today)) for title in existing),
        created=created,
        due=_next(day, today),
        deleted=existing[0],
        completed=existing[1],
        absent=absent,
        ask=worded(_ASK),
        add=worded(_ADD, created),
        delete=worded(DELETE, existing[0]),
        yes=worded(YES),
        ask_all=worded(_ASK_ALL),
        interrupt=worded(_INTERRUPT),
        complete=worded(_COMPLETE, existing[1]),
        complete_absent=worded(_COMPLETE, absent),
        never_mind=worded(_NEVER_MIND),
        goodbye=worded(BYE),
        backchannel=worded(_LISTENING),
    )


def _some_date(chance: random.Random, today: datetime.date) -> datetime.date | None:
    return today + datetime.timedelta(days=chance.randint(1, 12)) if chance.random() < 0.7 else None


def _next(day: str, today: datetime.date) -> datetime.date:
    """The next such weekday after today: what people mean by its bare name."""
    ahead = (_DAYS.index(day) - today.weekday() - 1) % 7 + 1
    return today + datetime.timedelta(days=ahead)
