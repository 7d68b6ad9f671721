"""How do phrases that somebody may say become what a recogniser listens for?"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bareline.errors import ConfigurationError

__all__ = ["phrase_words", "phrases_grammar"]

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")


def phrase_words(phrase: str) -> tuple[str, ...]:
    """The words of a phrase as they are looked up. Raises ``ConfigurationError`` when there are none."""
    words = tuple(_WORD.findall(phrase.lower().replace("\u2019", "'")))
    if not words:
        raise ConfigurationError(f"{phrase!r} is no phrase: it has no words")
    return words


def phrases_grammar(phrases: Iterable[str]) -> str:
    """A JSGF grammar of one of these phrases, said up to three times. Raises ``ConfigurationError`` for none.

    Any of them after any other would find a second phrase in the noise after the first.
    """
    said = sorted({" ".join(phrase_words(phrase)) for phrase in phrases})
    if not said:
        raise ConfigurationError("there are no phrases to listen for")
    return f"#JSGF V1.0; grammar phrases; public <said> = {' | '.join(f'{text} [{text}] [{text}]' for text in said)};"
