"""Does the client's ledger, and does the server's truncation, agree with what was really played over WebRTC?

A real server and a real call on this machine; the answer is a long tone, and the loudspeaker keeps count of the
milliseconds of tone that it really played.
"""

from __future__ import annotations

import asyncio
import math
from array import array
from collections.abc import AsyncIterator

from bareline.client.call import Call
from bareline.client.call_events import AgentStarted
from bareline.clock import now_ns
from bareline.lab.media_bench.report import HeardTruth
from bareline.media.frames import AudioFrame
from bareline.protocol import events as ev
from bareline.protocol.generation import Outcome, Output, ResponseRequest, SpeechDelta
from bareline.server.serve import RealtimeServer
from bareline.testing.function_backend import FunctionBackend
from bareline.testing.udp_link import UdpLink
from bareline.transports.webrtc.settings import WebRtcSettings
from bareline.units import SAMPLE_RATE_HZ, SAMPLES_PER_MS, ns_to_samples, samples_to_ns

__all__ = ["check_heard_truth"]

_TONE_S = 8
_TALK_S = 3.0
_STALL_AT_S = 1.5
_LIMIT_S = 15.0


def check_heard_truth(stall_ms: int) -> HeardTruth:
    """Interrupt a tone after three seconds; with a stall, nothing arrives for so long before that."""
    return asyncio.run(_check(stall_ms))


class TruthfulSpeaker:
    """Plays in real time and counts the milliseconds of tone that were really played."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._free_at_ns = 0
        self._written = 0
        self._heard = 0
        self._tone = array("h")

    async def write(self, frame: AudioFrame) -> None:
        self._play()
        if not self._waiting:
            self._free_at_ns = now_ns()
        self._waiting += frame.pcm
        self._written += frame.samples

    def clear(self) -> int:
        self._play()
        dropped = len(self._waiting) // 2
        self._waiting.clear()
        return dropped

    @property
    def written_samples(self) -> int:
        return self._written

    @property
    def heard_samples(self) -> int:
        self._play()
        return self._heard

    @property
    def tone_ms(self) -> int:
        """Milliseconds of tone played so far."""
        self._play()
        starts = range(0, len(self._tone) - SAMPLES_PER_MS + 1, SAMPLES_PER_MS)
        return sum(max(map(abs, self._tone[start : start + SAMPLES_PER_MS])) > 1_000 for start in starts)

    async def drain(self) -> None:
        while self._waiting:
            await asyncio.sleep(samples_to_ns(len(self._waiting) // 2) / 1e9)
            self._play()

    async def close(self) -> None:
        self._waiting.clear()

    def _play(self) -> None:
        count = min(len(self._waiting) // 2, ns_to_samples(now_ns() - self._free_at_ns))
        self._tone.frombytes(bytes(self._waiting[: 2 * count]))
        del self._waiting[: 2 * count]
        self._heard += count
        self._free_at_ns += samples_to_ns(count)


async def _check(stall_ms: int) -> HeardTruth:
    speaker = TruthfulSpeaker()
    async with UdpLink() as link, RealtimeServer(FunctionBackend(_hum)) as server:
        settings = WebRtcSettings(addresses=["127.0.0.1"], sdp_hook=link.sdp_hook)
        call = Call(transport="webrtc", base_url=server.url, api_key="bench", webrtc=settings, speaker=speaker)
        arriving = call.wire_events()
        async with asyncio.timeout(_LIMIT_S), call:
            call.send_text("Hum.")
            item_id = await _speaking(call)
            await asyncio.sleep(_STALL_AT_S)
            if stall_ms:
                link.stall(stall_ms)
            await asyncio.sleep(_TALK_S - _STALL_AT_S)
            call.interrupt()
            claimed_ms, played_ms = call.ledger.heard_ms(item_id), speaker.tone_ms
            async for received in arriving:
                if isinstance(received.event, ev.ConversationItemTruncated):
                    told_ms = received.event.audio_end_ms
                    return HeardTruth(stall_ms, claimed_ms - played_ms, told_ms - speaker.tone_ms)
    raise AssertionError("a call that ended without a truncation")


async def _speaking(call: Call) -> str:
    async for event in call.events():
        if isinstance(event, AgentStarted):
            return event.item_id
    raise AssertionError("a call that ended without speech")


async def _hum(request: ResponseRequest) -> AsyncIterator[Output | Outcome]:
    """A tone, as fast as it is taken."""
    del request
    second = (round(8_000 * math.sin(2 * math.pi * 440 * n / SAMPLE_RATE_HZ)) for n in range(SAMPLE_RATE_HZ))
    pcm = array("h", second).tobytes()
    for number in range(_TONE_S):
        yield SpeechDelta(item=0, transcript="Hmm." if number == 0 else "", audio=pcm)
