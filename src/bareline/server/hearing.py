"""When does the user speak, and what of it should the backend hear while it is spoken?

Asks a turn detector about the input while the session wants it, and gives back, in order, where speech began, what was
heard of it, and where the turn ended. Positions are samples of all audio of the session. Without turn detection nothing
is judged, and no voice activity is loaded. Noise is taken out first, where the session says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bareline.media.convert import PcmDecoder
from bareline.media.formats import wire_format
from bareline.media.frames import AudioFrame
from bareline.protocol.events import AudioFormat, NoiseReduction
from bareline.server.turn_settings import TurnSettings, adjust, detector_for
from bareline.speech.noise_reduction import NoiseReducer
from bareline.turns.contract import Hypothesis, TurnDecision, TurnDetector, VoiceActivity
from bareline.units import BYTES_PER_SAMPLE, ms_to_samples

__all__ = ["Hear", "Heard", "Hearing", "SpeechStarted", "SpeechStopped"]

_DECISION_MAX_MS = 1_000
"""How long after the first sample of speech its detection may come and still find the prefix kept."""
_SLICES_PER_S = 10
"""Audio is judged 100 ms at a time, some 3 ms of work."""
_WORDS_SAMPLES = ms_to_samples(60)
"""How often words are asked for."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Speech began; ``sample`` of the session's input, prefix included."""

    sample: int


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The turn is over; ``sample`` ends the audio that belongs to it, silence included.

    ``filtered`` is that audio without noise, where the session has wanted it so all the time.
    """

    sample: int
    filtered: bytes = b""


@dataclass(frozen=True, slots=True)
class Hear:
    """The next audio of the utterance under way."""

    frame: AudioFrame


Heard = SpeechStarted | SpeechStopped | Hear


class Hearing:
    """The ears of one session. ``words`` gives what is understood so far of what was heard, where somebody knows."""

    def __init__(
        self, voice_activity: Callable[[], VoiceActivity], *, words: Callable[[], Hypothesis | None] | None = None
    ) -> None:
        self._voice_activity = voice_activity
        self._words = words
        self._settings: TurnSettings | None = None
        self._decoder: PcmDecoder | None = None
        self._noise: NoiseReduction | None = None
        self._reducer: NoiseReducer | None = None
        self._settled = b""
        self._filtered: bytearray | None = None
        self._detector: TurnDetector | None = None
        self._detector_of: TurnSettings | None = None
        self._detector_from = 0
        self._understood: Hypothesis | None = None
        self._recent = _Recent()
        self._heard_to: int | None = None
        self._free_from = 0

    @property
    def speaking(self) -> bool:
        """Is an utterance under way?"""
        return self._heard_to is not None

    @property
    def end_sample(self) -> int:
        """How much audio there has been."""
        return self._recent.end_sample

    @property
    def free_from(self) -> int:
        """Where audio begins that belongs to no turn yet."""
        return self._free_from

    def configure(self, settings: TurnSettings | None, noise: NoiseReduction | None = None) -> None:
        """Take the session's settings; what was heard so far stays. ``None`` stops judging, or filtering."""
        self._reduce(noise)
        self._settings = settings
        if settings is None:
            self._detector = None
            self._heard_to = None
        elif self._detector is not None and adjust(self._detector, settings):
            self._detector_of = settings

    def forget(self) -> None:
        """The buffer was emptied, by the client's commit or clear: what came before belongs to no turn to come."""
        held = self._reducer.held_samples if self._reducer else len(self._settled) // BYTES_PER_SAMPLE
        self._free_from = self._recent.end_sample + held
        self._detector = None
        self._heard_to = None

    def without_noise(self, pcm: bytes) -> bytes:
        """A whole stretch of the input that was committed by hand, filtered where the session says so."""
        if self._reducer is None:
            return pcm
        reducer = self._reducer.apart()
        return reducer.feed(pcm) + reducer.flush()

    def listen(self, audio: bytes, format: AudioFormat) -> Iterator[Iterator[Heard]]:  # noqa: A002 (wire)
        """Take audio as it came on the wire, slice by slice; each is to be read before the next."""
        source = wire_format(format.type)
        if self._decoder is None or self._decoder.source != source:
            self._decoder = PcmDecoder(source)
        slice_bytes = source.rate_hz // _SLICES_PER_S * source.frame_bytes
        for start in range(0, len(audio), slice_bytes):
            pcm = self._decoder.feed(audio[start : start + slice_bytes])
            settled, self._settled = self._settled, b""
            yield self.feed(settled + (self._reducer.feed(pcm) if self._reducer else pcm))

    def feed(self, pcm: bytes) -> Iterator[Heard]:
        """Take the next samples of the input at 24 kHz."""
        for piece in self._pieces(pcm):
            yield from self._judge(piece)

    def _pieces(self, pcm: bytes) -> Iterator[bytes]:
        """Where words count, they are asked for at fixed places, so that any split of the audio is judged alike."""
        if not self._words_count:
            yield pcm
            return
        at, first = 0, self._recent.end_sample
        while at < len(pcm):
            step = _WORDS_SAMPLES - (first + at // BYTES_PER_SAMPLE) % _WORDS_SAMPLES
            yield pcm[at : at + step * BYTES_PER_SAMPLE]
            at += step * BYTES_PER_SAMPLE

    @property
    def _words_count(self) -> bool:
        return self._words is not None and self._settings is not None and self._settings.eagerness is not None

    def _judge(self, pcm: bytes) -> Iterator[Heard]:
        begin = self._recent.end_sample
        self._recent.push(pcm, keep_samples=self._keep_samples())
        detector = self._listening(begin)
        if detector is None:
            return
        for decision in detector.feed(AudioFrame(pcm, first_sample=begin - self._detector_from)):
            yield from self._decide(decision)
        yield from self._hear(self._recent.end_sample)
        for decision in self._understand(detector):
            yield from self._decide(decision)

    def _understand(self, detector: TurnDetector) -> list[TurnDecision]:
        """What the words mean that are known by now."""
        sample = self._recent.end_sample
        if self._words is None or not self._words_count or self._heard_to is None or sample % _WORDS_SAMPLES:
            return []
        words = self._words()
        if words is None or words == self._understood:
            return []
        self._understood = words
        return detector.partial(words, sample - self._detector_from)

    def _reduce(self, noise: NoiseReduction | None) -> None:
        if noise == self._noise:
            return
        self._noise = noise
        self._filtered = None  # of a turn under way, only a part would be
        if self._reducer is not None:
            self._settled += self._reducer.flush()
            self._reducer = None
        if noise is not None:
            strength = 1.0 if noise.strength is None else noise.strength
            self._reducer = NoiseReducer(kind=noise.type or "near_field", strength=strength)

    def _listening(self, begin: int) -> TurnDetector | None:
        """The detector of a stream that began when it was made; loading it waits for the first audio.

        Another kind of detection begins with the next turn.
        """
        settings = self._settings
        if settings is not None and self._heard_to is None and self._detector_of != settings:
            self._detector = None
        if self._detector is None and settings is not None:
            self._detector = detector_for(settings, self._voice_activity())
            self._detector_of, self._detector_from = settings, begin
        return self._detector

    def _decide(self, decision: TurnDecision) -> Iterator[Heard]:
        if decision.kind == "speech_started" and self._heard_to is None and self._settings is not None:
            spoken = self._detector_from + decision.at_sample
            padded = spoken - ms_to_samples(self._settings.prefix_padding_ms)
            self._heard_to = max(padded, self._free_from, self._recent.first_sample)
            self._filtered = bytearray() if self._reducer else None
            self._understood = None
            yield SpeechStarted(self._heard_to)
        elif decision.kind == "turn_ended" and self._heard_to is not None:
            end = self._detector_from + decision.decided_at_sample
            yield from self._hear(end)
            if not self.speaking:  # forgotten while its last piece was heard
                return
            self._heard_to = None
            self._free_from = end
            yield SpeechStopped(end, bytes(self._filtered or b""))

    def _hear(self, end: int) -> Iterator[Heard]:
        if self._heard_to is not None and end > self._heard_to:
            pcm = self._recent.cut(self._heard_to, end)
            if self._filtered is not None:
                self._filtered += pcm
            first, self._heard_to = self._heard_to, end
            yield Hear(AudioFrame(pcm, first_sample=first))

    def _keep_samples(self) -> int:
        prefix_ms = self._settings.prefix_padding_ms if self._settings else 0
        return ms_to_samples(prefix_ms + _DECISION_MAX_MS)


class _Recent:
    """The last samples of the input, by their place in it."""

    def __init__(self) -> None:
        self._pcm = bytearray()
        self.first_sample = 0

    @property
    def end_sample(self) -> int:
        return self.first_sample + len(self._pcm) // BYTES_PER_SAMPLE

    def push(self, pcm: bytes, *, keep_samples: int) -> None:
        """Add samples; those before the last ``keep_samples`` that were there already are dropped."""
        surplus = len(self._pcm) // BYTES_PER_SAMPLE - keep_samples
        if surplus > 0:
            del self._pcm[: surplus * BYTES_PER_SAMPLE]
            self.first_sample += surplus
        self._pcm += pcm

    def cut(self, first: int, end: int) -> bytes:
        begin = (first - self.first_sample) * BYTES_PER_SAMPLE
        return bytes(self._pcm[begin : (end - self.first_sample) * BYTES_PER_SAMPLE])
