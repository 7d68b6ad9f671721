"""Who calls, when no person does?

``SimulatedCaller`` is a person on the line: a microphone (``AudioSource``) that speaks a script at natural moments, in
noise, in real time of the running loop, and an ear on the agent's output, by which it waits, interrupts and decides. It
knows to the sample when it spoke, which makes it the ground truth for latency and turn-taking.
"""

from __future__ import annotations

import asyncio
import random
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from bareline.clock import now_ns
from bareline.devices.contract import AudioSink
from bareline.media.frames import AudioFrame
from bareline.media.synthesis import SpeechSynthesis
from bareline.testing.ear import AgentSpeech, Ear
from bareline.testing.steps import Decide, HangUp, InterruptAfter, Pause, Play, Say, Step, WaitForAgent
from bareline.testing.voice import Room, Speech, level_speech, mix
from bareline.units import BYTES_PER_SAMPLE, NS_PER_S, ms_to_ns, ms_to_samples, ns_to_ms, samples_to_ns

__all__ = [
    "Decide",
    "HangUp",
    "InterruptAfter",
    "Pause",
    "Play",
    "Say",
    "SimulatedCaller",
    "SpokenUtterance",
    "Step",
    "WaitForAgent",
]

_FRAME_SAMPLES = ms_to_samples(20)
_ANSWER_OVER_MS = 800
"""Silence after which an answer is over, for a caller who meant to interrupt it."""
_PAUSE_IN_SPEECH_MS = 400
"""A shorter silence belongs to the agent's speech."""


@dataclass(frozen=True, slots=True)
class SpokenUtterance:
    """What the caller said, and exactly when.

    ``first_sample`` and ``end_sample`` (exclusive) bound the sounding speech in the microphone's stream;
    ``started_ns`` and ``ended_ns`` are the same on the running loop's clock. ``agent_heard_ms``: for how long the
    agent's answer had been heard when the caller spoke into it; ``None`` when the agent was silent.
    """

    text: str
    voice: str
    first_sample: int
    end_sample: int
    started_ns: int
    ended_ns: int
    agent_heard_ms: int | None = None


