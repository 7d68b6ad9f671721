"""What does a turn detector decide about a stream, and which words does it know by then?

The one place where a detector and a recogniser meet, used alike by a call, the built-in server and the measurements.
"""

from __future__ import annotations

from bareline.media.frames import AudioFrame
from bareline.turns.contract import Hypothesis, StreamingSTT, TurnDecision, TurnDetector
from bareline.turns.windows import Windows
from bareline.units import BYTES_PER_SAMPLE, ms_to_samples

__all__ = ["TurnListener"]

_BLOCK_SAMPLES = ms_to_samples(20)
_ASK_SAMPLES = 3 * _BLOCK_SAMPLES
"""How often the words so far are asked for, at fixed places of the stream; an answer costs more than the hearing."""
_DECISION_MAX_SAMPLES = ms_to_samples(2_000)
"""How long after the first sample of speech its detection may come and still find that sample kept."""


class TurnListener:
    """Feeds a detector, and a recogniser with the speech that the detector finds.

    The stream is cut into blocks of 20 ms, so that any split of the same audio decides the same; frames of other
    lengths cost up to 20 ms. Positions count what was fed since ``reset``. The recogniser hears each turn from
    ``pre_roll_ms`` before its first sample of speech until the turn is over, pauses included; whenever its guess
    changes, the detector hears of it, and at the beginning that there is none yet.
    """

    def __init__(
        self, detector: TurnDetector, *, recogniser: StreamingSTT | None = None, pre_roll_ms: int = 200
    ) -> None:
        self.detector = detector
        self._recogniser = recogniser
        self._pre_roll = ms_to_samples(pre_roll_ms)
        self._blocks = Windows(_BLOCK_SAMPLES)
        self._recent = bytearray()
        self._heard = 0
        self._recognised = 0
        self._in_turn = False
        self._speaking = False
        self._hypothesis: Hypothesis | None = None

    @property
    def hypothesis(self) -> Hypothesis | None:
        """The words of the turn under way, or all words of the one that ended last; ``None`` where nothing is known."""
        return self._hypothesis

    @property
    def in_turn(self) -> bool:
        """Whether a turn has begun and not ended; the user may pause within it."""
        return self._in_turn

    @property
    def speaking(self) -> bool:
        """Whether speech is heard at the moment."""
        return self._speaking

    def feed(self, frame: AudioFrame) -> list[TurnDecision]:
        """Take the next frame of the microphone's stream."""
        decisions: list[TurnDecision] = []
        for first, end, pcm in self._blocks.feed(frame.pcm):
            self._heard = end
            self._remember(pcm)
            decisions += self._noted(self.detector.feed(AudioFrame(pcm, first)))
            if self._in_turn and self._recogniser is not None:
                decisions += self._recognise(self._recogniser)
        return decisions

    def playing(self, playing: bool, sample: int) -> None:
        """The assistant's output started or stopped being heard."""
        self.detector.playing(playing, sample)

    def reset(self) -> None:
        """Start a new stream."""
        self.detector.reset()
        if self._recogniser is not None:
            self._recogniser.reset()
        self._blocks.reset()
        self._recent.clear()
        self._heard = self._recognised = 0
        self._in_turn = self._speaking = False
        self._hypothesis = None

    def _remember(self, pcm: bytes) -> None:
        if self._recogniser is not None:
            self._recent += pcm
            surplus = len(self._recent) - (self._pre_roll + _DECISION_MAX_SAMPLES) * BYTES_PER_SAMPLE
            if surplus > 0:
                del self._recent[:surplus]

    def _noted(self, decisions: list[TurnDecision]) -> list[TurnDecision]:
        for decision in decisions:
            self._speaking = decision.kind == "speech_started"
            if decision.kind == "speech_started" and not self._in_turn:
                self._begin(decision.at_sample)
            elif decision.kind == "turn_ended":
                self._end()
        return decisions

    def _begin(self, at_sample: int) -> None:
        self._in_turn = True
        self._hypothesis = None if self._recogniser is None else Hypothesis("", 0.0)
        if self._hypothesis is not None:
            self.detector.partial(self._hypothesis, self._heard)
        self._recognised = max(self._recognised, at_sample - self._pre_roll)

    def _end(self) -> None:
        self._in_turn = False
        if self._recogniser is not None:
            self._catch_up(self._recogniser)
            self._hypothesis = self._recogniser.finish()
        self._recognised = self._heard  # what belongs to this turn is not the beginning of the next

    def _recognise(self, recogniser: StreamingSTT) -> list[TurnDecision]:
        self._catch_up(recogniser)
        guess = recogniser.partial() if self._heard % _ASK_SAMPLES == 0 else None
        if guess is None or guess == self._hypothesis:
            return []
        self._hypothesis = guess
        return self._noted(self.detector.partial(guess, self._heard))

    def _catch_up(self, recogniser: StreamingSTT) -> None:
        """Let it hear of the turn what it has not heard, as far as that is kept."""
        kept_from = self._heard - len(self._recent) // BYTES_PER_SAMPLE
        first = max(self._recognised, kept_from)
        recogniser.feed(AudioFrame(bytes(self._recent[(first - kept_from) * BYTES_PER_SAMPLE :]), first))
        self._recognised = self._heard
