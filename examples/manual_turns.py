"""Push to talk: the application decides when the user's turn begins and ends.

Plays the part of somebody who presses a key, speaks, and lets go. Talks to OpenAI when OPENAI_API_KEY is set, else to
the built-in server.
"""

from __future__ import annotations

import argparse
import asyncio
import os

import bareline as bl
from bareline.client.call_events import AgentSaid, AgentStopped
from bareline.speech.espeak import EspeakSynthesis


async def speech(text: str) -> bytes:
    """``text`` as PCM16 at 24 kHz."""
    voice = EspeakSynthesis()
    pcm = b"".join([chunk.pcm async for chunk in voice.speak(text, voice="caller-1")])
    await voice.close()
    return pcm


async def hold_call(base_url: str | None) -> list[AgentSaid]:
    """Two turns by key, the second into the assistant's answer; what the assistant said."""
    microphone = bl.QueueSource()
    said: list[AgentSaid] = []
    key = bl.turns.PushToTalk()
    async with bl.Call(
        instructions="Introduce yourself when asked.",
        turns=key,
        microphone=microphone,
        speaker=bl.NullSink(),
        base_url=base_url,
    ) as call:
        key.press()
        await talk(microphone, "Who are you?")
        key.release()
        await asyncio.sleep(2.5)
        key.press()
        await talk(microphone, "Stop.")
        key.release()
        await call.quiet()
        await call.hang_up()
        async for event in call.events():
            if isinstance(event, AgentSaid):
                said.append(event)
            elif isinstance(event, AgentStopped) and event.interrupted:
                print("the key silenced the assistant")
    return said


async def talk(microphone: bl.QueueSource, text: str) -> None:
    """Speak into the microphone, in real time."""
    pcm = await speech(text)
    await microphone.push(pcm)
    await asyncio.sleep(len(pcm) / 48_000 + 0.1)


def main() -> None:
    """Hold the call and judge it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="use the built-in server and judge the outcome")
    args = parser.parse_args()
    local = args.check or not os.environ.get("OPENAI_API_KEY")
    said = asyncio.run(hold_call("local" if local else None))
    for event in said:
        print(f"agent: {event.text} ({event.heard_ms} ms heard{', interrupted' if event.interrupted else ''})")
    if args.check and [event.interrupted for event in said] != [True, False]:
        raise SystemExit("expected one answer that was cut and one that was not")


if __name__ == "__main__":
    main()
