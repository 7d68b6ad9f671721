"""A call with the official SDK: typed events in both directions, the rest is the application's."""

import asyncio
import base64
import json

import probe
from openai import AsyncOpenAI

TOOL = {
    "type": "function",
    "name": "get_time",
    "description": "The time of day in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def get_time(city: str) -> str:
    probe.tool_entered()
    return f"It is noon in {city}."


async def main(url: str, microphone: probe.Microphone, speaker: probe.Speaker) -> None:
    client = AsyncOpenAI(base_url=url, api_key="sk-local")
    async with client.realtime.connect(model="gpt-realtime-2.1") as connection:
        await connection.session.update(
            session={"type": "realtime", "instructions": "Tell stories.", "tools": [TOOL]},
        )
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(send_microphone(connection, microphone))
            await receive(connection, speaker)
            sending.cancel()


async def send_microphone(connection, microphone):
    async for frame in microphone:
        await connection.input_audio_buffer.append(audio=base64.b64encode(frame).decode())


async def receive(connection, speaker):
    written = []  # item by item: its id and how many bytes of it the loudspeaker has
    async for event in connection:
        if event.type == "response.output_audio.delta":
            pcm = base64.b64decode(event.delta)
            if not written or written[-1][0] != event.item_id:
                written.append([event.item_id, 0])
            written[-1][1] += len(pcm)
            speaker.play(pcm)
        elif event.type == "input_audio_buffer.speech_started":
            dropped = speaker.clear()
            for item_id, size in reversed(written):
                if not dropped:
                    break
                unheard = min(size, dropped)
                dropped -= unheard
                end_ms = (size - unheard) // 48
                await connection.conversation.item.truncate(item_id=item_id, content_index=0, audio_end_ms=end_ms)
            written.clear()
        elif event.type == "response.function_call_arguments.done":
            output = get_time(**json.loads(event.arguments))
            await connection.conversation.item.create(
                item={"type": "function_call_output", "call_id": event.call_id, "output": output}
            )
        elif event.type == "response.done":
            if any(item.type == "function_call" for item in event.response.output or []):
                await connection.response.create()
        elif event.type == "error":
            print("error:", event.error.message)


if __name__ == "__main__":
    probe.run(main)
