"""A call with LiveKit Agents, without a room: a microphone and a loudspeaker as its own console has them."""

import asyncio
import time

import probe
from livekit import rtc
from livekit.agents import Agent, AgentSession, function_tool
from livekit.agents.voice import io
from livekit.plugins import openai


class Storyteller(Agent):
    def __init__(self) -> None:
        super().__init__(instructions="Tell stories.")

    @function_tool
    async def get_time(self, city: str) -> str:
        """The time of day in a city."""
        probe.tool_entered()
        return f"It is noon in {city}."


class Ears(io.AudioInput):
    def __init__(self, microphone: probe.Microphone) -> None:
        super().__init__(label="microphone")
        self._microphone = microphone

    async def __anext__(self) -> rtc.AudioFrame:
        pcm = await anext(self._microphone)
        return rtc.AudioFrame(pcm, sample_rate=24_000, num_channels=1, samples_per_channel=len(pcm) // 2)


class Loudspeaker(io.AudioOutput):
    """Tells when a stretch of speech was played, and how much of it."""

    def __init__(self, speaker: probe.Speaker) -> None:
        super().__init__(label="speaker", capabilities=io.AudioOutputCapabilities(pause=False), sample_rate=24_000)
        self._speaker = speaker
        self._begun = None
        self._playing = None

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if self._begun is None:
            self._begun = self._speaker.written - self._speaker.dropped
            self.on_playback_started(created_at=time.time())
        self._speaker.play(bytes(frame.data))

    def flush(self) -> None:
        super().flush()
        if self._begun is not None:
            self._playing = asyncio.create_task(self._play_out())

    def clear_buffer(self) -> None:
        self._speaker.clear()
        if self._playing is not None:
            self._playing.cancel()
        self._finish(interrupted=True)

    async def _play_out(self) -> None:
        while self._speaker.waiting:
            await asyncio.sleep(self._speaker.waiting / 48_000)
        self._finish(interrupted=False)

    def _finish(self, *, interrupted: bool) -> None:
        if self._begun is not None:
            played = self._speaker.written - self._speaker.dropped - self._speaker.waiting - self._begun
            self._begun = None
            self.on_playback_finished(playback_position=played / 48_000, interrupted=interrupted)


async def main(url: str, microphone: probe.Microphone, speaker: probe.Speaker) -> None:
    model = openai.realtime.RealtimeModel(base_url=url, api_key="sk-local", model="gpt-realtime-2.1")
    session = AgentSession(llm=model)
    session.input.audio = Ears(microphone)
    session.output.audio = Loudspeaker(speaker)
    closed = asyncio.Event()
    session.on("error", lambda event: print("error:", event.error.error))
    session.on("close", lambda event: (print("closed:", event.reason), closed.set()))
    await session.start(Storyteller())
    await closed.wait()


if __name__ == "__main__":
    probe.run(main)
