"""Is the turn over? Somebody who has heard it is asked, whenever there is a pause."""

from __future__ import annotations

from typing import Protocol

from bareline.errors import ConfigurationError
from bareline.media.frames import AudioFrame
from bareline.turns.contract import Hypothesis, SpeechProbability, TurnDecision, VoiceActivity
from bareline.turns.edges import SpeechEdges
from bareline.turns.windows import Windows
from bareline.units import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ, ms_to_samples, samples_to_ms

__all__ = ["AskingTurnDetector", "TurnJudge"]

_BLOCK_SAMPLES = ms_to_samples(20)
_HEARD_MAX_SAMPLES = 8 * SAMPLE_RATE_HZ
"""Audio of the turn that the judge is given, the last of it."""
_BEFORE_SAMPLES = ms_to_samples(500)
"""Audio before the first sample of speech that goes with it."""


class TurnJudge(Protocol):
    """Tells by its sound whether a turn is over.

    Contract: ``ask`` begins a judgement of PCM16 at 24 kHz, which ends with a pause, and forgets an earlier one;
    ``answer`` is None until there is one, then 0-1, how likely the turn is over. One that answers at once decides the
    same for any split of the audio; one that thinks beside the caller does not promise that.
    """

    def ask(self, pcm: bytes) -> None:
        """Begin to think about this audio."""
        ...

    def answer(self) -> float | None:
        """What came of it."""
        ...


class AskingTurnDetector:
    """``TurnDetector``: after ``ask_after_ms`` of silence ``judge`` is asked, and its "over" ends the turn.

    Judged unfinished, a turn goes on when speech does, and ends after ``give_up_ms`` of silence in any case.
    ``threshold``: the likelihood from which the turn counts as over. Speech is found as by ``SilenceTurnDetector``, in
    windows of ``vad``, at ``speech_threshold`` for ``min_speech_ms``.
    """

    def __init__(
        self,
        vad: VoiceActivity,
        judge: TurnJudge,
        *,
        ask_after_ms: int = 200,
        give_up_ms: int = 3_000,
        threshold: float = 0.5,
        speech_threshold: float = 0.5,
        min_speech_ms: int = 60,
    ) -> None:
        if not 1 <= ask_after_ms <= give_up_ms:
            raise ConfigurationError(f"ask_after_ms {ask_after_ms} has to lie between 1 and give_up_ms {give_up_ms}")
        if not 0 <= threshold <= 1 or not 0 <= speech_threshold <= 1:
            raise ConfigurationError("thresholds lie between 0 and 1")
        self._vad = vad
        self._judge = judge
        self._ask_after = ms_to_samples(ask_after_ms)
        self._give_up = ms_to_samples(give_up_ms)
        self._threshold = threshold
        self._blocks = Windows(_BLOCK_SAMPLES)
        self._edges = SpeechEdges(threshold=speech_threshold, min_speech_ms=min_speech_ms)
        self._forget()

    def feed(self, frame: AudioFrame) -> list[TurnDecision]:
        """Take the next frame of the microphone's stream."""
        decisions: list[TurnDecision] = []
        for first, end, pcm in self._blocks.feed(frame.pcm):
            self._heard = end
            self._audio += pcm
            del self._audio[: max(0, len(self._audio) - _HEARD_MAX_SAMPLES * BYTES_PER_SAMPLE)]
            for window in self._vad.feed(AudioFrame(pcm, first)):
                decisions += self._take(window)
        return decisions

    def partial(self, hypothesis: Hypothesis, sample: int) -> list[TurnDecision]:  # noqa: ARG002 - the contract's
        """Words decide nothing here."""
        return []

    def playing(self, playing: bool, sample: int) -> None:
        """The assistant's output decides nothing here."""

    def reset(self) -> None:
        """Start a new stream."""
        self._vad.reset()
        self._blocks.reset()
        self._edges.reset()
        self._forget()

    def _forget(self) -> None:
        self._audio = bytearray()
        self._heard = 0
        self._first = 0
        self._asked_at = -1
        self._doubt = ""

    def _take(self, window: SpeechProbability) -> list[TurnDecision]:
        started = self._edges.take(window)
        if started is not None:
            self._first, self._asked_at, self._doubt = started.at_sample, -1, ""
            return [started]
        if not self._edges.speaking:
            return []
        return self._in_turn(window.end_sample)

    def _in_turn(self, now: int) -> list[TurnDecision]:
        silent = self._edges.silent_samples
        if silent >= self._ask_after and self._asked_at != self._edges.speech_end:
            self._asked_at, self._doubt = self._edges.speech_end, ""
            self._judge.ask(self._turn(now))
        if self._asked_at == self._edges.speech_end and not self._doubt:
            likely = self._judge.answer()
            if likely is not None and likely >= self._threshold:
                return self._end(now, f"sounds finished ({likely:.0%}) after {samples_to_ms(silent)} ms of silence")
            self._doubt = "" if likely is None else f", though it sounded unfinished ({likely:.0%} finished)"
        if silent >= self._give_up:
            return self._end(now, f"{samples_to_ms(silent)} ms of silence{self._doubt}")
        return []

    def _turn(self, now: int) -> bytes:
        """The audio of the turn up to now."""
        begin = self._heard - len(self._audio) // BYTES_PER_SAMPLE
        first = max(0, self._first - _BEFORE_SAMPLES - begin)
        return bytes(self._audio[first * BYTES_PER_SAMPLE : (now - begin) * BYTES_PER_SAMPLE])

    def _end(self, now: int, reason: str) -> list[TurnDecision]:
        at = self._edges.speech_end
        self._edges.stop()
        return [TurnDecision(kind, at, now, reason) for kind in ("speech_stopped", "turn_ended")]
