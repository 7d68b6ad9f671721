"""What does a transport need to know to connect?"""

from __future__ import annotations

import ssl as ssl_module
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from bareline.protocol.events import SessionConfig
from bareline.protocol.signalling import Target
from bareline.transports.contract import Transport
from bareline.transports.webrtc.settings import WebRtcSettings

__all__ = ["Opener", "Opening"]


@dataclass(frozen=True)
class Opening:
    """What a transport needs to know to connect. ``headers`` include the credentials.

    ``session`` is for transports whose request for a connection carries it; the others get it as ``session.update``.
    """

    base_url: str
    target: Target
    headers: Mapping[str, str] = field(repr=False)
    query: Mapping[str, str]
    open_timeout_s: float
    ssl: ssl_module.SSLContext | None
    session: SessionConfig | None = None
    webrtc: WebRtcSettings | None = None


Opener = Callable[[Opening], Awaitable[Transport]]
