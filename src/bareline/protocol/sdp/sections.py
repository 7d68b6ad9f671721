"""How is the text of a session description cut into its session and media sections, line by line?

LF and CRLF are taken. Source: RFC 8866 section 5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Attribute", "Block", "Media", "SdpMistake", "Section", "read_blocks"]

_LINES_SKIPPED = "osiuepbtrzkc"
"""Types of lines that say nothing about a realtime call."""


class SdpMistake(Exception):
    """What is wrong, and in which line (counted from 1; 0: in no line)."""

    def __init__(self, words: str, line: int = 0) -> None:
        super().__init__(f"line {line}: {words}" if line else words)


@dataclass(frozen=True, slots=True)
class Attribute:
    """One ``a=name:value`` line."""

    name: str
    value: str
    line: int

    def mistake(self, words: str) -> SdpMistake:
        """The mistake in this line. The value is not shown: it may be a secret."""
        return SdpMistake(f"a={self.name} {words}", self.line)


@dataclass(frozen=True, slots=True)
class Media:
    """One ``m=`` line."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Block:
    """The attributes of the session, or of one media section."""

    attributes: list[Attribute] = field(default_factory=list[Attribute])

    def all(self, name: str) -> Iterator[Attribute]:
        """Every attribute of that name."""
        return (attribute for attribute in self.attributes if attribute.name == name)

    def first(self, name: str) -> Attribute | None:
        """The first attribute of that name."""
        return next(self.all(name), None)

    def has(self, name: str) -> bool:
        """Whether there is one."""
        return self.first(name) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section(Block):
    """One media section."""

    media: Media


def read_blocks(text: str) -> tuple[Block, list[Section]]:
    """The session's block, and the media sections. Raises ``SdpMistake``."""
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    if lines[0].rstrip(" ") != "v=0":
        raise SdpMistake("a description begins with v=0", 1)
    session, sections = Block(), list[Section]()
    for number, line in enumerate(lines[1:], start=2):
        if line:
            _read_line(line, number, session, sections)
    return session, sections


def _read_line(line: str, number: int, session: Block, sections: list[Section]) -> None:
    kind, value = line[0], line[2:]
    if line[1:2] != "=":
        raise SdpMistake("a line is a letter, '=' and a value", number)
    if any(sign < " " and sign != "\t" for sign in line):
        raise SdpMistake("there is a control character", number)
    if kind == "m":
        sections.append(Section(media=_read_media(value, number)))
    elif kind == "a":
        name, _, rest = value.partition(":")
        block = sections[-1] if sections else session
        block.attributes.append(Attribute(name.strip().lower(), rest.strip(" \t"), number))
    elif kind not in _LINES_SKIPPED:
        raise SdpMistake(f"there are no lines of type '{kind}'", number)


def _read_media(value: str, number: int) -> Media:
    words = [word for word in value.split(" ") if word]
    if len(words) < 4:
        raise SdpMistake("m= needs a kind, a port, a protocol and a format", number)
    port = words[1].partition("/")[0]
    if not (port.isascii() and port.isdecimal() and len(port) <= 5 and int(port) <= 65535):
        raise SdpMistake("the port of m= is no number up to 65535", number)
    return Media(words[0].lower(), int(port), words[2].upper(), tuple(words[3:]), number)
