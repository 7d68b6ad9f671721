"""Are cut-ins, delays, yields, holds and noise counted as they are defined?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from bareline.errors import ConfigurationError
from bareline.media.frames import AudioFrame
from bareline.testing.turns.curve import Point, cut_ins_at, delay_at
from bareline.testing.turns.figures import Figures, figures_of
from bareline.testing.turns.invariance import any_split_decides_the_same
from bareline.testing.turns.labels import (
    EchoReading,
    LabelledSound,
    LabelledTurn,
    Labels,
    Pause,
    PlayingSpan,
    SoundKind,
    TurnKind,
)
from bareline.testing.turns.measure import hear, measure
from bareline.testing.turns.memory import HeardVoice, HeardWords, frames_of, hear_voice
from bareline.testing.turns.recordings import Recording, RecordingFile, write_recording
from bareline.testing.turns.replay import Contender
from bareline.turns.contract import Hypothesis
from bareline.turns.energy import EnergyVad
from bareline.turns.interruption_rules import InterruptionRules, NeverInterrupt
from bareline.turns.silence import SilenceTurnDetector
from bareline.units import ms_to_samples, samples_to_ms

TONE = ((9_000).to_bytes(2, "little", signed=True) + (-9_000).to_bytes(2, "little", signed=True)) * 12

QUIETER = ((900).to_bytes(2, "little", signed=True) + (-900).to_bytes(2, "little", signed=True)) * 12


def sound(spans_ms: Sequence[tuple[int, int]], length_ms: int) -> bytes:
    """Loud within the spans, silent elsewhere."""
    pcm = bytearray(48 * length_ms)
    for begin, end in spans_ms:
        pcm[48 * begin : 48 * end] = TONE * (end - begin)
    return bytes(pcm)


def timer(ms: int, name: str = "timer") -> Contender:
    return Contender(name=name, detector=partial(SilenceTurnDetector, silence_duration_ms=ms))


def figures(recording: Recording, contender: Contender) -> Figures:
    return figures_of([hear(recording, (contender,), vad=EnergyVad).outcomes[contender.name]])


PAUSED = Recording(
    "paused",
    sound([(500, 1_000), (1_600, 2_000)], 4_000),
    Labels(turns=(LabelledTurn(from_ms=500, to_ms=2_000, pauses=(Pause(from_ms=1_000, to_ms=1_600, complete=True),)),)),
)


def test_a_turn_ended_in_its_pause_is_cut_in_on() -> None:
    found = figures(PAUSED, timer(300))
    assert (found.cut_ins.hits, found.cut_ins.of, found.cut_ins_complete.hits) == (1, 1, 1)
    assert found.delay_ms.median == 300


def test_a_turn_waited_for_has_a_delay_and_is_not_cut_in_on() -> None:
    found = figures(PAUSED, timer(800))
    assert (found.cut_ins.hits, found.cut_ins_paused.of, found.missed) == (0, 1, 0)
    assert found.delay_ms.median == 800


def test_an_end_that_is_never_noticed_is_missed_and_infinitely_late() -> None:
    found = figures(PAUSED, timer(5_000))
    assert found.missed == 1
    assert found.delay_ms.median is None


def overlap(turn: TurnKind | None = None, kind: SoundKind | None = None, length_ms: int = 400) -> Recording:
    """Somebody makes a sound a second into what the assistant says."""
    span = {"from_ms": 1_500, "to_ms": 1_500 + length_ms}
    return Recording(
        "overlap",
        sound([(1_500, 1_500 + length_ms)], 5_000),
        Labels(
            turns=(LabelledTurn(**span, kind=turn),) if turn else (),
            sounds=(LabelledSound(**span, kind=kind),) if kind else (),
            playing=(PlayingSpan(from_ms=500, to_ms=4_500),),
        ),
    )


def test_without_a_policy_speech_silences_the_assistant_whatever_it_is() -> None:
    assert figures(overlap("stop"), timer(500)).yields.value == 1
    assert figures(overlap(kind="backchannel"), timer(500)).holds.value == 0


def test_a_policy_yields_to_what_is_long_and_holds_through_what_is_short() -> None:
    rules = Contender(name="rules", detector=SilenceTurnDetector, policy=InterruptionRules.balanced())
    held = figures(overlap(kind="backchannel"), rules)
    assert (held.holds.value, held.judged) == (1, {"backchannel": {"backchannel": 1}})
    assert held.gap_ms.median is not None
    yielded = figures(overlap("turn", length_ms=2_000), rules)
    assert (yielded.yields.value, yielded.stop_ms.count) == (1, 1)
    assert yielded.reaction_ms.median is not None
    assert yielded.stop_ms.median is not None
    assert yielded.reaction_ms.median < yielded.stop_ms.median


@pytest.mark.parametrize(
    ("readings", "stopped"),
    [
        ((), True),
        ((EchoReading(at_ms=0, threshold=0.5), EchoReading(at_ms=900, threshold=0.5, share=0.9)), False),
        ((EchoReading(at_ms=0, threshold=0.999),), False),
    ],
    ids=["no loudspeaker", "its own voice", "not loud enough"],
)
def test_what_the_echo_control_said_counts(readings: tuple[EchoReading, ...], stopped: bool) -> None:
    quiet = bytes(bytearray(sound([], 1_000)) + QUIETER * 1_500 + bytearray(48 * 2_000))
    turn = LabelledTurn(from_ms=1_000, to_ms=2_500)
    labels = Labels(turns=(turn,), playing=(PlayingSpan(from_ms=0, to_ms=4_500),), echo=readings)
    rules = Contender(name="rules", detector=SilenceTurnDetector, policy=InterruptionRules.balanced())
    found = figures(Recording("beside", quiet, labels), rules)
    assert (found.yields.hits == 1) == stopped


def test_who_never_yields_yields_to_nothing() -> None:
    never = Contender(name="never", detector=SilenceTurnDetector, policy=NeverInterrupt())
    assert figures(overlap("question", length_ms=2_000), never).yields.value == 0
    assert figures(overlap(kind="cough"), never).coughs.value == 1


def test_noise_that_silences_the_assistant_does_so_again_once_it_speaks_again() -> None:
    bursts = [(at, at + 300) for at in range(1_000, 59_000, 2_000)]
    labels = Labels(
        sounds=(LabelledSound(from_ms=0, to_ms=60_000, kind="noise", name="bursts"),),
        playing=(PlayingSpan(from_ms=0, to_ms=60_000),),
    )
    found = figures(Recording("noise", sound(bursts, 60_000), labels), timer(500))
    assert (found.noise_starts.count, found.noise_stops.count) == (29, 29)
    assert found.noise_stops.value == 29
    assert found.talkers_starts.value is None


def test_voice_activity_is_computed_once_and_kept(tmp_path: Path) -> None:
    first = hear_voice(PAUSED.pcm, EnergyVad, name="energy", cache=tmp_path)
    (kept,) = tmp_path.iterdir()
    again = hear_voice(PAUSED.pcm, _nobody, name="energy", cache=tmp_path)
    live, replayed = EnergyVad(), again.vad()
    for frame in frames_of(PAUSED.pcm):
        assert [round(w.probability, 5) for w in replayed.feed(frame)] == [
            round(w.probability, 5) for w in live.feed(frame)
        ]
    assert first.to_bytes() == again.to_bytes()
    kept.write_bytes(kept.read_bytes()[:-3])
    with pytest.raises(ConfigurationError, match="damaged"):
        hear_voice(PAUSED.pcm, EnergyVad, name="energy", cache=tmp_path)


def _nobody() -> EnergyVad:
    raise AssertionError("it stands in the cache")


class Lengths:
    """A recogniser that tells how much it heard, and counts how much that was in all."""

    fed_ms = 0

    def __init__(self) -> None:
        self._ms = 0

    def feed(self, frame: AudioFrame) -> None:
        self._ms += samples_to_ms(frame.samples)
        Lengths.fed_ms += samples_to_ms(frame.samples)

    def partial(self) -> Hypothesis | None:
        return Hypothesis(f"{self._ms} ms", 1.0)

    def finish(self) -> Hypothesis:
        said, self._ms = Hypothesis(f"{self._ms} ms, over", 1.0), 0
        return said

    def reset(self) -> None:
        self._ms = 0


def test_the_same_stretch_is_recognised_once() -> None:
    Lengths.fed_ms = 0
    memory = HeardWords(Lengths)
    said: list[list[str]] = []
    for _ in range(3):
        stt, texts = memory.recogniser(), []
        for number in range(10):
            stt.feed(AudioFrame(bytes(960), number * ms_to_samples(20)))
            partial = stt.partial()
            texts.append(partial.text if partial else "")
        said.append([*texts, stt.finish().text])
    assert said[0] == said[1] == said[2]
    assert said[0][-1] == "200 ms, over"
    assert Lengths.fed_ms == 200


def test_nothing_fed_is_nothing_said() -> None:
    stt = HeardWords(Lengths).recogniser()
    assert stt.partial() is None
    assert stt.finish().text == ""


def test_several_processes_measure_what_one_does(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_recording(tmp_path, Recording(name, PAUSED.pcm, PAUSED.labels))
    sources = [RecordingFile(tmp_path / "one.wav"), RecordingFile(tmp_path / "two.wav")]
    alone = list(measure(sources, (timer(300),), vad=EnergyVad, processes=1))
    assert list(measure(sources, (timer(300),), vad=EnergyVad, processes=2)) == alone
    assert [heard.name for heard in alone] == ["one", "two"]


def test_any_split_of_the_audio_decides_the_same() -> None:
    rules = Contender(name="rules", detector=SilenceTurnDetector, policy=InterruptionRules.balanced())
    assert any_split_decides_the_same(PAUSED, rules, EnergyVad)


def test_a_detector_that_decides_otherwise_the_next_time_is_found_out() -> None:
    waits_ms = iter((300, 800))
    moody = Contender(name="moody", detector=lambda vad: SilenceTurnDetector(vad, silence_duration_ms=next(waits_ms)))
    assert not any_split_decides_the_same(PAUSED, moody, EnergyVad)


def test_a_curve_is_straight_between_its_points() -> None:
    curve = [Point(300, 0.6), Point(500, 0.4), Point(1_000, 0.0)]
    assert cut_ins_at(curve, 400) == pytest.approx(0.5)
    assert cut_ins_at(curve, 200) is None
    assert cut_ins_at(curve, 2_000) == 0.0
    assert delay_at(curve, 0.2) == pytest.approx(750)
    assert delay_at(curve[:2], 0.2) is None
    assert delay_at(curve, 0.7) == 300
    assert math.isclose(cut_ins_at([Point(300, 0.6), Point(300, 0.4)], 300) or 0, 0.4)


def test_what_is_heard_is_not_what_was_heard_of_other_audio() -> None:
    assert (
        HeardVoice.listen(EnergyVad(), PAUSED.pcm).to_bytes()
        != HeardVoice.listen(EnergyVad(), bytes(96_000)).to_bytes()
    )
