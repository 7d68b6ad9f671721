"""What may the model do with tasks and places, and how does each of it behave on a call?

An ordinary agent: nothing here knows of a demo, and all that it needs of the package is public.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from bareline.errors import InvalidRequest
from bareline.tools import Confirm, Toolbox, ToolContext
from bareline.tools.consent_policy import EXPIRY_NS
from places import PLACES, OpeningHours, PlaceDirectory
from tasks import Task, TaskStore

__all__ = ["TaskList", "all_tools", "instructions", "place_tools", "task_tools"]

Title = Annotated[str, msgspec.Meta(description="The task's title, in the user's words.")]
Day = Annotated[datetime.date, msgspec.Meta(description="The day it is due; tomorrow and Friday count from today.")]
Place = Annotated[
    str,
    msgspec.Meta(description="The place, in the user's words.", examples=list(PLACES)),
]


LISTED_MAX = 10
"""Nobody listens to more."""


@dataclass(frozen=True, slots=True)
class TaskList:
    """The soonest tasks, and how many there are."""

    tasks: list[Task]
    total: int


def instructions(today: datetime.date) -> str:
    """The system prompt, with the date that relative dates are counted from."""
    return (
        "You are the voice of a task manager. Keep answers short, since they are spoken. "
        "Never say that something was done before a tool has said so. "
        f"Today is {today:%A}, {today.isoformat()}."
    )


def all_tools(
    store: TaskStore | None = None, places: PlaceDirectory | None = None, *, expiry_ns: int = EXPIRY_NS
) -> Toolbox:
    """All tools; without a store the tasks are forgotten at the end. A question waits ``expiry_ns`` for its answer."""
    return task_tools(store or TaskStore(":memory:"), expiry_ns) + place_tools(places or PlaceDirectory())


def task_tools(store: TaskStore, expiry_ns: int = EXPIRY_NS) -> Toolbox:
    """The tools over the user's own tasks."""
    tools = Toolbox()

    @tools.tool(effect="read")
    def list_tasks(status: Literal["pending", "done", "all"] = "pending") -> TaskList:
        """List the user's tasks, at most ten. Use when they ask "what is on my list" or "read my tasks".

        Args:
            status: Which tasks: pending unless the user says otherwise.
        """
        tasks = store.tasks(None if status == "all" else status)
        return TaskList(tasks[:LISTED_MAX], total=len(tasks))

    @tools.tool(effect="idempotent", concurrency=1)
    def create_task(title: Title, due: Day | None = None) -> Task:
        """Create a task. Use when the user wants to add something to the list."""
        return store.add(title, due)

    @tools.tool(effect="idempotent", concurrency=1)
    def complete_task(title: Title) -> Task:
        """Mark a task as done. Use when the user has finished or completed something."""
        return store.complete(title)

    @tools.tool(effect="idempotent", concurrency=1)
    def reschedule_task(title: Title, due: Day) -> Task:
        """Reschedule a task. Use when the user wants to move or postpone something."""
        return store.reschedule(title, due)

    def one_task(title: str) -> str:
        return store.find(title).spoken

    ask_one = Confirm("Delete {object}?", describe=one_task, expiry_ns=expiry_ns)

    @tools.tool(effect="irreversible", confirm=ask_one, concurrency=1)
    def delete_task(title: Title) -> Task:
        """Delete a task for good. Use when the user wants to remove something from the list."""
        return store.delete(title)

    def all_tasks() -> str:
        count = len(store.tasks())
        if not count:
            raise InvalidRequest("the list is empty", say="Your list is empty.")
        return "the only task on your list" if count == 1 else f"all {count} tasks"

    ask_all = Confirm("Delete {object}?", describe=all_tasks, expiry_ns=expiry_ns)

    @tools.tool(effect="irreversible", confirm=ask_all, concurrency=1)
    def clear_tasks() -> str:
        """Delete all tasks for good. Use when the user wants to "clear my list" or "delete all my tasks"."""
        return f"{store.clear()} tasks are deleted."

    # The decorator registered them; the names are for readers.
    del list_tasks, create_task, complete_task, reschedule_task, delete_task, clear_tasks
    return tools


def place_tools(places: PlaceDirectory) -> Toolbox:
    """The slow one: it asks somebody else, tells how far it is, and is tried again when they are busy."""
    tools = Toolbox()

    @tools.tool(effect="read", filler="I am looking that up.", timeout_s=20)
    async def check_opening_hours(place: Place, context: ToolContext) -> OpeningHours:
        """Check the opening hours of a place. Use when the user asks when something is open."""
        return await places.opening_hours(place, context.progress)

    del check_opening_hours
    return tools
