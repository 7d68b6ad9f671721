"""Which server does ``bench barge-in`` call?

``python -m bareline.lab.barge_in_bench.server``: the built-in one, whose model answers everything with a steady tone of
a minute, so that the loudspeaker's level tells to the sample when it was turned down. Prints its port.
"""

from __future__ import annotations

import asyncio
import math
import sys
from array import array
from collections.abc import AsyncIterator

from bareline.protocol.generation import Outcome, Output, ResponseRequest, SpeechDelta
from bareline.server.serve import RealtimeServer
from bareline.testing.function_backend import FunctionBackend
from bareline.units import SAMPLE_RATE_HZ

__all__ = ["LEVEL", "hum", "main"]

LEVEL = 8_000
"""The tone's peak."""
_TONE_HZ = 200
_LENGTH_S = 60
_WORDS = "the list goes on with "


def main() -> None:
    """Serve until killed."""
    asyncio.run(_serve())


async def hum(request: ResponseRequest) -> AsyncIterator[Output | Outcome]:
    """What the model answers."""
    del request
    second = (round(LEVEL * math.sin(2 * math.pi * _TONE_HZ * n / SAMPLE_RATE_HZ)) for n in range(SAMPLE_RATE_HZ))
    pcm = array("h", second).tobytes()
    for _ in range(_LENGTH_S):
        yield SpeechDelta(item=0, transcript=_WORDS, audio=pcm)


async def _serve() -> None:
    async with RealtimeServer(FunctionBackend(hum)) as server:
        sys.stdout.write(server.url.rsplit(":", 1)[1].split("/", 1)[0] + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    main()
