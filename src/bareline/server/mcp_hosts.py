"""Which MCP servers may a session have this server call?

Anybody who may open a session names addresses: a page in the developer's browser, for example. So by default only those
of this machine are called.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

__all__ = ["ANY_HOST", "McpHosts", "is_own"]

ANY_HOST = "*"


@dataclass(frozen=True, slots=True)
class McpHosts:
    """``allowed``: hosts, with a port or without; ``None``: this machine's own addresses; ``*``: all; empty: none."""

    allowed: tuple[str, ...] | None = None

    def refusal(self, url: str) -> str | None:
        """Why this address is not called, as a sentence; ``None`` when it may be."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            return "server_url is no address."
        if parts.scheme not in ("http", "https") or not host:
            return "server_url begins with http:// or https:// and names a host."
        if parts.username is not None:
            return "server_url holds a name or a password; use authorization or headers."
        if self._holds(host, port):
            return None
        return f"this server may not call the host '{host}'; allow it with --mcp-host."

    def _holds(self, host: str, port: int | None) -> bool:
        if self.allowed is None:
            return is_own(host)
        return any(entry in (ANY_HOST, host, f"{host}:{port}") for entry in map(str.lower, self.allowed))


def is_own(host: str) -> bool:
    """Whether the name or address is this machine's, whatever a resolver says."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
