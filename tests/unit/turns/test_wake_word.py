"""Nothing is a turn before the phrase."""

from __future__ import annotations

from array import array

import pytest

from bareline.errors import ConfigurationError
from bareline.media.frames import AudioFrame
from bareline.turns.contract import Hypothesis, TurnDecision
from bareline.turns.energy import EnergyVad
from bareline.turns.silence import SilenceTurnDetector
from bareline.turns.spotting import Spotted
from bareline.turns.wake_word import WakeWord
from bareline.units import ms_to_samples, samples_to_ms

PHRASE_LEVEL = 5_000
SPEECH_LEVEL = 8_000


class LevelSpotter:
    """Takes 100 ms of one level for the phrase, and knows it 60 ms later."""

    def __init__(self) -> None:
        self.reset()

    def feed(self, frame: AudioFrame) -> list[Spotted]:
        found: list[Spotted] = []
        for sample in array("h", frame.pcm):
            self.heard += 1
            self.run = self.run + 1 if sample == PHRASE_LEVEL else 0
            if self.run == ms_to_samples(100):
                self.due = self.heard + ms_to_samples(60)
            if self.heard == self.due:
                end = self.due - ms_to_samples(60)
                found.append(Spotted("hey you", end - ms_to_samples(100), end, self.heard))
        return found

    def reset(self) -> None:
        self.heard = self.run = 0
        self.due = -1


def sound(*parts: tuple[int, int]) -> bytes:
    """(ms, level) one after the other."""
    return b"".join(array("h", [level] * ms_to_samples(ms)).tobytes() for ms, level in parts)


SPEECH = (300, SPEECH_LEVEL)
PHRASE = (100, PHRASE_LEVEL)
PAUSE = (400, 0)


def wake_word(**options: object) -> WakeWord:
    detector = SilenceTurnDetector(EnergyVad(), silence_duration_ms=200)
    return WakeWord(LevelSpotter(), detector, **options)  # type: ignore[arg-type]  # the tests' own keywords


def decisions(listener: WakeWord, pcm: bytes, step_ms: int = 20) -> list[tuple[str, int, int]]:
    told: list[TurnDecision] = []
    step = 2 * ms_to_samples(step_ms)
    for at in range(0, len(pcm), step):
        told += listener.feed(AudioFrame(pcm[at : at + step]))
    return [(d.kind, samples_to_ms(d.at_sample), samples_to_ms(d.decided_at_sample)) for d in told]


def test_speech_before_the_phrase_is_no_turn_and_speech_after_it_is() -> None:
    heard: list[Spotted] = []
    listener = wake_word(woken=heard.append)
    assert decisions(listener, sound(SPEECH, PAUSE)) == []
    assert not listener.awake
    told = decisions(listener, sound(PHRASE, PAUSE, SPEECH, PAUSE))
    assert listener.awake
    assert told == [
        ("speech_started", 1_200, 1_260),
        ("speech_stopped", 1_500, 1_700),
        ("turn_ended", 1_500, 1_700),
    ]
    assert [(one.phrase, samples_to_ms(one.end_sample)) for one in heard] == [("hey you", 800)]


def test_what_follows_in_the_same_breath_begins_the_turn_and_was_not_known_before_the_phrase_was() -> None:
    listener = wake_word()
    told = listener.feed(AudioFrame(sound(PAUSE, PHRASE, SPEECH, PAUSE)))
    begin = told[0]
    assert (begin.kind, samples_to_ms(begin.at_sample)) == ("speech_started", 500)
    assert samples_to_ms(begin.decided_at_sample) == 560
    assert "hey you" in begin.reason


def test_awake_it_needs_no_phrase_until_nobody_has_spoken_for_a_while() -> None:
    listener = wake_word(stay_awake_ms=1_000)
    decisions(listener, sound(PHRASE, PAUSE, SPEECH, PAUSE))
    assert [kind for kind, _, _ in decisions(listener, sound(SPEECH, PAUSE))][:1] == ["speech_started"]
    decisions(listener, sound((1_200, 0)))
    assert not listener.awake
    assert decisions(listener, sound(SPEECH, PAUSE)) == []
    told = decisions(listener, sound(PHRASE, PAUSE, SPEECH, PAUSE))
    assert told[0][:2] == ("speech_started", 100 + 2 * 400 + 300 + 700 + 1_200 + 700 + 500)


def test_while_the_assistant_is_heard_nobody_falls_asleep() -> None:
    listener = wake_word(stay_awake_ms=500)
    listener.playing(True, 0)
    listener.playing(False, 0)
    assert not listener.awake
    decisions(listener, sound(PHRASE))
    decisions(listener, sound((60, 0)))
    listener.playing(True, ms_to_samples(160))
    decisions(listener, sound((2_000, 0)))
    assert listener.awake
    listener.playing(False, ms_to_samples(2_160))
    decisions(listener, sound((600, 0)))
    assert not listener.awake


def test_with_no_time_to_stay_awake_each_turn_needs_the_phrase() -> None:
    listener = wake_word(stay_awake_ms=0)
    listener.wake()
    decisions(listener, sound((20, 0)))
    assert not listener.awake


def test_a_button_wakes_and_sends_to_sleep_after_the_turn() -> None:
    listener = wake_word()
    listener.wake()
    listener.wake()
    assert [kind for kind, _, _ in decisions(listener, sound(SPEECH))] == ["speech_started"]
    listener.sleep()
    assert decisions(listener, sound((100, 0))) == []
    assert listener.awake
    assert decisions(listener, sound(PAUSE))[-1][0] == "turn_ended"
    assert not listener.awake


def test_words_are_the_detectors_while_awake() -> None:
    class Completes(SilenceTurnDetector):
        def partial(self, hypothesis: Hypothesis, sample: int) -> list[TurnDecision]:
            return [TurnDecision("turn_ended", sample, sample, hypothesis.text)]

    listener = WakeWord(LevelSpotter(), Completes(EnergyVad()))
    words = Hypothesis("lights off", 1.0, complete=True)
    assert listener.partial(words, 0) == []
    decisions(listener, sound(PAUSE))
    listener.wake()
    decisions(listener, sound(SPEECH))
    assert [(d.kind, d.at_sample) for d in listener.partial(words, ms_to_samples(700))] == [
        ("turn_ended", ms_to_samples(700))
    ]


@pytest.mark.parametrize("step_ms", [1, 7, 20, 33, 5_000])
def test_any_split_decides_the_same(step_ms: int) -> None:
    stream = sound(SPEECH, PAUSE, PHRASE, SPEECH, PAUSE, (900, 0), SPEECH, PHRASE, (30, 0), SPEECH, PAUSE)
    assert decisions(wake_word(stay_awake_ms=600), stream, step_ms) == decisions(wake_word(stay_awake_ms=600), stream)


def test_a_new_stream_begins_asleep() -> None:
    listener = wake_word()
    listener.wake()
    listener.reset()
    assert not listener.awake
    assert decisions(listener, sound(SPEECH, PAUSE)) == []


def test_the_time_to_stay_awake_is_not_negative() -> None:
    with pytest.raises(ConfigurationError):
        wake_word(stay_awake_ms=-1)
