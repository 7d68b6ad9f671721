"""How does 24 kHz speech become Opus packets and back, through what packets are lost?

libopus, mono, directly at 24 kHz: no resampler between the model's audio and the codec. One call per packet into
buffers made once: the codec is the hot path of a call.
"""

from __future__ import annotations

import ctypes
from typing import Any

from bareline.errors import AudioFormatError, MissingExtra
from bareline.media.libopus import LibOpus, load_libopus
from bareline.media.rtp import PAYLOAD_MAX_BYTES
from bareline.units import SAMPLE_RATE_HZ, ms_to_samples

__all__ = ["OpusDecoder", "OpusEncoder", "carries_fec", "packet_samples"]

_VOIP = 2048
_SET_BITRATE = 4002
_SET_COMPLEXITY = 4010
_SET_FEC = 4012
_SET_LOSS = 4014
_SET_DTX = 4016
_COMPLEXITY = 9
_LONGEST = ms_to_samples(120)
_STEP = SAMPLE_RATE_HZ // 400
_SILK_MS = (10, 20, 40, 60)
_HYBRID_MS = (10, 20)
_CELT_SAMPLES = (60, 120, 240, 480)


class OpusEncoder:
    """20 ms (or 10, 40, 60) of PCM16 to one packet. Raises ``MissingExtra`` where there is no libopus.

    ``fec``: each packet repeats its predecessor coarsely, as finely as ``expected_loss_percent`` makes it worth.
    ``dtx``: packets of at most two bytes stand for silence and need not be sent.
    """

    def __init__(
        self, *, bitrate_bps: int = 32_000, dtx: bool = False, fec: bool = True, expected_loss_percent: int = 0
    ) -> None:
        self._library = _library()
        self.engine = self._library.version
        self._state = _memory(self._library.encoder_size(1))
        self._library.encoder_init(self._state, SAMPLE_RATE_HZ, 1, _VOIP)
        self._packet = ctypes.create_string_buffer(PAYLOAD_MAX_BYTES)
        self._view = memoryview(self._packet)
        self._encode = self._library.encode
        for request, value in ((_SET_BITRATE, bitrate_bps), (_SET_COMPLEXITY, _COMPLEXITY), (_SET_FEC, fec)):
            self._control(request, value)
        self._control(_SET_DTX, dtx)
        self.set_expected_loss(expected_loss_percent)

    def set_expected_loss(self, percent: int) -> None:
        """Code for this share of lost packets."""
        self._control(_SET_LOSS, percent)

    def encode(self, pcm: bytes) -> bytes:
        """One packet of ``pcm``. Raises ``AudioFormatError`` for a length that Opus does not have."""
        length = self._encode(self._state, pcm, len(pcm) // 2, self._packet, PAYLOAD_MAX_BYTES)
        if length < 0:
            raise AudioFormatError(f"Opus has no packets of {len(pcm) // 2} samples")
        return bytes(self._view[:length])

    def _control(self, request: int, value: int) -> None:
        if self._library.encoder_ctl(self._state, request, ctypes.c_int32(value)):
            raise AudioFormatError(f"libopus refuses {value} for its setting {request}")


class OpusDecoder:
    """Packets of any kind of Opus to PCM16 mono. Raises ``MissingExtra`` where there is no libopus.

    What cannot be decoded is concealed and counted in ``errors``; no bytes make it raise.
    """

    def __init__(self) -> None:
        self._library = _library()
        self.engine = self._library.version
        self.errors = 0
        self._state = _memory(self._library.decoder_size(1))
        self._library.decoder_init(self._state, SAMPLE_RATE_HZ, 1)
        self._pcm = ctypes.create_string_buffer(2 * _LONGEST)
        self._view = memoryview(self._pcm)
        self._decode = self._library.decode

    def packet_samples(self, payload: bytes) -> int:
        """Samples in the packet; 0 when it is none."""
        return packet_samples(payload)

    def carries_fec(self, payload: bytes) -> bool:
        """Whether the packet repeats the one before it."""
        return carries_fec(payload)

    def decode(self, payload: bytes) -> bytes:
        """The audio of a packet."""
        made = self._decode(self._state, payload, len(payload), self._pcm, _LONGEST, 0) if payload else -1
        if made > 0:
            return bytes(self._view[: 2 * made])
        self.errors += 1
        return self.conceal(packet_samples(payload))

    def decode_fec(self, next_payload: bytes, samples: int) -> bytes:
        """The ``samples`` before ``next_payload``, from what it repeats of them (concealed where it does not)."""
        length = _whole(samples)
        if 0 < self._decode(self._state, next_payload, len(next_payload), self._pcm, length, 1) == length:
            return bytes(self._view[2 * (length - samples) : 2 * length])
        self.errors += 1
        return self.conceal(samples)

    def conceal(self, samples: int) -> bytes:
        """A continuation of what was decoded last; libopus fades it."""
        made = min(samples, max(0, self._decode(self._state, None, 0, self._pcm, _whole(samples), 0)))
        return bytes(self._view[: 2 * made]) + bytes(2 * (samples - made))


def packet_samples(payload: bytes) -> int:
    """Samples at 24 kHz in an Opus packet; 0 when it is none (RFC 6716 section 3)."""
    if not payload:
        return 0
    count = (1, 2, 2, payload[1] & 0x3F if len(payload) > 1 else 0)[payload[0] & 3]
    samples = count * _frame_samples(payload[0] >> 3)
    return samples if samples <= _LONGEST else 0


def carries_fec(payload: bytes) -> bool:
    """Whether an Opus packet repeats the one before it: its LBRR flag (RFC 6716 section 4.2.4)."""
    if len(payload) < 2 or payload[0] >> 3 >= 16 or payload[0] & 3:
        return False
    frames = max(1, _frame_samples(payload[0] >> 3) // ms_to_samples(20))
    return bool(payload[1] >> (7 - frames) & 1)


def _frame_samples(configuration: int) -> int:
    if configuration < 12:
        return ms_to_samples(_SILK_MS[configuration % 4])
    if configuration < 16:
        return ms_to_samples(_HYBRID_MS[configuration % 2])
    return _CELT_SAMPLES[configuration % 4]


def _whole(samples: int) -> int:
    """As much as libopus can make at a time: whole 2.5 ms, at most 120 ms."""
    return min(_LONGEST, -(-samples // _STEP) * _STEP)


def _library() -> LibOpus:
    library = load_libopus()
    if library is None:
        raise MissingExtra("Opus", "webrtc")
    return library


def _memory(size: int) -> Any:
    """Room for a codec's state, aligned, and freed with its owner."""
    return (ctypes.c_longlong * (size // 8 + 1))()
