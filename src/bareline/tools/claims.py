"""Did the assistant say that something was done which no tool has done?

A reading of what was said, sentence by sentence, against the calls of the call: "I've deleted it" needs a call that
answered. It goes by words, not by meaning, and where in doubt it says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from bareline.tools.claim_words import CONCEPTS, LANGUAGES, ClaimLanguage, past_forms
from bareline.tools.tool import Effect, Tool

__all__ = ["FACTS_MAX", "CallFact", "Claim", "ClaimDetector", "Claims"]

FACTS_MAX = 256
"""Calls that are remembered; older ones found no claim any more."""
_QUOTED = re.compile(
    r"\u201c[^\u201d]*\u201d|\u201e[^\u201c]*\u201c|\"[^\"]*\"|\u00ab[^\u00bb]*\u00bb|(?<!\w)'[^']+'(?!\w)"
)
_SENTENCE = re.compile(r"[^.!?…\n]{1,400}[.!?…]*")
"""Longer ones are taken in pieces: the time that a sentence takes grows with its square."""
_WORD = re.compile(r"[^\W\d_]+|\d+")

Kind = Literal["own", "state", "thing", "any"]
"""``own``: the speaker did it. ``state``: it is done. ``thing``: a thing that is named is done, which may be a report
of something read before. ``any``: done, without saying what."""


class CallFact(msgspec.Struct, frozen=True, kw_only=True):
    """One call that came to its end. ``answered``: it did what it is for. ``arguments``: the model's text.

    ``tool`` is empty for one that somebody else runs, of which it is not known what it can do.
    """

    tool: str
    effect: Effect
    answered: bool
    arguments: str
    at_ns: int


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence that says that something was done. ``tools``: those that do it; none: no tool could.

    ``recalled``: it speaks of an earlier time. ``about``: the words that name what it was done to.
    """

    sentence: str
    kind: Kind
    tools: tuple[str, ...]
    recalled: bool
    about: frozenset[str]


class ClaimDetector:
    """Finds claims in what was said, by the past forms of the verbs of these tools."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        box = tuple(tools)
        self._tools: dict[str, set[str]] = {}
        self._effects = any(tool.effect != "read" for tool in box)
        self._languages: list[tuple[ClaimLanguage, dict[str, re.Pattern[str]]]] = []
        for field, language in LANGUAGES:
            forms = {form for concept in CONCEPTS if concept.known for form in getattr(concept, field)}
            for tool in box:
                if tool.effect != "read":
                    forms |= self._learned(tool, field)
            self._languages.append((language, _patterns(language, forms)))

    def claims(self, said: str) -> list[Claim]:
        """The claims in a text, in order; questions, offers, negations, conditions and quotations are none."""
        found: list[Claim] = []
        for match in _SENTENCE.finditer(_QUOTED.sub(" ", said.replace("\u2019", "'"))):
            sentence = match[0].strip()
            if sentence and not sentence.endswith("?"):
                found += self._in_sentence(sentence)
        return found

    def _learned(self, tool: Tool, field: str) -> set[str]:
        """The past forms, in one language, of the verbs in a tool's name and at the head of its description."""
        named = [word.casefold() for word in _WORD.findall(tool.name.replace("_", " "))[:2]]
        described = [word.casefold() for word in _WORD.findall(tool.description)[:1]]
        verbs = {*named, *described, *(word.removesuffix("s") for word in described)}
        concepts = [concept for concept in CONCEPTS if concept.verbs & verbs]
        forms = {form for concept in concepts for form in getattr(concept, field)}
        if field == "english" and named and not any(named[0] in concept.verbs for concept in CONCEPTS):
            forms |= set(past_forms(named[0]))
        for form in forms:
            self._tools.setdefault(form, set()).add(tool.name)
        return forms

    def _in_sentence(self, sentence: str) -> Iterator[Claim]:
        small = sentence.casefold()
        for language, patterns in self._languages:
            opening = language.opening.match(small)
            start = begin = opening.end() if opening else 0
            for end in (*(join.start() for join in language.joins.finditer(small, begin)), len(small)):
                clause, before = small[start:end], small[:start]
                for kind, claimed, at in self._in_clause(clause, patterns, first=start == begin):
                    if not _is_unreal(language, before, clause, at):
                        yield self._claim(sentence, kind, claimed, clause, language)
                start = end

    def _in_clause(
        self, clause: str, patterns: dict[str, re.Pattern[str]], *, first: bool
    ) -> Iterator[tuple[Kind, str, int]]:
        """Kind, form and where it ends, of each claim; "and deleted" goes on with what the speaker did."""
        own = False
        taken: set[str] = set()
        for kind, pattern in patterns.items():
            if (kind == "bare" and not first) or (kind == "any_deed" and (taken or not self._effects)):
                continue
            for match in pattern.finditer(clause):
                form = self._form(match[0])
                goes_on = match[0].lstrip().startswith("and ")
                if (goes_on and not own) or (form in taken and kind != "any_deed"):
                    continue
                if kind not in {"own", "any_deed"} and form not in self._tools:
                    continue
                taken.add(form)
                own = own or kind == "own"
                yield _KINDS[kind], form, match.end()

    def _form(self, matched: str) -> str:
        words = matched.rstrip(" .!…").split()
        two = " ".join(words[-2:])
        return two if two in self._tools else words[-1]

    def _claim(self, sentence: str, kind: Kind, form: str, clause: str, language: ClaimLanguage) -> Claim:
        about = frozenset(_WORD.findall(clause)) - language.empty - set(form.split())
        tools = () if kind == "any" else tuple(sorted(self._tools.get(form, ())))
        recalled = language.recalled.search(clause) is not None
        return Claim(sentence=sentence, kind=kind, tools=tools, recalled=recalled, about=about)


