"""What does calling an offered tool mean, when the server itself calls it?"""

from __future__ import annotations

import msgspec

__all__ = ["McpOffer"]


class McpOffer(msgspec.Struct, frozen=True):
    """A tool of an MCP server, as a generator is offered it. ``approval``: not before the client agreed."""

    server_label: str
    name: str
    approval: bool
