"""A spoken turn at level 1: a recording is the microphone, the answer is a WAV file.

``python examples/hello_voice.py --out answer.wav`` asks for the time in a synthesised voice; ``--wav FILE`` asks with a
recording of yours. Talks to OpenAI when OPENAI_API_KEY is set, else to the built-in server.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import os
import tempfile
from pathlib import Path

import bareline as bl
from bareline.devices.wav_file import AudioFile, WavWriter
from bareline.media.levels import rms_dbfs
from bareline.speech.espeak import EspeakSynthesis

tools = bl.Toolbox()


@tools.tool
def get_time() -> dict[str, str]:
    """Tell the time of day. Use when they ask "what is the time"."""
    return {"time": dt.datetime.now().astimezone().strftime("%H:%M")}


async def hold_call(question: Path, answer: Path, base_url: str | None) -> str:
    """Play ``question`` to the agent, record what is heard into ``answer``; returns the transcript."""
    microphone = bl.FileSource(question, trailing_silence_ms=1_500)
    speaker = bl.WavSink(answer)
    async with bl.Call(
        instructions="Answer in one short sentence.",
        voice="marin",
        tools=tools,
        turns=bl.turns.ServerVad.balanced(),
        transcription="gpt-4o-mini-transcribe",
        microphone=microphone,
        speaker=speaker,
        base_url=base_url,
    ) as call:
        await call.quiet(after_microphone=True)
    await speaker.close()
    return str(call.transcript)


async def speak(text: str, path: str | Path) -> None:
    """Write ``text`` as speech."""
    voice = EspeakSynthesis()
    recording = WavWriter(path)
    async for chunk in voice.speak(text, voice="caller-1"):
        recording.write(chunk.pcm)
    recording.close()
    await voice.close()


async def main() -> None:
    """Ask by voice, and say where the answer is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wav", type=Path, help="what you ask, as a recording")
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()) / "answer.wav")
    parser.add_argument("--check", action="store_true", help="use the built-in server and judge the outcome")
    args = parser.parse_args()
    question = args.wav
    if question is None:
        question = args.out.with_name("question.wav")
        await speak("What is the time?", question)
    local = args.check or not os.environ.get("OPENAI_API_KEY")
    transcript = await hold_call(question, args.out, "local" if local else None)
    sound = AudioFile(args.out).pcm()
    print(transcript)
    print(f"{args.out}: {len(sound) / 48_000:.1f} s of answer at {rms_dbfs(sound):.0f} dBFS")
    if args.check and (":" not in transcript.partition("assistant:")[2] or rms_dbfs(sound) < -50):
        raise SystemExit("the time was not told aloud")


if __name__ == "__main__":
    asyncio.run(main())
