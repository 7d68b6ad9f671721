"""What becomes of the assistant's voice, moment by moment, while somebody else makes a sound?

Watches the microphone and whether the assistant is heard, gathers what is known of each sound that overlaps its voice,
asks the interruption policy, and says what changes. Pure: the microphone's samples are the clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bareline.media.frames import AudioFrame
from bareline.media.levels import rms_dbfs
from bareline.turns.contract import Hypothesis, StreamingSTT, TurnDecision, VoiceActivity
from bareline.turns.interruption import InterruptionPolicy, Judgement, Output, Overlap, OverlapKind
from bareline.turns.overlap_ears import OverlapEars
from bareline.turns.overlap_memory import OpenOverlap, OverlapMemory
from bareline.turns.sounds import Background, Sound
from bareline.turns.windows import Windows
from bareline.units import ms_to_samples, samples_to_ms

__all__ = ["OutputChange", "OverlapWatch"]

BLOCK_SAMPLES = ms_to_samples(20)
_HYSTERESIS = 0.15
_GAP = ms_to_samples(400)
"""After so much silence the next sound is another one, unless the policy has ended this one before."""
_FINISHED = ms_to_samples(100)
_UNDECIDED = ms_to_samples(3_000)
"""A policy that knows no better after so much silence lets the voice go on."""
_SPOKEN_MIN_MS = 150
_UNDERSTOOD = 0.5
_COMMANDS: frozenset[OverlapKind] = frozenset({"stop", "correction", "redirection"})
"""What later words are believed to be where a listener's word was understood at once."""
_FACTS_MAX = 256


@dataclass(frozen=True, slots=True)
class OutputChange:
    """What is to happen to the assistant's voice.

    ``resume``: at full level, from the sample after the last one heard. ``kind``: what the sound is taken for.
    ``at_sample``: where the sound began, on the microphone's stream; ``decided_at_sample``: when this was known.
    """

    action: Literal["duck", "pause", "resume", "stop"]
    kind: OverlapKind
    at_sample: int
    decided_at_sample: int
    reason: str


