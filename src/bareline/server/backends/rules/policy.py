"""What is the answer to this turn: words, calls, or a question?"""

from __future__ import annotations

from bareline.server.backends.rules import wording
from bareline.server.backends.rules.answers import Answers
from bareline.server.backends.rules.entities import Knowledge
from bareline.server.backends.rules.memory import AskDo, AskWhich, Call, Draft, Heard, Memory, Reply
from bareline.server.backends.rules.toolset import Toolset
from bareline.server.backends.rules.understanding import ACCEPTED, Intent, Said, intents, read, social
from bareline.server.backends.rules.wishes import wishes

__all__ = ["DOUBTFUL", "DOUBTFUL_DESTRUCTIVE", "DOUBTFUL_READ", "UNSURE", "Policy"]

UNSURE = 0.02
"""Below this confidence nothing is acted on: half of what the grammar does not foresee lies there."""
DOUBTFUL_READ = 0.05
"""Below this confidence nothing is looked up without asking."""
DOUBTFUL = 0.15
"""Below this confidence nothing is changed without asking: most of what the grammar does not foresee lies there, and of
what it does, one sentence in twenty (more for accents unlike the recogniser's)."""
DOUBTFUL_DESTRUCTIVE = 0.45
"""Below this confidence nothing destructive is done without asking, unless the tools themselves ask."""
_HARMLESS = frozenset({"no", "cancel"})
"""Taken at any confidence: they do nothing."""
_MARGIN = 0.35
"""Two tools whose scores are closer than this may both be meant."""


class Policy:
    """The rules of one dialogue, for the tools and the knowledge of this turn."""

    def __init__(self, toolset: Toolset, known: Knowledge, memory: Memory, *, may_call: bool = True) -> None:
        self._toolset = toolset
        self._known = known
        self._memory = memory
        self._may_call = may_call
        self._answers = Answers(toolset, known, memory)

    def answer(self, heard: Heard) -> Reply:
        """The reply to what the user said; the memory moves on."""
        reply = self._reply(heard)
        if reply.calls and not self._may_call:
            reply = Reply("I may not use my tools for this answer.")
        if reply.say:
            self._memory.said = reply.say
        return reply

    def forced(self, heard: Heard | None, name: str | None) -> Reply:
        """A call that must be made: of the tool ``name``, or of the likeliest one, with whatever values are known."""
        said = read(heard.text if heard else "")
        ranked = intents(said, self._toolset, self._known)
        chosen = [intent for intent in ranked if name is None or intent.tool.name == name]
        if chosen:
            self._memory.expecting = None
            return self._answers.call(Draft(chosen[0].tool, chosen[0].values))
        return Reply("", (Call(name, {}),)) if name else Reply(wording.ask_again(1, self._toolset))

    def _reply(self, heard: Heard) -> Reply:
        memory = self._memory
        said = read(heard.text)
        kind = social(said)
        if not said.full or (heard.confidence < UNSURE and kind not in _HARMLESS):
            return self._missed()
        ranked = intents(said, self._toolset, self._known)
        clear = self._clear(ranked)
        if kind is not None and not (clear and clear.score >= ACCEPTED and _exact(clear, said)):
            memory.misses = 0
            return self._answers.social(kind, heard) or self._courtesy(kind)
        if memory.expecting is not None:
            reply = self._answers.expected(said, heard, clear)
            if reply is not None:
                memory.misses = 0
                return reply
        return self._act(said, heard, ranked, clear)

    def _act(self, said: Said, heard: Heard, ranked: list[Intent], clear: Intent | None) -> Reply:
        """A new wish, or several."""
        memory = self._memory
        several = wishes(said, self._toolset, self._known)
        if several:
            memory.misses = 0
            return self._together(several, said, heard)
        if clear is None:
            near = [intent for intent in ranked if intent.score >= ACCEPTED]
            if len(near) > 1:
                memory.expecting = AskWhich(tuple(near[:3]))
                return Reply(wording.ask_which(tuple(intent.tool for intent in near[:3])))
            return self._missed()
        memory.misses = 0
        return self._together((clear,), said, heard)

    def _together(self, several: tuple[Intent, ...], said: Said, heard: Heard) -> Reply:
        """All calls that can be made, and the first question about those that cannot."""
        calls: list[Call] = []
        question, expecting = "", None
        for intent in several:
            reply = self._answers.advance(
                Draft(intent.tool, intent.values, intent.heard if heard.spoken else frozenset())
            )
            calls += reply.calls
            if reply.say and not question:
                question, expecting = reply.say, self._memory.expecting
        self._memory.expecting = expecting
        if calls and not question and heard.confidence < max(self._needed(intent) for intent in several):
            self._memory.expecting = AskDo(tuple(calls))
            return Reply(wording.ask_right(" ".join(said.words)))
        return Reply(question, tuple(calls))

    def _clear(self, ranked: list[Intent]) -> Intent | None:
        """The one tool that is meant, if it is clear."""
        if not ranked or ranked[0].score < ACCEPTED:
            return None
        if len(ranked) > 1 and ranked[1].score >= ACCEPTED and ranked[0].score - ranked[1].score < _MARGIN:
            return None
        return ranked[0]

    def _needed(self, intent: Intent) -> float:
        """The confidence from which the tool is called without asking."""
        if intent.tool.destructive and not self._toolset.confirming:
            return DOUBTFUL_DESTRUCTIVE
        reading = intent.tool.verbs & {"show", "find"} and not intent.tool.destructive
        return DOUBTFUL_READ if reading else DOUBTFUL

    def _missed(self) -> Reply:
        self._memory.misses += 1
        return Reply(wording.ask_again(self._memory.misses, self._toolset))

    def _courtesy(self, kind: str) -> Reply:
        """Courtesy when nothing is being waited for."""
        said = self._memory.said
        fixed = {
            "yes": "What would you like me to do?",
            "no": "All right. Is there anything else?",
            "cancel": "All right.",
            "hello": wording.greeting(self._toolset),
            "goodbye": "Goodbye!",
            "thanks": "You are welcome.",
            "repeat": said or "I have not said anything yet.",
            "help": wording.introduction(self._toolset),
            "wait": "Take your time.",
            "listening": "I am listening.",
            "other": "Which one do you mean?",
        }
        return Reply(fixed[kind])


def _exact(intent: Intent, said: Said) -> bool:
    """Whether the utterance is one of the phrases that the tool's description quotes."""
    return said.words in intent.tool.triggers or said.full in intent.tool.triggers
