"""What does the caller of the scene about tools say next?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bareline.lab.demo.script import TRIES, Watch
from bareline.lab.demo.tools_scene import ToolsScene
from bareline.testing.steps import Pause, Say, Step, WaitForAgent
from bareline.tools import CallState

__all__ = ["tools_script"]

ANSWER_OVER_MS = 1_000
"""So long a silence, and the caller takes the answer to be over."""
QUESTIONS = 2
Reached = Callable[[], bool]


def tools_script(scene: ToolsScene, watch: Watch, *, outwait_ms: int) -> Iterator[Step]:
    """The steps of the scene, decided while the call goes on. ``outwait_ms``: more than a question waits."""
    yield _answer(watch)
    for place in (scene.slow, scene.busy, scene.secretive):
        yield from _ask(watch, scene.look_up.format(place=place), watch.settles("check_opening_hours"))
    yield from _ask(watch, scene.both, watch.settles("list_tasks"))
    yield from _delete(watch, scene.delete.format(title=scene.kept), scene.no, CallState.CANCELLED)
    yield from _delete(watch, scene.delete.format(title=scene.deleted), scene.yes, CallState.ANSWERED)
    yield from _change_of_mind(scene, watch)
    yield from _ask(watch, scene.clear, watch.proposes())
    yield Pause(outwait_ms)
    yield Say("Yes.")
    yield _answer(watch)
    yield Say(scene.goodbye)
    yield _answer(watch)


def _answer(watch: Watch) -> WaitForAgent:
    """Until what was said or done has been answered, and nothing runs."""
    return WaitForAgent(silence_ms=ANSWER_OVER_MS, until=lambda words: bool(words) and watch.answered)


def _ask(watch: Watch, sentence: str, reached: Reached) -> Iterator[Step]:
    """Say it until it had its effect; yes to what was heard, if that is asked."""
    for attempt in range(TRIES):
        watch.repeats += attempt > 0
        yield Say(sentence)
        yield _answer(watch)
        for _ in range(QUESTIONS):
            if reached() or not watch.reads_back:
                break
            yield Say("Yes.")
            yield _answer(watch)
        if reached():
            return


def _delete(watch: Watch, sentence: str, reply: str, state: CallState) -> Iterator[Step]:
    """Ask for it, and answer the question; from the beginning when the answer did not get through."""
    reached = watch.settles("delete_task", state)
    for _ in range(TRIES):
        yield from _ask(watch, sentence, watch.proposes())
        yield from _ask(watch, reply, reached)
        if reached():
            return


def _change_of_mind(scene: ToolsScene, watch: Watch) -> Iterator[Step]:
    """Name two tasks at once, choose the one, want the other."""
    reached = watch.settles("delete_task", CallState.ANSWERED)
    for _ in range(TRIES):
        yield from _ask(watch, scene.delete.format(title=f"the {scene.vague}"), watch.hears("did you mean"))
        yield from _ask(watch, f"{scene.mistaken.capitalize()}.", watch.proposes(scene.mistaken))
        proposed = watch.proposes(scene.meant)
        yield Say(scene.other)
        yield _answer(watch)
        if proposed():
            yield from _ask(watch, scene.yes, reached)
        if reached():
            return