_KINDS: dict[str, Kind] = {"own": "own", "state": "state", "thing": "thing", "bare": "state", "any_deed": "any"}


class Claims:
    """The calls of one call, and what was said of them. Time is given in ns on one monotonic clock."""

    def __init__(self) -> None:
        self._facts: list[CallFact] = []
        self._claimed: set[int] = set()

    def ended(self, fact: CallFact) -> None:
        """A call came to its end."""
        self._facts.append(fact)
        if len(self._facts) > FACTS_MAX:
            del self._facts[0]
            self._claimed = {index - 1 for index in self._claimed if index}

    def unfounded(self, claims: Iterable[Claim], since_ns: int) -> list[Claim]:
        """Those of the claims that no call answers, in the turn since then or, of the same object, before.

        What a reading call of this turn may have told is no claim of the assistant's own.
        """
        return [claim for claim in claims if not self._founded(claim, since_ns)]

    def _founded(self, claim: Claim, since_ns: int) -> bool:
        told = [fact.at_ns for fact in self._facts if fact.effect == "read" and fact.answered]
        if claim.kind in {"state", "thing"} and (claim.recalled or (told and told[-1] >= since_ns)):
            return True
        if claim.kind == "thing" and told:
            return True
        doing = [index for index, fact in enumerate(self._facts) if fact.answered and _does(fact, claim)]
        now = [index for index in doing if self._facts[index].at_ns >= since_ns or index not in self._claimed]
        self._claimed |= set(now)
        return bool(now) or any(claim.recalled or _same(self._facts[index], claim) for index in doing)


def _patterns(language: ClaimLanguage, forms: set[str]) -> dict[str, re.Pattern[str]]:
    written = "|".join(sorted(map(re.escape, forms), key=len, reverse=True))
    kinds = ("own", "state", "thing", "bare", "any_deed")
    return {kind: re.compile(getattr(language, kind).replace("FORMS", written)) for kind in kinds}


def _does(fact: CallFact, claim: Claim) -> bool:
    return not fact.tool or fact.tool in claim.tools or (claim.kind == "any" and fact.effect != "read")


def _same(fact: CallFact, claim: Claim) -> bool:
    """Whether the claim names something that the call was about."""
    return bool(claim.about & set(_WORD.findall(fact.arguments.casefold())))


def _is_unreal(language: ClaimLanguage, before: str, clause: str, end: int) -> bool:
    """Whether what stands around a claim makes it none."""
    until = clause[:end]
    return bool(
        language.unreal.search(until)
        or language.unreal.search(clause[end : end + len(" nothing")])
        or language.supposed.search(before + until)
        or language.reported.search(before + until)
        or language.by_others.search(clause)
    )
