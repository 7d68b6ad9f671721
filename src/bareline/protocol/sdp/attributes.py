"""What do the single attributes of a session description say, and how are they written?

Source: RFC 8839 (ICE), 8866 and 4566 (rtpmap, fmtp), 5576 (ssrc), 8830 (msid), 8122 (fingerprint), 8841 (SCTP).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from bareline.protocol.sdp.description import Candidate, Codec, Direction, Fingerprint, IceCredentials, Setup
from bareline.protocol.sdp.sections import Attribute, Block

__all__ = [
    "candidate_line",
    "codec_lines",
    "read_candidate",
    "read_codecs",
    "read_direction",
    "read_fingerprint",
    "read_ice",
    "read_msid",
    "read_number",
    "read_setup",
    "read_ssrc",
]

_STATIC = {0: ("pcmu", 8000), 8: ("pcma", 8000), 9: ("g722", 8000), 13: ("cn", 8000)}
"""Payload types that need no rtpmap (RFC 3551)."""
_EXTENSIONS = {"raddr", "rport", "tcptype"}
_UINT32_MAX = 2**32 - 1


def read_number(attribute: Attribute, text: str, most: int) -> int:
    """A decimal number up to ``most``."""
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and int(text) <= most):
        raise attribute.mistake(f"needs a number up to {most}")
    return int(text)


def read_candidate(attribute: Attribute) -> Candidate:
    """``foundation component transport priority address port typ type [name value]…``; unknown names are left out."""
    words = _words(attribute.value)
    if len(words) < 8 or words[6] != "typ":
        raise attribute.mistake("needs foundation, component, transport, priority, address, port and type")
    pairs = dict(zip(words[8::2], words[9::2], strict=False))
    more = {name: pairs[name] for name in _EXTENSIONS & pairs.keys()}
    return Candidate(
        foundation=words[0],
        component=read_number(attribute, words[1], 256),
        transport=words[2].lower(),
        priority=read_number(attribute, words[3], _UINT32_MAX),
        address=words[4],
        port=read_number(attribute, words[5], 65535),
        type=words[7],
        related_address=more.get("raddr"),
        related_port=read_number(attribute, more["rport"], 65535) if "rport" in more else None,
        tcp_type=more.get("tcptype"),
    )


def candidate_line(candidate: Candidate) -> str:
    """The line, without its end."""
    c = candidate
    words = [c.foundation, c.component, c.transport, c.priority, c.address, c.port, "typ", c.type]
    words += ["raddr", c.related_address] if c.related_address is not None else []
    words += ["rport", c.related_port] if c.related_port is not None else []
    words += ["tcptype", c.tcp_type] if c.tcp_type is not None else []
    return "a=candidate:" + " ".join(map(str, words))


def read_codecs(block: Block, formats: Iterable[str]) -> tuple[Codec, ...]:
    """The payload types in the order of the m-line; one that nothing explains is left out."""
    maps = {_head(attribute): attribute for attribute in block.all("rtpmap")}
    parameters = {_head(attribute): _read_parameters(_tail(attribute.value)) for attribute in block.all("fmtp")}
    codecs = (_read_codec(text, maps.get(text), parameters.get(text, ())) for text in dict.fromkeys(formats))
    return tuple(codec for codec in codecs if codec is not None)


def codec_lines(codec: Codec) -> list[str]:
    """The ``rtpmap`` line and, with parameters, the ``fmtp`` line."""
    name = codec.name if codec.name == "opus" else codec.name.upper()
    channels = f"/{codec.channels}" if codec.channels != 1 else ""
    lines = [f"a=rtpmap:{codec.payload_type} {name}/{codec.clock_hz}{channels}"]
    if codec.parameters:
        pairs = (f"{key}={value}" if value else key for key, value in codec.parameters)
        lines.append(f"a=fmtp:{codec.payload_type} {';'.join(pairs)}")
    return lines


def read_direction(*blocks: Block) -> Direction:
    """Of the first block that says one; ``sendrecv`` where none does."""
    for block in blocks:
        for direction in get_args(Direction):
            if block.has(direction):
                return direction
    return "sendrecv"


def read_fingerprint(attribute: Attribute) -> Fingerprint:
    """``algorithm AA:BB:…``."""
    words = _words(attribute.value)
    if len(words) != 2 or not all(_is_hex_pair(pair) for pair in words[1].split(":")):
        raise attribute.mistake("needs an algorithm and pairs of hex digits with colons")
    return Fingerprint(words[0].lower(), words[1].upper())


def read_ice(ufrag: Attribute, password: Attribute) -> IceCredentials:
    """The two values; longer and shorter ones than RFC 8839 allows are refused."""
    for attribute, least in ((ufrag, 4), (password, 22)):
        if not least <= len(attribute.value) <= 256 or " " in attribute.value:
            raise attribute.mistake(f"needs {least} to 256 characters")
    return IceCredentials(ufrag.value, password.value)


def read_setup(attribute: Attribute) -> Setup:
    """``actpass``, ``active`` or ``passive``."""
    for setup in get_args(Setup):
        if attribute.value.lower() == setup:
            return setup
    raise attribute.mistake("must be actpass, active or passive")


def read_ssrc(block: Block) -> tuple[int | None, str | None]:
    """The first source of a section, and its ``cname``."""
    first, cname = None, None
    for attribute in block.all("ssrc"):
        words = _words(attribute.value)
        ssrc = read_number(attribute, words[0] if words else "", _UINT32_MAX)
        first = ssrc if first is None else first
        name, _, value = _tail(attribute.value).partition(":")
        if ssrc == first and name == "cname" and cname is None:
            cname = value or None
    return first, cname


def read_msid(block: Block) -> tuple[str | None, str | None]:
    """Stream and track, of ``a=msid`` or of the older form inside ``a=ssrc``."""
    attribute = block.first("msid")
    old = (_tail(ssrc.value) for ssrc in block.all("ssrc"))
    older = next((value.removeprefix("msid:") for value in old if value.startswith("msid:")), "")
    words = _words(attribute.value if attribute is not None else older)
    stream = words[0] if words and words[0] != "-" else None
    return stream, words[1] if len(words) > 1 else None


def _read_codec(text: str, rtpmap: Attribute | None, parameters: tuple[tuple[str, str], ...]) -> Codec | None:
    if not (text.isascii() and text.isdecimal() and len(text) <= 3 and int(text) <= 127):
        return None
    if rtpmap is None:
        known = _STATIC.get(int(text))
        return Codec(int(text), *known, 1, parameters) if known else None
    parts = _tail(rtpmap.value).split("/")
    if len(parts) < 2 or not parts[0]:
        raise rtpmap.mistake("needs a name and a clock rate")
    clock_hz = read_number(rtpmap, parts[1], _UINT32_MAX)
    channels = read_number(rtpmap, parts[2], 255) if len(parts) > 2 else 1
    return Codec(int(text), parts[0].lower(), clock_hz, channels, parameters)


def _read_parameters(text: str) -> tuple[tuple[str, str], ...]:
    pairs = (pair.strip().partition("=") for pair in text.split(";"))
    return tuple((key.strip(), value.strip()) for key, _, value in pairs if key.strip())


def _is_hex_pair(text: str) -> bool:
    return len(text) == 2 and all(sign in "0123456789abcdefABCDEF" for sign in text)


def _words(text: str) -> list[str]:
    return [word for word in text.split(" ") if word]


def _head(attribute: Attribute) -> str:
    return attribute.value.partition(" ")[0]


def _tail(text: str) -> str:
    return text.partition(" ")[2].strip(" ")
