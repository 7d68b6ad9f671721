"""Which recordings make up the corpus, and how is each one made from its seed?"""

from __future__ import annotations

import random
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from bareline.lab.turn_corpus import overlaps, people, spoken
from bareline.lab.turn_corpus.loudspeaker import beside_loudspeaker
from bareline.lab.turn_corpus.mixing import PAUSE_MS, Track, spread
from bareline.lab.turn_corpus.sounds import DEVELOPMENT_NOISES, HELD_OUT_NOISES, cough
from bareline.lab.turn_corpus.voices import DEVELOPMENT_VOICES, HELD_OUT_VOICES, Voice, installed, speak
from bareline.testing.turns.labels import (
    EchoReading,
    LabelledSound,
    LabelledTurn,
    Labels,
    Part,
    Pause,
    PlayingSpan,
    TurnKind,
)
from bareline.testing.turns.recordings import Recording

__all__ = ["SCENES", "Scene", "SceneKind", "scenes"]

SceneKind = Literal[
    "household",
    "open",
    "human",
    "dictation",
    "interruption",
    "backchannel",
    "cough",
    "insisting",
    "listening",
    "noise",
    "talkers",
    "echo",
    "echo_interruption",
    "echo_backchannel",
]
SCENES: dict[SceneKind, int] = {
    "household": 300,
    "open": 200,
    "human": 150,
    "dictation": 60,
    "interruption": 400,
    "backchannel": 400,
    "cough": 60,
    "insisting": 120,
    "listening": 120,
    "noise": 60,
    "talkers": 6,
    "echo_interruption": 80,
    "echo_backchannel": 80,
    "echo": 10,
}
"""How many scenes of each kind a full corpus has, in each part; noise, talkers and echo last a minute each. Insisting:
an interruption that is said twice; listening: a backchannel that comes twice."""
_LEAD_MS = 1_000
_TAIL_MS = 3_000
_MINUTE_MS = 60_000
_OVERLAP_AT_MS = (1_500, 3_000)
_ECHO_OVERLAP_AT_MS = (5_000, 8_000)
"""The canceller needs some seconds of the assistant's voice to learn."""
_AFTER_OVERLAP_MS = 2_500
_AGAIN_MS: dict[SceneKind, tuple[int, int]] = {"insisting": (600, 1_400), "listening": (600, 3_000)}
"""Whoever is not heard says it again as soon as the voice has come back."""
_SNR_DB = (45, 45, 20, 10, 5)
"""Two in five scenes are quiet, the others in noise at 20, 10 and 5 dB."""
_NOISE_BELOW_DB = (0, 6, 12, 20)
"""Noise alone: how far below speech."""
_TALKERS_BELOW_DB = (12, 18, 24)
_HUMAN_INTERRUPTS = 0.25
"""So many of the held-out interruptions are spoken by a person, where the recordings are there."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One recording to be made: the same scene gives the same samples and labels."""

    kind: SceneKind
    part: Part
    number: int
    seed: int

    @property
    def name(self) -> str:
        """A file's name."""
        return f"{self.kind}-{self.part}-{self.number:03}"

    @property
    def in_echo(self) -> bool:
        """Whether the assistant speaks from a loudspeaker."""
        return self.kind.startswith("echo")

    def make(self) -> Recording:
        """The recording. Raises ``MissingExtra``, ``EngineError``."""
        chance = random.Random(f"{self.seed}:{self.kind}:{self.part}:{self.number}")
        return _MAKERS[self.kind](self, chance)


def scenes(part: Part, *, seed: int = 1, share: float = 1.0, kinds: Sequence[SceneKind] = ()) -> Iterator[Scene]:
    """The scenes of a corpus of ``share`` of the full size. Human speech only where it is installed."""
    for kind, count in SCENES.items():
        if kinds and kind not in kinds:
            continue
        if kind in {"human", "dictation"} and (part == "development" or not people.prompts()):
            continue
        for number in range(max(1, round(count * share))):
            yield Scene(kind, part, number, seed)


def _voices(part: Part) -> tuple[Voice, ...]:
    return tuple(v for v in (DEVELOPMENT_VOICES if part == "development" else HELD_OUT_VOICES) if installed(v))


def _noises(part: Part) -> tuple[str, ...]:
    return DEVELOPMENT_NOISES if part == "development" else HELD_OUT_NOISES


def _household(scene: Scene, chance: random.Random) -> Recording:
    return _spoken_turn(scene, chance, spoken.household_turn(chance, scene.part))


