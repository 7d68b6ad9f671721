"""How does running text become words, and an identifier become something a person says?"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Token", "find", "joined", "phrase", "plural", "singular", "spoken", "tokens", "words_of"]

_WORD = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}:\d\d|\d+\.\d+|\d+(?:st|nd|rd|th)\b|\d+|[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_CONTRACTIONS = {
    "'s": " is",
    "'d": " would",
    "'ll": " will",
    "'re": " are",
    "'ve": " have",
    "'m": " am",
}
_WHOLE = {"gonna": "going to", "wanna": "want to", "let's": "let us", "whats": "what is", "dont": "don't"}
_IS_HOSTS = frozenset({"what", "it", "that", "who", "where", "when", "how", "there", "here", "he", "she"})
_IRREGULAR = {"people": "person", "children": "child", "men": "man", "women": "woman", "shelves": "shelf"}


@dataclass(frozen=True, slots=True)
class Token:
    """A word in lower case, and the characters of the text it came from."""

    text: str
    start: int
    end: int


def tokens(text: str) -> tuple[Token, ...]:
    """The words of ``text``, contractions taken apart (both parts point at the same characters)."""
    found: list[Token] = []
    for match in _WORD.finditer(text):
        word = match.group().lower().replace("\u2019", "'")
        found += [Token(part, match.start(), match.end()) for part in _expand(word)]
    return tuple(found)


def phrase(text: str) -> tuple[str, ...]:
    """The words of ``text`` alone."""
    return tuple(token.text for token in tokens(text))


def spoken(identifier: str) -> str:
    """What a person says for ``in_progress``, ``dueDate`` or ``EXTRA-LARGE``."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", identifier)
    return " ".join(re.sub(r"[_\-./\s]+", " ", apart).lower().split())


def words_of(text: str) -> tuple[str, ...]:
    """The words of a plain list in a string."""
    return tuple(text.split())


def find(words: tuple[str, ...], wanted: tuple[str, ...], start: int = 0) -> int:
    """Where ``wanted`` begins in ``words`` at or after ``start``; -1 when it does not occur."""
    size = len(wanted)
    if not size:
        return -1
    for index in range(start, len(words) - size + 1):
        if words[index : index + size] == wanted:
            return index
    return -1


def joined(parts: list[str], last: str = "and") -> str:
    """Parts as a person lists them: a, b and c."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def singular(word: str) -> str:
    """One of them: ``tasks`` → ``task``; the last word of a phrase counts."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zes", "uses")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        return word[:-1]
    return word


def plural(word: str) -> str:
    """Several of them: ``task`` → ``tasks``; the last word of a phrase counts."""
    for many, one in _IRREGULAR.items():
        if word == one:
            return many
    if word.endswith("y") and len(word) > 1 and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    if word.endswith(("ch", "sh", "x", "s", "z")):
        return word + "es"
    return word + "s"


def _expand(word: str) -> list[str]:
    if word in _WHOLE:
        return _WHOLE[word].split()
    for ending, full in _CONTRACTIONS.items():
        host = word.removesuffix(ending)
        if host != word and (ending != "'s" or host in _IS_HOSTS):
            return [host, full.strip()]
    return [word.removesuffix("'s") if word.endswith("'s") else word]
