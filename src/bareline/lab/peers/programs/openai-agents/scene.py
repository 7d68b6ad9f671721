"""A call with the OpenAI Agents SDK."""

import asyncio

import probe
from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner


@function_tool
def get_time(city: str) -> str:
    """The time of day in a city."""
    probe.tool_entered()
    return f"It is noon in {city}."


async def main(url: str, microphone: probe.Microphone, speaker: probe.Speaker) -> None:
    agent = RealtimeAgent(name="Assistant", instructions="Tell stories.", tools=[get_time])
    address = url.replace("http", "ws") + "/realtime?model=gpt-realtime-2.1"
    session = await RealtimeRunner(agent).run(model_config={"url": address, "api_key": "sk-local"})
    async with session, asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(send_microphone(session, microphone))
        await receive(session, speaker)
        sending.cancel()


async def send_microphone(session, microphone):
    async for frame in microphone:
        await session.send_audio(frame)


async def receive(session, speaker):
    async for event in session:
        if event.type == "audio":
            speaker.play(event.audio.data)
        elif event.type == "audio_interrupted":
            speaker.clear()
        elif event.type == "error":
            print("error:", event.error)


if __name__ == "__main__":
    probe.run(main)
