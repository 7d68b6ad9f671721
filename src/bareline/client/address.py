"""Which server is meant, and with which key?

As in the official SDK: arguments win over ``OPENAI_BASE_URL`` and ``OPENAI_API_KEY``. Names like ``local`` stand for
servers that are started when somebody connects; whoever knows how to start one registers it here.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bareline.errors import ConfigurationError
from bareline.protocol.signalling.urls import http_url
from bareline.transports.addresses import is_loopback

__all__ = ["LOOPBACK_KEY", "OPENAI_BASE_URL", "Address", "register_endpoint", "resolve_address"]

OPENAI_BASE_URL = "https://api.openai.com/v1"
LOOPBACK_KEY = "local"
"""Sent to a server on this machine when nobody gave a key: many take any key, but none takes a missing one."""


@dataclass(frozen=True)
class Address:
    """A server: its base URL (ending in ``/v1``) and key. ``stop`` ends a server that was started for the caller."""

    base_url: str
    api_key: str | None = field(repr=False)
    stop: Callable[[], Awaitable[None]] | None = None


_STARTERS: dict[str, Callable[[], Awaitable[Address]]] = {}


def register_endpoint(name: str, start: Callable[[], Awaitable[Address]]) -> None:
    """Let ``base_url=name`` mean the server that ``start`` starts, one for each connection."""
    _STARTERS[name] = start


async def resolve_address(base_url: str | None = None, api_key: str | None = None) -> Address:
    """The server that ``base_url`` (or the environment, or the default) means, started if need be.

    Raises ``ConfigurationError`` when a key is needed and there is none, and for one that cannot be sent.
    """
    named = base_url or os.environ.get("OPENAI_BASE_URL") or OPENAI_BASE_URL
    start = _STARTERS.get(named)
    if start is not None:
        return await start()
    if named == "local":
        raise ConfigurationError('base_url="local" needs the built-in server: use bareline.connect and bareline.Call')
    http_url(named, "")  # an address that cannot be is told before a missing key
    key = api_key or os.environ.get("OPENAI_API_KEY") or (LOOPBACK_KEY if is_loopback(named) else None)
    if key is None:
        raise ConfigurationError(
            f"no API key for {named}: set OPENAI_API_KEY, pass api_key=, or use "
            'base_url="local" for the built-in server, which needs none'
        )
    if not (key.isascii() and key.isprintable()):
        raise ConfigurationError("the API key holds characters that no header can carry, a line break perhaps")
    return Address(named, key)
