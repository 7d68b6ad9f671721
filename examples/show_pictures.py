"""Pictures beside voice: the user shows a drawing, asks about it aloud, and shows more than the call keeps.

Talks to OpenAI when OPENAI_API_KEY is set, else to the built-in server, which can only measure what it sees. Pass a
picture of your own, or --screen to show the first monitor.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

import bareline as bl
from bareline.client.call_events import AgentSaid, ImageShown
from bareline.client.images import Picture
from bareline.speech.espeak import EspeakSynthesis


def drawing(colour: str) -> Image.Image:
    """A coloured sheet with a house on it, larger than any model looks at."""
    image = Image.new("RGB", (2400, 1600), colour)
    pen = ImageDraw.Draw(image)
    pen.rectangle((800, 800, 1600, 1400), fill="white")
    pen.polygon(((700, 800), (1200, 400), (1700, 800)), fill="black")
    return image


async def speech(text: str) -> bytes:
    """``text`` as PCM16 at 24 kHz."""
    voice = EspeakSynthesis()
    pcm = b"".join([chunk.pcm async for chunk in voice.speak(text, voice="caller-1")])
    await voice.close()
    return pcm


async def hold_call(pictures: Sequence[Picture], base_url: str | None, transport: str) -> list[str]:
    """Ask in writing about the first picture, aloud about the last; the answers."""
    microphone, answers = bl.QueueSource(), asyncio.Queue[str]()
    async with bl.Call(
        instructions="Say in one sentence what you are shown.",
        turns=bl.events.ServerVad(silence_duration_ms=700),
        images=bl.KeepImages(most=2, keep=2),
        microphone=microphone,
        speaker=bl.NullSink(),
        base_url=base_url,
        transport=transport,
    ) as call:

        async def follow() -> None:
            async for event in call.events():
                if isinstance(event, ImageShown):
                    image, cost = event.image, event.image.cost
                    size = f"{image.width} x {image.height}, {image.size_bytes} bytes"
                    print(f"shown by {image.way}: {image.format}, {size}")
                    dollars = f", {cost.usd * 100:.2f} cents" if cost.usd else ""
                    print(f"  {cost.tokens} tokens{dollars} in each answer; {len(event.evicted)} older ones went")
                elif isinstance(event, AgentSaid):
                    print(f"agent: {event.text}")
                    answers.put_nowait(event.text)

        following = asyncio.create_task(follow())
        heard: list[str] = []
        async with asyncio.timeout(60):
            await call.show(pictures[0], "What do you see?", detail="high")
            heard.append(await answers.get())
            for picture in pictures[1:]:
                await call.show(picture, detail="high")
            await microphone.push(await speech("What do you see?"))
            heard.append(await answers.get())
        await call.quiet()
        await call.hang_up()
        await following
    return heard


def main() -> None:
    """Hold the call and judge it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture", nargs="?", type=Path, help="a picture to begin with")
    parser.add_argument("--screen", action="store_true", help="begin with what is on the first monitor")
    parser.add_argument("--transport", choices=["websocket", "webrtc"], default="websocket")
    parser.add_argument("--check", action="store_true", help="use the built-in server and judge the outcome")
    args = parser.parse_args()
    first: Picture = bl.screen(1) if args.screen else args.picture or drawing("blue")
    local = args.check or not os.environ.get("OPENAI_API_KEY")
    pictures = [first, drawing("green"), drawing("red")]
    heard = asyncio.run(hold_call(pictures, "local" if local else None, args.transport))
    if args.check and not ("1152 by 768 pixels, mainly blue" in heard[0] and "mainly red" in heard[1]):
        raise SystemExit(f"expected the colours of the drawings, and heard {heard}")


if __name__ == "__main__":
    main()
