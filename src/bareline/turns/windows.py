"""How is a stream cut into windows of one length, however it arrives?"""

from __future__ import annotations

from bareline.units import BYTES_PER_SAMPLE

__all__ = ["Windows"]


class Windows:
    """Cuts a stream of PCM16 into windows of ``samples`` samples, without gaps, from sample 0 on.

    ``per_window`` is how far a window advances in the numbering it reports (24 kHz samples, when the stream that is cut
    has another rate).
    """

    def __init__(self, samples: int, per_window: int | None = None) -> None:
        self._bytes = samples * BYTES_PER_SAMPLE
        self._advance = per_window or samples
        self._held = bytearray()
        self._next = 0

    def feed(self, pcm: bytes) -> list[tuple[int, int, bytes]]:
        """The windows completed by ``pcm``: first sample, end sample, audio."""
        self._held += pcm
        windows: list[tuple[int, int, bytes]] = []
        while len(self._held) >= self._bytes:
            windows.append((self._next, self._next + self._advance, bytes(self._held[: self._bytes])))
            del self._held[: self._bytes]
            self._next += self._advance
        return windows

    def reset(self) -> None:
        """Start a new stream."""
        self._held.clear()
        self._next = 0
