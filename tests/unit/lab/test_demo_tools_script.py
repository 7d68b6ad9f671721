"""The caller of the scene about tools: says what is to be said, again where it did not get through, and then stops."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from bareline.client.call_events import AgentSaid, CallEvent, ConfirmationAsked, ToolCalled, ToolSettled
from bareline.lab.demo.script import Watch
from bareline.lab.demo.tools_scene import ToolsScene, draw_tools_scene
from bareline.lab.demo.tools_script import tools_script
from bareline.testing.steps import Pause, Say, WaitForAgent
from bareline.tools import CallState

SCENE = draw_tools_scene(1, datetime.date(2026, 3, 4))


class Agent:
    """Understands the scene's sentences, except the first ``deaf`` ones."""

    def __init__(self, scene: ToolsScene, *, deaf: int = 0) -> None:
        self._scene = scene
        self._deaf = deaf
        self._title = ""

    def hear(self, text: str) -> Iterator[CallEvent]:
        self._deaf -= 1
        if self._deaf >= 0:
            yield AgentSaid(at_ns=0, item_id="i", text="Sorry?")
        elif "opening hours" in text:
            yield from self._call("list_tasks" if text == self._scene.both else "check_opening_hours", "", "Open.")
        elif text == self._scene.delete.format(title=f"the {self._scene.vague}"):
            yield from self._call("delete_task", self._scene.vague, "Did you mean this or that?")
        elif text == self._scene.other:
            yield self._settled("delete_task", CallState.CANCELLED)
            yield from self._propose("delete_task", self._scene.meant)
        elif text == self._scene.clear:
            yield from self._propose("clear_tasks", "all")
        elif self._title and text in (self._scene.yes, self._scene.no):
            state = CallState.ANSWERED if text == self._scene.yes else CallState.CANCELLED
            yield self._settled("delete_task", state)
            yield AgentSaid(at_ns=0, item_id="i", text="All right.")
        else:
            titles = [title for title, _ in self._scene.tasks if title in text.lower()]
            yield from self._propose("delete_task", titles[0]) if titles else self._bye()

    def _call(self, name: str, arguments: str, words: str) -> Iterator[CallEvent]:
        yield ToolCalled(at_ns=0, call_id="c", name=name, arguments=arguments)
        yield self._settled(name, CallState.ANSWERED)
        yield AgentSaid(at_ns=0, item_id="i", text=words)

    def _propose(self, name: str, title: str) -> Iterator[CallEvent]:
        self._title = title
        yield ToolCalled(at_ns=0, call_id="c", name=name, arguments=title)
        yield ConfirmationAsked(at_ns=0, proposal_id="p", name=name, arguments=title, question="Delete it?")
        yield AgentSaid(at_ns=0, item_id="i", text="Delete it?")

    def _bye(self) -> Iterator[CallEvent]:
        yield AgentSaid(at_ns=0, item_id="i", text="Goodbye!")

    def _settled(self, name: str, state: CallState) -> ToolSettled:
        return ToolSettled(
            at_ns=0, call_id="c", name=name, arguments="", state=state, output="", duration_ms=0, consent=None
        )


def said_to(agent: Agent) -> tuple[list[str], Watch]:
    """All that the caller says to the agent."""
    watch, said, words = Watch(), [], "Hello!"
    for step in tools_script(SCENE, watch, outwait_ms=9_000):
        if isinstance(step, Say):
            said.append(step.text)
            words = ""
            for event in agent.hear(step.text):
                watch.take(event)
                words += event.text if isinstance(event, AgentSaid) else ""
        elif isinstance(step, WaitForAgent):
            assert step.until is not None
            assert step.until(words), f"nobody answers {said[-1:]}"
        else:
            assert step == Pause(9_000)
    return said, watch


def test_an_agent_that_understands_hears_each_sentence_once() -> None:
    said, watch = said_to(Agent(SCENE))
    assert watch.repeats == 0
    assert said[:4] == [
        *(SCENE.look_up.format(place=place) for place in (SCENE.slow, SCENE.busy, SCENE.secretive)),
        SCENE.both,
    ]
    assert said[-3:] == [SCENE.clear, "Yes.", SCENE.goodbye]
    assert said.count(SCENE.other) == 1


def test_what_did_not_get_through_is_said_again_and_no_more_than_three_times() -> None:
    said, watch = said_to(Agent(SCENE, deaf=2))
    assert watch.repeats == 2
    assert said[:3] == [SCENE.look_up.format(place=SCENE.slow)] * 3
    said, _ = said_to(Agent(SCENE, deaf=1_000))
    assert said.count(SCENE.both) == 3
    assert said[-1] == SCENE.goodbye


def test_nobody_speaks_while_a_tool_runs() -> None:
    watch = Watch()
    assert watch.answered
    watch.take(ToolCalled(at_ns=0, call_id="c", name="x", arguments="{}"))
    watch.take(AgentSaid(at_ns=0, item_id="i", text="Is that right?"))
    assert not watch.answered
    assert watch.reads_back
    watch.take(Agent(SCENE)._settled("x", CallState.ANSWERED))
    assert not watch.answered
    watch.take(AgentSaid(at_ns=0, item_id="i", text="Done."))
    assert watch.answered
