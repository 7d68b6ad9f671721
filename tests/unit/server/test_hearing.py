"""Where does speech begin and end, and what is heard of it?"""

from __future__ import annotations

import itertools
import random

import pytest

from bareline.media.frames import AudioFrame
from bareline.protocol.events import AudioFormat, NoiseReduction
from bareline.server.hearing import Hear, Heard, Hearing, SpeechStarted, SpeechStopped
from bareline.server.turn_settings import TurnSettings
from bareline.turns.contract import Hypothesis, SpeechProbability
from bareline.units import BYTES_PER_SAMPLE, ms_to_samples

SETTINGS = TurnSettings(threshold=0.5, prefix_padding_ms=100, silence_duration_ms=200)
WINDOW = ms_to_samples(20)


class Loud:
    """Voice activity of a test: a window is speech when its first sample is not zero."""

    made = 0

    def __init__(self) -> None:
        Loud.made += 1
        self._pcm = b""
        self._next = 0

    def feed(self, frame: AudioFrame) -> list[SpeechProbability]:
        assert frame.first_sample == self._next + len(self._pcm) // BYTES_PER_SAMPLE, "the stream has no gaps"
        self._pcm += frame.pcm
        windows: list[SpeechProbability] = []
        while len(self._pcm) >= WINDOW * BYTES_PER_SAMPLE:
            speech = float(self._pcm[0] != 0)
            windows.append(SpeechProbability(self._next, self._next + WINDOW, speech))
            self._pcm = self._pcm[WINDOW * BYTES_PER_SAMPLE :]
            self._next += WINDOW
        return windows

    def reset(self) -> None:
        raise AssertionError("a new stream gets a new one")


def silence(ms: int) -> bytes:
    return bytes(ms_to_samples(ms) * BYTES_PER_SAMPLE)


def speech(ms: int) -> bytes:
    """Counting samples, never zero, so that a cut in the wrong place is seen."""
    counted = itertools.cycle(range(1, 30_000))
    return b"".join(next(counted).to_bytes(2, "little") for _ in range(ms_to_samples(ms))).replace(b"\0", b"\1")


def listen(hearing: Hearing, pcm: bytes, *, cuts: list[int] | None = None) -> list[Heard]:
    edges = [0, *(cuts or []), len(pcm)]
    return [heard for begin, end in itertools.pairwise(edges) for heard in hearing.feed(pcm[begin:end])]


def turns(heard: list[Heard]) -> list[tuple[int, int, bytes]]:
    """Start, end and audio of each turn, as heard."""
    found: list[tuple[int, int, bytes]] = []
    start, audio = 0, b""
    for entry in heard:
        match entry:
            case SpeechStarted(sample):
                start, audio = sample, b""
            case Hear(frame):
                assert frame.first_sample == start + len(audio) // BYTES_PER_SAMPLE
                audio += frame.pcm
            case SpeechStopped(sample):
                found.append((start, sample, audio))
    return found


def a_hearing(settings: TurnSettings | None = SETTINGS) -> Hearing:
    hearing = Hearing(Loud)
    hearing.configure(settings)
    return hearing


def test_a_turn_is_heard_from_its_prefix_to_the_silence_that_ends_it() -> None:
    pcm = silence(500) + speech(400) + silence(500)
    ((start, end, audio),) = turns(listen(a_hearing(), pcm))
    assert (start, end) == (ms_to_samples(400), ms_to_samples(1_100))
    assert audio == pcm[start * BYTES_PER_SAMPLE : end * BYTES_PER_SAMPLE]


def test_the_prefix_never_reaches_into_the_turn_before() -> None:
    pcm = speech(200) + silence(220) + speech(200) + silence(400)
    first, second = turns(listen(a_hearing(), pcm))
    assert first[0] == 0
    assert second[0] == first[1], "both turns touch, neither overlaps"


