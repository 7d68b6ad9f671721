"""What do an MCP server and its client tell each other, without the words of any package?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Endpoint", "HttpEndpoint", "ListedTool", "ServerGone", "ServerRefused", "StdioEndpoint", "ToolReply"]


@dataclass(frozen=True, slots=True)
class StdioEndpoint:
    """A program to be started, which speaks over its standard input and output.

    ``env``: variables beside the few that every program gets (PATH, HOME and the like); ``None``: no others.
    """

    command: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] | None = field(default=None, repr=False)
    cwd: Path | None = None

    def __str__(self) -> str:
        return self.command


@dataclass(frozen=True, slots=True)
class HttpEndpoint:
    """A server at an address, over streamable HTTP. ``direct``: past any proxy of the environment."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    direct: bool = False

    def __str__(self) -> str:
        return self.url.partition("?")[0]


Endpoint = StdioEndpoint | HttpEndpoint


@dataclass(frozen=True, slots=True)
class ListedTool:
    """One tool as a server lists it; ``annotations`` are its hints by their names on the wire."""

    name: str
    description: str
    input_schema: dict[str, Any]
    annotations: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class ToolReply:
    """What a tool gave: its texts joined, its structured value, and what kinds of content were left out."""

    text: str
    structured: dict[str, Any] | None = None
    left_out: tuple[str, ...] = ()
    failed: bool = False


class ServerGone(Exception):
    """The connection is over. ``sent``: what was asked for may have been begun."""

    def __init__(self, message: str, *, sent: bool = False) -> None:
        super().__init__(message)
        self.sent = sent


class ServerRefused(Exception):
    """The server answered with an error of the protocol, not of the tool."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
