"""What do the decisions alone take, without this machine's own slowness?

The calls of the bench in virtual time: the real server behind a link without delay, and a clock that waits for all
work to be done. The same on any machine.
"""

from __future__ import annotations

from bareline.lab.barge_in_bench.client import DEVICE_MS, WAYS, call_in
from bareline.lab.barge_in_bench.heard_sink import HeardSink
from bareline.lab.barge_in_bench.mouth import Mouth, sayings
from bareline.lab.barge_in_bench.server import LEVEL, hum
from bareline.lab.barge_in_bench.talk import Talk
from bareline.speech.silero import SileroVad
from bareline.testing.function_backend import FunctionBackend
from bareline.testing.in_process import InProcessServer
from bareline.testing.virtual import run_virtual

__all__ = ["hold_in_virtual_time"]


def hold_in_virtual_time(way: str, *, media: bool, interruptions: int, listening: int, seed: int) -> Talk:
    """One call of the bench. Raises ``MissingExtra`` without the extra ``speech``."""
    return run_virtual(_hold(way, media, interruptions, listening, seed))


async def _hold(way: str, media: bool, interruptions: int, listening: int, seed: int) -> Talk:
    mouth, sink = Mouth(seed), HeardSink(device_ms=DEVICE_MS)
    async with InProcessServer(FunctionBackend(hum), media=media, voice_activity=SileroVad) as server:
        talk = Talk(call_in(way, mouth, sink, dial=server.dial), mouth, sink, seed, level=LEVEL)
        said = sayings(interruptions, seed, listening=False)
        await talk.run(said, sayings(0 if way == WAYS[0] else listening, seed, listening=True))
    return talk
