"""The Task Manager: its tasks, its places, how its tools ask, and the example that is the same code."""

from __future__ import annotations

import datetime
import runpy
from pathlib import Path

import pytest

from bareline.errors import InvalidRequest, NotFound, Permanent, Temporary
from bareline.lab.task_manager.places import PlaceDirectory
from bareline.lab.task_manager.tasks import TaskStore
from bareline.lab.task_manager.tools import all_tools
from bareline.testing.virtual import run_virtual
from bareline.tools import Confirm
from bareline.tools.lint import lint

ROOT = Path(__file__).parents[3]
FRIDAY = datetime.date(2026, 11, 27)


@pytest.fixture
def store():
    store = TaskStore(":memory:")
    store.add("wash the car", FRIDAY)
    yield store
    store.close()


def test_the_store_says_what_is_wrong_and_what_is_near(store: TaskStore) -> None:
    with pytest.raises(InvalidRequest, match="already"):
        store.add("Wash the car")
    with pytest.raises(InvalidRequest, match="empty"):
        store.add("  ")
    with pytest.raises(NotFound) as caught:
        store.find("wash the cat")
    assert caught.value.suggestions == ("wash the car",)
    assert store.complete("WASH THE CAR").status == "done"
    assert [task.title for task in store.tasks("done")] == ["wash the car"]
    assert store.tasks("pending") == []


def test_what_may_be_repeated_changes_nothing_the_second_time(store: TaskStore) -> None:
    for _ in range(2):
        assert store.add("buy milk", FRIDAY).due == FRIDAY
        assert store.reschedule("buy milk", FRIDAY + datetime.timedelta(days=1)).due == datetime.date(2026, 11, 28)
        assert store.complete("wash the car").status == "done"
        store.reschedule("buy milk", FRIDAY)
    assert [task.title for task in store.tasks()] == ["wash the car", "buy milk"]


def test_what_cannot_be_taken_back_asks_about_the_thing_itself(store: TaskStore) -> None:
    tools = all_tools(store, PlaceDirectory())
    asking = {tool.name: rule for tool in tools for rule in tool.consent if isinstance(rule, Confirm)}
    assert (
        set(asking) == {"delete_task", "clear_tasks"} == {tool.name for tool in tools if tool.effect == "irreversible"}
    )
    assert asking["delete_task"].describe(title="Wash the car") == "'wash the car', due Friday 27 November"
    assert asking["clear_tasks"].describe() == "the only task on your list"
    store.add("buy milk")
    assert asking["clear_tasks"].describe() == "all 2 tasks"
    assert store.clear() == 2
    assert store.tasks() == []
    with pytest.raises(InvalidRequest, match="empty"):
        asking["clear_tasks"].describe()


def test_the_directory_is_slow_busy_and_not_all_knowing() -> None:
    async def main() -> None:
        places = PlaceDirectory(busy=["pharmacy"])
        told: list[str] = []
        with pytest.raises(Temporary):
            await places.opening_hours("the Pharmacy", told.append)
        assert (await places.opening_hours("the Pharmacy", told.append)).closes == "8 pm"
        assert told == ["I have found the pharmacy, now I am waiting for its opening hours."]
        with pytest.raises(Permanent):
            await places.opening_hours("town hall", told.append)
        with pytest.raises(NotFound) as caught:
            await places.opening_hours("libary", told.append)
        assert caught.value.suggestions == ("library",)

    run_virtual(main())


def test_the_example_is_the_code_of_the_demo() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "task_manager_example.py"))
    copies = script["copies"]()
    assert {path.name for path in copies} == {"places.py", "tasks.py", "tools.py"}
    for path, text in copies.items():
        assert path.read_text(encoding="utf-8") == text, "run python scripts/task_manager_example.py"
        assert "bareline.lab" not in text


def test_the_tools_work_by_voice() -> None:
    assert lint(all_tools()) == []
