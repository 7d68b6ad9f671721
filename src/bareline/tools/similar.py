"""Which of the names there are did a speaker mean?

What is heard differs from what is written: case, accents, articles, digits and number words, words left out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher

from bareline.errors import NotFound

__all__ = ["KNOWN_MAX", "SUGGESTIONS_MAX", "not_found", "similar"]

SUGGESTIONS_MAX = 3
"""More cannot be chosen from by ear."""
KNOWN_MAX = 10_000
"""Names that are compared; of more, the first."""
_LEAST = 0.6
_CONTAINED = 0.9
_ARTICLES = frozenset(
    (
        *("the", "a", "an", "my", "our", "your", "to"),
        *("der", "die", "das", "den", "dem", "ein", "eine", "einen", "mein", "meine", "meinen"),
    )
)
_NUMBERS = {
    word: str(number)
    for language in (
        "zero one two three four five six seven eight nine ten eleven twelve",
        "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    )
    for number, word in enumerate(language.split())
}


def not_found(wanted: str, known: Iterable[str], *, what: str = "", say: str | None = None) -> NotFound:
    """The error to raise when ``wanted`` is none of the ``known`` names: ``raise not_found(title, titles)``.

    It carries the similar names as suggestions, so that the user is asked: "I couldn't find X. Did you mean A or B?"
    ``what``: the kind of thing, for the model.
    """
    kind = f"{what} " if what else ""
    return NotFound(f"there is no {kind}'{wanted}'", suggestions=tuple(similar(wanted, known)), say=say, wanted=wanted)


def similar(wanted: str, known: Iterable[str], *, limit: int = SUGGESTIONS_MAX) -> list[str]:
    """The names that sound or look like ``wanted``, the closest first; each once, at most ``limit``."""
    words = _folded(wanted)
    if not words:
        return []
    scored: dict[str, float] = {}
    for _, name in zip(range(KNOWN_MAX), known, strict=False):
        score = _score(words, _folded(name))
        if score >= _LEAST:
            scored[name] = score
    return sorted(scored, key=lambda name: (-scored[name], name))[:limit]


def _score(wanted: tuple[str, ...], name: tuple[str, ...]) -> float:
    """1 for the same words; words left out or added cost little, letters misheard more."""
    if not name:
        return 0.0
    if wanted == name:
        return 1.0
    shorter, longer = sorted((set(wanted), set(name)), key=len)
    if shorter <= longer:
        return _CONTAINED
    return max(_ratio("".join(wanted), "".join(name)), _CONTAINED * _by_words(wanted, name))


def _by_words(wanted: tuple[str, ...], name: tuple[str, ...]) -> float:
    """How well each word that was said is found among those of the name, in any order."""
    return sum(max(_ratio(word, other) for other in name) for word in wanted) / len(wanted)


def _ratio(first: str, second: str) -> float:
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= _LEAST and matcher.quick_ratio() >= _LEAST else 0.0


def _folded(text: str) -> tuple[str, ...]:
    """The words without case, accents, punctuation and articles, numbers as digits."""
    words: list[str] = re.findall(r"\w+", text.casefold())
    bare = [_without_accents(_NUMBERS.get(word, word)) for word in words]
    return tuple(word for word in bare if word not in _ARTICLES) or tuple(bare)


def _without_accents(word: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", word) if not unicodedata.combining(letter))
