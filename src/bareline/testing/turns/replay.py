"""What does a contender decide about a recording, and when does it know?"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bareline.media.frames import AudioFrame
from bareline.testing.turns.labels import EchoReading, PlayingSpan
from bareline.testing.turns.memory import HeardVoice, HeardWords, frames_of
from bareline.testing.turns.recordings import Recording
from bareline.turns.contract import StreamingSTT, TurnDecision, TurnDetector, VoiceActivity
from bareline.turns.interruption import InterruptionPolicy
from bareline.turns.listener import TurnListener
from bareline.turns.overlap import OutputChange, OverlapWatch
from bareline.turns.playing_vad import PlayingVad
from bareline.units import samples_to_ms

__all__ = ["Change", "Contender", "Known", "Replay", "replay"]

_EVEN = 0.5
"""Voice activity's threshold until the recording's echo meter has said something."""
_AGAIN_MS = 1_000
"""After noise has silenced the assistant, it speaks again this much later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One way to take turns: a detector over voice activity, with a recogniser and an interruption policy if wanted.

    ``setting``: what it is in its ``family``'s curve, such as a silence timer's milliseconds. Without a policy the
    assistant is silenced by whatever the detector takes for speech, as everywhere else. ``code``: how it is written in
    a program.
    """

    name: str
    detector: Callable[[VoiceActivity], TurnDetector]
    recogniser: Callable[[], StreamingSTT] | None = None
    policy: InterruptionPolicy | None = None
    overlap_recogniser: Callable[[], StreamingSTT] | None = None
    family: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """A decision, and when whoever feeds frames of 20 ms has it in hand."""

    decision: TurnDecision
    known_ms: int


@dataclass(frozen=True, slots=True)
class Change:
    """What became of the assistant's voice, and when."""

    action: str
    kind: str
    reason: str
    known_ms: int


@dataclass(slots=True)
class Replay:
    """All that was decided about one recording, in order."""

    decisions: list[Known] = field(default_factory=list[Known])
    changes: list[Change] = field(default_factory=list[Change])


def replay(recording: Recording, contender: Contender, voice: HeardVoice, words: dict[object, HeardWords]) -> Replay:
    """Let ``contender`` hear ``recording``. ``words`` remembers what each recogniser said, and may be passed again."""
    return _Replaying(recording, contender, voice, words).run()


class _Replaying:
    def __init__(
        self, recording: Recording, contender: Contender, voice: HeardVoice, words: dict[object, HeardWords]
    ) -> None:
        self._recording = recording
        self._labels = recording.labels
        self._echo = deque(self._labels.echo)
        self._reading = EchoReading(at_ms=0, threshold=_EVEN)
        self._listener = TurnListener(
            contender.detector(self._ears(voice)), recogniser=_heard(contender.recogniser, words, final=False)
        )
        self._watch = (
            OverlapWatch(
                contender.policy,
                vad=self._ears(voice),
                recogniser=_heard(contender.overlap_recogniser, words, final=True),
            )
            if contender.policy is not None
            else None
        )
        self._playing: PlayingSpan | None = None
        self._silenced_ms = -_AGAIN_MS
        self._done = Replay()

    def run(self) -> Replay:
        for frame in frames_of(self._recording.pcm):
            self._read_echo(frame.first_sample)
            self._play(frame.first_sample)
            self._hear(frame)
        return self._done

    def _ears(self, voice: HeardVoice) -> VoiceActivity:
        """Held to the threshold of the moment, where there was an echo."""
        return PlayingVad(voice.vad(), lambda: self._reading.threshold) if self._labels.echo else voice.vad()

    def _read_echo(self, sample: int) -> None:
        while self._echo and self._echo[0].at_ms <= samples_to_ms(sample):
            self._reading = self._echo.popleft()
            if self._watch is not None:
                self._take(self._watch.echo(self._reading.share, sample), sample)

    def _play(self, sample: int) -> None:
        """The assistant's voice begins and ends as labelled; silenced, it stays silent, but for noise alone."""
        now_ms = samples_to_ms(sample)
        span = self._labels.played_at(now_ms)
        if span is not None and now_ms < self._silenced_ms + _AGAIN_MS:
            span = None
        if span is not self._playing:
            self._tell(span, sample)

    def _tell(self, span: PlayingSpan | None, sample: int) -> None:
        self._playing = span
        self._listener.playing(span is not None, sample)
        if self._watch is not None:
            saying = span.saying if span is not None else ""
            self._take(self._watch.playing(span is not None, sample, saying=saying), sample)

    def _hear(self, frame: AudioFrame) -> None:
        known_ms = samples_to_ms(frame.end_sample)
        before = self._listener.hypothesis
        decisions = self._listener.feed(frame)
        self._done.decisions += [Known(decision, known_ms) for decision in decisions]
        if self._watch is None:
            self._silence_at_speech(decisions, frame.end_sample)
            return
        changes = self._watch.feed(frame)
        for decision in decisions:
            changes += self._watch.decided(decision)
        words = self._listener.hypothesis
        if words is not None and words != before:
            changes += self._watch.partial(words, frame.end_sample)
        self._take(changes, frame.end_sample)

    def _silence_at_speech(self, decisions: list[TurnDecision], sample: int) -> None:
        started = [decision for decision in decisions if decision.kind == "speech_started"]
        if started and self._playing is not None:
            self._take([OutputChange("stop", "turn", started[0].at_sample, sample, "speech was heard")], sample)

    def _take(self, changes: list[OutputChange], sample: int) -> None:
        known_ms = samples_to_ms(sample)
        for change in changes:
            self._done.changes.append(Change(change.action, change.kind, change.reason, known_ms))
            if change.action == "stop" and self._playing is not None:
                self._silenced_ms = known_ms if not self._labels.turns else self._recording.length_ms
                self._tell(None, sample)


def _heard(
    make: Callable[[], StreamingSTT] | None, words: dict[object, HeardWords], *, final: bool
) -> StreamingSTT | None:
    """Detectors judge by partials; policies by what was said in the end."""
    return None if make is None else words.setdefault((make, final), HeardWords(make, final=final)).recogniser()
