"""What does the file of executions survive, and what does it refuse?"""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bareline import ExecutionFile
from bareline.errors import Closed, ConfigurationError, StoreError
from bareline.store import execution_file
from bareline.tools.executions import Execution, ExecutionState

DAY_NS = 86_400 * 10**9
BEGIN = """
import os, signal, sys
from bareline import ExecutionFile
from bareline.tools.executions import Execution
store = ExecutionFile(sys.argv[1])
known = [store.begin(Execution(key=key, tool="pay", arguments="{}", digest="", call_id="")) for key in sys.argv[3:]]
print(known.count(None), flush=True)
if sys.argv[2] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
sys.stdin.read()
"""


def execution(key: str) -> Execution:
    return Execution(key=key, tool="pay", arguments="{}", digest="", call_id="")


def process(path: Path, end: str, *keys: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", BEGIN, str(path), end, *keys]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_what_a_killed_process_began_is_unfinished_and_what_a_living_one_began_is_not(tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    killed, living = process(path, "killed", "a", "b"), process(path, "waits", "c")
    killed.communicate(timeout=30)
    assert living.stdout
    assert living.stdout.readline() == "1\n"
    store = ExecutionFile(path)
    assert [left.key for left in store.unfinished()] == ["a", "b"]
    living.communicate(timeout=30)
    assert {left.key for left in store.unfinished()} == {"a", "b", "c"}
    assert [file.name for file in (tmp_path / "e.db-owners").iterdir()] == [store._owner.name]
    store.close()


def test_of_several_processes_that_begin_the_same_keys_one_begins_each(tmp_path: Path) -> None:
    keys = [f"k{number}" for number in range(50)]
    processes = [process(tmp_path / "e.db", "waits", *keys) for _ in range(4)]
    begun = [int(one.communicate(timeout=50)[0]) for one in processes]
    assert sum(begun) == len(keys)


def test_many_threads_open_a_new_file_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        stores = list(threads.map(lambda _: ExecutionFile(tmp_path / "e.db"), range(8)))
    assert [store.begin(execution("k")) for store in stores].count(None) == 1
    for store in stores:
        store.close()


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    store = ExecutionFile(tmp_path / "e.db")
    store.begin(execution("k"))
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == (0o700 if file.is_dir() else 0o600), file
    store.close()


def test_what_is_left_is_told_to_its_own_user(tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    gone = ExecutionFile(path, user="ada")
    gone.begin(execution("of ada"))
    gone.close()
    other, same = ExecutionFile(path, user="bert"), ExecutionFile(path, user="ada")
    assert other.unfinished() == []
    assert [left.key for left in same.unfinished()] == ["of ada"]
    assert other.begin(execution("of ada")) is not None  # a key is begun once, whoever asks
    other.close()
    same.close()


@pytest.mark.parametrize(
    "content", [b"not a database, but longer than a header of one" * 20, b"SQLite format 3\0" * 90]
)
def test_a_damaged_file_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "e.db"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="Move it away"):
        ExecutionFile(path)
    assert path.read_bytes() == content


def test_a_file_with_a_damaged_page_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    store = ExecutionFile(path)
    for number in range(200):
        store.begin(execution(f"{number:0100}"))
    store.close()
    damaged = bytearray(path.read_bytes())
    damaged[8192:12288] = os.urandom(4096)
    path.write_bytes(damaged)
    with pytest.raises(ConfigurationError, match="cannot be read as a file of executions"):
        ExecutionFile(path)
    assert path.read_bytes() == damaged


def test_a_later_layout_and_another_programs_database_are_refused(tmp_path: Path) -> None:
    later, foreign = tmp_path / "later.db", tmp_path / "foreign.db"
    ExecutionFile(later).close()
    with sqlite3.connect(later) as connection:
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE notes (text)")
    connection.close()
    with pytest.raises(ConfigurationError, match="layout 2, this one knows 1"):
        ExecutionFile(later)
    with pytest.raises(ConfigurationError, match="another program"):
        ExecutionFile(foreign)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is its folder there"):
        ExecutionFile(tmp_path / "missing" / "e.db")


def test_old_ends_are_forgotten_and_what_is_unfinished_never(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ExecutionFile(tmp_path / "e.db")
    for key in ("unfinished", "old", "young", "latest"):
        store.begin(execution(key))
    ends = (("old", 0), ("young", 2 * DAY_NS), ("latest", execution_file.KEPT_DAYS * DAY_NS + DAY_NS))
    for key, ended_at_ns in ends:
        store.end(key, ExecutionState.ANSWERED, "", ended_at_ns)
    assert [key for key in ("unfinished", "old", "young", "latest") if store.get(key)] == [
        "unfinished",
        "young",
        "latest",
    ]
    monkeypatch.setattr(execution_file, "EXECUTIONS_KEPT", 2)
    store.begin(execution("last"))
    store.end("last", ExecutionState.ANSWERED, "", ends[-1][1])
    assert [key for key in ("unfinished", "young", "latest", "last") if store.get(key)] == [
        "unfinished",
        "latest",
        "last",
    ]
    store.close()


def test_what_fails_is_said_and_nothing_has_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "e.db"
    monkeypatch.setattr("bareline.store.schema.BUSY_S", 0.05)
    store = ExecutionFile(path)
    holding = sqlite3.connect(path, isolation_level=None)
    holding.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="database is locked"):
        store.begin(execution("k"))
    holding.execute("ROLLBACK")
    holding.close()
    assert store.begin(execution("k")) is None
    store.close()
    with pytest.raises(Closed):
        store.begin(execution("k"))


def test_a_forked_child_may_not_use_its_parents_file(tmp_path: Path) -> None:
    store = ExecutionFile(tmp_path / "e.db")
    store._process += 1
    with pytest.raises(StoreError, match="forked"):
        store.get("k")
    store._process -= 1
    store.close()