def _open(scene: Scene, chance: random.Random) -> Recording:
    return _spoken_turn(scene, chance, spoken.open_turn(chance, scene.part))


def _spoken_turn(scene: Scene, chance: random.Random, turn: spoken.SpokenTurn) -> Recording:
    voice = chance.choice(_voices(scene.part))
    track, begin = Track(), _LEAD_MS
    track.silence(_LEAD_MS)
    pauses: list[Pause] = []
    for number, part in enumerate(turn.parts):
        last = number == len(turn.parts) - 1
        # Who stops where it could be over lowers the voice as often as not.
        end = "." if last or (part.complete and chance.random() < 0.5) else ","
        track.speech(speak(part.text + end, voice))
        if not last:
            pauses.append(track.pause(chance.randint(*PAUSE_MS), complete=part.complete))
    labelled = LabelledTurn(from_ms=begin, to_ms=track.end_ms, text=turn.text, pauses=tuple(pauses))
    return _in_room(scene, chance, track, _TAIL_MS, {"voice": voice.label}, turns=(labelled,))


def _human(scene: Scene, chance: random.Random) -> Recording:
    known = people.prompts()
    name = known[scene.number * 7 % len(known)]
    samples, gaps = people.spoken(name)
    track = Track()
    track.silence(_LEAD_MS)
    track.speech(samples)
    pauses = tuple(
        Pause(from_ms=_LEAD_MS + first // 24, to_ms=_LEAD_MS + end // 24, complete=True) for first, end in gaps
    )
    turn = LabelledTurn(from_ms=_LEAD_MS, to_ms=track.end_ms, text=name, pauses=pauses)
    return _in_room(scene, chance, track, _TAIL_MS, {"voice": people.PACKAGE}, turns=(turn,))


def _dictation(scene: Scene, chance: random.Random) -> Recording:
    """Ten digits in groups, as telephone numbers are said."""
    track = Track()
    track.silence(_LEAD_MS)
    pauses: list[Pause] = []
    digits = people.digits()
    groups = chance.choice(((3, 3, 4), (3, 4, 3), (4, 3, 3), (2, 4, 4), (4, 2, 2, 2)))
    for number, group in enumerate(groups):
        for _ in range(group):
            track.speech(chance.choice(digits))
        if number < len(groups) - 1:
            pauses.append(track.pause(chance.randint(*PAUSE_MS), complete=True))
    turn = LabelledTurn(from_ms=_LEAD_MS, to_ms=track.end_ms, text="digits", pauses=tuple(pauses))
    return _in_room(scene, chance, track, _TAIL_MS, {"voice": people.PACKAGE}, turns=(turn,))


def _interruption(scene: Scene, chance: random.Random) -> Recording:
    kind, text = overlaps.interruption(chance, scene.part)
    voice = chance.choice(_voices(scene.part))
    samples, label = speak(text + "." * (kind != "question") + "?" * (kind == "question"), voice), voice.label
    if scene.part == "held_out" and people.short_phrases() and chance.random() < _HUMAN_INTERRUPTS:
        text = chance.choice(people.short_phrases())
        samples, _ = people.spoken(text)
        kind, label = "turn", people.PACKAGE
    return _overlapping(scene, chance, samples, {"voice": label, "says": text}, kind)


def _backchannel(scene: Scene, chance: random.Random) -> Recording:
    voice = chance.choice(_voices(scene.part))
    name, text = overlaps.backchannel(chance, scene.part, phonemes=voice.engine == "espeak")
    return _overlapping(scene, chance, speak(text, voice), {"voice": voice.label, "says": name}, None)


def _cough(scene: Scene, chance: random.Random) -> Recording:
    made = cough(chance.randrange(1 << 30))
    return _overlapping(scene, chance, spread(made), {"says": "cough"}, None)


def _overlapping(
    scene: Scene, chance: random.Random, samples: array[int], tags: dict[str, str], kind: TurnKind | None
) -> Recording:
    track = Track()
    track.silence(at := chance.randint(*(_OVERLAP_AT_MS if not scene.in_echo else _ECHO_OVERLAP_AT_MS)))
    track.speech(samples)
    if scene.kind in _AGAIN_MS:
        track.silence(chance.randint(*_AGAIN_MS[scene.kind]))
        track.speech(samples)
    playing = PlayingSpan(from_ms=300, to_ms=track.end_ms + _AFTER_OVERLAP_MS, saying=overlaps.saying(chance))
    turns: tuple[LabelledTurn, ...] = ()
    sounds: tuple[LabelledSound, ...] = ()
    if kind is not None:
        turns = (LabelledTurn(from_ms=at, to_ms=track.end_ms, kind=kind, text=tags["says"]),)
    else:
        what = "cough" if scene.kind == "cough" else "backchannel"
        sounds = (LabelledSound(from_ms=at, to_ms=track.end_ms, kind=what, name=tags["says"]),)
    return _in_room(scene, chance, track, _TAIL_MS, tags, turns=turns, sounds=sounds, playing=(playing,))


def _noise(scene: Scene, chance: random.Random) -> Recording:
    """A minute of one noise while the assistant speaks."""
    names = _noises(scene.part)
    name, below_db = names[scene.number % len(names)], chance.choice(_NOISE_BELOW_DB)
    track = Track()
    track.silence(_MINUTE_MS)
    track.add_noise(name, chance.randrange(1 << 30), -below_db)
    return _minute(scene, chance, track, name, below_db)


def _echo(scene: Scene, chance: random.Random) -> Recording:
    """A minute of nothing but the assistant's own voice."""
    track = Track()
    track.silence(_MINUTE_MS)
    track.add_noise("room", chance.randrange(1 << 30), -max(_SNR_DB))
    heard = beside_loudspeaker(track.pcm(), chance, from_ms=0)
    made = _minute(scene, chance, track, "echo", 0)
    tags = {"scene": scene.kind, "noise": "echo", "echo_db": f"{heard.echo_db:g}"}
    return Recording(scene.name, heard.pcm, msgspec.structs.replace(made.labels, tags=tags, echo=heard.readings))


def _talkers(scene: Scene, chance: random.Random) -> Recording:
    """A minute of other people's speech, some way off."""
    below_db = chance.choice(_TALKERS_BELOW_DB)
    track = Track()
    while track.end_ms < _MINUTE_MS:
        track.silence(chance.randint(100, 1_200))
        track.speech(speak(spoken.open_turn(chance, scene.part).text + ".", chance.choice(_voices(scene.part))))
    track.cut(_MINUTE_MS)
    track.quieter(below_db)
    return _minute(scene, chance, track, "talkers", below_db)


def _minute(scene: Scene, chance: random.Random, track: Track, name: str, below_db: int) -> Recording:
    kind = "talker" if scene.kind == "talkers" else "noise"
    return Recording(
        scene.name,
        track.pcm(),
        Labels(
            part=scene.part,
            sounds=(LabelledSound(from_ms=0, to_ms=_MINUTE_MS, kind=kind, name=name),),
            playing=(PlayingSpan(from_ms=0, to_ms=_MINUTE_MS, saying=overlaps.saying(chance)),),
            tags={"scene": scene.kind, "noise": name, "below_speech_db": str(below_db)},
        ),
    )


def _in_room(
    scene: Scene,
    chance: random.Random,
    track: Track,
    tail_ms: int,
    tags: dict[str, str],
    *,
    turns: tuple[LabelledTurn, ...] = (),
    sounds: tuple[LabelledSound, ...] = (),
    playing: tuple[PlayingSpan, ...] = (),
) -> Recording:
    """With a tail of silence, at a speaker's own level, in noise."""
    track.silence(tail_ms)
    level_db = chance.uniform(-6, 3)
    track.quieter(-level_db)
    snr_db = max(_SNR_DB) if scene.in_echo else chance.choice(_SNR_DB)
    name = "room" if snr_db == max(_SNR_DB) else chance.choice(_noises(scene.part))
    track.add_noise(name, chance.randrange(1 << 30), level_db - snr_db)
    told = {"scene": scene.kind, "noise": name, "snr_db": str(snr_db), **tags}
    pcm = track.pcm()
    readings: tuple[EchoReading, ...] = ()
    if scene.in_echo:
        heard = beside_loudspeaker(pcm, chance, from_ms=playing[0].from_ms)
        pcm, readings = heard.pcm, heard.readings
        told |= {"echo_db": f"{heard.echo_db:g}", "over_echo_db": f"{level_db - heard.echo_db:.1f}"}
    return Recording(
        scene.name,
        pcm,
        Labels(part=scene.part, turns=turns, sounds=sounds, playing=playing, echo=readings, tags=told),
    )


_MAKERS = {
    "household": _household,
    "open": _open,
    "human": _human,
    "dictation": _dictation,
    "interruption": _interruption,
    "backchannel": _backchannel,
    "cough": _cough,
    "insisting": _interruption,
    "listening": _backchannel,
    "noise": _noise,
    "talkers": _talkers,
    "echo": _echo,
    "echo_interruption": _interruption,
    "echo_backchannel": _backchannel,
}
