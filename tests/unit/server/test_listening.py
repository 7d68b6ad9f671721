"""Does the server go on while a backend hears the long beginning of an utterance, and is nothing of it lost?"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bareline.media.frames import AudioFrame
from bareline.protocol.actions import InputAppended, InputCleared, InputCommitted
from bareline.protocol.codec import decode_object
from bareline.protocol.events import AudioFormat, RealtimeSession
from bareline.server.backend import Utterance
from bareline.server.idle import IdleClock
from bareline.server.listening import Listening
from bareline.turns.contract import SpeechProbability
from bareline.units import BYTES_PER_SAMPLE, ms_to_samples

PCM = AudioFormat(type="audio/pcm", rate=24_000)
LATE_MS = 400
SESSION = decode_object(
    b'{"type":"realtime","object":"realtime.session","id":"sess_1","model":"m",'
    b'"audio":{"input":{"turn_detection":{"type":"server_vad"}}}}',
    RealtimeSession,
)


class LateVad:
    """Voice activity that finds speech late: by then the beginning of the utterance is long."""

    def __init__(self) -> None:
        self._pcm = b""

    def feed(self, frame: AudioFrame) -> list[SpeechProbability]:
        before, self._pcm = self._pcm, self._pcm + frame.pcm
        if len(before) >= (late := ms_to_samples(LATE_MS) * BYTES_PER_SAMPLE) or len(self._pcm) < late:
            return []
        return [SpeechProbability(0, ms_to_samples(LATE_MS), 1.0)]

    def reset(self) -> None:
        self._pcm = b""


class Mind:
    """Keeps what it heard, and how often the event loop had turned when it did."""

    def __init__(self) -> None:
        self.turns = 0
        self.heard: list[tuple[int, bytes]] = []
        self.what: list[str] = []
        self.heard_twice = asyncio.Event()

    def hear(self, frame: AudioFrame) -> None:
        self.heard.append((self.turns, frame.pcm))
        self.what.append("heard")
        if len(self.heard) == 2:
            self.heard_twice.set()

    def forget(self) -> None:
        self.what.append("forgotten")

    def committed(self, utterance: Utterance) -> None:
        self.what.append("committed")

    async def count(self) -> None:
        while True:
            await asyncio.sleep(0)
            self.turns += 1


class Authority:
    """The endpoint's place: what is said of speech is not looked at here."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


def speech(ms: int) -> bytes:
    return b"\1\1" * ms_to_samples(ms)


async def hear(mind: Mind, *, meanwhile: InputCleared | InputCommitted | None = None) -> None:
    """Half a second of speech, and what comes in the middle of its beginning."""
    listening = Listening(mind, Authority(), voice_activity=LateVad, idle=IdleClock(), settle=lambda: None)  # type: ignore[arg-type]
    listening.configure(SESSION)
    counting = asyncio.create_task(mind.count())
    for _ in range(5):
        listening.act(InputAppended(audio=speech(100), format=PCM))
    caught = asyncio.create_task(listening.catch_up())
    if meanwhile is not None:
        await mind.heard_twice.wait()
        listening.act(meanwhile)
    await caught
    counting.cancel()


def test_the_long_beginning_of_an_utterance_is_heard_piece_by_piece() -> None:
    mind = Mind()
    asyncio.run(hear(mind))
    assert b"".join(pcm for _, pcm in mind.heard) == speech(500)
    assert max(len(pcm) for _, pcm in mind.heard) == 60 * 48
    turns = [turn for turn, _ in mind.heard]
    assert len(set(turns)) == len(turns), "others had their turn between any two pieces"


@pytest.mark.parametrize("buffered", [True, False])
def test_what_is_committed_in_the_middle_of_it_was_heard_before(buffered: bool) -> None:
    mind = Mind()
    commit = InputCommitted(item_id="item", audio=speech(400), format=PCM, transcribe=False, buffered=buffered)
    asyncio.run(hear(mind, meanwhile=commit))
    before = mind.what[: mind.what.index("committed")]
    assert b"".join(pcm for _, pcm in mind.heard[: len(before)]) == speech(LATE_MS)


def test_what_is_cleared_in_the_middle_of_it_is_not_heard_any_more() -> None:
    mind = Mind()
    asyncio.run(hear(mind, meanwhile=InputCleared()))
    assert mind.what == ["heard", "heard", "forgotten"]
