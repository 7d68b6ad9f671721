"""Which audio of the user is not yet an item, and where does it stand in the session's input?

Positions are milliseconds of all audio written to the buffer in this session, silence included, cleared and committed
audio included (REALTIME.md section 6, row 16). Inside they are samples at 24 kHz; one sample of G.711 counts as three.
"""

from __future__ import annotations

from bareline.protocol.events import AudioFormat
from bareline.protocol.limits import COMMIT_MIN_MS, INPUT_MAX_MS, INPUT_QUIET_MS
from bareline.protocol.session_formats import bytes_per_ms, is_pcm
from bareline.protocol.states import BufferEvent, BufferState, Refused
from bareline.protocol.tables import INPUT_BUFFER
from bareline.units import BYTES_PER_SAMPLE, SAMPLES_PER_MS, ms_to_samples

__all__ = ["InputBuffer"]


class InputBuffer:
    """The audio since the last commit or clear.

    Bounded: when an append comes, ``INPUT_MAX_MS`` are left of what was held during speech and without turn detection,
    ``INPUT_QUIET_MS`` while turn detection is on and nobody speaks; the oldest audio goes. The append itself stays
    whole, since nobody has listened to it yet. ``item_id`` and ``start_ms`` are those of the utterance
    under way.
    """

    def __init__(self, audio_format: AudioFormat) -> None:
        self.format = audio_format
        self.state = INPUT_BUFFER.initial
        self.item_id: str | None = None
        self.start_ms = 0
        self._audio = bytearray()
        self._first_sample = 0

    @property
    def held_ms(self) -> float:
        """Milliseconds of audio in the buffer."""
        return len(self._audio) / bytes_per_ms(self.format)

    def append(self, audio: bytes, *, detecting: bool) -> None:
        """More audio of the user. ``detecting``: turn detection is on."""
        quiet = detecting and self.state is not BufferState.SPEECH
        most_bytes = (INPUT_QUIET_MS if quiet else INPUT_MAX_MS) * bytes_per_ms(self.format)
        if len(self._audio) > most_bytes:
            self._drop_bytes(len(self._audio) - most_bytes)
        self._audio += audio
        self._step(BufferEvent.APPEND)

    def clear(self) -> None:
        """Drop the audio; an utterance under way is forgotten."""
        self._step(BufferEvent.CLEAR)
        self._drop_bytes(len(self._audio))
        self._audio.clear()

    def begin(self, item_id: str, start_ms: int) -> None:
        """Somebody speaks, since ``start_ms``."""
        self._step(BufferEvent.SPEECH_STARTED)
        self.item_id = item_id
        self.start_ms = start_ms

    def detection_off(self) -> None:
        """Turn detection was switched off; the audio stays."""
        self._step(BufferEvent.DETECTION_OFF)

    def commit(self) -> bytes | Refused:
        """Everything since the last commit or clear, at least ``COMMIT_MIN_MS``."""
        event = BufferEvent.COMMIT_SHORT if self.held_ms < COMMIT_MIN_MS else BufferEvent.COMMIT
        following = INPUT_BUFFER.step(self.state, event)
        if isinstance(following, Refused):
            return following
        self._step(event)
        whole = len(self._audio) - len(self._audio) % self._bytes_per_sample
        return self._take(0, whole)

    def commit_span(self, start_ms: int, end_ms: int, event: BufferEvent) -> bytes:
        """The span [start_ms, end_ms) as far as it is still here; all audio before its end is gone then."""
        self._step(event)
        return self._take(self._offset(start_ms), self._offset(end_ms))

    def reformat(self, audio_format: AudioFormat) -> None:
        """From now on audio is in another format; what was held in the old one is dropped."""
        if audio_format != self.format:
            self.clear()
            self.format = audio_format

    @property
    def _bytes_per_sample(self) -> int:
        return BYTES_PER_SAMPLE if is_pcm(self.format) else 1

    def _step(self, event: BufferEvent) -> None:
        self.state = INPUT_BUFFER.after(self.state, event)
        if self.state is not BufferState.SPEECH:
            self.item_id = None

    def _offset(self, position_ms: int) -> int:
        """Where a position stands in the held bytes, clamped to them."""
        samples = max(0, ms_to_samples(position_ms) - self._first_sample)
        bytes_before = samples // self._wide * self._bytes_per_sample
        return min(bytes_before, len(self._audio) - len(self._audio) % self._bytes_per_sample)

    @property
    def _wide(self) -> int:
        """Samples at 24 kHz in one of this format."""
        return SAMPLES_PER_MS * self._bytes_per_sample // bytes_per_ms(self.format)

    def _take(self, start: int, end: int) -> bytes:
        taken = bytes(self._audio[start:end])
        self._drop_bytes(max(start, end))
        return taken

    def _drop_bytes(self, count: int) -> None:
        samples = count // self._bytes_per_sample
        del self._audio[: samples * self._bytes_per_sample]
        self._first_sample += samples * self._wide
