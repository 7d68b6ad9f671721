"""How are the words of a grammar pronounced?"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from bareline.errors import ConfigurationError
from bareline.speech.pronounce import pronounce

__all__ = ["Lexicon"]

_REMEMBERED = 20_000
_SOUNDS = {
    "mm": ("M", "AH M", "M M"),
    "hm": ("HH M", "HH AH M", "M"),
    "hmm": ("HH M", "HH AH M", "M HH M"),
    "mhm": ("M HH M", "AH M HH AH M"),
    "mmhm": ("M HH M", "AH M HH AH M"),
}
"""What people hum: no dictionary has it, and espeak-ng spells it."""
_GOAT = re.compile(r"\bOW\b")
_BROAD_A = re.compile(r"\bAE(?= (?:S|F|TH)\b| N (?:S|T|CH|D)\b)")


class Lexicon:
    """CMUdict, looked up on disk word by word (reading it whole costs 110 ms and 30 MB), and espeak-ng for the rest.

    ``path``: the file, sorted by word, variants as ``word(2)`` after their word.
    """

    def __init__(self, path: str | Path) -> None:
        with Path(path).open("rb") as file:
            self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._listed = lru_cache(maxsize=_REMEMBERED)(self._look_up)

    def pronunciations(self, words: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """For each word one or more pronunciations, phones separated by blanks. Case does not matter.

        Raises ``ConfigurationError`` for a word that nobody can pronounce.
        """
        wanted = list(words)
        found = {word: self._listed(word.lower()) for word in wanted}
        for word, phones in pronounce(word for word in wanted if not found[word]).items():
            if not phones:
                raise ConfigurationError(f"{word!r} cannot be pronounced, so it cannot be recognised")
            found[word] = (" ".join(phones),)
        return found

    def _look_up(self, word: str) -> tuple[str, ...]:
        if word in _SOUNDS:
            return _SOUNDS[word]
        key = word.encode()
        position = self._first_at_or_after(key)
        found: list[str] = []
        while position < len(self._data):
            line = self._line(position)
            listed, _, phones = line.partition(b" ")
            if _without_variant(listed) != key:
                break
            found.append(phones.strip().decode())
            position += len(line) + 1
        return tuple(dict.fromkeys(found + [_british(phones) for phones in found]))

    def _first_at_or_after(self, key: bytes) -> int:
        """Where the first line begins whose word is not before ``key``."""
        low, high = 0, len(self._data)
        while low < high:
            middle = self._line_start((low + high) // 2)
            line = self._line(middle)
            if _without_variant(line.partition(b" ")[0]) < key:
                low = middle + len(line) + 1
            else:
                high = middle
        return low

    def _line_start(self, position: int) -> int:
        return self._data.rfind(b"\n", 0, position) + 1

    def _line(self, start: int) -> bytes:
        end = self._data.find(b"\n", start)
        return self._data[start : end if end >= 0 else len(self._data)]


def _british(phones: str) -> str:
    """As many British speakers say it: task, bath, dance with the vowel of father, no with a wider one.

    CMUdict is American.
    """
    return _GOAT.sub("AH UW", _BROAD_A.sub("AA", phones))


def _without_variant(listed: bytes) -> bytes:
    return listed.partition(b"(")[0]
