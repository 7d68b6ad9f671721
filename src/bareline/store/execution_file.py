"""Which irreversible executions were begun, on disk, by whatever process?"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bareline.errors import Closed, StoreError
from bareline.store.owners import Owner
from bareline.store.schema import open_database
from bareline.tools.executions import Execution, ExecutionState

__all__ = ["EXECUTIONS_KEPT", "KEPT_DAYS", "ExecutionFile"]

KEPT_DAYS = 90
"""How long an ended execution is remembered."""
EXECUTIONS_KEPT = 10_000
"""Of the executions at most so many are kept, whatever their age; what is not ended is never forgotten."""

_DAY_NS = 86_400 * 1_000_000_000
_COLUMNS = ", ".join(f'"{name}"' for name in Execution.__struct_fields__)
_VALUES = ", ".join(f":{name}" for name in Execution.__struct_fields__)
_SELECT = f"SELECT {_COLUMNS} FROM executions"  # noqa: S608 (our own names)


class ExecutionFile:
    """An ``ExecutionStore`` in one SQLite file; for any threads, and for several processes of one machine at once.

    ``path``: made, readable by its owner alone, if it is not there; the folder must be. It holds arguments, outputs
    and the words of consents in the clear. ``user``: whose actions these are. A call is told only of what a process
    that is gone left unfinished for the same user, so give it when several people share the file.

    ``begin`` returns when the beginning is on disk. Raises ``ConfigurationError`` for a file that is damaged, of
    another program or of a later version; methods raise ``StoreError`` when the disk fails or another process does
    not let go, and ``Closed``.
    """

    def __init__(self, path: str | os.PathLike[str], *, user: str = "") -> None:
        self._path = Path(path).expanduser().absolute()
        self._user = user
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._taken: set[str] = set()
        self._connection: sqlite3.Connection | None = open_database(self._path)
        try:
            self._owner = Owner(self._path.with_name(f"{self._path.name}-owners"))
        except BaseException:
            self._connection.close()
            raise

    def begin(self, execution: Execution) -> Execution | None:
        """Note that it begins, for good. What is known already of this key, or ``None`` when it is new and may run."""
        with self._transaction() as connection:
            known = _one(connection, execution.key)
            if known is None:
                row = {**msgspec.to_builtins(execution), "owner": self._owner.name, "user": self._user}
                insert = f'INSERT INTO executions ("owner", "user", {_COLUMNS}) VALUES (:owner, :user, {_VALUES})'  # noqa: S608 (our own names)
                connection.execute(insert, row)
            return known

    def end(self, key: str, state: ExecutionState, output: str, ended_at_ns: int) -> None:
        """Note how it ended; a second end of the same key is ignored, and so is one that never began."""
        with self._transaction() as connection:
            connection.execute(
                'UPDATE executions SET "state" = ?, "output" = ?, "ended_at_ns" = ? '
                """WHERE "key" = ? AND "state" = 'begun'""",
                (state.value, output, ended_at_ns, key),
            )
            connection.execute(
                """DELETE FROM executions WHERE "state" != 'begun' AND ("ended_at_ns" < ? """
                'OR "number" <= (SELECT max("number") FROM executions) - ?)',
                (ended_at_ns - KEPT_DAYS * _DAY_NS, EXECUTIONS_KEPT),
            )
            self._taken.discard(key)

    def told(self, key: str) -> None:
        """Note that the user was told of its end; a second time changes nothing."""
        with self._transaction() as connection:
            connection.execute("""UPDATE executions SET "told" = 1 WHERE "key" = ? AND "state" != 'begun'""", (key,))

    def unfinished(self) -> list[Execution]:
        """What processes that are gone left for this user to be told of, oldest first; and what ended here untold.

        Left is what was begun and not ended, and what ended and nobody was told of. Whoever asks takes it over: no
        other process is told of it while this one lives and has not closed.
        """
        with self._transaction() as connection:  # one process at a time asks who is gone
            for (owner,) in connection.execute(
                'SELECT DISTINCT "owner" FROM executions WHERE "user" = ? AND NOT "told"', (self._user,)
            ).fetchall():
                if self._owner.is_gone(owner):
                    self._take_over(connection, owner)
            self._owner.sweep()
            where = 'WHERE "user" = ? AND "owner" = ? AND NOT "told" ORDER BY "number"'
            left = _many(connection, where, self._user, self._owner.name)
            return [one for one in left if one.state is not ExecutionState.BEGUN or one.key in self._taken]

    def get(self, key: str) -> Execution | None:
        """What is known of an execution."""
        with self._opened() as connection:
            return _one(connection, key)

    def close(self) -> None:
        """Give the file back; may be called twice. What was begun here and not ended is unfinished from now on."""
        with self._lock:
            if self._connection is not None and os.getpid() == self._process:
                self._connection.close()
                self._owner.close()
            self._connection = None

    def _take_over(self, connection: sqlite3.Connection, owner: str) -> None:
        where = (self._user, owner)
        begun = """SELECT "key" FROM executions WHERE "user" = ? AND "owner" = ? AND "state" = 'begun'"""
        self._taken.update(key for (key,) in connection.execute(begun, where).fetchall())
        connection.execute(
            'UPDATE executions SET "owner" = ? WHERE "user" = ? AND "owner" = ? AND NOT "told"',
            (self._owner.name, *where),
        )

    @contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection]:
        """All of it or nothing, and on disk at the end."""
        with self._opened() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _opened(self) -> Generator[sqlite3.Connection]:
        with self._lock:
            if self._connection is None:
                raise Closed(f"{self._path} is closed")
            if os.getpid() != self._process:
                raise StoreError(f"{self._path} was opened before this process was forked: open it again here")
            try:
                yield self._connection
            except (sqlite3.Error, OSError) as error:
                raise StoreError(f"{self._path} cannot be used: {error}") from error


def _one(connection: sqlite3.Connection, key: str) -> Execution | None:
    found = _many(connection, 'WHERE "key" = ?', key)
    return found[0] if found else None


def _many(connection: sqlite3.Connection, where: str, *values: str) -> list[Execution]:
    rows = connection.execute(f"{_SELECT} {where}", values).fetchall()
    names = Execution.__struct_fields__
    return [msgspec.convert(dict(zip(names, row, strict=True)), Execution) for row in rows]
