"""Which words may follow these in a grammar?"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Self

__all__ = ["WordGraph"]

_KNOWN_MAX = 512


class WordGraph:
    """The transitions of a grammar that pocketsphinx has compiled; ``text`` in its own format for them."""

    def __init__(self, text: str) -> None:
        self._spoken: dict[int, dict[str, set[int]]] = {}
        self._silent: dict[int, set[int]] = {}
        self._start = 0
        self._known: dict[str, frozenset[str]] = {}
        for line in text.splitlines():
            self._take(line.split())

    @classmethod
    def of(cls, fsg: Any) -> Self:
        """Of pocketsphinx's own model, which tells its transitions to files only."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "grammar.fsg"
            fsg.writefile(str(path))
            return cls(path.read_text())

    def next_words(self, words: str) -> frozenset[str]:
        """Which words may follow ``words``; none also when no sentence begins with them."""
        known = self._known.get(words)
        if known is None:
            if len(self._known) >= _KNOWN_MAX:
                self._known.clear()
            known = self._known[words] = self._walk(words.split())
        return known

    def _walk(self, words: list[str]) -> frozenset[str]:
        at = self._silently({self._start})
        for word in words:
            at = self._silently({to for state in at for to in self._spoken.get(state, {}).get(word, ())})
        return frozenset(word for state in at for word in self._spoken.get(state, {}))

    def _silently(self, states: set[int]) -> set[int]:
        """These states and those that are reached from them without a word."""
        reached, new = set(states), list(states)
        while new:
            for state in self._silent.get(new.pop(), set()) - reached:
                reached.add(state)
                new.append(state)
        return reached

    def _take(self, line: list[str]) -> None:
        match line:
            case ["START_STATE", state]:
                self._start = int(state)
            case ["TRANSITION", begin, end, _]:
                self._silent.setdefault(int(begin), set()).add(int(end))
            case ["TRANSITION", begin, end, _, word] if word[0] not in "<[":
                plain = word.partition("(")[0]  # another pronunciation is the same word
                self._spoken.setdefault(int(begin), {}).setdefault(plain, set()).add(int(end))
            case _:
                pass
