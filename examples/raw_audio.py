"""Audio at level 0: every frame of the microphone and of the answer passes through your hands.

Sends a synthesised question frame by frame at the pace of a microphone, with a gain of its own on each frame, and takes
the answer as frames with the item they belong to. Talks to OpenAI when OPENAI_API_KEY is set, else to the built-in
server.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from array import array
from collections.abc import AsyncIterator

import bareline as bl
from bareline import events as ev
from bareline.media.levels import rms_dbfs
from bareline.speech.espeak import EspeakSynthesis

GAIN = 0.5


async def question(text: str) -> AsyncIterator[bytes]:
    """Speech as PCM16 at 24 kHz, in pieces of any length."""
    voice = EspeakSynthesis()
    async for chunk in voice.speak(text, voice="caller-2"):
        yield chunk.pcm
    await voice.close()


def quieter(frame: bl.AudioFrame) -> bl.AudioFrame:
    """Your own processing goes here; this halves every sample."""
    samples = array("h", frame.pcm)
    return bl.AudioFrame(array("h", (int(s * GAIN) for s in samples)).tobytes(), frame.first_sample, frame.at_ns)


async def send(line: bl.Line) -> None:
    """The user's side: frames of 20 ms, in real time, then silence so that the server hears the end of the turn."""
    microphone = bl.IterSource(question("Who are you?"), trailing_silence_ms=1_500)
    while (frame := await microphone.read()) is not None:
        await line.send_audio(quieter(frame))
    await microphone.close()


async def listen(line: bl.Line) -> bytearray:
    """The assistant's side: frames as they come, faster than they are to be played."""
    heard = bytearray()
    async for frame, response_id, item_id, _ in line.audio():
        if not heard:
            print(f"first frame: {frame.samples} samples of {item_id} in {response_id}")
        heard += frame.pcm
    return heard


async def follow(line: bl.Line) -> str:
    """The events beside the audio, up to the end of the answer."""
    words = ""
    async for event in line:
        match event:
            case (
                ev.InputAudioBufferSpeechStarted(audio_start_ms=ms) | ev.InputAudioBufferSpeechStopped(audio_end_ms=ms)
            ):
                print(f"{event.type} at {ms} ms of the microphone")
            case ev.ResponseOutputAudioTranscriptDelta(delta=text):
                words += text
            case ev.ResponseDone():
                break
            case _:
                pass
    return words


async def hold_call(base_url: str | None) -> tuple[str, bytes]:
    """One spoken question; its answer in words and samples."""
    session = ev.RealtimeSessionConfig(
        audio=ev.AudioConfig(input=ev.AudioInputConfig(turn_detection=bl.turns.ServerVad.balanced()))
    )
    async with bl.connect(base_url=base_url, session=session) as line, asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(send(line))
        listening = tasks.create_task(listen(line))
        words = await follow(line)
        sending.cancel()  # first: a closed line takes no more frames
        await line.close()
        return words, bytes(await listening)


def main() -> None:
    """Hold the call and say what was heard."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="use the built-in server and judge the outcome")
    args = parser.parse_args()
    local = args.check or not os.environ.get("OPENAI_API_KEY")
    words, pcm = asyncio.run(hold_call("local" if local else None))
    print(f"{words!r}: {len(pcm) / 48_000:.2f} s at {rms_dbfs(pcm):.0f} dBFS")
    if args.check and not (words and len(pcm) > 48_000 and rms_dbfs(pcm) > -50):
        raise SystemExit("there was no spoken answer")


if __name__ == "__main__":
    main()
