"""The assistant's voice while somebody makes a sound: when it ducks, pauses, goes on and stops."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from bareline.media.frames import AudioFrame
from bareline.turns.contract import Hypothesis, TurnDecision
from bareline.turns.energy import EnergyVad
from bareline.turns.interruption import InterruptionPolicy, Judgement, Overlap
from bareline.turns.interruption_rules import AlwaysInterrupt, InterruptionRules, NeverInterrupt
from bareline.turns.overlap import OutputChange, OverlapWatch

MS = 24


def sound(*stretches: int) -> bytes:
    """Silence and a hum by turns, in ms: silence first."""
    samples = array("h")
    for number, ms in enumerate(stretches):
        level = 12_000 if number % 2 else 8
        samples.extend(int(level * math.sin(n * 0.06)) for n in range(MS * ms))
    return samples.tobytes()


class Bench:
    """One watch, fed in order; what it changes, in ms."""

    def __init__(self, policy: InterruptionPolicy | None = None, **options: object) -> None:
        options.setdefault("vad", EnergyVad())
        self.watch = OverlapWatch(policy or InterruptionRules.balanced(), **options)  # type: ignore[arg-type]
        self.changes: list[OutputChange] = []
        self.fed = 0

    def hear(self, *stretches: int, step: int = 480) -> Bench:
        pcm = sound(*stretches)
        for start in range(0, len(pcm), 2 * step):
            frame = AudioFrame(pcm[start : start + 2 * step], self.fed)
            self.fed += frame.samples
            self.changes += self.watch.feed(frame)
        return self

    def plays(self, playing: bool = True, saying: str = "") -> Bench:
        self.changes += self.watch.playing(playing, self.fed, saying)
        return self

    def decided(self, *kinds: str, at: int | None = None) -> Bench:
        for kind in kinds:
            known = self.fed if at is None else at
            self.changes += self.watch.decided(TurnDecision(kind, known, known, "told"))  # type: ignore[arg-type]
        return self

    def words(self, text: str, confidence: float = 1.0) -> Bench:
        self.changes += self.watch.partial(Hypothesis(text, confidence), self.fed)
        return self

    @property
    def actions(self) -> list[str]:
        return [change.action for change in self.changes]


def long_heard(**options: object) -> Bench:
    """The assistant has spoken for two seconds."""
    return Bench(**options).plays().hear(2_000)  # type: ignore[arg-type]


class Asked:
    """A policy that answers what it is told to, and keeps what it was asked."""

    def __init__(self, *outputs: str) -> None:
        self.outputs = list(outputs)
        self.asked: list[Overlap] = []

    def judge(self, overlap: Overlap) -> Judgement:
        self.asked.append(overlap)
        output = self.outputs.pop(0) if len(self.outputs) > 1 else self.outputs[0]
        return Judgement(output, "unknown", "as told")  # type: ignore[arg-type]


class Recogniser:
    """Understands the given words, one after the other, and counts what it heard."""

    def __init__(self, *words: str | Hypothesis) -> None:
        self.words, self.heard, self.resets = list(words), 0, 0

    def feed(self, frame: AudioFrame) -> None:
        self.heard += frame.samples

    def partial(self) -> Hypothesis | None:
        raise AssertionError("half a word is not asked for")

    def finish(self) -> Hypothesis:
        said = self.words.pop(0) if self.words else Hypothesis("", 0.0)
        return said if isinstance(said, Hypothesis) else Hypothesis(said, 0.9)

    def reset(self) -> None:
        self.resets += 1


# --- a sound, from its beginning to what it was -----------------------------------------------------------------------


def test_a_listeners_sound_ducks_pauses_and_resumes() -> None:
    bench = long_heard().hear(0, 400, 500)
    assert bench.actions == ["duck", "pause", "resume"]
    duck, pause, resume = bench.changes
    assert [change.at_sample // MS for change in bench.changes] == [2_000] * 3
    assert duck.decided_at_sample == 2_020 * MS
    assert pause.decided_at_sample == 2_100 * MS
    assert resume.decided_at_sample == 2_720 * MS
    assert resume.kind == "backchannel"
    assert bench.watch.turn_kind() == "backchannel"


def test_speech_that_goes_on_stops_the_voice_once() -> None:
    bench = long_heard().hear(0, 2_000, 600)
    assert bench.actions == ["duck", "pause", "stop"]
    assert bench.changes[-1].decided_at_sample == 2_860 * MS
    assert not bench.watch.overlapping
    assert bench.watch.turn_kind() == "turn"
    assert bench.watch.turn_kind() == "turn"  # nothing since: what a service finds by itself counts


def test_nothing_is_judged_while_the_assistant_is_silent() -> None:
    bench = Bench().hear(200, 600, 600)
    assert bench.actions == []
    assert bench.watch.turn_kind() == "turn"


def test_a_blip_is_no_turn() -> None:
    bench = long_heard().hear(0, 40, 400)
    assert bench.actions == ["duck", "resume"]
    assert bench.watch.turn_kind() == "noise"
    assert Bench().hear(200, 40, 600).watch.turn_kind() == "turn"


def test_a_turn_weighs_more_than_what_came_before_it() -> None:
    assert long_heard().hear(0, 300, 600, 1_500, 500).watch.turn_kind() == "turn"
    assert long_heard().hear(0, 40, 400, 300, 600).watch.turn_kind() == "backchannel"


def test_the_same_soon_again_is_no_listener() -> None:
    bench = long_heard().hear(0, 400, 700, 520, 100)
    assert bench.actions == ["duck", "pause", "resume", "duck", "pause", "stop"]


def test_what_was_not_understood_and_comes_again_takes_the_floor() -> None:
    def twice(*words: Hypothesis) -> list[str]:
        return long_heard(recogniser=Recogniser(*words)).hear(0, 300, 900, 300, 500).actions

    strange, right = Hypothesis("oh", 0.1), Hypothesis("right", 0.9)
    assert twice(strange, strange) == ["duck", "pause", "resume", "duck", "pause", "stop"]
    assert twice(strange, right) == twice(right, strange) == ["duck", "pause", "resume"] * 2
    late = long_heard(recogniser=Recogniser(strange, strange)).hear(0, 300, 2_000, 300, 500)
    assert late.actions == ["duck", "pause", "resume"] * 2


def test_a_kind_is_not_known_while_it_is_not_decided() -> None:
    bench = long_heard().hear(0, 300)
    assert bench.watch.overlapping
    assert bench.watch.turn_kind() is None


def test_a_policy_that_never_decides_lets_the_voice_go_on() -> None:
    bench = long_heard(policy=Asked("pause")).hear(0, 300, 3_100)
    assert bench.actions == ["pause", "resume"]
    assert bench.changes[-1].reason == "nothing was decided"
    assert bench.watch.turn_kind() == "turn"


def test_a_policy_may_take_back_half_of_it() -> None:
    bench = long_heard(policy=Asked("pause", "duck", "play")).hear(0, 60)
    assert bench.actions == ["pause", "resume", "duck", "resume"]


def test_never_and_always() -> None:
    never = long_heard(policy=NeverInterrupt()).hear(0, 1_500, 500)
    assert never.actions == []
    assert never.watch.turn_kind() == "turn"
    always = long_heard(policy=AlwaysInterrupt()).hear(0, 300, 500)
    assert always.actions == ["stop"]
    assert always.watch.turn_kind() == "turn"


# --- what the assistant does meanwhile --------------------------------------------------------------------------------


def test_who_speaks_already_has_the_floor() -> None:
    bench = Bench().hear(200, 1_500).plays().hear(0, 200)
    assert bench.actions == ["stop"]


def test_who_has_just_finished_has_not() -> None:
    bench = Bench().hear(200, 1_500, 200).plays().hear(300)
    assert bench.actions == []
    assert bench.watch.turn_kind() == "turn"


def test_an_answer_that_begins_in_silence_is_heard() -> None:
    assert Bench().hear(200).plays().hear(300).plays(saying="More.").hear(20).actions == []


def test_a_voice_that_has_finished_is_not_left_ducked() -> None:
    bench = long_heard().hear(0, 300).plays(False).hear(0, 300, 600)
    assert bench.actions == ["duck", "pause", "resume"]
    assert bench.watch.turn_kind() == "turn"


def test_a_voice_that_was_not_ducked_is_left_alone() -> None:
    bench = long_heard(policy=NeverInterrupt()).hear(0, 300).plays(False).plays(False)
    assert bench.actions == []


def test_after_a_stop_the_silence_of_the_voice_changes_nothing() -> None:
    bench = long_heard().hear(0, 1_000).plays(False).hear(0, 500)
    assert bench.actions == ["duck", "pause", "stop"]
    again = bench.plays().hear(0, 200)
    assert again.actions[-1] == "stop"
    assert again.watch.turn_kind() == "turn"


def test_what_it_was_saying_is_known_from_when_it_is_told_first() -> None:
    policy = Asked("duck")
    bench = long_heard(policy=policy).hear(0, 40)
    bench.plays(saying="Shall I?").hear(0, 20).plays(saying="Something else.").hear(0, 20)
    assert [overlap.saying for overlap in policy.asked] == ["", "", "Shall I?", "Shall I?"]
    assert policy.asked[0].heard_ms == 2_000


# --- what others know -------------------------------------------------------------------------------------------------


def test_a_lone_stop_stops_and_a_listeners_word_does_not() -> None:
    assert long_heard().hear(0, 400).words("stop").hear(300).actions[-1] == "stop"
    assert long_heard().hear(0, 400).words("mm-hmm").hear(300).actions[-1] == "resume"


def test_a_wait_may_turn_out_to_be_a_correction() -> None:
    bench = long_heard().hear(0, 700).words("wait")
    assert bench.changes[-1].kind == "stop"
    bench.hear(0, 300).words("wait, no, make it Friday").hear(100).decided("turn_ended")
    assert bench.watch.turn_kind() == "correction" or bench.watch.turn_kind() == "turn"
    assert bench.actions.count("stop") == 1


def test_a_stop_stays_one_when_its_words_fade() -> None:
    bench = long_heard().hear(0, 400).words("stop").hear(300).words("stop", 0.0).hear(200)
    assert bench.watch.turn_kind() == "stop"


def test_words_without_a_sound_say_nothing() -> None:
    assert long_heard().words("stop").actions == []


def test_words_that_come_late_still_stop() -> None:
    bench = long_heard().hear(0, 400, 500)
    bench.changes += bench.watch.late(Hypothesis("stop", 1.0), bench.fed)
    assert bench.actions == ["duck", "pause", "resume", "stop"]
    assert bench.watch.turn_kind() == "stop"
    assert bench.watch.late(Hypothesis("stop", 1.0), bench.fed) == []


def test_late_words_of_a_listener_change_nothing() -> None:
    bench = long_heard().hear(0, 400, 500)
    assert bench.watch.late(Hypothesis("yeah", 1.0), bench.fed) == []
    too_late = long_heard().hear(0, 400, 4_000)
    assert too_late.watch.late(Hypothesis("stop", 1.0), too_late.fed) == []


def test_a_listeners_word_that_was_understood_is_undone_by_a_command_alone() -> None:
    understood = long_heard().hear(0, 300).words("yeah").hear(0, 100, 500)
    assert understood.actions[-1] == "resume"
    assert understood.watch.late(Hypothesis("hello there", 1.0), understood.fed) == []
    stopped = long_heard().hear(0, 300).words("yeah").hear(0, 100, 500)
    assert [change.action for change in stopped.watch.late(Hypothesis("stop", 1.0), stopped.fed)] == ["stop"]


def test_an_echo_lets_the_voice_go_on() -> None:
    bench = long_heard().hear(0, 200)
    bench.changes += bench.watch.echo(0.9, bench.fed)
    assert bench.actions == ["duck", "pause", "resume"]
    assert bench.hear(0, 1_000, 500).watch.turn_kind() == "echo"


def test_an_echo_that_is_known_before_its_sound_does_not_even_turn_the_voice_down() -> None:
    bench = long_heard()
    bench.watch.echo(0.9, bench.fed)
    assert bench.hear(0, 1_000).actions == []
    bench.changes += bench.watch.echo(0.1, bench.fed)
    assert bench.watch.echo(None, bench.fed) == bench.watch.echo(0.1, bench.fed) == []
    assert bench.actions == ["stop"]
    bench.watch.reset()
    assert not bench.watch.overlapping


def test_the_end_of_the_turn_is_the_end_of_the_sound() -> None:
    bench = long_heard().hear(0, 400, 40).decided("turn_ended")
    assert bench.actions == ["duck", "pause", "resume"]
    assert bench.watch.turn_kind() == "backchannel"
    assert bench.decided("turn_ended").actions == ["duck", "pause", "resume"]
    alone = Bench().hear(0, 400).decided("turn_ended")
    assert alone.watch.turn_kind() == "turn"
    undecided = long_heard(policy=Asked("pause")).hear(0, 400).decided("turn_ended")
    assert undecided.watch.turn_kind() is None
    stopped = long_heard().hear(0, 1_000).decided("turn_ended")
    assert stopped.watch.turn_kind() == "turn"


# --- without voice activity of its own --------------------------------------------------------------------------------


def test_what_a_detector_finds_is_measured_by_its_level() -> None:
    bench = long_heard(vad=None).hear(0, 100).decided("speech_started").hear(0, 300, 200)
    assert bench.actions == ["pause"]
    bench.hear(200).decided("speech_stopped", "turn_ended")
    assert bench.actions == ["pause", "resume"]
    assert bench.watch.turn_kind() == "backchannel"


def test_what_a_detector_finds_and_goes_on_stops() -> None:
    bench = long_heard(vad=None).hear(0, 100).decided("speech_started").hear(0, 1_000)
    assert bench.actions == ["pause", "stop"]


def test_a_detectors_word_counts_also_for_what_voice_activity_has_found() -> None:
    policy = Asked("duck")
    long_heard(policy=policy).hear(0, 100).decided("speech_started").hear(0, 20)
    assert [overlap.detected for overlap in policy.asked][-2:] == [True, True]
    silent = long_heard(policy=policy).decided("speech_started").decided("speech_stopped")
    assert silent.actions == []


def test_a_second_beginning_within_a_sound_begins_nothing() -> None:
    bench = long_heard(vad=None).hear(0, 100).decided("speech_started").decided("speech_started")
    assert bench.actions == ["pause"]


# --- words of its own recogniser --------------------------------------------------------------------------------------


def test_a_recogniser_hears_each_sound_from_before_its_beginning() -> None:
    recogniser = Recogniser("stop")
    bench = long_heard(recogniser=recogniser).hear(0, 400, 600)
    assert bench.actions == ["duck", "pause", "stop"]
    assert bench.changes[-1].kind == "stop"
    assert recogniser.heard == (300 + 400 + 140) * MS
    assert bench.watch.understands
    assert not long_heard().watch.understands
    assert bench.hear(0, 1_000, 500).watch.turn_kind() == "turn"


def test_words_on_both_sides_of_a_short_gap_are_one_utterance() -> None:
    recogniser = Recogniser("", "yeah", "", "stop")
    policy = Asked("pause")
    long_heard(policy=policy, recogniser=recogniser).hear(0, 200, 200, 200, 200, 200, 200, 200, 200)
    assert list(dict.fromkeys(overlap.words for overlap in policy.asked)) == ["", "yeah", "yeah stop"]


def test_a_recogniser_stops_listening_to_a_long_speech() -> None:
    recogniser = Recogniser()
    long_heard(recogniser=recogniser).hear(0, 6_000)
    assert recogniser.heard == (300 + 4_000) * MS


# --- levels -----------------------------------------------------------------------------------------------------------


def test_the_users_usual_level_is_that_of_turns() -> None:
    policy = Asked("duck")
    bench = Bench(policy=policy).hear(100, 1_000, 500, 1_000, 500).plays().hear(100, 100)
    asked = policy.asked[-1]
    assert asked.usual_dbfs is not None
    assert asked.level_dbfs is not None
    assert abs(asked.usual_dbfs - asked.level_dbfs) < 1
    assert asked.floor_dbfs is not None
    assert asked.floor_dbfs < -60
    assert bench.watch.sample == bench.fed


# --- any split decides the same ---------------------------------------------------------------------------------------


STORY = sound(800, 300, 500, 250, 700, 1_300, 300)


def story(sizes: Iterable[int]) -> Sequence[OutputChange]:
    """The same facts and audio, in frames of these sizes."""
    watch = OverlapWatch(InterruptionRules.balanced(), vad=EnergyVad(), recogniser=Recogniser("", "yeah", "stop"))
    changes = watch.playing(True, 0, "I have added milk.")
    facts = [
        (1_000 * MS, lambda: watch.partial(Hypothesis("mm", 0.9), 1_000 * MS)),
        (1_900 * MS, lambda: watch.decided(TurnDecision("turn_ended", 1_850 * MS, 1_900 * MS, "silence"))),
    ]
    pcm, position, lengths = STORY, 0, iter(sizes)
    while position < len(pcm) // 2:
        end = position + next(lengths, 480)
        while facts and facts[0][0] <= end:
            changes += facts.pop(0)[1]()
        changes += watch.feed(AudioFrame(pcm[2 * position : 2 * end], position))
        position = end
    return changes


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 9_000), max_size=40))
def test_any_split_of_the_same_audio_decides_the_same(sizes: list[int]) -> None:
    assert story(sizes) == story([])


def test_a_new_stream_knows_nothing_of_the_old() -> None:
    bench = long_heard(recogniser=Recogniser()).hear(0, 300)
    bench.watch.reset()
    assert bench.watch.sample == 0
    assert not bench.watch.overlapping
    assert bench.watch.turn_kind() == "turn"
