"""Which turn of the scene answers this response, and how is it played?"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import msgspec

from bareline.media.frames import AudioFrame
from bareline.media.synthesis import SpeechSynthesis
from bareline.protocol.events import FunctionCall, FunctionCallOutput, InputAudio, InputText, Message, Session
from bareline.protocol.generation import (
    CallDelta,
    EndItem,
    Failed,
    Incomplete,
    Outcome,
    Output,
    ResponseRequest,
    SpeechDelta,
    TextDelta,
)
from bareline.server.backend import Utterance
from bareline.server.backends.script.scene import (
    CallStep,
    FailStep,
    IncompleteStep,
    PauseStep,
    SayStep,
    Scene,
    SilenceStep,
    Step,
    TextStep,
    Timing,
    ToneStep,
    When,
)
from bareline.server.backends.voicing import Voicing, silence, tone
from bareline.units import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ, ms_to_samples

__all__ = ["ScriptSession"]

_ITEMS_MAX = 1024


class ScriptSession:
    """One performance of a scene: a ``BackendSession`` (see ``bareline.server.backend``)."""

    def __init__(self, scene: Scene, synthesis: SpeechSynthesis | None) -> None:
        self._scene = scene
        self._voicing = Voicing(synthesis)
        self._played = [0] * len(scene.turns)
        self._responses = 0
        self._utterances = 0
        self._transcripts: dict[str, str] = {}

    def configure(self, session: Session) -> None:
        """A scene is the same for every session."""

    def hear(self, frame: AudioFrame) -> None:
        """A scene knows what the user is going to say."""

    def forget(self) -> None:
        """Nothing was kept."""

    def committed(self, utterance: Utterance) -> None:
        """The item gets the next transcript of the scene."""
        given = self._scene.transcripts
        text = given[self._utterances] if self._utterances < len(given) else ""
        self._utterances += 1
        self._transcripts[utterance.item_id] = text
        if len(self._transcripts) > _ITEMS_MAX:
            del self._transcripts[next(iter(self._transcripts))]

    async def transcribe(self, item_id: str) -> AsyncIterator[str]:
        """The transcript, word by word."""
        for part in re.findall(r"\s*\S+", self._transcripts.get(item_id, "")):
            yield part

    async def respond(self, request: ResponseRequest) -> AsyncGenerator[Output | Outcome]:
        """Play the first turn that applies."""
        self._responses += 1
        steps, timing = self._turn(request)
        if timing.thinking_ms:
            await asyncio.sleep(timing.thinking_ms / 1000)
        item = 0
        for step in steps:
            if isinstance(step, FailStep):
                yield Failed(code=step.fail, message=step.message)
                return
            if isinstance(step, IncompleteStep):
                yield Incomplete(reason=step.incomplete)
                return
            if isinstance(step, PauseStep):
                await asyncio.sleep(step.pause_ms / 1000)
                continue
            async with aclosing(self._item(step, item, timing, request)) as outputs:
                async for output in outputs:
                    yield output
            item += 1

    async def close(self) -> None:
        """Nothing is held; may be called twice."""

    def _turn(self, request: ResponseRequest) -> tuple[tuple[Step, ...], Timing]:
        for at, turn in enumerate(self._scene.turns):
            spent = turn.times and self._played[at] >= turn.times
            if not spent and self._applies(turn.when, request):
                self._played[at] += 1
                return turn.do, turn.timing or self._scene.timing
        return self._scene.otherwise, self._scene.timing

    def _applies(self, when: When, request: ResponseRequest) -> bool:
        said = self._said(request)
        output = _output(request, when.output_of)
        metadata = request.metadata or {}
        conditions = (
            when.response is None or when.response == self._responses,
            when.heard is None or f" {_words(when.heard)} " in f" {_words(said)} ",
            when.matches is None or re.search(when.matches, said, re.IGNORECASE) is not None,
            when.output_of is None or output is not None,
            when.output_matches is None or re.search(when.output_matches, output or "") is not None,
            when.out_of_band is None or when.out_of_band == request.out_of_band,
            when.metadata is None or all(metadata.get(key) == value for key, value in when.metadata.items()),
            when.instructions_match is None or re.search(when.instructions_match, request.instructions) is not None,
        )
        return all(conditions)

    def _said(self, request: ResponseRequest) -> str:
        """The user's newest message that nothing of the assistant's follows; typed, or as the scene transcribes it."""
        for item in reversed(request.context):
            if isinstance(item, FunctionCall) or (isinstance(item, Message) and item.role == "assistant"):
                break
            if isinstance(item, Message) and item.role == "user":
                parts = [part.text for part in item.content if isinstance(part, InputText)]
                spoken = [part.transcript or "" for part in item.content if isinstance(part, InputAudio)]
                known = self._transcripts.get(item.id or "")
                return " ".join(parts + ([known] if known is not None else spoken))
        return ""

    async def _item(self, step: Step, item: int, timing: Timing, request: ResponseRequest) -> AsyncGenerator[Output]:
        """The outputs of one item, its end included."""
        if isinstance(step, CallStep):
            yield CallDelta(item=item, name=step.call)
            yield CallDelta(item=item, arguments=step.arguments)
        elif isinstance(step, TextStep) or (isinstance(step, SayStep) and not request.audio):
            words = step.text if isinstance(step, TextStep) else step.say
            for part in re.findall(r"\S+\s*", words):
                yield TextDelta(item=item, text=part, phase=step.phase)
        else:
            async with aclosing(self._speech(step, item, timing, request)) as deltas:
                async for delta in deltas:
                    yield delta
        yield EndItem(item=item)

    async def _speech(
        self, step: Step, item: int, timing: Timing, request: ResponseRequest
    ) -> AsyncGenerator[SpeechDelta]:
        """Audio in the timing's chunks, at its rate."""
        pending = SpeechDelta(item=item, phase=step.phase if isinstance(step, SayStep) else None)
        size = ms_to_samples(timing.chunk_ms) * BYTES_PER_SAMPLE
        async with aclosing(self._audio(step, item, request)) as deltas:
            async for delta in deltas:
                pending = msgspec.structs.replace(
                    pending, transcript=pending.transcript + delta.transcript, audio=pending.audio + delta.audio
                )
                while len(pending.audio) >= size:
                    yield msgspec.structs.replace(pending, audio=pending.audio[:size])
                    pending = msgspec.structs.replace(pending, transcript="", audio=pending.audio[size:])
                    await _paced(size, timing)
        if pending.audio or pending.transcript:
            yield pending
            await _paced(len(pending.audio), timing)

    async def _audio(self, step: Step, item: int, request: ResponseRequest) -> AsyncGenerator[SpeechDelta]:
        if isinstance(step, ToneStep):
            yield SpeechDelta(item=item, transcript=step.transcript, audio=tone(step.tone_ms))
        elif isinstance(step, SilenceStep):
            yield SpeechDelta(item=item, transcript=step.transcript, audio=silence(step.silence_ms))
        elif isinstance(step, SayStep):
            spoken = self._voicing.speak(step.say, voice=request.voice, speed=request.speed, item=item)
            async with aclosing(spoken) as deltas:
                async for delta in deltas:
                    yield delta


async def _paced(size: int, timing: Timing) -> None:
    """Wait until the audio that was given may have sounded at the timing's rate."""
    seconds = size / BYTES_PER_SAMPLE / SAMPLE_RATE_HZ
    await asyncio.sleep(seconds / timing.rate if timing.rate else 0)


def _output(request: ResponseRequest, name: str | None) -> str | None:
    """The newest output (of the tool ``name``) that nothing the assistant said follows."""
    names = {item.call_id: item.name for item in request.context if isinstance(item, FunctionCall)}
    for item in reversed(request.context):
        if isinstance(item, Message) and item.role == "assistant":
            return None
        if isinstance(item, FunctionCallOutput) and name in {None, names.get(item.call_id)}:
            return item.output
    return None


def _words(text: str) -> str:
    return " ".join(re.findall(r"[\w']+", text.lower()))
