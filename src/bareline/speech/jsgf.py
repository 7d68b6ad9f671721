"""Which words does a JSGF grammar hold?"""

from __future__ import annotations

import re

from bareline.errors import ConfigurationError

__all__ = ["grammar_words"]

_NOT_WORDS = re.compile(
    r"""
    /\*.*?\*/ | //[^\n]*            # comments
    | \{(?:\\.|[^}\\])*\}           # tags
    | <[^>]*>                       # rules
    | /\s*[\d.eE+-]+\s*/            # weights
    """,
    re.VERBOSE | re.DOTALL,
)
_WORD = re.compile(r'"([^"]*)"|([^\s"()\[\]|*+;=<>{}/]+)')


def grammar_words(grammar: str) -> list[str]:
    """The words of a JSGF grammar, in their order, once each. Raises ``ConfigurationError`` when it has no header."""
    text = _NOT_WORDS.sub(" ", grammar)
    header, semicolon, _ = text.partition(";")
    if not header.lstrip().startswith("#JSGF") or not semicolon:
        raise ConfigurationError("a grammar begins with '#JSGF V1.0;'")
    words: dict[str, None] = {}
    for statement in _statements(text):
        _, equals, expansion = statement.partition("=")
        for quoted, plain in _WORD.findall(expansion if equals else ""):
            words |= dict.fromkeys(quoted.split() or [plain] if plain or quoted else [])
    return list(words)


def _statements(text: str) -> list[str]:
    """Statements without the header and the grammar's name."""
    return text.split(";")[1:]
