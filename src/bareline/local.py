"""How does ``base_url="local"`` become a server in this process?

Importing this module teaches ``connect`` and ``Call`` the name ``local``: for each connection a built-in server with
the ``rules`` backend, on a free port of 127.0.0.1, which ends with the connection. What it needs is imported only then.
"""

from __future__ import annotations

from bareline.client.address import LOOPBACK_KEY, Address, register_endpoint
from bareline.client.connect import connect

__all__ = ["connect", "start_local"]


async def start_local() -> Address:
    """Start a built-in server; the address's ``stop`` ends it. Raises ``MissingExtra``."""
    from bareline.server.backends.rules import RulesBackend
    from bareline.server.serve import RealtimeServer

    server = RealtimeServer(RulesBackend.with_speech())
    await server.start()
    return Address(server.url, LOOPBACK_KEY, server.stop)


register_endpoint("local", start_local)
