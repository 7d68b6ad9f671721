"""Do the engines of turn-taking keep their contracts: voice activity, recognition, turn detection?

Each kit takes a factory and some audio: PCM16 mono at 24 kHz that holds a few seconds of speech (for the engine under
test) between stretches of silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bareline.media.frames import AudioFrame
from bareline.testing.conformance.requirement import require
from bareline.testing.conformance.split import frames, odd_frames
from bareline.turns.contract import (
    Hypothesis,
    SpeechProbability,
    StreamingSTT,
    TurnDecision,
    TurnDetector,
    VoiceActivity,
)
from bareline.turns.listener import TurnListener
from bareline.units import BYTES_PER_SAMPLE, ms_to_samples

__all__ = ["RECOGNITION", "TURN_DETECTION", "VOICE_ACTIVITY"]

_SILENCE = bytes(ms_to_samples(500) * BYTES_PER_SAMPLE)


# --- voice activity ---------------------------------------------------------------------------------------------------


def windows_are_of_one_length_and_without_gaps(make: Callable[[], VoiceActivity], audio: bytes) -> None:
    """From sample 0 on; the last one may be missing until it is complete."""
    windows = _windows(make(), frames(audio))
    require(bool(windows), "audio gives windows")
    length = windows[0].end_sample - windows[0].first_sample
    for number, window in enumerate(windows):
        span = (window.first_sample, window.end_sample)
        require(span == (number * length, (number + 1) * length), f"window {number} is {span}, of {length} samples")
        require(0 <= window.probability <= 1, f"a probability is between 0 and 1, not {window.probability}")
    require(len(audio) // BYTES_PER_SAMPLE - windows[-1].end_sample < 2 * length, "windows come when they are complete")


def speech_is_told_from_silence(make: Callable[[], VoiceActivity], audio: bytes) -> None:
    """Somewhere in the audio it is sure of speech, and nowhere in digital silence."""
    require(max(w.probability for w in _windows(make(), frames(audio))) >= 0.5, "speech is found in speech")
    silent = _windows(make(), frames(_SILENCE * 4))
    require(max(w.probability for w in silent) < 0.5, "no speech is found in silence")


def any_split_gives_the_same_windows(make: Callable[[], VoiceActivity], audio: bytes) -> None:
    """Chunking invariance."""
    whole = _windows(make(), frames(audio))
    for seed in range(3):
        require(_windows(make(), odd_frames(audio, seed)) == whole, f"any split gives the same windows (seed {seed})")


def reset_begins_a_new_stream(make: Callable[[], VoiceActivity], audio: bytes) -> None:
    """The same audio after ``reset`` gives the same windows, from sample 0."""
    vad = make()
    first = _windows(vad, frames(audio))
    vad.feed(AudioFrame(bytes(202)))
    vad.reset()
    require(_windows(vad, frames(audio)) == first, "reset forgets everything")


VOICE_ACTIVITY: tuple[Callable[[Callable[[], VoiceActivity], bytes], None], ...] = (
    windows_are_of_one_length_and_without_gaps,
    speech_is_told_from_silence,
    any_split_gives_the_same_windows,
    reset_begins_a_new_stream,
)


# --- recognition ------------------------------------------------------------------------------------------------------


def an_utterance_is_understood_and_the_next_one_too(make: Callable[[], StreamingSTT], audio: bytes) -> None:
    """``finish`` gives words and a confidence, and the next ``feed`` begins a new utterance."""
    stt = make()
    first = _recognise(stt, frames(audio))
    require(bool(first.text), "speech of its grammar is understood")
    require(0 <= first.confidence <= 1, f"a confidence is between 0 and 1, not {first.confidence}")
    require(_recognise(stt, frames(audio)).text == first.text, "a second utterance is recognised as the first was")


def silence_gives_empty_text(make: Callable[[], StreamingSTT], audio: bytes) -> None:
    """So does an utterance without any audio."""
    del audio
    stt = make()
    require(stt.finish().text == "", "no audio gives empty text")
    require(_recognise(stt, frames(_SILENCE)).text == "", "silence gives empty text")


def a_partial_may_be_asked_at_any_time(make: Callable[[], StreamingSTT], audio: bytes) -> None:
    """Before, while and after audio; asking changes nothing."""
    stt, plain = make(), make()
    stt.partial()
    heard = 0
    for frame in frames(audio):
        stt.feed(frame)
        heard += bool((stt.partial() or Hypothesis("", 0.0)).text)
    require(heard > 0, "words are known before the end")
    require(stt.finish().text == _recognise(plain, frames(audio)).text, "asking for partials changes nothing")
    stt.partial()


def any_split_is_recognised_alike(make: Callable[[], StreamingSTT], audio: bytes) -> None:
    """Chunking invariance."""
    whole = _recognise(make(), frames(audio)).text
    require(_recognise(make(), odd_frames(audio)).text == whole, "any split gives the same words")


def reset_drops_the_utterance(make: Callable[[], StreamingSTT], audio: bytes) -> None:
    """What was fed before it does not count."""
    stt = make()
    for frame in frames(audio):
        stt.feed(frame)
    stt.reset()
    require(stt.finish().text == "", "reset drops the utterance")


RECOGNITION: tuple[Callable[[Callable[[], StreamingSTT], bytes], None], ...] = (
    an_utterance_is_understood_and_the_next_one_too,
    silence_gives_empty_text,
    a_partial_may_be_asked_at_any_time,
    any_split_is_recognised_alike,
    reset_drops_the_utterance,
)


# --- turn detection ---------------------------------------------------------------------------------------------------


def decisions_alternate_and_turns_end_after_speech(make: Callable[[], TurnDetector], audio: bytes) -> None:
    """Started, stopped, started ...; ``turn_ended`` only between a stop and the next start."""
    kinds = [decision.kind for decision in _decide(make(), frames(audio))]
    require("speech_started" in kinds, "speech is noticed")
    require("turn_ended" in kinds, "the turn ends after the audio's last silence")
    _require_order(kinds)


def times_never_run_backwards(make: Callable[[], TurnDetector], audio: bytes) -> None:
    """``at_sample`` never decreases, and never exceeds ``decided_at_sample``, which the audio fed so far bounds."""
    detector, last_at, fed = make(), 0, 0
    for frame in frames(audio):
        fed = frame.end_sample
        for decision in detector.feed(frame):
            require(last_at <= decision.at_sample, f"at_sample never decreases: {decision} after {last_at}")
            require(decision.at_sample <= decision.decided_at_sample, f"nothing is known before it happens: {decision}")
            require(decision.decided_at_sample <= fed, f"nothing is known before it was fed: {decision}, fed {fed}")
            require(bool(decision.reason), f"a decision says why: {decision}")
            last_at = decision.at_sample


def any_split_decides_the_same(make: Callable[[], TurnDetector], audio: bytes) -> None:
    """Chunking invariance."""
    whole = _decide(make(), frames(audio))
    for seed in range(3):
        require(_decide(make(), odd_frames(audio, seed)) == whole, f"any split decides the same (seed {seed})")


def other_news_is_taken_at_any_time(make: Callable[[], TurnDetector], audio: bytes) -> None:
    """Partial transcripts and the assistant's playing may come before, while and after speech; the order stays."""
    detector = make()
    decisions = detector.partial(Hypothesis("", 0.0), 0)
    for number, frame in enumerate(frames(audio)):
        decisions += detector.feed(frame)
        if number % 10 == 0:
            detector.playing(number % 20 == 0, frame.end_sample)
            words = Hypothesis("some words", 0.9, complete=number % 3 == 0, next_words=frozenset())
            decisions += detector.partial(words, frame.end_sample)
    _require_order([decision.kind for decision in decisions])


