"""The grammar and the reading of text agree: what may be said is understood as what it was said for."""

from __future__ import annotations

import random
import re
import time
from datetime import date

import pytest

from bareline.server.backends.rules.entities import Entity, Knowledge
from bareline.server.backends.rules.grammar import grammar_for
from bareline.server.backends.rules.memory import AskSlot, Draft
from bareline.server.backends.rules.toolset import read_toolset
from bareline.server.backends.rules.understanding import ACCEPTED, intents, read

KNOWN = Knowledge(
    date(2026, 11, 23),
    ("Feed the zebra", "call Maria"),
    (Entity("Rome 2026", "note", {"title": "Rome 2026"}), Entity("order 7", "order", {"order_id": 7})),
)


class Sampler:
    """Draws sentences from a JSGF text."""

    def __init__(self, grammar: str, seed: int) -> None:
        self.rules = dict(re.findall(r"(?:public )?<(\w+)> = (.*?) ;\n", grammar, re.DOTALL))
        self.chance = random.Random(seed)

    def draw(self, rule: str) -> str:
        self._tokens = re.findall(r"<\w+>|[()\[\]|*]|[^\s()\[\]|*<>]+", self.rules[rule])
        self._at = 0
        outer = (self._tokens, self._at)
        words = self._choice()
        self._tokens, self._at = outer
        return " ".join(words.split())

    def _choice(self) -> str:
        ways = [self._sequence()]
        while self._at < len(self._tokens) and self._tokens[self._at] == "|":
            self._at += 1
            ways.append(self._sequence())
        return self.chance.choice(ways)

    def _sequence(self) -> str:
        words: list[str] = []
        while self._at < len(self._tokens) and self._tokens[self._at] not in {"|", ")", "]"}:
            words.append(self._one())
        return " ".join(words)

    def _one(self) -> str:
        part = self._tokens[self._at]
        self._at += 1
        if part in {"(", "["}:
            inner = self._choice()
            self._at += 1
            word = inner if part == "(" or self.chance.random() < 0.5 else ""
        elif part.startswith("<"):
            kept = (self._tokens, self._at)
            word = self.draw(part[1:-1])
            self._tokens, self._at = kept
        else:
            word = part
        if self._at < len(self._tokens) and self._tokens[self._at] == "*":
            self._at += 1
        return word


@pytest.fixture(name="toolset")
def _toolset(talk):
    return lambda name: read_toolset(talk(name).tools)


@pytest.mark.parametrize("name", ["notes", "pizza", "lamps", "salon"])
def test_sentences_for_a_tool_are_understood_as_that_tool(toolset, name):
    tools = toolset(name)
    sampler = Sampler(grammar_for(tools, KNOWN, None), seed=5)
    wrong: list[str] = []
    total = 0
    for at, tool in enumerate(tools.tools):
        for _ in range(60):
            sentence = sampler.draw(f"tool{at}")
            best = intents(read(sentence), tools, KNOWN)[0]
            total += 1
            if best.tool.name != tool.name or best.score < ACCEPTED:
                wrong.append(f"{sentence}: {best.tool.name} {best.score:.1f}, not {tool.name}")
    assert len(wrong) <= total * 0.08, "\n".join(wrong)


def test_values_are_listened_for_only_where_they_may_be_said(toolset):
    tools = toolset("salon")
    plain = grammar_for(tools, KNOWN, None)
    asked = grammar_for(tools, KNOWN, AskSlot(Draft(tools.tools[0], {}), tools.tools[0].slots[0]))
    assert "beard trim" in plain
    assert "it's" in asked
    assert len(asked) > len(plain)


def test_phrases_and_names_are_in_words_a_recogniser_can_say(toolset):
    grammar = grammar_for(toolset("notes"), KNOWN, None)
    assert "feed the zebra" in grammar
    assert "rome two thousand twenty six" in grammar
    assert not re.search(r"\d", re.sub(r"<[^>]*>", "", grammar.split("\n", 1)[1]))


def test_everyday_words_are_offered_only_when_free_text_is_asked_for(toolset):
    tools = toolset("notes")
    create = next(tool for tool in tools.tools if tool.name == "create_note")
    nothing = Knowledge(KNOWN.today)
    assert "<opennoun>" in grammar_for(tools, nothing, AskSlot(Draft(create, {}), create.slots[0]))
    assert "<opennoun>" not in grammar_for(tools, KNOWN, None)


def test_the_grammar_of_two_hundred_names_is_made_in_no_time(toolset):
    many = tuple(Entity(f"thing of the {word}", "note", {"title": f"thing of the {word}"}) for word in _words(200))
    began = time.perf_counter()
    grammar = grammar_for(toolset("notes"), Knowledge(KNOWN.today, (), many), None)
    assert time.perf_counter() - began < 0.25
    assert grammar.count("thing of the") == 2 * len(many)


def _words(count: int) -> list[str]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return [letters[at // 26] + letters[at % 26] + "x" for at in range(count)]


def test_who_has_to_choose_says_one_of_the_names(talk):
    from bareline.server.backends.rules.grammar import grammar_for
    from bareline.server.backends.rules.memory import AskSlot, Draft

    session = talk("notes").session
    tool = session._toolset.named("delete_note")
    offered = AskSlot(Draft(tool, {}), tool.slots[0], ("Rome", "send Oslo"))
    grammar = grammar_for(session._toolset, session._known, offered)
    assert "( rome | send oslo | the first one | the second one )" in grammar
