"""How much audio does each item hold, and which of it can still be heard again?"""

from __future__ import annotations

from dataclasses import dataclass

from bareline.protocol.events import AudioFormat
from bareline.protocol.session_formats import bytes_per_ms

__all__ = ["AudioLedger"]


@dataclass(slots=True)
class _Held:
    per_ms: int
    length_bytes: int = 0
    audio: bytearray | None = None
    ended: bool = False


class AudioLedger:
    """Audio by item, in wire format. Lengths are kept for every item; bytes only up to ``limit_bytes`` in all.

    Over the limit the audio of the oldest items goes, each whole; ``dropped`` counts them.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._held: dict[str, _Held] = {}
        self._kept_bytes = 0
        self.dropped = 0

    def add(self, item_id: str, audio: bytes, audio_format: AudioFormat) -> bool:
        """Append audio to an item; after a cut nothing is added, which is false."""
        held = self._held.get(item_id)
        if held is None:
            held = self._held[item_id] = _Held(bytes_per_ms(audio_format), audio=bytearray())
        if held.ended:
            return False
        held.length_bytes += len(audio)
        if held.audio is not None:
            held.audio += audio
            self._kept_bytes += len(audio)
            self._drop_oldest()
        return True

    def ms(self, item_id: str) -> int:
        """Whole milliseconds of audio in the item; 0 when it has none."""
        held = self._held.get(item_id)
        return held.length_bytes // held.per_ms if held is not None else 0

    def audio(self, item_id: str) -> bytes | None:
        """The item's audio; ``None`` when it has none or it was dropped."""
        held = self._held.get(item_id)
        return bytes(held.audio) if held is not None and held.audio is not None else None

    def cut(self, item_id: str, end_ms: int) -> None:
        """Drop the item's audio after ``end_ms``, also what is yet to come."""
        held = self._held.setdefault(item_id, _Held(per_ms=1))
        held.ended = True
        held.length_bytes = min(held.length_bytes, end_ms * held.per_ms)
        if held.audio is not None:
            self._kept_bytes -= len(held.audio) - held.length_bytes
            del held.audio[held.length_bytes :]

    def forget(self, item_id: str) -> None:
        """The item is gone."""
        held = self._held.pop(item_id, None)
        if held is not None and held.audio is not None:
            self._kept_bytes -= len(held.audio)

    def _drop_oldest(self) -> None:
        while self._kept_bytes > self._limit:
            held = next(held for held in self._held.values() if held.audio is not None)
            self._kept_bytes -= len(held.audio or b"")
            held.audio = None
            self.dropped += 1
