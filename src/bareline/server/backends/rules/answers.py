"""The user was asked something: what does the reply settle, and what comes next?"""

from __future__ import annotations

from dataclasses import replace

from bareline.server.backends.rules import wording
from bareline.server.backends.rules.changes import Change, change_of_mind
from bareline.server.backends.rules.entities import Knowledge, value_for
from bareline.server.backends.rules.lexicon import FILLERS, GLUE
from bareline.server.backends.rules.memory import (
    AskConsent,
    AskDo,
    AskRight,
    AskSlot,
    AskWhich,
    Call,
    Draft,
    Heard,
    Memory,
    Reply,
)
from bareline.server.backends.rules.mentions import Mention, find_mentions, mentions_of
from bareline.server.backends.rules.moments import complete_moment, moment_question
from bareline.server.backends.rules.results import Proposal
from bareline.server.backends.rules.schema import Json
from bareline.server.backends.rules.slots import Slot, SlotKind
from bareline.server.backends.rules.toolset import Toolset
from bareline.server.backends.rules.understanding import ACCEPTED, Intent, Said
from bareline.server.backends.rules.words import joined

__all__ = ["Answers"]

_YES = frozenset({"yes", "yeah", "yep", "yup", "sure", "correct"})
_NO = frozenset({"no", "nope", "nah", "don't"})
_STRONG = 3.0
"""The score from which a reply is a new wish rather than the value that was asked for."""
_FREE = 2.6
"""The score from which a reply is a new wish rather than the free text that was asked for."""
_OFFERED_MAX = 5
_YES_OR_NO = "Please say yes or no."
_SURE_YES = 0.15
"""Below this confidence a yes is asked for again; what several doubtful ones make sure together counts too."""


