"""Is this a file of executions that this version can read, and how is a new one laid out?"""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

from bareline.errors import ConfigurationError

__all__ = ["BUSY_S", "SCHEMA_VERSION", "open_database"]

SCHEMA_VERSION = 1
BUSY_S = 5.0
"""How long one process waits for another one that writes."""

_APPLICATION_ID = 0x42_4C_45_58
"""Marks the file as ours (BLEX)."""
_RETRY_S = 0.01

_CREATE = (
    """CREATE TABLE executions (
        "number" INTEGER PRIMARY KEY AUTOINCREMENT,
        "owner" TEXT NOT NULL,
        "user" TEXT NOT NULL,
        "told" INTEGER NOT NULL DEFAULT 0,
        "key" TEXT NOT NULL UNIQUE,
        "tool" TEXT NOT NULL,
        "arguments" TEXT NOT NULL,
        "digest" TEXT NOT NULL,
        "call_id" TEXT NOT NULL,
        "state" TEXT NOT NULL,
        "output" TEXT NOT NULL,
        "proposal_id" TEXT,
        "question" TEXT NOT NULL,
        "by" TEXT NOT NULL,
        "words" TEXT NOT NULL,
        "begun_at_ns" INTEGER NOT NULL,
        "ended_at_ns" INTEGER NOT NULL
    )""",
    """CREATE INDEX untold ON executions ("user") WHERE NOT "told\"""",
    """CREATE INDEX ended ON executions ("ended_at_ns")""",
    f"PRAGMA application_id = {_APPLICATION_ID}",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)


def open_database(path: Path) -> sqlite3.Connection:
    """Open or make the file. Raises ``ConfigurationError``; what is in a file that it does not take stays as it is."""
    _make(path)
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        _check(connection, path)
        _prepare(connection)
    except sqlite3.Error as error:
        _close(connection)
        raise ConfigurationError(
            f"{path} cannot be read as a file of executions ({error}); nothing in it was changed. Move it away, with "
            "its -wal file, and keep it, since it may tell what was begun; then start with a new file."
        ) from error
    except BaseException:
        _close(connection)
        raise
    return connection


def _make(path: Path) -> None:
    """A new file is there for good, and nobody else's to read, before anything is written to it."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        folder = os.open(path.parent, os.O_RDONLY)
    except FileExistsError:
        return
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be made: {error.strerror}; is its folder there?") from error
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _check(connection: sqlite3.Connection, path: Path) -> None:
    version = _pragma(connection, "user_version")
    empty = not version and not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if not empty and _pragma(connection, "application_id") != _APPLICATION_ID:
        raise ConfigurationError(f"{path} is a database of another program; name another file")
    if version > SCHEMA_VERSION:
        raise ConfigurationError(
            f"{path} was written by a later version of bareline (layout {version}, this one knows {SCHEMA_VERSION}): "
            "install that version again, or name another file; nothing in it was changed"
        )
    damage = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if damage != "ok":
        raise sqlite3.DatabaseError(str(damage).replace("\n", " "))


def _prepare(connection: sqlite3.Connection) -> None:
    """What is committed is on disk, also on systems whose ``fsync`` alone does not promise that."""
    _set_journal(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")
    connection.execute("BEGIN IMMEDIATE")
    if not _pragma(connection, "user_version"):
        for statement in _CREATE:
            connection.execute(statement)
    connection.execute("COMMIT")


def _set_journal(connection: sqlite3.Connection) -> None:
    """SQLite does not wait for others by itself when the kind of journal changes."""
    until_s = time.monotonic() + BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until_s:
                raise
            time.sleep(_RETRY_S)
        else:
            return


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def _close(connection: sqlite3.Connection | None) -> None:
    if connection is not None:
        connection.close()
