"""Your own processing in both audio streams of a call, the same over WebRTC and WebSocket.

A noise gate stands between the microphone and the model, a limiter between the model and the loudspeaker, and a third
party listens to what the model says without touching it. ``--transport`` changes what carries the audio, and nothing
else changes. Talks to OpenAI when OPENAI_API_KEY is set, else to the built-in server.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
from array import array
from collections.abc import AsyncIterator

import bareline as bl
from bareline.media.levels import rms_dbfs
from bareline.speech.espeak import EspeakSynthesis

GATE_DBFS = -45.0
GATE_HOLD_FRAMES = 15
CEILING = 8_000
NOISE = 40


async def question(text: str) -> AsyncIterator[bytes]:
    """Speech in a noisy room, as PCM16 at 24 kHz."""
    voice, chance = EspeakSynthesis(), random.Random(1)
    async for chunk in voice.speak(text, voice="caller-2"):
        noisy = (max(-32_768, min(32_767, s + chance.randint(-NOISE, NOISE))) for s in array("h", chunk.pcm))
        yield array("h", noisy).tobytes()
    await voice.close()


class Gate:
    """Lets speech pass, and silence instead of noise; stays open for 300 ms, so that no word loses its end."""

    def __init__(self) -> None:
        self.passed = 0
        self.shut = 0
        self._open_for = 0

    def __call__(self, frame: bl.AudioFrame) -> bl.AudioFrame:
        """One frame of the microphone, 20 ms."""
        self._open_for = GATE_HOLD_FRAMES if rms_dbfs(frame.pcm) > GATE_DBFS else self._open_for - 1
        if self._open_for > 0:
            self.passed += 1
            return frame
        self.shut += 1
        return bl.AudioFrame(bytes(len(frame.pcm)), frame.first_sample, frame.at_ns)


def limited(frame: bl.AudioFrame) -> bl.AudioFrame:
    """The answer, never louder than the ceiling; as many samples as before, since they are counted."""
    samples = array("h", (max(-CEILING, min(CEILING, sample)) for sample in array("h", frame.pcm)))
    return bl.AudioFrame(samples.tobytes(), frame.first_sample, frame.at_ns)


async def listen(line: bl.Line, copy: bytearray) -> None:
    """A copy of what the model says, for whatever else you do with it: here it is kept."""
    async for audio in line.audio():
        copy += audio.frame.pcm


async def hold_call(transport: str, base_url: str | None) -> tuple[Gate, bytes, bytes]:
    """One spoken question and its answer: the gate, what was played, and the copy of what came."""
    gate, copy, played = Gate(), bytearray(), bytearray()
    microphone = bl.IterSource(question("Who are you?"), trailing_silence_ms=1_500)

    def play(frame: bl.AudioFrame) -> None:
        played.extend(frame.pcm)

    async with bl.Call(
        turns=bl.turns.ServerVad.balanced(),
        transcription="gpt-4o-mini-transcribe",
        microphone=microphone,
        speaker=bl.CallbackSink(play),
        input_filter=gate,
        output_filter=limited,
        transport=transport,
        base_url=base_url,
    ) as call:
        listening = asyncio.create_task(listen(call.line, copy))
        await call.quiet(after_microphone=True)
        for entry in call.transcript:
            print(f"{entry.role}: {entry.text}")
    await listening
    await microphone.close()
    return gate, bytes(played), bytes(copy)


def peak(pcm: bytes) -> int:
    """The loudest sample."""
    return max((abs(sample) for sample in array("h", pcm)), default=0)


def main() -> None:
    """Hold the call and say what the processing did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transport", choices=("webrtc", "websocket"), default="webrtc")
    parser.add_argument("--check", action="store_true", help="use the built-in server and judge the outcome, twice")
    args = parser.parse_args()
    local = args.check or not os.environ.get("OPENAI_API_KEY")
    for transport in ("webrtc", "websocket") if args.check else (args.transport,):
        gate, played, copy = asyncio.run(hold_call(transport, "local" if local else None))
        print(f"{transport}: the gate passed {gate.passed} frames and shut out {gate.shut}")
        print(f"{transport}: {len(played) / 48_000:.2f} s played, peak {peak(played)} of {peak(copy)}")
        if args.check and not (gate.passed and gate.shut and len(played) > 24_000 and peak(copy) > peak(played)):
            raise SystemExit(f"{transport}: the audio did not pass through the filters")
        if args.check and peak(played) != CEILING:
            raise SystemExit(f"{transport}: the answer is not limited")


if __name__ == "__main__":
    main()
