"""How is the assistant heard through this machine's loudspeaker?"""

from __future__ import annotations

from bareline.devices.live_sink import LiveSink
from bareline.devices.portaudio import open_output

__all__ = ["Speaker"]


class Speaker(LiveSink):
    """The loudspeaker or headphones of this machine, as an ``AudioSink``; see ``LiveSink`` for the rest.

    ``heard_samples`` follows the device's own clock. ``device`` and ``latency_ms`` as for ``Microphone``; a machine
    that stutters (``underruns`` grows) wants more ``latency_ms``, a line that stutters (``starved`` grows) more
    ``reserve_ms``.

    Raises ``MissingExtra``, and ``ConfigurationError`` where PortAudio or the device is missing or in use.
    """

    def __init__(self, device: int | str | None = None, *, latency_ms: int | None = None, reserve_ms: int = 20) -> None:
        super().__init__(open_output(device, latency_ms=latency_ms), reserve_ms=reserve_ms)
