"""The only place that knows aiortc and aioice, private names included; ``names`` lists them and says what changed."""

from __future__ import annotations

from bareline.errors import MissingExtra

try:
    import aioice as _aioice
    import aiortc as _aiortc
except ImportError as error:
    raise MissingExtra("WebRTC", "webrtc") from error

del _aioice, _aiortc
