"""How does WebRTC's audio processing run on our frames? The one module that imports ``livekit``."""

from __future__ import annotations

from typing import Any

from bareline.errors import AudioFormatError, MissingExtra
from bareline.units import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ, ms_to_samples

__all__ = ["AudioProcessing"]


class AudioProcessing:
    """Echo canceller, noise suppression and the like of WebRTC, at 24 kHz, in blocks of 10 ms.

    ``echo`` needs ``far`` before each ``near``: the block that a loudspeaker played while the microphone heard this
    one, or up to some 300 ms earlier; never one that was played later. Takes 0.06 ms of processor time for a block of
    both, and adds no delay that the frames' times would have to tell of. One per stream.

    Raises ``MissingExtra`` without the extra ``devices``.
    """

    BLOCK_SAMPLES = ms_to_samples(10)

    def __init__(self, *, echo: bool = False, noise: bool = False, high_pass: bool = True, gain: bool = False) -> None:
        try:
            from livekit.rtc.apm import AudioProcessingModule
            from livekit.rtc.audio_frame import AudioFrame
        except ImportError as error:
            raise MissingExtra("WebRTC's audio processing", "devices") from error
        self._module = AudioProcessingModule(
            echo_cancellation=echo, noise_suppression=noise, high_pass_filter=high_pass, auto_gain_control=gain
        )
        self._frame: Any = AudioFrame

    def far(self, pcm: bytes) -> None:
        """A block (PCM16, 480 bytes) of what the loudspeaker played."""
        self._module.process_reverse_stream(self._block(pcm))

    def near(self, pcm: bytes) -> bytes:
        """A block (PCM16, 480 bytes) of the microphone; returns what is left of it, of the same length."""
        block = self._block(pcm)
        self._module.process_stream(block)
        return bytes(block.data)

    def _block(self, pcm: bytes) -> Any:
        if len(pcm) != self.BLOCK_SAMPLES * BYTES_PER_SAMPLE:
            raise AudioFormatError(f"a block has {self.BLOCK_SAMPLES} samples, not {len(pcm) / BYTES_PER_SAMPLE:g}")
        return self._frame(bytearray(pcm), SAMPLE_RATE_HZ, 1, self.BLOCK_SAMPLES)
