"""Do the client's recording and what the server got and gave agree, sample for sample, over a real socket?"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

import bareline as bl
from bareline.lab.recording import MicrophoneTap, SpeakerTap, stereo
from bareline.media.frames import AudioFrame
from bareline.protocol.events import Session
from bareline.protocol.generation import Outcome, Output, ResponseRequest, SpeechDelta
from bareline.server.backend import Utterance

SPOKEN = random.Random(1).randbytes(2 * 24 * 777)
ANSWER = [
    random.Random(number).randbytes(2 * size) for number, size in enumerate((4800, 1, 333, 2400, 12_000), start=7)
]


class Tape:
    """A backend that keeps what it got and answers with known samples."""

    def __init__(self) -> None:
        self.got = b""

    async def open(self, *, seed: int) -> Tape:
        return self

    def configure(self, session: Session) -> None: ...
    def hear(self, frame: AudioFrame) -> None: ...
    def forget(self) -> None: ...

    def committed(self, utterance: Utterance) -> None:
        self.got = utterance.audio.pcm

    async def transcribe(self, item_id: str) -> AsyncIterator[str]:
        yield "noise"

    async def respond(self, request: ResponseRequest) -> AsyncIterator[Output | Outcome]:
        for audio in ANSWER:
            yield SpeechDelta(audio=audio)

    async def close(self) -> None: ...


async def call_once(tape: Tape) -> tuple[MicrophoneTap, SpeakerTap]:
    source = bl.QueueSource()
    microphone, speaker = MicrophoneTap(source), SpeakerTap(bl.NullSink())
    async with (
        bl.RealtimeServer(tape) as server,
        bl.Call(turns="manual", microphone=microphone, speaker=speaker, base_url=server.url) as call,
    ):
        await source.push(SPOKEN)
        source.end()
        await call.quiet(for_s=0.1, after_microphone=True)
        call.commit()
        await call.quiet(for_s=0.3)
    await speaker.close()
    return microphone, speaker


@pytest.mark.slow
def test_both_ends_hold_the_same_samples_in_both_directions() -> None:
    tape = Tape()
    microphone, speaker = asyncio.run(call_once(tape))
    recorded = bytes(microphone.pcm)
    assert tape.got[: len(recorded)] == recorded
    assert not any(tape.got[len(recorded) :]), "after the microphone's end only silence is sent"
    assert recorded.strip(b"\0") == SPOKEN.strip(b"\0")
    assert b"".join(bytes(stretch.pcm) for stretch in speaker.heard) == b"".join(ANSWER)


@pytest.mark.slow
def test_the_stereo_file_holds_both_in_their_place() -> None:
    microphone, speaker = asyncio.run(call_once(Tape()))
    recording = memoryview(stereo(microphone, speaker)).cast("h")
    left, right = recording[0::2].tolist(), recording[1::2].tolist()
    spoken = memoryview(bytes(microphone.pcm)).cast("h").tolist()
    answer = memoryview(b"".join(ANSWER)).cast("h").tolist()
    assert left == spoken + [0] * (len(left) - len(spoken))
    start = len(right) - len(answer)
    assert start >= len(spoken), "the answer came after the question"
    assert right[start:] == answer
    assert not any(right[:start])
