"""How does one listen to this machine's microphone?"""

from __future__ import annotations

from bareline.devices.live_source import LiveSource
from bareline.devices.portaudio import open_input

__all__ = ["Microphone"]


class Microphone(LiveSource):
    """The microphone of this machine, as an ``AudioSource``; see ``LiveSource`` for the rest.

    ``device``: its number or a part of its name (``bareline talk --list-devices``); None: the system's choice. It is
    opened at 24 kHz where it can be, else at its own rate and converted. ``latency_ms`` asks for a device buffer of
    that length; None: the shortest that the device offers, but 30 ms at least. Opening may take a tenth of a second,
    so do it before the call.

    Raises ``MissingExtra``, and ``ConfigurationError`` where PortAudio or the device is missing or in use.
    """

    def __init__(self, device: int | str | None = None, *, latency_ms: int | None = None) -> None:
        super().__init__(open_input(device, latency_ms=latency_ms))
