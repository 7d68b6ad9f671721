"""Does each kit notice an implementation that breaks its contract?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bareline.devices import NullSink, ToneSource
from bareline.media.frames import AudioFrame
from bareline.media.synthesis import SpeechChunk
from bareline.protocol.client_endpoint import ClientEndpoint
from bareline.protocol.generation import Completed, TextDelta
from bareline.protocol.playout import PlayoutLedger
from bareline.testing.conformance import ContractBroken, backend, devices, endpoint, observer, playout, synthesis, turns
from bareline.testing.conformance import transport as transports
from bareline.testing.function_backend import FunctionBackend
from bareline.testing.tones import ToneSynthesis
from bareline.testing.virtual import Deadlock, run_virtual
from bareline.transports.memory import MemoryTransport, memory_pair
from bareline.turns.contract import Hypothesis, SpeechProbability, TurnDecision
from bareline.turns.energy import EnergyVad
from bareline.turns.silence import SilenceTurnDetector

SPEECH = bytes(48_000) + b"\x00\x10" * 24_000 + bytes(48_000)


class LosesMessages(MemoryTransport):
    async def receive(self) -> bytes:
        message = await super().receive()
        await asyncio.sleep(0.001)
        return message


class ForgetsItsClose(MemoryTransport):
    async def close(self, code: int = 1000, reason: str = "") -> None:
        self._outbound.ended = (code, "")
        self._outbound.wake()


class Optimist(NullSink):
    @property
    def heard_samples(self) -> int:
        return self.written_samples


class CountsWhatWasCleared(NullSink):
    def clear(self) -> int:
        return super().clear() // 2


class Skips(ToneSource):
    async def read(self) -> AudioFrame | None:
        frame = await super().read()
        return frame and AudioFrame(frame.pcm, frame.first_sample * 2, frame.at_ns)


class JudgesFrames(EnergyVad):
    def feed(self, frame: AudioFrame) -> list[SpeechProbability]:
        return [SpeechProbability(frame.first_sample, frame.end_sample, float(any(frame.pcm)))]


class StartsTwice(SilenceTurnDetector):
    def feed(self, frame: AudioFrame) -> list[Any]:
        return [decision for decision in super().feed(frame) for _ in range(2)]


class EndsWithWords(SilenceTurnDetector):
    def partial(self, hypothesis: Hypothesis, sample: int) -> list[TurnDecision]:
        return [TurnDecision("turn_ended", sample, sample, "words")] if hypothesis.complete else []


class TrimsText(ToneSynthesis):
    def speak(self, text: str, *, voice: str, speed: float = 1.0) -> AsyncIterator[SpeechChunk]:
        return super().speak(text.strip(), voice=voice, speed=speed)


class Talkative(FunctionBackend):
    def __init__(self) -> None:
        super().__init__(self._answer)

    async def _answer(self, request: object) -> AsyncIterator[Any]:
        yield Completed()
        yield TextDelta(text="and one more thing")


class Strict(ClientEndpoint):
    def receive(self, message: bytes, now_ns: int) -> None:
        message.decode()
        super().receive(message, now_ns)


class Repeats(ClientEndpoint):
    def events(self) -> Iterator[Any]:
        return iter(tuple(self._events))


class RoundsUp(PlayoutLedger):
    def heard(self, total_samples: int) -> None:
        super().heard(total_samples + 23)


class Complains:
    def observe(self, record: object) -> None:
        raise OSError("disk full")


def pair(kind: type[MemoryTransport]) -> Callable[[], Any]:
    @asynccontextmanager
    async def make() -> AsyncIterator[Any]:
        ours, theirs = memory_pair()
        yield kind(ours._outbound, ours._inbound, ours.info), theirs

    return make


ASYNC: dict[str, tuple[tuple[Any, ...], Callable[[], Any]]] = {
    "a transport that loses what a cancelled receive had taken": (transports.TRANSPORT, pair(LosesMessages)),
    "a transport that goes on after close": (transports.TRANSPORT, pair(ForgetsItsClose)),
    "a sink that counts what is written as heard": (devices.SINK, Optimist),
    "a sink that drops more than it says": (devices.SINK, CountsWhatWasCleared),
    "a source with gaps": (devices.SOURCE, lambda: Skips(duration_ms=1_000)),
    "a voice that loses blanks": (synthesis.SYNTHESIS, TrimsText),
    "a backend that goes on after its outcome": (backend.BACKEND, Talkative),
}
PLAIN: dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]] = {
    "voice activity that judges frames": (turns.VOICE_ACTIVITY, (JudgesFrames, SPEECH)),
    "a detector that starts twice": (turns.TURN_DETECTION, (lambda: StartsTwice(EnergyVad()), SPEECH)),
    "a detector that ends turns in silence": (turns.TURN_DETECTION, (lambda: EndsWithWords(EnergyVad()), SPEECH)),
    "an endpoint that wants UTF-8": (endpoint.ENDPOINT, (Strict,)),
    "an endpoint that repeats itself": (endpoint.ENDPOINT, (Repeats,)),
    "a ledger that rounds up": (playout.PLAYOUT, (RoundsUp,)),
    "an observer that raises": (observer.OBSERVER, (Complains,)),
}


@pytest.mark.parametrize(("kit", "make"), ASYNC.values(), ids=ASYNC.keys())
def test_broken_contracts_are_noticed(kit: tuple[Any, ...], make: Callable[[], Any]) -> None:
    def verdicts() -> Iterator[bool]:
        for check in kit:
            try:
                run_virtual(check(make), leftovers=True)
            except (ContractBroken, Deadlock):
                yield True

    assert any(verdicts())


@pytest.mark.parametrize(("kit", "arguments"), PLAIN.values(), ids=PLAIN.keys())
def test_broken_contracts_of_plain_parts_are_noticed(kit: tuple[Any, ...], arguments: tuple[Any, ...]) -> None:
    def verdicts() -> Iterator[bool]:
        for check in kit:
            try:
                check(*arguments)
            except ContractBroken:
                yield True

    assert any(verdicts())
