"""Which server does a ``stun:``, ``turn:`` or ``turns:`` address name, and what came of asking it?

Source: RFC 7064, 7065.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from bareline.errors import ConfigurationError
from bareline.transports.webrtc.settings import IceServer

__all__ = ["SERVERS_MAX", "RelayProtocol", "ServerAddress", "ServerOutcome", "read_servers"]

SERVERS_MAX = 8
"""Servers asked; all at once."""

RelayProtocol = Literal["udp", "tcp", "tls"]

_URL = re.compile(
    r"(?P<scheme>stuns?|turns?):(?P<host>\[[0-9a-fA-F:]+\]|[^\[\]:?/@\s]+)(:(?P<port>\d{1,5}))?(\?transport=(?P<transport>\w+))?"
)
_DEFAULT_PORT = {"stun": 3478, "turn": 3478, "turns": 5349}


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """One server to ask; ``url`` as the caller wrote it, ``protocol`` that between us and a TURN server."""

    url: str
    kind: Literal["stun", "turn"]
    host: str
    port: int
    protocol: RelayProtocol
    username: str | None = None
    credential: str | None = field(default=None, repr=False)

    def tls_context(self, *, verify: bool) -> ssl.SSLContext | None:
        """For ``turns:``; None otherwise."""
        if self.protocol != "tls":
            return None
        context = ssl.create_default_context()
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


@dataclass(frozen=True, slots=True)
class ServerOutcome:
    """What asking a server brought: ``problem`` is None where it gave its candidate."""

    url: str
    problem: str | None


def read_servers(servers: Sequence[IceServer]) -> tuple[list[ServerAddress], list[ServerOutcome]]:
    """The servers to ask, and those that are ignored, with the reason.

    Raises ``ConfigurationError`` for an address that is none and for TURN without credentials.
    """
    read = [_read(server) for server in servers]
    asked = [one for one in read if isinstance(one, ServerAddress)]
    ignored = [one for one in read if isinstance(one, ServerOutcome)]
    ignored += [ServerOutcome(one.url, f"ignored: only {SERVERS_MAX} servers are asked") for one in asked[SERVERS_MAX:]]
    return asked[:SERVERS_MAX], ignored


def _read(server: IceServer) -> ServerAddress | ServerOutcome:
    found = _URL.fullmatch(server.url)
    if found is None or int(found["port"] or 1) not in range(1, 65536):
        raise ConfigurationError(
            f"{_without_secrets(server.url)!r} is no ICE server: stun:host:port, turn:host:port?transport=udp|tcp or "
            "turns:host:port, and username and credential beside it"
        )
    scheme, transport = found["scheme"], found["transport"]
    if scheme == "stuns" or (scheme == "stun" and transport not in {None, "udp"}):
        return ServerOutcome(server.url, "ignored: STUN is asked over UDP only, write stun:host:port")
    if (scheme, transport) not in {("stun", None), ("stun", "udp")} and not (server.username and server.credential):
        raise ConfigurationError(f"{server.url!r} needs a username and a credential")
    protocol = _protocol(scheme, transport)
    if protocol is None:
        return ServerOutcome(server.url, f"ignored: {scheme} over {transport} is not supported")
    return ServerAddress(
        url=server.url,
        kind="stun" if scheme == "stun" else "turn",
        host=found["host"].strip("[]"),
        port=int(found["port"] or _DEFAULT_PORT[scheme]),
        protocol=protocol,
        username=server.username,
        credential=server.credential,
    )


def _without_secrets(url: str) -> str:
    """Without what stands before an ``@``: no such address has one, so it may be a password."""
    scheme, _, rest = url.partition(":")
    return f"{scheme}:{rest.rpartition('@')[2]}"


def _protocol(scheme: str, transport: str | None) -> RelayProtocol | None:
    table: dict[tuple[str, str | None], RelayProtocol] = {
        ("stun", None): "udp",
        ("stun", "udp"): "udp",
        ("turn", None): "udp",
        ("turn", "udp"): "udp",
        ("turn", "tcp"): "tcp",
        ("turns", None): "tls",
        ("turns", "tcp"): "tls",
    }
    return table.get((scheme, transport))