class OverlapWatch:
    """Asks ``policy`` about every sound during the assistant's speech.

    ``vad`` finds sounds, from ``threshold`` on; without it they are what a turn detector (``decided``) finds, as long
    as they stand out from the silence. ``recogniser`` listens to them, from a little before they begin; ``partial``
    brings words that others recognise. Samples count what was fed, from 0. What is told of a sample that is not fed yet
    counts when it is: tell it before, and any split of the same audio decides the same.
    """

    def __init__(
        self,
        policy: InterruptionPolicy,
        *,
        vad: VoiceActivity | None = None,
        recogniser: StreamingSTT | None = None,
        threshold: float = 0.5,
    ) -> None:
        self._policy = policy
        self._vad = vad
        self._ears = OverlapEars(recogniser) if recogniser is not None else None
        self._threshold = threshold
        self._blocks = Windows(BLOCK_SAMPLES)
        self.reset()

    def reset(self) -> None:
        """Start a new stream."""
        self._blocks.reset()
        if self._vad is not None:
            self._vad.reset()
        if self._ears is not None:
            self._ears.reset()
        self._position = 0
        self._facts: deque[tuple[int, Callable[[], list[OutputChange]]]] = deque(maxlen=_FACTS_MAX)
        self._background = Background()
        self._detecting = False
        self._echo: float | None = None
        self._playing_since: int | None = None
        self._saying = ""
        self._sound: Sound | None = None
        self._open: OpenOverlap | None = None
        self._memory = OverlapMemory()
        self._output: Output = "play"

    @property
    def sample(self) -> int:
        """How much of the microphone's stream was looked at."""
        return self._position

    @property
    def overlapping(self) -> bool:
        """Whether a sound overlaps the assistant's voice, and what to do is not settled."""
        return self._open is not None and not self._open.stopped

    @property
    def understands(self) -> bool:
        """Whether it has a recogniser of its own, whose words need no others beside them."""
        return self._ears is not None

    def feed(self, frame: AudioFrame) -> list[OutputChange]:
        """Take the next frame of the microphone's stream."""
        changes: list[OutputChange] = []
        for first, end, pcm in self._blocks.feed(frame.pcm):
            self._position = end
            self._hear(AudioFrame(pcm, first))
            changes += self._judge()
            self._end_after_silence()
            for fact in [fact for fact in self._facts if fact[0] <= end]:
                self._facts.remove(fact)
                changes += fact[1]()
        return changes

    def decided(self, decision: TurnDecision) -> list[OutputChange]:
        """A turn detector, here or at the service, has decided."""
        return self._told(decision.decided_at_sample, lambda: self._decided(decision))

    def partial(self, hypothesis: Hypothesis, sample: int) -> list[OutputChange]:
        """All that was recognised so far of the sound under way."""
        return self._told(sample, lambda: self._recognised(hypothesis))

    def late(self, hypothesis: Hypothesis, sample: int) -> list[OutputChange]:
        """What the overlap before was, as it turns out up to three seconds later: a stop, if it should have stopped."""
        return self._told(sample, lambda: self._turns_out(hypothesis))

    def playing(self, playing: bool, sample: int, saying: str = "") -> list[OutputChange]:
        """Whether the assistant is heard, or would be but for a pause; ``saying`` as in ``Overlap``.

        May be told again with other words: a sound keeps those that were known first.
        """
        return self._told(sample, lambda: self._plays(playing, sample, saying))

    def echo(self, share: float | None, sample: int) -> list[OutputChange]:
        """How much of what is heard is the assistant's own voice (0-1), as an echo meter has it; until told again.

        ``None``: no loudspeaker is heard. A sound that began over one stays so.
        """
        return self._told(sample, lambda: self._echoes(share))

    def turn_kind(self) -> OverlapKind | None:
        """What all that was heard since the turn before amounts to; ask when a turn is over, once.

        "turn" also where nothing was noticed here; ``None``: not decided yet, ask again.
        """
        if self.overlapping:
            return None
        if self._open is not None:
            self._conclude()
        return self._memory.take_kind()

    # --- what is told ---------------------------------------------------------------------------------------------

    def _told(self, sample: int, fact: Callable[[], list[OutputChange]]) -> list[OutputChange]:
        if sample <= self._position:
            return fact()
        self._facts.append((sample, fact))
        return []

    def _decided(self, decision: TurnDecision) -> list[OutputChange]:
        self._detecting = decision.kind == "speech_started"
        if self._detecting:
            self._found(decision)
            return self._judge()
        return self._turn_ended() if decision.kind == "turn_ended" else []

    def _found(self, decision: TurnDecision) -> None:
        if self._vad is None:
            sound = self._sound or self._begin(decision.at_sample)
            sound.voiced(decision.at_sample, decision.decided_at_sample)
        if self._sound is not None:
            self._sound.detected = True

    def _turn_ended(self) -> list[OutputChange]:
        if self._sound is None:
            return []
        self._sound.turn_over = True
        changes = self._judge()
        if not self.overlapping:
            self._conclude()
        return changes

    def _recognised(self, hypothesis: Hypothesis) -> list[OutputChange]:
        if self._sound is None:
            return []
        self._sound.words, self._sound.confidence = hypothesis.text, hypothesis.confidence
        return self._judge()

    def _turns_out(self, hypothesis: Hypothesis) -> list[OutputChange]:
        past = self._memory.take_late(self._position)
        if past is None:
            return []
        past.sound.words, past.sound.confidence, past.sound.turn_over = hypothesis.text, hypothesis.confidence, True
        found = self._policy.judge(self._overlap(past))
        if past.understood and found.kind not in _COMMANDS:
            return []
        past.kind = found.kind
        return [self._change("stop", found, past.sound)] if found.output == "stop" else []

    def _plays(self, playing: bool, sample: int, saying: str) -> list[OutputChange]:
        self._saying = saying
        if not playing:
            return self._falls_silent()
        if self._playing_since is None:
            self._playing_since = sample
            return self._plays_over_a_sound()
        if self._open is not None:
            self._open.saying = self._open.saying or saying
        return []

    def _plays_over_a_sound(self) -> list[OutputChange]:
        """Who speaks already has the floor; who has just finished does not."""
        sound = self._sound
        if sound is None or self._silence(sound) > _FINISHED:
            self._conclude()
            return []
        self._overlaps(sound)
        return self._judge()

    def _falls_silent(self) -> list[OutputChange]:
        """Nothing is left to decide about the voice; a sound that goes on is a turn like any other."""
        self._playing_since = None
        if self._open is None or self._open.stopped:
            return []
        was, self._output = self._output, "play"
        unsettled = Judgement("play", "unknown", "the assistant has finished")
        self._open = None
        return [] if was == "play" or self._sound is None else [self._change("resume", unsettled, self._sound)]

    def _echoes(self, share: float | None) -> list[OutputChange]:
        self._echo = share
        if self._sound is None or share is None or self._sound.echo == share:
            return []
        self._sound.echo = share
        return self._judge()

    # --- what is heard --------------------------------------------------------------------------------------------

    def _hear(self, block: AudioFrame) -> None:
        level = rms_dbfs(block.pcm)
        self._find(block, level)
        sound = self._sound
        if sound is None:
            self._background.silent(level)
        elif sound.end > block.first_sample:
            sound.heard(level)
        if self._ears is not None:
            self._ears.hear(block, self._open.sound if self._open is not None else None)

    def _find(self, block: AudioFrame, level: float) -> None:
        if self._vad is None:
            peak = self._sound.peak_dbfs if self._sound is not None else level
            if self._detecting and self._background.stands_out(level, peak):
                self._voiced(block.first_sample).voiced(block.first_sample, block.end_sample)
            return
        for window in self._vad.feed(block):
            within = self._sound is not None and self._sound.end == window.first_sample
            if window.probability >= self._threshold - (_HYSTERESIS if within else 0.0):
                self._voiced(window.first_sample).judged(window)

    def _voiced(self, first: int) -> Sound:
        return self._sound if self._sound is not None else self._begin(first)

    def _begin(self, onset: int) -> Sound:
        self._sound = Sound(onset, onset, detected=self._detecting, echo=self._echo)
        if self._playing_since is not None:
            self._overlaps(self._sound)
        return self._sound

    def _overlaps(self, sound: Sound) -> None:
        heard_ms = max(0, samples_to_ms(sound.onset - (self._playing_since or 0)))
        self._open = self._memory.opened(sound, saying=self._saying, heard_ms=heard_ms)

    # --- what is done ---------------------------------------------------------------------------------------------

    def _judge(self) -> list[OutputChange]:
        overlap = self._open
        if overlap is None or overlap.stopped:
            return []
        known = self._overlap(overlap)
        found = self._policy.judge(known)
        overlap.kind = found.kind
        sure = bool(known.words) and (known.confidence or 0) >= _UNDERSTOOD
        overlap.understood = sure and found.kind == "backchannel"
        was, self._output = self._output, found.output
        sound = overlap.sound
        if found.output == "stop":
            overlap.stopped, self._output = True, "play"
            return [self._change("stop", found, sound)]
        given_up = found.output != "play" and self._silence(sound) > _UNDECIDED
        if given_up:
            found, self._output = Judgement("play", "unknown", "nothing was decided"), "play"
            overlap.kind = found.kind
        if found.output == "play" and (sound.turn_over or (was != "play" and self._silence(sound))):
            self._conclude()
        return [self._change(action, found, sound) for action in _actions(was, found.output)]

    def _end_after_silence(self) -> None:
        sound = self._sound
        if sound is None or self._silence(sound) < _GAP or (self._detecting and self._vad is None):
            return
        if self._open is None or self._open.stopped or self._output == "play":
            self._conclude()

    def _conclude(self) -> None:
        """The sound is over, and what it was is known."""
        sound, overlap = self._sound, self._open
        if sound is None:
            return
        if overlap is not None and overlap.stopped:
            self._judge_whole(overlap)
        self._sound = self._open = None
        if overlap is not None:
            self._memory.ended(overlap, self._position)
        elif sound.speech_ms >= _SPOKEN_MIN_MS:
            self._memory.spoken(sound)
        else:
            return
        if overlap is None or overlap.stopped:
            self._background.spoke(sound)

    def _judge_whole(self, overlap: OpenOverlap) -> None:
        """What began as a "wait" may have become a correction."""
        found = self._policy.judge(self._overlap(overlap))
        if found.output == "stop":
            overlap.kind = found.kind

    def _overlap(self, overlap: OpenOverlap) -> Overlap:
        sound = overlap.sound
        words, confidence = sound.words, sound.confidence
        if not words and self._ears is not None and sound is self._sound:
            words, confidence = self._ears.words.text, self._ears.words.confidence
        return Overlap(
            since_ms=samples_to_ms(self._position - sound.onset),
            speech_ms=sound.speech_ms,
            silence_ms=samples_to_ms(self._silence(sound)),
            detected=sound.detected,
            turn_over=sound.turn_over,
            level_dbfs=sound.level_dbfs,
            floor_dbfs=self._background.floor_dbfs,
            usual_dbfs=self._background.usual_dbfs,
            probability=sound.probability if self._vad is not None else None,
            echo=sound.echo,
            words=words,
            confidence=confidence,
            saying=overlap.saying,
            heard_ms=overlap.heard_ms,
            again_ms=overlap.again_ms,
            doubted=overlap.doubted,
            ducked=self._output == "duck",
            paused=self._output == "pause",
        )

    def _silence(self, sound: Sound) -> int:
        return max(0, self._position - sound.end)

    def _change(
        self, action: Literal["duck", "pause", "resume", "stop"], found: Judgement, sound: Sound
    ) -> OutputChange:
        return OutputChange(action, found.kind, sound.onset, self._position, found.reason)


def _actions(was: Output, now: Output) -> tuple[Literal["duck", "pause", "resume"], ...]:
    if was == now:
        return ()
    if now == "play":
        return ("resume",)
    if now == "duck":
        return ("duck",) if was == "play" else ("resume", "duck")
    return ("pause",)
