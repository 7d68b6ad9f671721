"""Where does the Task Manager keep its tasks?"""

from __future__ import annotations

import datetime
import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bareline.errors import ConfigurationError, InvalidRequest
from bareline.tools import not_found

__all__ = ["Status", "Task", "TaskStore"]

Status = Literal["pending", "done"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS tasks (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL UNIQUE COLLATE NOCASE,
    due TEXT,
    status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'done'))
)
"""


@dataclass(frozen=True, slots=True)
class Task:
    """One task as it is told to the model: no identifiers, which nobody would say aloud."""

    title: str
    due: datetime.date | None
    status: Status

    @property
    def spoken(self) -> str:
        """The task as a question names it: 'review proposal', due Friday 27 November."""
        due = f", due {self.due:%A} {self.due.day} {self.due:%B}" if self.due else ""
        return f"'{self.title}'{due}"


class TaskStore:
    """The tasks of one user in one SQLite file; methods may be called from any thread.

    Raises ``ConfigurationError`` when the file cannot be made or is of another kind.
    """

    def __init__(self, path: Path | str) -> None:
        self._lock = threading.Lock()
        try:
            self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._database.execute(_SCHEMA)
        except sqlite3.Error as error:
            raise ConfigurationError(f"the tasks cannot be kept in {path}: {error}") from error

    def close(self) -> None:
        """Close the file; may be called twice."""
        with self._lock:
            self._database.close()

    def tasks(self, status: Status | None = None) -> list[Task]:
        """All tasks, or those of one status, soonest first."""
        query = "SELECT title, due, status FROM tasks WHERE ?1 IS NULL OR status = ?1 ORDER BY due IS NULL, due, id"
        return [_task(row) for row in self._run(query, status)]

    def add(self, title: str, due: datetime.date | None = None) -> Task:
        """Add a task; the same one again is the same. Raises ``InvalidRequest`` for no title or another due date."""
        title = title.strip()
        if not title:
            raise InvalidRequest("the title is empty", field="title", say="What should I call the task?")
        self._run("INSERT OR IGNORE INTO tasks (title, due) VALUES (?, ?)", title, due.isoformat() if due else None)
        added = self.find(title)
        if (added.due, added.status) != (due, "pending"):
            raise InvalidRequest(
                f"there is already a task {added.spoken}, {added.status}; reschedule it or choose another title",
                field="title",
                say=f"{added.title} is already on your list.",
            )
        return added

    def find(self, title: str) -> Task:
        """The task of that title, in any case. Raises ``NotFound`` with similar titles as suggestions."""
        rows = self._run("SELECT title, due, status FROM tasks WHERE title = ?", title.strip())
        if not rows:
            raise not_found(title, [task.title for task in self.tasks()])
        return _task(rows[0])

    def complete(self, title: str) -> Task:
        """Mark a task as done. Raises ``NotFound``."""
        found = self.find(title)
        self._run("UPDATE tasks SET status = 'done' WHERE title = ?", found.title)
        return self.find(title)

    def reschedule(self, title: str, due: datetime.date) -> Task:
        """Move a task to another day. Raises ``NotFound``."""
        found = self.find(title)
        self._run("UPDATE tasks SET due = ? WHERE title = ?", due.isoformat(), found.title)
        return self.find(title)

    def delete(self, title: str) -> Task:
        """Delete a task for good. Raises ``NotFound``."""
        found = self.find(title)
        self._run("DELETE FROM tasks WHERE title = ?", found.title)
        return found

    def clear(self) -> int:
        """Delete all tasks for good; how many there were."""
        return len(self._run("DELETE FROM tasks RETURNING title, due, status"))

    def _run(self, query: str, *values: str | None) -> list[tuple[str, str | None, Status]]:
        with self._lock, closing(self._database.execute(query, values)) as cursor:
            return cursor.fetchall()


def _task(row: tuple[str, str | None, Status]) -> Task:
    title, due, status = row
    return Task(title=title, due=datetime.date.fromisoformat(due) if due else None, status=status)
