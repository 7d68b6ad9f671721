"""Is the latency of a whole call found in its parts? In virtual time, where only links and the model take time."""

from __future__ import annotations

import asyncio

import pytest

from bareline.client.call_events import AgentSaid
from bareline.observe.latency import round_trip, split
from bareline.observe.latency_trace import read_moments
from bareline.observe.record import TraceRecord
from bareline.testing.virtual import run_virtual
from bareline.transports.faults import Delay
from bareline.turns import ServerVad
from bareline.units import NS_PER_MS, ms_to_ns

MODEL_MS, WAY_MS, SILENCE_MS = 180, 30, 400
HEADER = TraceRecord(at_ns=0, kind="header", name="trace", data={"format": "bareline-trace"})


@pytest.mark.parametrize("media", [False, True])
def test_parts_of_a_call_over_a_slow_link(kit, media: bool) -> None:
    async def respond(request):
        await asyncio.sleep(MODEL_MS / 1000)
        for delta in kit.speech("All is well.", 600):
            yield delta

    async def main() -> list[TraceRecord]:
        slow = (Delay(by_ns=ms_to_ns(WAY_MS)),)
        way = {"faults": slow, "audio_faults": slow} if media else {"faults": slow}
        turns = ServerVad.balanced(silence_duration_ms=SILENCE_MS)
        async with kit.phone(respond, media=media, turns=turns, **way) as phone:
            await asyncio.sleep(0.1)
            await phone.talk(600)
            ended.append(asyncio.get_running_loop().time() * 1e9)
            await phone.until(AgentSaid)
            return phone.records.records

    ended: list[float] = []
    traced = read_moments([HEADER, *run_virtual(main())])
    (moments,) = traced.answered
    assert round_trip(traced).ms == pytest.approx(2 * WAY_MS, abs=1)
    turn = split(traced, moments, round(ended[0]))
    assert turn.detection == "server_vad"
    assert turn.silence_ms == SILENCE_MS
    assert turn.parts["model"] == pytest.approx(MODEL_MS, abs=5)
    assert turn.parts["vad_wait"] == pytest.approx(SILENCE_MS, abs=60)
    assert turn.parts["network_up"] == pytest.approx(WAY_MS, abs=1)
    assert sum(turn.parts.values()) == pytest.approx((moments.heard_ns - ended[0]) / NS_PER_MS, abs=0.1)
    assert turn.told_ns == pytest.approx(ended[0], abs=60 * NS_PER_MS)
