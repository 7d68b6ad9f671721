"""What does the demo's caller say next?

A person with a purpose: says the scene's sentences, says one again when it did not get through, answers a question
about what was heard, and gives up after three tries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bareline.client.call_events import AgentSaid, CallEvent, ConfirmationAsked, ToolCalled, ToolSettled
from bareline.lab.demo.scene import Scene
from bareline.testing.caller import InterruptAfter, Pause, Say, Step, WaitForAgent
from bareline.tools import CallState
from bareline.turns import SemanticVad, ServerVad, TurnProfile

__all__ = ["INTERRUPT_AFTER_MS", "LISTEN_AFTER_MS", "THINK_MS", "TRIES", "Watch", "caller_script"]

LISTEN_AFTER_MS = 1_200
"""So long into a long answer the caller shows that somebody listens."""
LISTENS_MS = 2_000
"""The voice waits until a sound has turned out to be nothing; it is no answer that has ended."""
INTERRUPT_AFTER_MS = 2_000
"""So long after that, the caller has heard enough."""
THINK_MS = 1_200
"""The caller's pause in the middle of a sentence: longer than a silence timer waits."""
ANSWER_OVER_MS = 700
"""So long a silence, and the caller takes the answer to be over."""
TRIES = 3
QUESTIONS = 2
"""How often the caller says yes on the way: to what was heard, and to what is about to be done."""
_ANSWER = WaitForAgent(silence_ms=ANSWER_OVER_MS)


@dataclass(slots=True)
class Watch:
    """What the caller can tell of the call: what runs, has settled or is asked, and how often it was said again.

    ``answered``: the agent has said something since the last thing happened, and nothing runs. ``said``: its last
    words. ``take_turns`` changes how the call finds turns, from now on.
    """

    take_turns: Callable[[TurnProfile], None] = field(default=lambda _: None)
    settled: list[ToolSettled] = field(default_factory=list[ToolSettled])
    proposals: list[ConfirmationAsked] = field(default_factory=list[ConfirmationAsked])
    repeats: int = 0
    said: str = ""
    _running: dict[str, ToolCalled] = field(default_factory=dict[str, ToolCalled])
    _spoken: bool = True

    @property
    def answered(self) -> bool:
        """Whether the agent has spoken to all that happened."""
        return self._spoken and not self._running

    @property
    def reads_back(self) -> bool:
        """Whether the agent's last words ask whether it has heard right."""
        return "is that right" in self.said.lower()

    def take(self, event: CallEvent) -> None:
        """Follow the call."""
        match event:
            case ToolCalled():
                self._running[event.call_id] = event
                self._spoken = False
            case ConfirmationAsked():
                self.proposals.append(event)
                for called in [each for each in self._running.values() if each.arguments == event.arguments]:
                    self._running.pop(called.call_id)
            case ToolSettled():
                self.settled.append(event)
                self._running.pop(event.call_id, None)
                self._spoken = event.state is CallState.CANCELLED
            case AgentSaid():
                self._spoken = True
                self.said = event.text
            case _:
                pass

    def count(self, name: str) -> int:
        """How many calls of that tool have run to an end."""
        return sum(event.name == name and event.state is not CallState.CANCELLED for event in self.settled)

    def settles(self, name: str, state: CallState | None = None) -> Callable[[], bool]:
        """Whether one more call of that tool has come to an end since now, to this one if any."""
        before = len(self.settled)
        return lambda: any(event.name == name and state in (None, event.state) for event in self.settled[before:])

    def proposes(self, title: str = "") -> Callable[[], bool]:
        """Whether something was proposed since now, about ``title`` if any."""
        before = len(self.proposals)
        return lambda: any(title in event.arguments for event in self.proposals[before:])

    def hears(self, words: str) -> Callable[[], bool]:
        """Whether the agent's last words hold these."""
        return lambda: words in self.said.lower()


def caller_script(scene: Scene, watch: Watch) -> Iterator[Step]:
    """The steps of the scene, decided while the call goes on."""
    yield _ANSWER
    yield from _ask(watch, scene.ask, _called(watch, "list_tasks"))
    watch.take_turns(SemanticVad.fast())  # a silence timer would cut the pause to think
    yield from _ask(watch, scene.add, _called(watch, "create_task"))
    watch.take_turns(ServerVad.balanced())
    yield from _ask(watch, scene.delete, _called(watch, "delete_task"), yes=scene.yes)
    yield from _interrupt(watch, scene)
    yield from _ask(watch, scene.complete, _called(watch, "complete_task"))
    yield from _ask(watch, scene.complete_absent, _called(watch, "complete_task"))
    yield Say(scene.never_mind)
    yield _ANSWER
    yield Say(scene.goodbye)
    yield _ANSWER


def _ask(watch: Watch, sentence: str, reached: Callable[[], bool], *, yes: str = "Yes.") -> Iterator[Step]:
    """Say it until it had its effect; say yes to a question about it."""
    for attempt in range(TRIES):
        watch.repeats += attempt > 0
        yield Say(sentence, pause_ms=THINK_MS)
        said: list[str] = []
        yield WaitForAgent(silence_ms=ANSWER_OVER_MS, until=_remember(said))
        for _ in range(QUESTIONS):
            if reached() or not _wants_a_yes(said[-1]):
                break
            yield Say(yes)
            yield WaitForAgent(silence_ms=ANSWER_OVER_MS, until=_remember(said))
        if reached():
            return


def _interrupt(watch: Watch, scene: Scene) -> Iterator[Step]:
    """Ask for the long answer, listen to it, and break in."""
    reached = _called(watch, "list_tasks")
    for attempt in range(TRIES):
        watch.repeats += attempt > 0
        yield Say(scene.ask_all)
        yield InterruptAfter(LISTEN_AFTER_MS, scene.backchannel)
        yield Pause(LISTENS_MS)
        yield InterruptAfter(INTERRUPT_AFTER_MS, scene.interrupt)
        yield Pause(2_500)
        if reached():
            return


def _called(watch: Watch, name: str) -> Callable[[], bool]:
    """Whether one more call of that tool has settled since now."""
    before = watch.count(name)
    return lambda: watch.count(name) > before


def _remember(said: list[str]) -> Callable[[str], bool]:
    def until(words: str) -> bool:
        said.append(words)
        return True

    return until


def _wants_a_yes(words: str) -> bool:
    asks_again = any(hint in words.lower() for hint in ("again", "repeat", "did not catch", "didn't catch"))
    return words.rstrip().endswith("?") and not asks_again