class Answers:
    """Replies while something is expected; also turns a draft into a question or a call."""

    def __init__(self, toolset: Toolset, known: Knowledge, memory: Memory) -> None:
        self._toolset = toolset
        self._known = known
        self._memory = memory

    def advance(self, draft: Draft) -> Reply:
        """Read back what is unsure, ask for what is missing, or call."""
        unsure = next((slot for slot in draft.tool.slots if slot.name in draft.unsure), None)
        if unsure is not None:
            value = draft.values[unsure.name]
            self._memory.expecting = AskRight(draft, unsure, value)
            return Reply(wording.ask_right(str(value)))
        for slot in draft.tool.slots:
            value = draft.values.get(slot.name)
            if slot.kind is SlotKind.MOMENT and isinstance(value, str) and not complete_moment(value):
                return self._ask(draft, slot)
            if slot.required and value is None:
                only = self._only(slot, draft)
                if only is None:
                    return self._ask(draft, slot)
                draft = Draft(draft.tool, {**draft.values, slot.name: only}, draft.unsure)
        return self.call(draft)

    def call(self, draft: Draft) -> Reply:
        """The call of a draft, values put where the schema wants them."""
        self._memory.expecting = None
        arguments: dict[str, Json] = {}
        for slot in draft.tool.slots:
            if slot.name in draft.values:
                inner = arguments
                for key in slot.path[:-1]:
                    nested = inner.setdefault(key, {})
                    inner = nested if isinstance(nested, dict) else inner
                inner[slot.path[-1]] = draft.values[slot.name]
        return Reply("", (Call(draft.tool.name, arguments),))

    def social(self, kind: str, heard: Heard) -> Reply | None:  # noqa: PLR0911 (a table of kinds)
        """Consent, refusal and the like, as far as something is expected; None leaves it to mere courtesy."""
        expecting = self._memory.expecting
        if expecting is None or kind in {"help", "thanks", "wait", "goodbye"}:
            return None
        if kind in {"repeat", "hello", "listening"}:
            return Reply(self._memory.said)
        match expecting:
            case AskConsent():
                if kind == "other":
                    return self._instead(expecting, self._changed(expecting))
                return self._yes(expecting, heard) if kind == "yes" else self._settled(expecting.proposal, kind)
            case AskDo(calls):
                return self._do(calls, kind)
            case AskRight(draft, slot, value):
                return self._right(draft, slot, value, kind)
            case AskSlot(draft, slot, _):
                return self._plain(draft, slot, kind)
            case AskWhich(choices):
                if kind in {"no", "cancel"}:
                    return self._drop()
                return Reply(wording.ask_which(tuple(intent.tool for intent in choices)))

    def expected(self, said: Said, heard: Heard, clear: Intent | None) -> Reply | None:  # noqa: PLR0911 (a table of kinds)
        """The reply to an utterance that is more than courtesy; None when it is a new wish."""
        expecting = self._memory.expecting
        lead = said.full[0] if said.full else ""
        match expecting:
            case AskConsent() if clear is None and lead in _NO and (change := self._changed(expecting, said)):
                return self._instead(expecting, change)
            case AskConsent() | AskDo():
                if lead in _YES and (clear is None or clear.score < _STRONG or clear.tool.destructive):
                    return self.social("yes", heard)
                if lead in _NO and clear is None:
                    return self.social("no", heard)
                return None if clear is not None else Reply(self._memory.said, reminder=_YES_OR_NO)
            case AskRight(draft, slot, _):
                return self._corrected(draft, slot, said, heard, clear)
            case AskSlot(draft, slot, _):
                return self._value(draft, slot, said, heard, clear)
            case AskWhich(choices):
                return self._chosen(choices, said)
            case None:
                return None

    def _ask(self, draft: Draft, slot: Slot) -> Reply:
        self._memory.expecting = AskSlot(draft, slot)
        value = draft.values.get(slot.name)
        if slot.kind is SlotKind.MOMENT and isinstance(value, str):
            return Reply(moment_question(value, self._known.today))
        question = wording.ask_slot(draft.tool, slot)
        names = self._fitting(slot, draft)
        if slot.kind is SlotKind.ID and 1 < len(names) <= _OFFERED_MAX:
            return Reply(f"{question.removesuffix('?')}: {joined(names, 'or')}?")
        return Reply(question)

    def _fitting(self, slot: Slot, draft: Draft) -> list[str]:
        fitting = (entity for entity in self._known.entities if value_for(slot, entity, draft.tool.nouns) is not None)
        return list(dict.fromkeys(entity.name for entity in fitting))

    def _only(self, slot: Slot, draft: Draft) -> Json:
        """The only thing it can be, when the user said no name: cancel my order."""
        if slot.kind is not SlotKind.ID:
            return None
        values = {value_for(slot, entity, draft.tool.nouns) for entity in self._known.entities} - {None}
        return next(iter(values)) if len(values) == 1 else None

    def _yes(self, asked: AskConsent, heard: Heard) -> Reply:
        believed = 1 - (1 - asked.believed) * (1 - heard.confidence)
        if believed < _SURE_YES:
            self._memory.expecting = replace(asked, believed=believed)
            return Reply(asked.proposal.say, reminder=_YES_OR_NO)
        return self._settled(asked.proposal, "yes")

    def _settled(self, proposal: Proposal, kind: str) -> Reply:
        tool = self._toolset.answering(proposal.field, consent=kind == "yes")
        self._memory.expecting = None
        if tool is not None:
            return Reply("", (Call(tool.name, {proposal.field: proposal.id}),))
        return Reply("I have no way to confirm that." if kind == "yes" else "All right, I left it alone.")

    def _instead(self, asked: AskConsent, change: Change | None) -> Reply:
        """no, the other one; no, X: what was proposed is declined, and the same proposed of the other thing."""
        if change is None:
            return self._settled(asked.proposal, "no")
        if len(change.values) != 1:
            return self._ask(change.draft, change.slot)
        declined = self._settled(asked.proposal, "no")
        again = self.call(Draft(change.draft.tool, {**change.draft.values, change.slot.name: change.values[0]}))
        return Reply("", (*declined.calls, *again.calls))

    def _changed(self, asked: AskConsent, said: Said | None = None) -> Change | None:
        return change_of_mind(asked.call, self._toolset, self._known, self._memory.offered, said)

    def _do(self, calls: tuple[Call, ...], kind: str) -> Reply:
        self._memory.expecting = None
        return Reply("", calls) if kind == "yes" else Reply("All right, I left it alone.")

    def _right(self, draft: Draft, slot: Slot, value: Json, kind: str) -> Reply:
        if kind == "yes":
            return self.advance(Draft(draft.tool, {**draft.values, slot.name: value}, draft.unsure - {slot.name}))
        if kind == "cancel":
            return self._drop()
        return self._ask(_without(draft, slot), slot)

    def _plain(self, draft: Draft, slot: Slot, kind: str) -> Reply:
        """yes or no to a question for a value."""
        if slot.kind is SlotKind.SWITCH and kind in {"yes", "no"}:
            return self._filled(draft, slot, kind == "yes", sure=True)
        if slot.many and kind == "no":
            return self._filled(draft, slot, [], sure=True)
        if kind in {"no", "cancel"}:
            return self._drop()
        return self._ask(draft, slot)

    def _drop(self) -> Reply:
        self._memory.expecting = None
        return Reply("All right, never mind.")

    def _corrected(self, draft: Draft, slot: Slot, said: Said, heard: Heard, clear: Intent | None) -> Reply | None:
        """no, it is X: the value again, or something else altogether."""
        if clear is not None and clear.score >= _STRONG and said.full[0] not in _NO:
            return None
        if said.full[0] in _YES:
            return self._right(draft, slot, draft.values.get(slot.name), "yes")
        return self._value(_without(draft, slot), slot, said, heard, None)

    def _value(self, draft: Draft, slot: Slot, said: Said, heard: Heard, clear: Intent | None) -> Reply | None:
        """The value that was asked for, and others that came with it."""
        others = {} if clear is None else clear.values
        if clear is not None and clear.tool.name == draft.tool.name:
            merged = {**draft.values, **others}
            unsure = clear.heard if heard.spoken else frozenset[str]()
            return self.advance(Draft(draft.tool, merged, draft.unsure | unsure))
        if clear is not None and clear.verb and clear.score >= (_FREE if slot.kind is SlotKind.TEXT else ACCEPTED):
            return None
        every = mentions_of(slot, said.words, self._known, draft.tool.nouns)
        found = [mention for mention in every if not mention.refused]
        if found:
            more = {
                mention.slot.name: mention.value
                for mention in find_mentions(draft.tool, said.words, self._known)
                if mention.slot.name not in draft.values and not mention.slot.many and not mention.refused
            }
            return self._filled(
                Draft(draft.tool, {**draft.values, **more}, draft.unsure), slot, _best(found), sure=True
            )
        if slot.kind is SlotKind.TEXT:
            text = _bare(said, slot)
            return self._filled(draft, slot, text, sure=not heard.spoken) if text else None
        return None

    def _filled(self, draft: Draft, slot: Slot, value: Json, *, sure: bool) -> Reply:
        before = draft.values.get(slot.name)
        if slot.kind is SlotKind.MOMENT and isinstance(before, str) and isinstance(value, str):
            value = complete_moment(before, value) or value
        unsure = draft.unsure - {slot.name} if sure else draft.unsure | {slot.name}
        return self.advance(Draft(draft.tool, {**draft.values, slot.name: value}, unsure))

    def _chosen(self, choices: tuple[Intent, ...], said: Said) -> Reply | None:
        """One of the tools that were offered, by a word that only it has."""
        words = set(said.words)
        fitting = [intent for intent in choices if words & _own_words(intent, choices)]
        if len(fitting) == 1:
            self._memory.expecting = None
            return self.advance(Draft(fitting[0].tool, fitting[0].values))
        return None


def _own_words(intent: Intent, choices: tuple[Intent, ...]) -> set[str]:
    others = {word for other in choices if other is not intent for word in other.tool.ability.split()}
    return set(intent.tool.ability.split()) - others


def _without(draft: Draft, slot: Slot) -> Draft:
    values = {name: value for name, value in draft.values.items() if name != slot.name}
    return Draft(draft.tool, values, draft.unsure - {slot.name})


def _best(found: list[Mention]) -> Json:
    """The longest mention; all of them for a list."""
    if found[0].slot.many:
        values = [mention.value for mention in found]
        return [value for at, value in enumerate(values) if value not in values[:at]]
    return max(found, key=lambda mention: (mention.end - mention.start, mention.strength)).value


def _bare(said: Said, slot: Slot) -> str:
    """The words of an answer without "it is called" and the like."""
    words = said.words
    start, end = 0, len(words)
    own = {*slot.says.split(), "called", "make", "call", "say", "title", "name"}
    while start < end and (words[start] in GLUE | FILLERS | _NO or (words[start] in own and start + 1 < end)):
        if words[start] in own and words[start] not in slot.says.split() and start == 0 and words[1:2] != ("it",):
            break
        start += 1
    return said.span(start, end)
