"""Was that an interruption? The policies that come with the package."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

from bareline.errors import ConfigurationError
from bareline.turns.interruption import InterruptionPolicy, Judgement, Output, Overlap, OverlapKind
from bareline.turns.overlap_words import ENGLISH, OverlapWords, repeats, tokens

__all__ = ["AlwaysInterrupt", "InterruptionRules", "NeverInterrupt"]

_ECHO_MIN = 0.6
_SPEECH_MIN = 0.5
"""A mean probability below this is no speech, however long."""
_NOISE_MAX = 0.65
_BLIP_MS = 90
_ANSWER_MIN_MS = 200
_STOP_MAX_MS = 1_500
"""A "wait" that goes on for longer is the beginning of something else."""
_UNSURE = 0.2
"""Below this a stop has to be speech, as a cough is none, and not half an echo."""
_INSISTING_MAX = 0.25
_LISTENED_MS = 600
_OTHER = 0.55
_OTHER_MS = 200
"""How much longer a sound may last that is surely a listener's; how long one that is rather taken for other words."""
_LITTLE_OVER_ECHO = 0.3
_OVER_ECHO = 0.6
"""A canceller takes from the user's voice: words are taken for others, and a sound is heard shorter than it was."""
_LOUD_DB = 4.0
_SOFT_DB = -8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptionRules:
    """``InterruptionPolicy``: duck at once, pause soon, then decide by words, and by duration where there are none.

    The voice is ducked with the first sound and pauses after ``pause_ms`` of speech, so there is time to decide. Words
    count from ``confidence`` on (those that stop or correct from ``stop_confidence``: that a short word is taken for
    one of them rather than for a listener's says more than how well it fits), once there are ``settle_ms`` of silence
    after them or ``words_ms`` of speech (half a short word sounds like another). Those that stop, correct,
    redirect or ask stop it; those of a mere listener let it go on, unless the assistant was asking something: then
    they are the answer.

    Where nobody listens for words, ``turn_ms`` of speech take the floor (less when louder than usual, when the
    assistant has only begun, and when an earlier sound came to nothing just before; more when softer), and what is
    shorter lets the voice go on after ``resume_ms`` of silence. Where somebody listens, ``long_ms`` take the floor
    without waiting for words, and ``strange_ms`` do when they are over and were not understood; right after a sound
    that was not understood either, any speech does. No speech, and the assistant's own words, let it go on.
    """

    pause_ms: int = 90
    settle_ms: int = 180
    resume_ms: int = 320
    words_ms: int = 600
    strange_ms: int = 800
    turn_ms: int = 850
    long_ms: int = 1_100
    confidence: float = 0.5
    stop_confidence: float = 0.05
    words: OverlapWords = ENGLISH

    def __post_init__(self) -> None:
        if not 0 <= self.pause_ms <= self.turn_ms:
            raise ConfigurationError(f"pause_ms {self.pause_ms} has to lie between 0 and turn_ms {self.turn_ms}")
        if min(self.resume_ms, self.settle_ms) < 0:
            raise ConfigurationError("resume_ms and settle_ms cannot be negative")

    @classmethod
    def balanced(cls, **changes: Any) -> Self:
        """Conversation."""
        return replace(cls(), **changes)

    @classmethod
    def patient(cls, **changes: Any) -> Self:
        """Needs more to give up the floor: reading aloud, lively listeners, background talk."""
        patient = cls(resume_ms=450, settle_ms=250, strange_ms=1_200, turn_ms=1_400, long_ms=1_800)
        return replace(patient, **changes)

    @classmethod
    def eager(cls, **changes: Any) -> Self:
        """Gives up the floor quickly: commands, quiet rooms."""
        eager = cls(resume_ms=250, settle_ms=150, words_ms=400, strange_ms=400, turn_ms=500, long_ms=900)
        return replace(eager, **changes)

    def judge(self, overlap: Overlap) -> Judgement:
        """What to do now."""
        return (
            self._by_echo(overlap)
            or self._by_words(overlap)
            or self._by_duration(overlap)
            or self._when_silent(overlap)
            or Judgement(self._waiting(overlap), "unknown", "too early to say")
        )

    def _by_echo(self, overlap: Overlap) -> Judgement | None:
        if overlap.echo is not None and overlap.echo >= _ECHO_MIN:
            return Judgement("play", "echo", f"{overlap.echo:.0%} of it is the assistant's own voice")
        if self._sure(overlap, "echo") and repeats(overlap.words, overlap.saying):
            return Judgement("play", "echo", "the words are the assistant's own")
        return None

    def _by_words(self, overlap: Overlap) -> Judgement | None:
        settled = self._silent(overlap, self.settle_ms)
        kind = self.words.kind(overlap.words)
        doubtful = not self._sure(overlap, kind) or not (settled or overlap.speech_ms >= self.words_ms)
        if doubtful or kind == "unknown":
            return None
        if kind == "backchannel":
            return self._listening(overlap, settled=settled)
        if kind == "stop" and overlap.speech_ms > _STOP_MAX_MS:
            kind = "turn"
        if kind == "turn" and not settled and len(tokens(overlap.words)) == 1:
            return None
        return Judgement("stop", kind, f"the words are those of a {kind}")

    def _listening(self, overlap: Overlap, *, settled: bool) -> Judgement | None:
        if _asking(overlap.saying):
            return Judgement("stop", "turn", "an answer to what the assistant asks")
        if overlap.speech_ms >= self.long_ms:
            return None
        if settled:
            return Judgement("play", "backchannel", "the words are a listener's")
        return Judgement(self._waiting(overlap), "backchannel", "the words are a listener's so far")

    def _by_duration(self, overlap: Overlap) -> Judgement | None:
        turn_ms = self._turn_ms(overlap)
        if overlap.speech_ms < turn_ms or not _is_speech(overlap, _SPEECH_MIN):
            return None
        return Judgement("stop", "turn", f"{overlap.speech_ms} ms of speech, {turn_ms} take the floor")

    def _when_silent(self, overlap: Overlap) -> Judgement | None:
        blip = overlap.speech_ms < _BLIP_MS and not overlap.detected
        if not self._silent(overlap, self.settle_ms if blip else self.resume_ms):
            return None
        if blip or not _is_speech(overlap, _NOISE_MAX):
            return Judgement("play", "noise", "no speech, and silence since")
        if _asking(overlap.saying) and overlap.speech_ms >= _ANSWER_MIN_MS:
            return Judgement("stop", "turn", "an answer to what the assistant asks")
        if self._insists(overlap):
            return Judgement("stop", "turn", "said again, and not understood as a listener's either time")
        if overlap.confidence is not None and overlap.speech_ms >= self._strange_ms(overlap):
            return Judgement("stop", "turn", f"{overlap.speech_ms} ms of speech in no words of a listener")
        return Judgement("play", "backchannel", f"{overlap.speech_ms} ms of speech, and silence since")

    def _insists(self, overlap: Overlap) -> bool:
        """Whoever is not heard says it again; a listener seldom does so soon."""
        strange = overlap.confidence is not None and overlap.confidence < _INSISTING_MAX
        return overlap.doubted and strange and overlap.speech_ms >= _ANSWER_MIN_MS

    def _strange_ms(self, overlap: Overlap) -> int:
        """The more it sounds like a listener's words the longer it may be, the more like others the less long."""
        share = self._share(overlap, again=overlap.doubted)
        kind, sure = self.words.kind(overlap.words), overlap.confidence or 0.0
        if overlap.echo is not None:
            listener = kind == "backchannel" and sure >= _LITTLE_OVER_ECHO
            return int(share * (max(self.turn_ms, self.strange_ms) if listener else _OVER_ECHO * self.strange_ms))
        if kind == "backchannel":
            return int(share * (max(self.turn_ms, self.strange_ms) + _LISTENED_MS * sure))
        if kind == "unknown":
            return int(share * self.strange_ms)
        return int(share * (_OTHER * self.strange_ms - _OTHER_MS * sure))

    def _turn_ms(self, overlap: Overlap) -> int:
        """How much speech takes the floor at once, as things stand."""
        turn_ms = self.turn_ms if overlap.confidence is None else self.long_ms
        again = overlap.confidence is None and overlap.again_ms is not None
        return max(self.pause_ms, int(turn_ms * self._share(overlap, again=again)))

    def _share(self, overlap: Overlap, *, again: bool) -> float:
        """Who is louder than usual, tries again, or has hardly let the assistant begin, means it."""
        share = 1.0
        if overlap.level_dbfs is not None and overlap.usual_dbfs is not None:
            louder = overlap.level_dbfs - overlap.usual_dbfs
            share = 0.7 if louder >= _LOUD_DB else 1.3 if louder <= _SOFT_DB else 1.0
        if again or (overlap.heard_ms is not None and overlap.heard_ms < self.turn_ms):
            share *= 0.6
        return share

    def _waiting(self, overlap: Overlap) -> Output:
        """A detector that has found speech has waited already, where nobody else listens."""
        found = overlap.detected and overlap.probability is None
        return "pause" if overlap.paused or found or overlap.speech_ms >= self.pause_ms else "duck"

    def _sure(self, overlap: Overlap, kind: OverlapKind) -> bool:
        """Whoever wants it to stop minds a voice that goes on more than a listener minds one that stops."""
        if not overlap.words or overlap.confidence is None:
            return bool(overlap.words)
        if kind not in ("stop", "correction"):
            return overlap.confidence >= self.confidence
        clear = overlap.echo is None and _is_speech(overlap, _NOISE_MAX)
        needed = 0.0 if overlap.doubted else self.stop_confidence
        return overlap.confidence >= (needed if clear else max(needed, _UNSURE))

    def _silent(self, overlap: Overlap, ms: int) -> bool:
        return overlap.turn_over or overlap.silence_ms >= max(1, ms)


@dataclass(frozen=True, slots=True)
class AlwaysInterrupt:
    """``InterruptionPolicy``: ``after_ms`` of anything that voice activity takes for speech stop the voice."""

    after_ms: int = 0

    def judge(self, overlap: Overlap) -> Judgement:
        """What to do now."""
        if overlap.speech_ms >= self.after_ms:
            return Judgement("stop", "turn", f"{overlap.speech_ms} ms of speech")
        return Judgement("play", "unknown", "too early to say")


class NeverInterrupt:
    """``InterruptionPolicy``: the assistant finishes, always; what was said meanwhile is answered afterwards.

    ``rules`` tell what it was, so that a listener's "mm-hmm" is not answered.
    """

    def __init__(self, rules: InterruptionPolicy | None = None) -> None:
        self._rules = rules or InterruptionRules()

    def judge(self, overlap: Overlap) -> Judgement:
        """What to do now."""
        found = self._rules.judge(overlap)
        return Judgement("play", found.kind, f"the assistant is not interrupted ({found.reason})")


def _is_speech(overlap: Overlap, at_least: float) -> bool:
    return overlap.probability is None or overlap.probability >= at_least


def _asking(saying: str) -> bool:
    return saying.rstrip().endswith("?")
