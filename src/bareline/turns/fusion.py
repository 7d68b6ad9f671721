"""What do several turn detectors decide together?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bareline.errors import ConfigurationError
from bareline.media.frames import AudioFrame
from bareline.turns.contract import Hypothesis, TurnDecision, TurnDetector
from bareline.turns.endpointing import Adjustable, Endpointing, Pace
from bareline.turns.windows import Windows
from bareline.units import ms_to_samples

__all__ = ["FusedTurnDetector"]

_BLOCK_SAMPLES = ms_to_samples(20)


class FusedTurnDetector:
    """``TurnDetector`` of several: speech begins when the first says so, and the turn is over when enough do.

    ``votes``: how many have to agree that it is over, of those that heard speech in it; all, unless given. With one
    vote the quickest decides. Each gets the stream in blocks of 20 ms, all words, and all that is known of the output.
    A detector whose turn ended votes so until it hears speech again. Raises ``ConfigurationError`` without detectors,
    or for votes that cannot be had.
    """

    def __init__(self, detectors: Sequence[TurnDetector], *, votes: int | None = None) -> None:
        self._detectors = tuple(detectors)
        self._votes = len(self._detectors) if votes is None else votes
        if not 1 <= self._votes <= len(self._detectors):
            raise ConfigurationError(f"{self._votes} votes of {len(self._detectors)} detectors cannot be had")
        self._blocks = Windows(_BLOCK_SAMPLES)
        self._forget()

    def use(self, profile: Endpointing) -> None:
        """Be as patient as ``profile`` from now on: all those that can."""
        for detector in self._detectors:
            if isinstance(detector, Adjustable):
                detector.use(profile)

    def pace(self, pace: Pace | None) -> None:
        """Be so patient for a while, or as before: all those that can."""
        for detector in self._detectors:
            if isinstance(detector, Adjustable):
                detector.pace(pace)

    def feed(self, frame: AudioFrame) -> list[TurnDecision]:
        """Take the next frame of the microphone's stream."""
        decisions: list[TurnDecision] = []
        for first, _, pcm in self._blocks.feed(frame.pcm):
            block = AudioFrame(pcm, first)
            decisions += self._count([detector.feed(block) for detector in self._detectors])
        return decisions

    def partial(self, hypothesis: Hypothesis, sample: int) -> list[TurnDecision]:
        """The words so far."""
        return self._count([detector.partial(hypothesis, sample) for detector in self._detectors])

    def playing(self, playing: bool, sample: int) -> None:
        """The assistant's output started or stopped being heard."""
        for detector in self._detectors:
            detector.playing(playing, sample)

    def reset(self) -> None:
        """Start a new stream."""
        for detector in self._detectors:
            detector.reset()
        self._blocks.reset()
        self._forget()

    def _forget(self) -> None:
        self._said: dict[int, TurnDecision] = {}
        self._speaking = False
        self._last_at = 0

    def _count(self, said: Sequence[Sequence[TurnDecision]]) -> list[TurnDecision]:
        """In the order in which they were known; the earlier detector first."""
        news = [(decision, number) for number, decisions in enumerate(said) for decision in decisions]
        news.sort(key=lambda entry: entry[0].decided_at_sample)
        return [fused for decision, number in news for fused in self._take(number, decision)]

    def _take(self, number: int, decision: TurnDecision) -> list[TurnDecision]:
        if decision.kind != "speech_started" and number not in self._said:
            return []  # about a turn that the others have ended
        self._said[number] = decision
        if decision.kind == "speech_started":
            return self._start(decision)
        kinds = [known.kind for known in self._said.values()]
        if kinds.count("turn_ended") >= min(self._votes, len(kinds)):
            return self._end(decision)
        return self._stop(decision) if self._speaking and "speech_started" not in kinds else []

    def _start(self, decision: TurnDecision) -> list[TurnDecision]:
        if self._speaking:
            return []
        self._speaking = True
        return [self._at(decision)]

    def _stop(self, decision: TurnDecision) -> list[TurnDecision]:
        self._speaking = False
        return [replace(self._at(decision), kind="speech_stopped")]

    def _end(self, decision: TurnDecision) -> list[TurnDecision]:
        stopped = self._stop(decision) if self._speaking else []
        reasons = [known.reason for known in self._said.values() if known.kind == "turn_ended"]
        self._said.clear()
        return [*stopped, replace(self._at(decision), reason=", and ".join(dict.fromkeys(reasons)))]

    def _at(self, decision: TurnDecision) -> TurnDecision:
        """What one hears later may have begun earlier than what was told already."""
        self._last_at = max(self._last_at, decision.at_sample)
        return replace(
            decision, at_sample=self._last_at, decided_at_sample=max(self._last_at, decision.decided_at_sample)
        )
