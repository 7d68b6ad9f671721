"""What does the stream of a sound card offer to the microphone or loudspeaker built on it?

``bareline.devices.portaudio`` opens real ones; ``bareline.testing.sound_card`` has one that keeps virtual time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

__all__ = ["CaptureBlock", "DeviceStream", "FillBlock", "InputStream", "OutputStream"]

FillBlock = Callable[[int, int, int], bytes]
"""``(frames, starts_ns, now_ns)``: gives that many device frames, the first of which is heard at ``starts_ns``."""
CaptureBlock = Callable[[bytes, int, bool], None]
"""``(pcm, starts_ns, overflowed)``: takes a block whose first frame was captured at ``starts_ns``; ``overflowed``: the
device lost audio before it."""


class DeviceStream(Protocol):
    """An open stream of one device. Samples are 16 bits, times those of the loop's clock in nanoseconds.

    Callbacks come from a thread of the device, in order, one at a time, until ``close`` returns. ``ended`` is called
    when the device stops by itself. ``close`` may be called twice; it blocks, for a second or two at most.
    """

    @property
    def name(self) -> str:
        """What kind of device it is, and what people call it."""
        ...

    @property
    def rate_hz(self) -> int:
        """Device frames a second."""
        ...

    @property
    def channels(self) -> int:
        """Samples of one device frame."""
        ...

    @property
    def latency_ns(self) -> int:
        """Length of the device's own buffer, as the device says."""
        ...

    def close(self) -> None:
        """Stop and free the device; at once, what it holds is not played."""
        ...


class OutputStream(DeviceStream, Protocol):
    """A stream that is heard."""

    @property
    def underruns(self) -> int:
        """How often the device had to play before it was given something."""
        ...

    def start(self, fill: FillBlock, ended: Callable[[], None]) -> None:
        """Ask ``fill`` for blocks from now on."""
        ...


class InputStream(DeviceStream, Protocol):
    """A stream that hears."""

    def start(self, capture: CaptureBlock, ended: Callable[[], None]) -> None:
        """Give blocks to ``capture`` from now on."""
        ...
