"""What does a docstring say about a function and each of its parameters?

Google, NumPy and Sphinx styles are read; a docstring in none of them is all description.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

__all__ = ["Documentation", "read_docstring"]

_GOOGLE = re.compile(r"^(Args|Arguments|Parameters|Params):\s*$")
_GOOGLE_OTHER = re.compile(
    r"^(Returns?|Raises|Yields?|Examples?|Notes?|Warnings?|See Also|Attributes|References|Todo):\s*$"
)
_ENTRY = re.compile(r"^\*{0,2}(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)$")
_NUMPY_NAME = re.compile(r"^(\w+)\s*(?::.*)?$")
_SPHINX = re.compile(r"^:(?:param|parameter|arg|argument)\s+(?:[^:]*\s)?(\w+)\s*:\s*(.*)$")
_SPHINX_OTHER = re.compile(r"^:(?:returns?|rtype|raises?|type|yields?)\b.*:")


@dataclass(slots=True)
class Documentation:
    """``text``: everything before the first section. ``parameters``: name to its description, in one line."""

    text: str = ""
    parameters: dict[str, str] = field(default_factory=dict[str, str])


def read_docstring(function: Callable[..., object]) -> Documentation:
    """The function's documentation; empty when it has none."""
    lines = (inspect.getdoc(function) or "").splitlines()
    start, entries = _parameter_section(lines)
    found = Documentation(text="\n".join(lines[: _description_end(lines, start)]).strip())
    for name, words in entries:
        found.parameters[name] = " ".join(" ".join(words).split())
    return found


def _parameter_section(lines: list[str]) -> tuple[int, Iterator[tuple[str, list[str]]]]:
    for index, line in enumerate(lines):
        if _GOOGLE.match(line):
            return index, _google(lines[index + 1 :])
        if line.strip() == "Parameters" and _underlined(lines, index):
            return index, _numpy(lines[index + 2 :])
        if _SPHINX.match(line):
            return index, _sphinx(lines[index:])
    return len(lines), iter(())


def _description_end(lines: list[str], start: int) -> int:
    for index, line in enumerate(lines[:start]):
        if _GOOGLE_OTHER.match(line) or _SPHINX_OTHER.match(line) or _underlined(lines, index):
            return index
    return start


def _underlined(lines: list[str], index: int) -> bool:
    below = lines[index + 1].strip() if index + 1 < len(lines) else ""
    return bool(lines[index].strip()) and len(below) > 2 and not below.strip("-")


def _google(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Entries are indented once; deeper lines go on with the entry; an unindented line ends the section."""
    name, words, depth = "", [""], 0
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if line.strip() and indent == 0:
            break
        entry = _ENTRY.match(line.strip())
        if entry and (depth == 0 or indent <= depth):
            if name:
                yield name, words
            name, words, depth = entry[1], [entry[2]], indent
        else:
            words.append(line.strip())
    if name:
        yield name, words


def _numpy(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Names stand at the margin, their descriptions are indented; an underlined line ends the section."""
    name, words = "", [""]
    for index, line in enumerate(lines):
        if _underlined(lines, index):
            break
        entry = _NUMPY_NAME.match(line)
        if entry:
            if name:
                yield name, words
            name, words = entry[1], []
        else:
            words.append(line.strip())
    if name:
        yield name, words


def _sphinx(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Each entry is a field; indented lines go on with it."""
    name, words = "", [""]
    for line in lines:
        entry = _SPHINX.match(line)
        if entry or not line.startswith(" "):
            if name:
                yield name, words
            name, words = (entry[1], [entry[2]]) if entry else ("", [])
        else:
            words.append(line.strip())
    if name:
        yield name, words
