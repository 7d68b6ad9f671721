"""What does a microphone beside a loudspeaker hear in so many seconds of the assistant's speech?

Virtual time; cards that shake and drift; nothing stops the assistant, so that every second counts.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from bareline.devices.contract import AudioSink
from bareline.devices.echo_control import EchoControl, EchoState
from bareline.media.frames import AudioFrame
from bareline.media.samples import to_bytes
from bareline.speech.phrase_stt import PhraseSTT
from bareline.speech.silero import SileroVad
from bareline.testing.echo_path import EchoPath
from bareline.testing.echo_room import EchoRoom
from bareline.testing.virtual import run_virtual
from bareline.testing.voice import Speech
from bareline.turns.contract import VoiceActivity
from bareline.turns.interruption_rules import InterruptionRules
from bareline.turns.overlap import OverlapWatch
from bareline.turns.silence import SilenceTurnDetector
from bareline.units import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ, ms_to_samples

__all__ = ["ROOMS", "Heard", "Judge", "Listener", "hear_room"]

ROOMS = (
    EchoPath(delay_ms=8, reverberation_ms=120, seed=1),
    EchoPath(delay_ms=25, reverberation_ms=250, seed=2),
    EchoPath(delay_ms=40, reverberation_ms=350, seed=3),
    EchoPath(delay_ms=70, reverberation_ms=450, seed=4),
    EchoPath(delay_ms=30, reverberation_ms=200, overdrive=1.5, seed=5),
)
"""From a phone on a desk to a large room, and a loudspeaker that is too small; all as loud as given."""
_FRAME_BYTES = ms_to_samples(20) * BYTES_PER_SAMPLE
_SHAKES = 97
_SHAKE_MEAN_NS = 500_000
_DRIFT_PPM = 60.0
_SETTLE_S = 4.0
_EVERY_S = 4.0
_LATE = ms_to_samples(300)
"""A short word is found when it is over."""


class Listener:
    """Notes when a detector finds that speech begins. ``starts``: (first sample of speech, sample of the decision)."""

    def __init__(self, vad: VoiceActivity) -> None:
        self.starts: list[tuple[int, int]] = []
        self._detector = SilenceTurnDetector(vad, silence_duration_ms=300)

    def feed(self, frame: AudioFrame) -> None:
        """The next frame."""
        decisions = self._detector.feed(frame)
        self.starts += [(d.at_sample, d.decided_at_sample) for d in decisions if d.kind == "speech_started"]

    def found(self, said: Sequence[tuple[int, int]]) -> list[int]:
        """For each stretch of the user's speech that was found, after how many samples it was."""
        return [
            min(delays)
            for first, end in said
            if (delays := [decided - first for _, decided in self.starts if first < decided <= end + _LATE])
        ]

    def unprovoked(self, said: Sequence[tuple[int, int]]) -> int:
        """How often speech was found where the user did not speak; the second after the user's words is theirs."""
        own = [(first, end + SAMPLE_RATE_HZ) for first, end in said]
        return sum(not any(first <= decided <= end for first, end in own) for _, decided in self.starts)


class Judge:
    """Counts what the balanced rules would do to the assistant's voice, ``stopped`` and ``paused``; nobody obeys."""

    def __init__(self, echo: EchoControl) -> None:
        self.paused = self.stopped = 0
        self._echo = echo
        rules = InterruptionRules.balanced()
        self._watch = OverlapWatch(rules, vad=echo.vad(SileroVad()), recogniser=PhraseSTT(rules.words.grammar()))
        self._watch.playing(True, 0)

    def feed(self, frame: AudioFrame) -> None:
        """The next frame."""
        changes = self._watch.echo(self._echo.share, frame.first_sample) + self._watch.feed(frame)
        self.paused += sum(change.action == "pause" for change in changes)
        self.stopped += sum(change.action == "stop" for change in changes)


@dataclass(slots=True)
class Heard:
    """What three listeners found: one at the bare microphone, one as the service has it, one of this side, which knows
    how it stands with the echo; and what a policy on this side would have done. ``said``: first and end sample of each
    utterance of the user."""

    bare: Listener
    server: Listener
    local: Listener
    judge: Judge
    said: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    state: EchoState | None = None
    half_duplex: bool = False


def hear_room(path: EchoPath, seconds: float, agent: Sequence[Speech], user: Sequence[Speech], seed: int) -> Heard:
    """``user`` empty: nobody speaks but the assistant. Takes about a tenth of the time that passes."""
    return run_virtual(_hear(path, seconds, agent, user, random.Random(seed)), limit_s=10 * seconds + 60)


async def _hear(
    path: EchoPath, seconds: float, agent: Sequence[Speech], user: Sequence[Speech], chance: random.Random
) -> Heard:
    shakes_ns = [round(chance.expovariate(1 / _SHAKE_MEAN_NS)) for _ in range(_SHAKES)]
    room = EchoRoom(path, drift_ppm=chance.uniform(-_DRIFT_PPM, _DRIFT_PPM), shakes_ns=shakes_ns)

    def changed(state: EchoState) -> None:
        heard.half_duplex |= state.half_duplex

    echo = EchoControl(room.microphone, room.speaker, changed=changed)
    heard = Heard(
        bare=Listener(SileroVad()),
        server=Listener(SileroVad()),
        local=Listener(echo.vad(SileroVad())),
        judge=Judge(echo),
    )
    talking = asyncio.create_task(_talk(echo.speaker, agent, chance.randrange(len(agent)), chance))
    next_s = _SETTLE_S
    end = round(seconds * SAMPLE_RATE_HZ)
    while (frame := await echo.microphone.read()) is not None and frame.first_sample < end:
        heard.server.feed(frame)
        heard.local.feed(frame)
        heard.judge.feed(frame)
        now_s = frame.end_sample / SAMPLE_RATE_HZ
        if user and now_s >= next_s and now_s < seconds - _EVERY_S:
            heard.said.append(_say(room, user[chance.randrange(len(user))]))
            next_s = now_s + _EVERY_S + chance.random()
    talking.cancel()
    await asyncio.wait([talking])
    heard.state = echo.state
    await room.close()
    heard.bare.feed(AudioFrame(room.heard))
    return heard


def _say(room: EchoRoom, speech: Speech) -> tuple[int, int]:
    begin = room.say(to_bytes(speech.samples))
    return begin + speech.first, begin + speech.end


async def _talk(speaker: AudioSink, agent: Sequence[Speech], first: int, chance: random.Random) -> None:
    """Sentence after sentence, with pauses as an assistant makes them."""
    number = first
    while True:
        pcm = to_bytes(agent[number % len(agent)].samples)
        for start in range(0, len(pcm), _FRAME_BYTES):
            await speaker.write(AudioFrame(pcm[start : start + _FRAME_BYTES]))
        await speaker.drain()
        await asyncio.sleep(chance.uniform(0.1, 0.8))
        number += 1
