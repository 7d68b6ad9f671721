"""What is the demo's agent: its instructions, its tools, its words?

An ordinary agent, written as a user of the package would write it, with nothing that knows of the demo's script.
"""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

import msgspec

from bareline.lab.demo.store import Task, TaskStore
from bareline.tools import Toolbox

__all__ = ["instructions", "task_tools"]

Title = Annotated[str, msgspec.Meta(description="The task's title, in the user's words.")]
Due = Annotated[datetime.date | None, msgspec.Meta(description="When it is due, for example tomorrow or next Friday.")]


def instructions(today: datetime.date) -> str:
    """The system prompt, with the date that relative dates are counted from."""
    return (
        "You are the voice of a task manager. Keep answers short, since they are spoken. "
        "Never say that something was done before a tool has said so. "
        f"Today is {today:%A}, {today.isoformat()}."
    )


def task_tools(store: TaskStore) -> Toolbox:
    """The tools of a task manager over ``store``."""
    tools = Toolbox()

    @tools.tool(effect="read")
    def list_tasks(status: Literal["pending", "done", "all"] = "pending") -> list[Task]:
        """List the user's tasks. Use when they ask "what is on my list" or "read my tasks".

        Args:
            status: Which tasks: pending unless the user says otherwise.
        """
        return store.tasks(None if status == "all" else status)

    @tools.tool(effect="idempotent")
    def create_task(title: Title, due: Due = None) -> Task:
        """Create a task. Use when the user wants to add something to the list."""
        return store.add(title, due)

    @tools.tool(effect="idempotent")
    def complete_task(title: Title) -> Task:
        """Mark a task as done. Use when the user has finished or completed something."""
        return store.complete(title)

    @tools.tool(effect="irreversible", confirm="Delete {title} for good?")
    def delete_task(title: Title) -> Task:
        """Delete a task for good. Use when the user wants to remove something from the list."""
        return store.delete(title)

    # The decorator registered them; the names are for readers.
    del list_tasks, create_task, complete_task, delete_task
    return tools
