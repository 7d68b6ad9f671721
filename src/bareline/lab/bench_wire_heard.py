"""Does ``heard`` of a call agree with what its sink really played?

In virtual time, over an in-memory connection. The samples themselves say to which item they belong, and the sink plays
them one by one; it knows nothing of the ledger, and the ledger nothing of it but its count.
"""

from __future__ import annotations

import array
import asyncio
import itertools
from typing import Any

from bareline.client.call import Call
from bareline.client.line import Line
from bareline.clock import now_ns
from bareline.lab.bench_wire_report import HeardCheck
from bareline.media.frames import AudioFrame
from bareline.protocol import events as ev
from bareline.protocol.codec import encode
from bareline.testing.virtual import run_virtual
from bareline.transports.memory import MemoryTransport, memory_pair
from bareline.units import SAMPLES_PER_MS, ns_to_samples, samples_to_ns

__all__ = ["HEARD_GOAL_MS", "check_heard"]

HEARD_GOAL_MS = 1.0

_ITEM_MS = 1_500
_DELTA_MS = 50
_LOOK_S = 0.007
_ENOUGH_S = 12.0


def check_heard(*, items: int, stall_ms: int) -> HeardCheck:
    """Play a response of ``items`` audio items; with a stall, its audio stops coming for so long in the middle."""
    return run_virtual(_check(items, stall_ms))


class LabelledSink:
    """Plays one sample after the other in real time; keeps the truth by the samples' own values."""

    def __init__(self) -> None:
        self.played: dict[int, int] = {}
        self._waiting: list[int] = []
        self._free_at_ns = 0
        self._written = 0
        self._heard = 0

    async def write(self, frame: AudioFrame) -> None:
        self._play()
        if not self._waiting:
            self._free_at_ns = now_ns()
        self._waiting.extend(array.array("h", frame.pcm))
        self._written += frame.samples

    def clear(self) -> int:
        self._play()
        dropped = len(self._waiting)
        self._waiting.clear()
        return dropped

    @property
    def written_samples(self) -> int:
        return self._written

    @property
    def heard_samples(self) -> int:
        self._play()
        return self._heard

    async def drain(self) -> None:
        while self._waiting:
            await asyncio.sleep(samples_to_ns(len(self._waiting)) / 1e9)
            self._play()

    async def close(self) -> None:
        self._waiting.clear()

    def _play(self) -> None:
        count = min(len(self._waiting), ns_to_samples(now_ns() - self._free_at_ns))
        for label in self._waiting[:count]:
            self.played[label] = self.played.get(label, 0) + 1
        del self._waiting[:count]
        self._heard += count
        self._free_at_ns += samples_to_ns(count)


async def _check(items: int, stall_ms: int) -> HeardCheck:
    near, far = memory_pair()
    sink = LabelledSink()

    async def dial() -> Line:
        return Line(near)

    comparisons, worst_samples = 0, 0
    serving = asyncio.create_task(_serve(far, items, stall_ms))
    async with Call(speaker=sink, dial=dial, reconnect=None) as call:
        until_ns = now_ns() + int(_ENOUGH_S * 1e9)
        while now_ns() < until_ns and sink.heard_samples < items * _ITEM_MS * SAMPLES_PER_MS:
            await asyncio.sleep(_LOOK_S)
            sink.heard_samples  # noqa: B018  (play up to this moment)
            for label in range(1, items + 1):
                position = call.ledger.position(_item_id(label), 0)
                claimed = position.heard if position is not None else 0
                worst_samples = max(worst_samples, abs(claimed - sink.played.get(label, 0)))
                comparisons += 1
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    return HeardCheck(items, stall_ms, comparisons, worst_samples / SAMPLES_PER_MS)


async def _serve(far: MemoryTransport, items: int, stall_ms: int) -> None:
    session = ev.RealtimeSession(object="realtime.session", id="sess_1", model="bench")
    await far.send(encode(ev.SessionCreated(session=session)))
    await far.receive()
    await far.send(encode(ev.SessionUpdated(session=session)))
    response = ev.Response(id="resp_1", status="in_progress", output=[], conversation_id="conv_1")
    await far.send(encode(ev.ResponseCreated(response=response)))
    for label in range(1, items + 1):
        await _speak(far, label, stall_ms)
    await asyncio.Event().wait()


async def _speak(far: MemoryTransport, label: int, stall_ms: int) -> None:
    """One item, somewhat faster than real time, with the stall in its middle."""
    item_id, index = _item_id(label), label - 1
    item = ev.Message(id=item_id, role="assistant", content=[], status="in_progress")
    place: dict[str, Any] = {"response_id": "resp_1", "item_id": item_id, "output_index": index, "content_index": 0}
    await far.send(encode(ev.ResponseOutputItemAdded(response_id="resp_1", output_index=index, item=item)))
    await far.send(encode(ev.ConversationItemAdded(item=item)))
    await far.send(encode(ev.ResponseContentPartAdded(part=ev.AudioPart(transcript=""), **place)))
    audio = array.array("h", itertools.repeat(label, _DELTA_MS * SAMPLES_PER_MS)).tobytes()
    for number in range(_ITEM_MS // _DELTA_MS):
        if number == _ITEM_MS // _DELTA_MS // 2:
            await asyncio.sleep(stall_ms / 1000)
        await far.send(encode(ev.ResponseOutputAudioDelta(delta=audio, **place)))
        await asyncio.sleep(_DELTA_MS / 1000 * 0.9)
    await far.send(encode(ev.ResponseOutputAudioDone(**place)))


def _item_id(label: int) -> str:
    return f"item_{label}"
