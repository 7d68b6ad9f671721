"""Has the assistant been called, so that what is said now is meant for it?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bareline.errors import ConfigurationError
from bareline.media.frames import AudioFrame
from bareline.turns.contract import Hypothesis, TurnDecision, TurnDetector
from bareline.turns.spotting import Spotted, WakeSpotter
from bareline.turns.windows import Windows
from bareline.units import BYTES_PER_SAMPLE, ms_to_samples

__all__ = ["WakeWord"]

_BLOCK_SAMPLES = ms_to_samples(20)
_KEPT_SAMPLES = ms_to_samples(2_000)
"""How long after its end a phrase may be found and still nothing of what follows be lost."""


class WakeWord:
    """``TurnDetector`` that is deaf until ``spotter`` has found its phrase; then ``detector`` decides, as ever.

    In a call (``Call(turns=WakeWord(...))``) nothing is sent before the phrase, and so nothing is paid. What follows
    the phrase in the same breath is not lost: the detector hears the audio from the phrase's end on. Awake, it stays
    so for ``stay_awake_ms`` after the last turn or the assistant's last word, so that a conversation needs no phrase
    for each sentence; with 0 it does. ``woken`` hears of each phrase, for a light or a sound.
    """

    def __init__(
        self,
        spotter: WakeSpotter,
        detector: TurnDetector,
        *,
        stay_awake_ms: int = 8_000,
        woken: Callable[[Spotted], None] | None = None,
    ) -> None:
        if stay_awake_ms < 0:
            raise ConfigurationError("stay_awake_ms cannot be negative")
        self.detector = detector
        self._spotter = spotter
        self._stay = ms_to_samples(stay_awake_ms)
        self._woken = woken
        self._blocks = Windows(_BLOCK_SAMPLES)
        self._playing = False
        self.reset()

    @property
    def awake(self) -> bool:
        """Whether what is said now is heard."""
        return self._awake

    def wake(self) -> None:
        """Listen from now on, as if the phrase had been spoken: a button."""
        if not self._awake:
            self._rouse(self._heard)

    def sleep(self) -> None:
        """Be deaf again; a turn under way is finished first."""
        self._sleepy = True

    def feed(self, frame: AudioFrame) -> list[TurnDecision]:
        """Take the next frame of the microphone's stream."""
        decisions: list[TurnDecision] = []
        for _, end, pcm in self._blocks.feed(frame.pcm):
            self._heard = end
            decisions += self._listen(pcm) if self._awake else self._wait(pcm)
        return decisions

    def partial(self, hypothesis: Hypothesis, sample: int) -> list[TurnDecision]:
        """A partial transcript; only who is awake has one."""
        if not self._awake:
            return []
        return self._noted(self.detector.partial(hypothesis, max(0, sample - self._from)))

    def playing(self, playing: bool, sample: int) -> None:
        """The assistant's output started or stopped being heard; while it is, nobody falls asleep."""
        self._playing = playing
        self._active = max(self._active, sample)
        if self._awake:
            self.detector.playing(playing, max(0, sample - self._from))

    def reset(self) -> None:
        """Start a new stream, asleep."""
        self._blocks.reset()
        self._heard = 0
        self._doze()

    def _doze(self) -> None:
        self._awake = self._sleepy = self._in_turn = False
        self._from = self._active = self._heard
        self._phrase = ""
        self._kept = bytearray()
        self._spotter.reset()
        self._asleep_from = self._heard

    def _wait(self, pcm: bytes) -> list[TurnDecision]:
        """Asleep: only the phrase is listened for."""
        self._kept += pcm
        del self._kept[: max(0, len(self._kept) - _KEPT_SAMPLES * BYTES_PER_SAMPLE)]
        found = self._spotter.feed(AudioFrame(pcm, self._heard - _BLOCK_SAMPLES - self._asleep_from))
        if not found:
            return []
        begin = self._asleep_from
        spotted = replace(
            found[-1],
            first_sample=found[-1].first_sample + begin,
            end_sample=found[-1].end_sample + begin,
            decided_at_sample=found[-1].decided_at_sample + begin,
        )
        self._phrase = spotted.phrase
        if self._woken is not None:
            self._woken(spotted)
        kept_from = self._heard - len(self._kept) // BYTES_PER_SAMPLE
        missed = bytes(self._kept[max(0, spotted.end_sample - kept_from) * BYTES_PER_SAMPLE :])
        self._rouse(self._heard - len(missed) // BYTES_PER_SAMPLE)
        return self._noted(self.detector.feed(AudioFrame(missed)), known=self._heard)

    def _rouse(self, sample: int) -> None:
        self._awake = True
        self._sleepy = False
        self._kept.clear()
        self._from = sample
        self._active = self._heard
        self.detector.reset()
        self.detector.playing(self._playing, 0)

    def _listen(self, pcm: bytes) -> list[TurnDecision]:
        decisions = self._noted(self.detector.feed(AudioFrame(pcm, self._heard - _BLOCK_SAMPLES - self._from)))
        if self._in_turn or self._playing:
            self._active = self._heard
        if not self._in_turn and (self._sleepy or self._heard - self._active >= self._stay):
            self._doze()
        return decisions

    def _noted(self, decisions: list[TurnDecision], known: int = 0) -> list[TurnDecision]:
        """The detector's decisions on the microphone's clock; none was known before it was asked, at ``known``."""
        told: list[TurnDecision] = []
        for decision in decisions:
            reason = decision.reason
            if decision.kind == "speech_started" and not self._in_turn and self._phrase:
                reason, self._phrase = f"{reason}, after “{self._phrase}”", ""
            self._in_turn = decision.kind != "turn_ended"
            at, decided = decision.at_sample + self._from, decision.decided_at_sample + self._from
            told.append(replace(decision, at_sample=at, decided_at_sample=max(decided, known), reason=reason))
        return told
