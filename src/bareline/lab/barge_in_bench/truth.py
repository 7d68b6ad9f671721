"""Is what is told after an interruption what was really heard?

In virtual time, with the real server behind a link: every item's audio has a value of its own, and the loudspeaker
keeps all it plays, so that the truth is counted and nothing is believed.
"""

from __future__ import annotations

import asyncio
import random
from array import array
from collections.abc import AsyncIterator

import msgspec

from bareline.client.call import Call
from bareline.client.call_events import AgentStarted, Interrupted
from bareline.devices.sources import QueueSource
from bareline.ids import SeededIds
from bareline.lab.barge_in_bench.heard_sink import HeardSink
from bareline.protocol import events as ev
from bareline.protocol.entries import Entry
from bareline.protocol.generation import EndItem, Outcome, Output, ResponseRequest, SpeechDelta
from bareline.testing.function_backend import FunctionBackend
from bareline.testing.in_process import InProcessServer
from bareline.testing.virtual import run_virtual
from bareline.transports.faults import Stall
from bareline.units import SAMPLES_PER_MS, ms_to_ns, ms_to_samples, seconds_to_ns

__all__ = ["TruthCheck", "check_truth"]

_ITEM_MS = {1: (3_000,), 2: (1_200, 1_800)}
_CHUNK_MS = 100
_CHUNK_EVERY_S = 0.09
"""Little faster than it is played: a stall is heard."""
_LEVEL = 1_000
_LOUD = array("h", [12_000, -12_000] * (ms_to_samples(20) // 2)).tobytes()
_SETTLE_S = 1.5
_INTERRUPT_S = (0.05, 3.2)
"""After the first sample was heard; the answer takes 3 s, and somewhat more with a stall."""
_STALL_AT_S = (0.3, 1.5)


class TruthCheck(msgspec.Struct, frozen=True):
    """Interruptions at seeded moments of one kind of answer; errors in ms, the worst of all.

    ``ledger_error_ms``: this side's count of the response. ``told_error_ms``: what the server takes for heard, item by
    item; negative too little. ``wrong_items``: items that should have been cut or deleted and were not, or the other
    way round. ``differing``: conversations that the two ends did not agree on.
    """

    transport: str
    items: int
    stall_ms: int
    interruptions: int
    ledger_error_ms: float
    told_least_ms: float
    told_most_ms: float
    wrong_items: int
    differing: int


def check_truth(*, media: bool, items: int, stall_ms: int, interruptions: int, seed: int = 1) -> TruthCheck:
    """Interrupt an answer of ``items`` items so often, half by voice, half by the application."""
    chance = random.Random(f"{seed}:{media}:{items}:{stall_ms}")
    cases = [_Case(chance, media, items, stall_ms) for _ in range(interruptions)]
    found = [run_virtual(case.run()) for case in cases]
    return TruthCheck(
        transport="webrtc" if media else "websocket",
        items=items,
        stall_ms=stall_ms,
        interruptions=len([each for each in found if each.cut]),
        ledger_error_ms=max(abs(each.ledger_error_ms) for each in found),
        told_least_ms=min((error for each in found for error in each.told_errors_ms), default=0.0),
        told_most_ms=max((error for each in found for error in each.told_errors_ms), default=0.0),
        wrong_items=sum(each.wrong_items for each in found),
        differing=sum(each.differs for each in found),
    )


class _Found(msgspec.Struct):
    cut: bool
    ledger_error_ms: float
    told_errors_ms: list[float]
    wrong_items: int
    differs: bool


class _Case:
    """One call, one interruption."""

    def __init__(self, chance: random.Random, media: bool, items: int, stall_ms: int) -> None:
        self._media, self._lengths_ms = media, _ITEM_MS[items]
        self._interrupt_s, self._by_voice = chance.uniform(*_INTERRUPT_S), chance.random() < 0.5
        stall_at_ns = seconds_to_ns(chance.uniform(*_STALL_AT_S))
        stalls = [Stall(at_ns=stall_at_ns, for_ns=ms_to_ns(stall_ms), direction="down")]
        self._faults = stalls if stall_ms else []
        self._speaking = asyncio.Event()
        self._cut = False

    async def run(self) -> _Found:
        sink, microphone = HeardSink(), QueueSource()
        server = InProcessServer(FunctionBackend(self._respond), faults=self._faults, media=self._media)
        async with server:
            turns = ev.ServerVad(create_response=False)
            call = Call(
                dial=server.dial, speaker=sink, microphone=microphone, turns=turns, ids=SeededIds(1), reconnect=None
            )
            async with call:
                following = asyncio.create_task(self._follow(call))
                call.send_text("Go.")
                await self._speaking.wait()
                await asyncio.sleep(self._interrupt_s)
                await self._interrupt(call, microphone)
                await asyncio.sleep(_SETTLE_S)
                found = self._judge(call, server, sink)
            await following
            return found

    async def _follow(self, call: Call) -> None:
        async for event in call.events():
            if isinstance(event, AgentStarted):
                self._speaking.set()
            elif isinstance(event, Interrupted):
                self._cut = True

    async def _interrupt(self, call: Call, microphone: QueueSource) -> None:
        if not self._by_voice:
            call.interrupt()
            return
        for _ in range(25):
            await microphone.push(_LOUD)
            await asyncio.sleep(0.02)

    def _judge(self, call: Call, server: InProcessServer, sink: HeardSink) -> _Found:
        labels = sink.labels()
        truth = [labels[_LEVEL * (1 + number)] for number in range(len(self._lengths_ms))]
        conversation = server.sessions[0].conversation
        known = [*call.ledger.positions()]
        errors, wrong = list[float](), 0
        for number, (item_id, _) in enumerate(known):
            entry = conversation.item(item_id)
            heard_ms, length_ms = truth[number] / SAMPLES_PER_MS, self._lengths_ms[number]
            told_ms = 0 if entry is None else length_ms if entry.truncated_ms is None else entry.truncated_ms
            errors.append(told_ms - heard_ms)
            wrong += self._is_wrong(entry, heard_ms, length_ms)
        ledger = sum(position.heard for position in call.ledger.positions().values())
        there = {entry.id: entry.truncated_ms for entry in conversation.items}
        here = {entry.id: entry.truncated_ms for entry in call.conversation.items}
        return _Found(self._cut, (ledger - sum(truth)) / SAMPLES_PER_MS, errors, int(wrong), there != here)

    def _is_wrong(self, entry: Entry | None, heard_ms: float, length_ms: int) -> bool:
        """Cut where all was heard, whole where it was not, gone although it was heard. Media is paced by the server."""
        if self._media:
            return False
        whole = entry is not None and entry.truncated_ms is None
        return whole != (heard_ms >= length_ms) or (entry is None and heard_ms >= 1)

    async def _respond(self, request: ResponseRequest) -> AsyncIterator[Output | Outcome]:
        del request
        for number, length_ms in enumerate(self._lengths_ms):
            pcm = array("h", [_LEVEL * (1 + number)] * ms_to_samples(_CHUNK_MS)).tobytes()
            for _ in range(length_ms // _CHUNK_MS):
                await asyncio.sleep(_CHUNK_EVERY_S)
                yield SpeechDelta(item=number, transcript="word ", audio=pcm)
            yield EndItem(item=number)
