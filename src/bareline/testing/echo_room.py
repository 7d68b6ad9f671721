"""What is it like to talk to a loudspeaker in a room, in virtual time and with the truth at hand?

The devices are ``LiveSink`` and ``LiveSource`` over streams whose cards shake and drift as real ones do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from bareline.devices.device_stream import CaptureBlock
from bareline.devices.live_sink import LiveSink
from bareline.devices.live_source import LiveSource
from bareline.media.samples import samples_of, to_bytes
from bareline.testing.echo_path import Echoes, EchoPath
from bareline.testing.sound_card import Card, CardOutput
from bareline.testing.voice import mix
from bareline.units import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ, ms_to_ns

__all__ = ["EchoRoom"]

_CAPTURED_NS = ms_to_ns(30)
"""A block of 10 ms comes when the card's buffer of 20 ms has passed after it."""


class EchoRoom:
    """A loudspeaker (``speaker``) and a microphone (``microphone``) in one room; ``say`` is the person in it.

    ``drift_ppm``: by how much the loudspeaker's card is faster than the microphone's. ``shakes_ns``: by how much the
    loudspeaker's card is wrong about when a block is heard, block by block; ``said_late_ns`` by how much always.
    ``heard`` is all that the microphone captured.
    """

    def __init__(
        self,
        path: EchoPath | None = None,
        *,
        drift_ppm: float = 0.0,
        shakes_ns: Iterable[int] = (0,),
        said_late_ns: int = 0,
    ) -> None:
        self._output = CardOutput(
            drift_ppm=drift_ppm, shakes_ns=[shake_ns + said_late_ns for shake_ns in shakes_ns], name="loudspeaker Room"
        )
        self._input = _RoomInput(self._output, Echoes(path or EchoPath()))
        self.speaker = LiveSink(self._output)
        self.microphone = LiveSource(self._input)

    @property
    def heard(self) -> bytes:
        """All that the microphone captured so far (PCM16, 24 kHz)."""
        return bytes(self._input.heard)

    def say(self, pcm: bytes) -> int:
        """Speak from now on, at the level that the microphone hears; returns the sample of the stream it begins at."""
        return self._input.say(pcm)

    async def close(self) -> None:
        """Close both devices."""
        await asyncio.gather(self.speaker.close(), self.microphone.close())


class _RoomInput(Card):
    """A microphone that hears what the loudspeaker's card really plays, by way of the room."""

    def __init__(self, output: CardOutput, echoes: Echoes) -> None:
        super().__init__("microphone Room", SAMPLE_RATE_HZ, 1)
        self.heard = bytearray()
        self._output = output
        self._echoes = echoes
        self._saying = bytearray()
        self._capture: CaptureBlock | None = None

    def start(self, capture: CaptureBlock, ended: Callable[[], None]) -> None:
        """Give blocks to ``capture`` from now on."""
        self._capture = capture
        self.begin(self._block, ended)

    def say(self, pcm: bytes) -> int:
        """Add a voice to what is heard from the next block on."""
        begin = len(self.heard) // BYTES_PER_SAMPLE
        both = mix(samples_of(self._saying.ljust(len(pcm), b"\0")), samples_of(pcm))
        self._saying = bytearray(to_bytes(both))
        return begin

    def _block(self, at_ns: int) -> None:
        size = self.block_frames * BYTES_PER_SAMPLE
        played = self._output.played(at_ns - _CAPTURED_NS, self.block_frames)
        pcm = self._echoes.feed(played, bytes(self._saying[:size]))
        del self._saying[:size]
        self.heard += pcm
        if self._capture is not None:
            self._capture(pcm, at_ns - _CAPTURED_NS, False)