class SimulatedCaller:
    """A caller with a script; satisfies ``AudioSource`` (20 ms frames, paced by the running loop's clock).

    ``synthesis`` and ``voice`` speak; ``seed`` decides noise and reaction times; ``snr_db`` is speech over noise
    (``None``: no noise); ``reaction_ms`` bounds the pause before each ``Say``. Give ``listen_to(sink)`` to the call as
    its speaker, and the agent's words to ``agent_said`` when steps ask for them. The stream ends with ``HangUp``, with
    the script, or when the caller gives up (``gave_up`` says why). Speech is synthesised in a task, which ``close``
    ends.
    """

    def __init__(
        self,
        synthesis: SpeechSynthesis,
        *,
        voice: str,
        script: Iterable[Step],
        seed: int = 0,
        snr_db: float | None = 30.0,
        reaction_ms: tuple[int, int] = (150, 400),
    ) -> None:
        self._synthesis = synthesis
        self._voice = voice
        self._script: Iterator[Step] = iter(script)
        self._chance = random.Random(f"{seed}:caller")
        self._room = Room(seed, snr_db)
        self._reaction_ms = reaction_ms
        self._ear: Ear | None = None
        self._words = ""
        self._spoken: list[SpokenUtterance] = []
        self._started_ns: int | None = None
        self._frames = 0
        self._ended = False
        self._gave_up: str | None = None
        self._step: _Entered | None = None
        self._saying: array[int] = array("h")
        self._quiet_since_ns = 0

    @property
    def utterances(self) -> tuple[SpokenUtterance, ...]:
        """What was said so far, in order; an utterance counts when it begins."""
        return tuple(self._spoken)

    @property
    def agent_heard(self) -> tuple[AgentSpeech, ...]:
        """When the agent was heard, on the running loop's clock."""
        return self._ear.stretches if self._ear else ()

    @property
    def gave_up(self) -> str | None:
        """Why the caller hung up before the script's end, or ``None``."""
        return self._gave_up

    @property
    def started_ns(self) -> int | None:
        """When sample 0 was captured, on the running loop's clock."""
        return self._started_ns

    def listen_to(self, sink: AudioSink) -> Ear:
        """The loudspeaker that the caller hears: give what this returns to the call."""
        self._ear = Ear(sink)
        return self._ear

    def agent_said(self, words: str) -> None:
        """Add to the agent's words, which ``WaitForAgent.until`` and ``Decide`` read."""
        self._words += words

    async def read(self) -> AudioFrame | None:
        """The next frame of the microphone, once its last sample is captured; ``None`` after the end."""
        if self._started_ns is None:
            self._started_ns = now_ns()
            self._quiet_since_ns = self._started_ns
            self._decide()
        if self._ended:
            return None
        first = self._frames * _FRAME_SAMPLES
        captured_ns = self._time_of(first + _FRAME_SAMPLES)
        await asyncio.sleep(max(0, captured_ns - now_ns()) / NS_PER_S)
        frame = AudioFrame(self._mix(), first, self._time_of(first))
        self._frames += 1
        if self._ear is not None:  # whatever step it is: what is looked at late is dated late
            self._ear.listen()
        self._decide()
        return frame

    async def close(self) -> None:
        """Hang up."""
        self._ended = True
        voicing = self._step.voicing if self._step else None
        if voicing is not None:
            voicing.cancel()
            await asyncio.gather(voicing, return_exceptions=True)

    def _mix(self) -> bytes:
        frame = mix(self._room.frame(_FRAME_SAMPLES), self._saying[:_FRAME_SAMPLES])
        del self._saying[:_FRAME_SAMPLES]
        return frame.tobytes()

    # --- the script: steps are entered one after the other, each holds the script until it is over ---

    def _decide(self) -> None:
        if self._saying or self._ended:
            return
        now = now_ns()
        while not self._ended:
            if self._step is None:
                self._step = self._enter(next(self._script, HangUp()), now)
            if self._holds(self._step, now):
                return
            self._step = None
            if self._saying:
                return

    def _enter(self, step: Step, now: int) -> _Entered:
        reaction_ms = self._chance.randint(*self._reaction_ms) if isinstance(step, Say) else 0
        speaks = isinstance(step, Say | InterruptAfter | Play)
        voicing = asyncio.create_task(self._speech(step)) if speaks else None
        return _Entered(step, now, now + ms_to_ns(reaction_ms), voicing)

    def _holds(self, entered: _Entered, now: int) -> bool:
        """Whether the step is not over yet; carries it out when its moment has come."""
        match step := entered.step:
            case HangUp():
                self._ended = True
                return False
            case Pause(ms):
                return now < entered.at_ns + ms_to_ns(ms)
            case Decide(choose):
                chosen = choose(self._words)
                more = () if chosen is None else (chosen,) if isinstance(chosen, Step) else tuple(chosen)
                self._script = chain(more, self._script)
                return False
            case WaitForAgent():
                return not self._agent_finished(step, now) and not self._gives_up(entered, step.timeout_ms, now)
            case Say() | Play():
                return now < entered.ready_ns or self._agent_talks(now) or not self._speak(entered, step, now)
            case InterruptAfter():
                return not self._moment_to_interrupt(step, entered, now) or not self._speak(entered, step, now)

    def _answer(self) -> AgentSpeech | None:
        """What was heard last of the agent since the caller's last utterance."""
        stretch = self._ear.listen() if self._ear else None
        return stretch if stretch and stretch.end_ns > self._quiet_since_ns else None

    def _answer_started_ns(self) -> int:
        stretches = self._ear.stretches if self._ear else ()
        return next(
            max(stretch.start_ns, self._quiet_since_ns)
            for stretch in stretches
            if stretch.end_ns > self._quiet_since_ns
        )

    def _agent_finished(self, step: WaitForAgent, now: int) -> bool:
        answer = self._answer()
        if answer is None or now < answer.end_ns + ms_to_ns(step.silence_ms):
            return False
        return step.until is None or step.until(self._words)

    def _moment_to_interrupt(self, step: InterruptAfter, entered: _Entered, now: int) -> bool:
        answer = self._answer()
        if answer is None:
            self._gives_up(entered, step.timeout_ms, now)
            return False
        over = now >= answer.end_ns + ms_to_ns(_ANSWER_OVER_MS)
        return over or answer.end_ns - self._answer_started_ns() >= ms_to_ns(step.ms)

    def _gives_up(self, entered: _Entered, timeout_ms: int, now: int) -> bool:
        answer = self._answer()
        since_ns = max(entered.at_ns, answer.end_ns if answer else 0)
        if now < since_ns + ms_to_ns(timeout_ms):
            return False
        self._ended = True
        heard = "nothing more" if answer else "nothing"
        after = f"'{self._spoken[-1].text}'" if self._spoken else "the start of the call"
        self._gave_up = f"{heard} was heard of the agent for {timeout_ms} ms after {after}"
        return True

    def _speak(self, entered: _Entered, step: Say | Play | InterruptAfter, now: int) -> bool:
        """Begin to speak with the next frame, when the speech is ready."""
        if entered.voicing is None or not entered.voicing.done():
            return False
        speech = entered.voicing.result()
        start = self._frames * _FRAME_SAMPLES
        first, end = start + speech.first, start + speech.end
        self._spoken.append(
            SpokenUtterance(
                text=step.text,
                voice=self._voice_of(step),
                first_sample=first,
                end_sample=end,
                started_ns=self._time_of(first),
                ended_ns=self._time_of(end),
                agent_heard_ms=self._talked_over_ms(now),
            )
        )
        self._saying = speech.samples[:]
        self._words = ""
        self._quiet_since_ns = self._spoken[-1].ended_ns
        return True

    def _agent_talks(self, now: int) -> bool:
        answer = self._answer()
        return answer is not None and now < answer.end_ns + ms_to_ns(_PAUSE_IN_SPEECH_MS)

    def _talked_over_ms(self, now: int) -> int | None:
        answer = self._answer()
        if answer is None or not self._agent_talks(now):
            return None
        return ns_to_ms(answer.end_ns - self._answer_started_ns())

    def _time_of(self, sample: int) -> int:
        return (self._started_ns or 0) + samples_to_ns(sample)

    def _voice_of(self, step: Say | Play | InterruptAfter) -> str:
        return "" if isinstance(step, Play) else step.voice or self._voice

    async def _speech(self, step: Say | Play | InterruptAfter) -> Speech:
        if isinstance(step, Play):
            return level_speech(step.pcm)
        pieces = step.text.split("…") if isinstance(step, Say) else [step.text]
        spoken: list[bytes] = []
        for piece in pieces:
            chunks = self._synthesis.speak(piece.strip(), voice=self._voice_of(step))
            spoken.append(b"".join([chunk.pcm async for chunk in chunks]))
        pause_ms = step.pause_ms if isinstance(step, Say) else 0
        return level_speech(bytes(ms_to_samples(pause_ms) * BYTES_PER_SAMPLE).join(spoken))


@dataclass(frozen=True, slots=True)
class _Entered:
    step: Step
    at_ns: int
    ready_ns: int
    voicing: asyncio.Task[Speech] | None
