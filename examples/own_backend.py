"""A server with a backend of your own: a parrot that says back what it heard, sample for sample.

``python examples/own_backend.py`` holds a call with it; ``bareline serve --backend python:own_backend:Parrot`` (in this
folder) serves it to any client of the Realtime API. No speech engine is needed.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator

import bareline as bl
from bareline import events as ev
from bareline.media.frames import AudioFrame
from bareline.protocol.generation import Outcome, Output, ResponseRequest, SpeechDelta, TextDelta
from bareline.server.backend import BackendSession, Utterance
from bareline.turns.energy import EnergyVad
from bareline.units import BYTES_PER_SAMPLE, ms_to_samples

CHUNK_BYTES = ms_to_samples(100) * BYTES_PER_SAMPLE


class Parrot:
    """A ``Backend``: one session for every connection."""

    async def open(self, *, seed: int) -> BackendSession:
        """A new session; nothing is drawn, so ``seed`` changes nothing."""
        del seed
        return ParrotSession()

    async def close(self) -> None:
        """Nothing to free."""


class ParrotSession:
    """A ``BackendSession``: keeps the last utterance and speaks it."""

    def __init__(self) -> None:
        self._heard = AudioFrame(b"")

    def configure(self, session: ev.Session) -> None:
        """Whatever the session is, the answer is the same."""

    def hear(self, frame: AudioFrame) -> None:
        """Utterances are taken whole, when they are committed."""

    def forget(self) -> None:
        """Nothing was kept of it."""

    def committed(self, utterance: Utterance) -> None:
        """Keep it for the answer."""
        self._heard = utterance.audio

    async def transcribe(self, item_id: str) -> AsyncIterator[str]:
        """A parrot knows no words."""
        del item_id
        yield f"({self._heard.samples} samples)"

    async def respond(self, request: ResponseRequest) -> AsyncIterator[Output | Outcome]:
        """Say it back; in writing, say how much it was."""
        if not request.audio:
            yield TextDelta(text=f"I heard {self._heard.samples} samples.")
            return
        pcm = self._heard.pcm
        for start in range(0, len(pcm), CHUNK_BYTES):
            words = "Squawk. " if start == 0 else ""
            yield SpeechDelta(transcript=words, audio=pcm[start : start + CHUNK_BYTES])

    async def close(self) -> None:
        """Nothing to free."""


async def hold_call(server: bl.RealtimeServer) -> tuple[bytes, bytes]:
    """Hum a second at the parrot; the hum, and what came back."""
    hum = bl.ToneSource(330, duration_ms=1_000)
    said, back = bytearray(), bytearray()

    def keep(frame: AudioFrame) -> AudioFrame:
        said.extend(frame.pcm)
        return frame

    def hear(frame: AudioFrame) -> AudioFrame:
        back.extend(frame.pcm)
        return frame

    async with bl.Call(
        turns="manual",
        microphone=hum,
        speaker=bl.NullSink(),
        input_filter=keep,
        output_filter=hear,
        base_url=server.url,
    ) as call:
        await asyncio.sleep(1.1)
        call.commit()
        await call.quiet()
    return bytes(said), bytes(back)


async def main() -> None:
    """Serve the parrot, talk to it and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when the answer is not what was said")
    args = parser.parse_args()
    async with bl.RealtimeServer(Parrot(), voice_activity=EnergyVad) as server:
        said, back = await hold_call(server)
    print(f"said {len(said) // 2} samples, heard {len(back) // 2} back; the same: {said.startswith(back)}")
    if args.check and not (len(back) >= 48_000 and said.startswith(back)):
        raise SystemExit("that was not a parrot")


if __name__ == "__main__":
    asyncio.run(main())
