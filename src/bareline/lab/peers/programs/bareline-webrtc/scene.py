"""A call with Bareline over WebRTC."""

import asyncio

import bareline as bl
import probe

tools = bl.Toolbox()


@tools.tool(effect="read")
def get_time(city: str) -> str:
    """The time of day in a city."""
    probe.tool_entered()
    return f"It is noon in {city}."


class Loudspeaker:
    """The sound card as Bareline wants it: what was written, and how much of it sounded."""

    def __init__(self, speaker: probe.Speaker) -> None:
        self._speaker = speaker

    async def write(self, frame: bl.AudioFrame) -> None:
        self._speaker.play(frame.pcm)

    def clear(self) -> int:
        return self._speaker.clear() // 2

    @property
    def written_samples(self) -> int:
        return self._speaker.written // 2

    @property
    def heard_samples(self) -> int:
        return (self._speaker.written - self._speaker.dropped - self._speaker.waiting) // 2

    async def drain(self) -> None:
        await asyncio.sleep(self._speaker.waiting / 48_000)

    async def close(self) -> None:
        self._speaker.clear()


async def main(url: str, microphone: probe.Microphone, speaker: probe.Speaker) -> None:
    async with bl.Call(
        base_url=url,
        api_key="sk-local",
        transport="webrtc",
        instructions="Tell stories.",
        tools=tools,
        microphone=bl.IterSource(microphone, realtime=False),
        speaker=Loudspeaker(speaker),
    ) as call:
        await call.run()


if __name__ == "__main__":
    probe.run(main)
