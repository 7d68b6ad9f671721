"""A call with Pydantic AI."""

import asyncio

import probe
from pydantic_ai import Agent
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.realtime import RealtimeInputSpeechStartEvent, RealtimeSessionErrorEvent
from pydantic_ai.realtime.openai import OpenAIRealtimeModel

agent = Agent(instructions="Tell stories.")


@agent.tool_plain
def get_time(city: str) -> str:
    """The time of day in a city."""
    probe.tool_entered()
    return f"It is noon in {city}."


async def main(url: str, microphone: probe.Microphone, speaker: probe.Speaker) -> None:
    model = OpenAIRealtimeModel("gpt-realtime-2.1", provider=OpenAIProvider(base_url=url, api_key="sk-local"))
    async with agent.realtime(model).session(handle_barge_in=True) as session, asyncio.TaskGroup() as tasks:
        playing = tasks.create_task(play(session, speaker))
        sending = tasks.create_task(session.send_audio(microphone))
        async for event in session:
            if isinstance(event, RealtimeInputSpeechStartEvent):
                speaker.clear()
            elif isinstance(event, RealtimeSessionErrorEvent):
                print("error:", event.message)
        playing.cancel()
        sending.cancel()


async def play(session, speaker):
    async for chunk in session.stream_audio():
        speaker.play(chunk)
        while speaker.waiting:  # at the pace of the device, as the session counts what was heard
            await asyncio.sleep(speaker.waiting / 48_000)


if __name__ == "__main__":
    probe.run(main)