@pytest.mark.parametrize("seed", range(20))
def test_any_split_hears_the_same(seed: int) -> None:
    pcm = silence(300) + speech(300) + silence(300) + speech(500) + silence(300)
    chance = random.Random(seed)
    cuts = sorted(2 * chance.randrange(len(pcm) // 2) for _ in range(chance.randrange(60)))
    assert turns(listen(a_hearing(), pcm, cuts=cuts)) == turns(listen(a_hearing(), pcm))


def test_manual_turns_judge_nothing_and_load_nothing() -> None:
    Loud.made = 0
    hearing = a_hearing(None)
    assert listen(hearing, speech(1_000) + silence(1_000)) == []
    assert Loud.made == 0
    assert hearing.end_sample == ms_to_samples(2_000)


def test_detection_switched_on_later_counts_from_the_start_of_the_session() -> None:
    hearing = a_hearing(None)
    listen(hearing, silence(1_010))
    hearing.configure(SETTINGS)
    ((start, end, _),) = turns(listen(hearing, silence(200) + speech(200) + silence(400)))
    assert start == ms_to_samples(1_010 + 200 - 100)
    assert end == ms_to_samples(1_010 + 600)


def test_a_forgotten_utterance_is_not_ended_and_the_next_one_is_whole() -> None:
    hearing = a_hearing()
    listen(hearing, speech(300))
    assert hearing.speaking
    hearing.forget()
    assert not hearing.speaking
    ((start, _, _),) = turns(listen(hearing, silence(400) + speech(200) + silence(400)))
    assert start == ms_to_samples(600)
    assert hearing.free_from == ms_to_samples(300 + 400 + 200 + 200)


def test_settings_change_in_the_middle_of_an_utterance() -> None:
    hearing = a_hearing()
    listen(hearing, speech(300))
    hearing.configure(TurnSettings(threshold=0.5, prefix_padding_ms=0, silence_duration_ms=600))
    assert all(isinstance(heard, Hear) for heard in listen(hearing, silence(580)))
    assert SpeechStopped(ms_to_samples(900)) in listen(hearing, silence(40))


def test_noise_reduction_moves_nothing_and_may_come_and_go_in_the_middle_of_a_turn() -> None:
    pcm = silence(500) + speech(400) + silence(500)
    ((start, end, plain),) = turns(listen(a_hearing(), pcm))
    for cut_ms in (0, 600, 750):
        hearing = a_hearing()
        cut = cut_ms * 48
        heard = listen(hearing, pcm[:cut]) if cut else []
        hearing.configure(SETTINGS, NoiseReduction(type="far_field", strength=0))
        for part in hearing.listen(pcm[cut:] + silence(40), AudioFormat(type="audio/pcm", rate=24_000)):
            heard += part
        ((first, last, audio),) = turns(heard)
        assert (first, last, len(audio)) == (start, end, len(plain))
        stopped = next(entry for entry in heard if isinstance(entry, SpeechStopped))
        assert stopped.filtered == (b"" if cut else audio)
        hearing.configure(SETTINGS)
        hearing.forget()
        assert hearing.free_from == ms_to_samples(1_440)
        for part in hearing.listen(silence(20), AudioFormat(type="audio/pcm", rate=24_000)):
            list(part)
        assert hearing.end_sample == ms_to_samples(1_460)


def test_what_the_filter_holds_back_belongs_to_what_was_forgotten() -> None:
    hearing = a_hearing()
    hearing.configure(SETTINGS, NoiseReduction(type="near_field"))
    for part in hearing.listen(silence(500), AudioFormat(type="audio/pcm", rate=24_000)):
        list(part)
    hearing.forget()
    assert hearing.free_from == ms_to_samples(500)


class Said:
    """What is understood: words that come one after the other while speech is heard, ``MS`` each."""

    MS = 200

    def __init__(self, words: str, *, complete: bool) -> None:
        self.words, self.complete = words.split(), complete
        self.heard = 0

    def hear(self, heard: Heard) -> None:
        if isinstance(heard, Hear):
            self.heard += sum(map(bool, heard.frame.pcm[::2])) // 24

    def __call__(self) -> Hypothesis | None:
        known = self.words[: self.heard // self.MS]
        complete = self.complete and known == self.words
        return Hypothesis(" ".join(known), 0.9, complete, frozenset() if complete else None) if known else None


@pytest.mark.parametrize(
    ("words", "complete", "silent_ms"),
    [("add milk", True, 300), ("add milk and", False, 4_000), ("add milk today", False, 800), ("", False, 800)],
)
def test_what_was_said_decides_how_long_a_silence_is_waited_out(words: str, complete: bool, silent_ms: int) -> None:
    said = Said(words, complete=complete)
    hearing = Hearing(Loud, words=said)
    hearing.configure(TurnSettings(eagerness="medium"))
    heard: list[Heard] = []
    for part in hearing.listen(silence(300) + speech(700) + silence(5_000), AudioFormat(type="audio/pcm", rate=24_000)):
        for entry in part:
            said.hear(entry)
            heard.append(entry)
    ((start, end, _),) = turns(heard)
    assert (start, end) == (0, ms_to_samples(1_000 + silent_ms))


def test_another_eagerness_counts_at_once_and_another_kind_of_detection_from_the_next_turn_on() -> None:
    hearing = a_hearing(TurnSettings(eagerness="low"))
    listen(hearing, speech(300))
    hearing.configure(TurnSettings(eagerness="high"))
    heard = listen(hearing, silence(600))
    hearing.configure(SETTINGS)
    heard += listen(hearing, speech(300))
    hearing.configure(TurnSettings(eagerness="low"))
    heard += listen(hearing, silence(300))
    stops = [entry.sample for entry in heard if isinstance(entry, SpeechStopped)]
    assert stops == [ms_to_samples(300 + 400), ms_to_samples(900 + 300 + 200)]