def any_split_decides_the_same_with_words(make: Callable[[], TurnDetector], audio: bytes) -> None:
    """Chunking invariance of a detector with a recogniser, as ``TurnListener`` lets them work together."""
    whole = _listen(make(), frames(audio))
    for seed in range(3):
        require(_listen(make(), odd_frames(audio, seed)) == whole, f"any split decides the same (seed {seed})")


def a_new_stream_decides_like_the_first(make: Callable[[], TurnDetector], audio: bytes) -> None:
    """After ``reset`` positions count from 0 again."""
    detector = make()
    first = _decide(detector, frames(audio))
    detector.feed(AudioFrame(bytes(202)))
    detector.reset()
    require(_decide(detector, frames(audio)) == first, "reset forgets everything")


TURN_DETECTION: tuple[Callable[[Callable[[], TurnDetector], bytes], None], ...] = (
    decisions_alternate_and_turns_end_after_speech,
    times_never_run_backwards,
    any_split_decides_the_same,
    other_news_is_taken_at_any_time,
    any_split_decides_the_same_with_words,
    a_new_stream_decides_like_the_first,
)


def _windows(vad: VoiceActivity, audio: Iterable[AudioFrame]) -> list[SpeechProbability]:
    return [window for frame in audio for window in vad.feed(frame)]


def _recognise(stt: StreamingSTT, audio: Iterable[AudioFrame]) -> Hypothesis:
    for frame in audio:
        stt.feed(frame)
    return stt.finish()


def _decide(detector: TurnDetector, audio: Iterable[AudioFrame]) -> list[TurnDecision]:
    return [decision for frame in audio for decision in detector.feed(frame)]


def _listen(detector: TurnDetector, audio: Iterable[AudioFrame]) -> list[TurnDecision]:
    listener = TurnListener(detector, recogniser=_CountingSTT())
    return [decision for frame in audio for decision in listener.feed(frame)]


def _require_order(kinds: list[str]) -> None:
    before = "speech_stopped"
    for kind in kinds:
        if kind == "speech_started":
            require(before != "speech_started", f"speech starts once: {kinds}")
        elif kind == "speech_stopped":
            require(before == "speech_started", f"speech stops after it started: {kinds}")
        else:
            require(before == "speech_stopped", f"a turn ends after speech stopped: {kinds}")
        before = kind


class _CountingSTT:
    """Hears a word every 200 ms, and a whole sentence in every third one."""

    def __init__(self) -> None:
        self._heard = 0

    def feed(self, frame: AudioFrame) -> None:
        self._heard += frame.samples

    def partial(self) -> Hypothesis:
        words = self._heard // ms_to_samples(200)
        return Hypothesis("word " * words, 0.9, complete=words % 3 == 0, next_words=frozenset())

    def finish(self) -> Hypothesis:
        final = self.partial()
        self._heard = 0
        return final

    def reset(self) -> None:
        self._heard = 0
