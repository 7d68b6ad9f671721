"""How does what a backend says become what the session's client may be sent, and how far ahead of its playback?"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

from msgspec.structs import replace

from bareline.clock import now_ns
from bareline.media.convert import PcmEncoder
from bareline.media.formats import wire_format
from bareline.protocol.events import AudioFormat
from bareline.protocol.generation import Completed, EndItem, Failed, Outcome, Output, ResponseRequest, SpeechDelta
from bareline.server.backend import BackendSession
from bareline.units import BYTES_PER_SAMPLE, NS_PER_S, ms_to_samples, samples_to_ns

__all__ = ["PIECE_MS", "Lead", "Voice", "speak"]

_log = logging.getLogger(__name__)

PIECE_MS = 200
"""The most audio in one delta."""


async def speak(
    mind: BackendSession, request: ResponseRequest, voice: Voice, room: Callable[[], Awaitable[None]]
) -> AsyncGenerator[Output | Outcome]:
    """The outputs of a backend for one response, in the wire format, paced, and with exactly one outcome, the last.

    Waits for ``room`` before each output. What the backend raises becomes ``Failed``.
    """
    outcome: Outcome = Completed()
    try:
        async with _closed_after(mind.respond(request)) as outputs:
            async for output in outputs:
                if isinstance(output, Outcome):
                    outcome = output
                    break
                for piece in voice.pieces(output):
                    await room()
                    yield piece
        for piece in voice.rest():
            yield piece
    except Exception as error:  # noqa: BLE001 - whatever a backend raises fails this response alone
        _log.warning("response failed: %r", error)
        outcome = Failed(code="server_error", message=f"The server had an error: {error}")
    yield outcome


class Voice:
    """Outputs of one response with their audio in the wire format, in pieces of at most ``PIECE_MS``."""

    def __init__(self, format: AudioFormat) -> None:  # noqa: A002 (wire)
        self._target = wire_format(format.type)
        self._encoders: dict[int, PcmEncoder] = {}
        self.spoken_samples = 0

    def pieces(self, output: Output) -> Iterator[Output]:
        """What to hand to the authority for one output of the backend."""
        if isinstance(output, SpeechDelta):
            yield from self._speech(output)
            return
        if isinstance(output, EndItem):
            yield from self._rest(output.item)
        yield output

    def rest(self) -> Iterator[Output]:
        """What the encoders still hold when the response is over."""
        for item in tuple(self._encoders):
            yield from self._rest(item)

    def _speech(self, output: SpeechDelta) -> Iterator[Output]:
        encoder = self._encoders.setdefault(output.item, PcmEncoder(self._target))
        piece_bytes = ms_to_samples(PIECE_MS) * BYTES_PER_SAMPLE
        for start in range(0, max(1, len(output.audio)), piece_bytes):
            pcm = output.audio[start : start + piece_bytes]
            self.spoken_samples += len(pcm) // BYTES_PER_SAMPLE
            transcript = output.transcript if start == 0 else ""
            yield replace(output, transcript=transcript, audio=encoder.feed(pcm))

    def _rest(self, item: int) -> Iterator[Output]:
        encoder = self._encoders.pop(item, None)
        audio = encoder.flush() if encoder else b""
        if audio:
            yield SpeechDelta(item=item, audio=audio)


class Lead:
    """Keeps generation at most ``ahead_s`` ahead of real-time playback that began with the first audio."""

    def __init__(self, ahead_s: float) -> None:
        self._ahead_ns = int(ahead_s * NS_PER_S)
        self._began_ns: int | None = None

    async def wait(self, spoken_samples: int) -> None:
        """Wait until audio up to ``spoken_samples`` may be sent."""
        if spoken_samples == 0:
            return
        if self._began_ns is None:
            self._began_ns = now_ns()
        early_ns = self._began_ns + samples_to_ns(spoken_samples) - self._ahead_ns - now_ns()
        if early_ns > 0:
            await asyncio.sleep(early_ns / NS_PER_S)


@asynccontextmanager
async def _closed_after(
    outputs: AsyncIterator[Output | Outcome],
) -> AsyncGenerator[AsyncIterator[Output | Outcome]]:
    """Close ``outputs`` if it is a generator; the contract asks for an iterator only."""
    try:
        yield outputs
    finally:
        if isinstance(outputs, AsyncGenerator):
            await outputs.aclose()
