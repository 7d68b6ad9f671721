"""Is a scene reproducible, possible, and judged by what is in the database?"""

from __future__ import annotations

import datetime

import pytest

from bareline.errors import NotFound
from bareline.lab.demo.scene import draw_scene
from bareline.lab.task_manager.tasks import TaskStore

TODAY = datetime.date(2026, 3, 4)


@pytest.mark.parametrize("seed", range(20))
def test_a_scene_played_by_the_book_meets_its_goals_and_nothing_less_does(seed: int) -> None:
    scene = draw_scene(seed, TODAY)
    assert scene == draw_scene(seed, TODAY)
    store = TaskStore(":memory:")
    scene.fill(store)
    steps = [
        lambda: store.add(scene.created, scene.due),
        lambda: store.delete(scene.deleted),
        lambda: store.complete(scene.completed),
    ]
    for step in steps:
        assert scene.unmet(store)
        step()
    assert scene.unmet(store) == []
    with pytest.raises(NotFound):
        store.complete(scene.absent)
    store.add(scene.absent)
    assert scene.unmet(store) == [f"'{scene.absent.lower()}' should not be there"]
    store.close()


def test_the_due_date_is_the_next_such_day_and_never_today() -> None:
    for seed in range(50):
        scene = draw_scene(seed, TODAY)
        ahead = (scene.due - TODAY).days
        assert 1 <= ahead <= 7
        assert f"{scene.due:%A}" in scene.add
