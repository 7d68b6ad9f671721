"""The bare loop: websockets and json, with everything a caller needs written out."""

import asyncio
import base64
import json
from contextlib import suppress

import probe
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedOK

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
    address = url.replace("http", "ws") + "/realtime?model=gpt-realtime-2.1"
    async with connect(address, additional_headers={"Authorization": "Bearer sk-local"}, compression=None) as socket:
        session = {"type": "realtime", "instructions": "Tell stories.", "tools": [TOOL]}
        await socket.send(json.dumps({"type": "session.update", "session": session}))
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(send_microphone(socket, microphone))
            await receive(socket, speaker)
            sending.cancel()


async def send_microphone(socket, microphone):
    async for frame in microphone:
        audio = base64.b64encode(frame).decode()
        with suppress(ConnectionClosedOK):
            await socket.send(json.dumps({"type": "input_audio_buffer.append", "audio": audio}))


async def receive(socket, speaker):
    written = []  # item by item: its id and how many bytes of it the loudspeaker has
    async for message in socket:
        event = json.loads(message)
        match event["type"]:
            case "response.output_audio.delta":
                pcm = base64.b64decode(event["delta"])
                if not written or written[-1][0] != event["item_id"]:
                    written.append([event["item_id"], 0])
                written[-1][1] += len(pcm)
                speaker.play(pcm)
            case "input_audio_buffer.speech_started":
                dropped = speaker.clear()
                for item_id, size in reversed(written):
                    if not dropped:
                        break
                    unheard = min(size, dropped)
                    dropped -= unheard
                    end_ms = (size - unheard) // 48
                    truncate = {"type": "conversation.item.truncate", "item_id": item_id, "content_index": 0}
                    await socket.send(json.dumps({**truncate, "audio_end_ms": end_ms}))
                written.clear()
            case "response.function_call_arguments.done":
                output = get_time(**json.loads(event["arguments"]))
                item = {"type": "function_call_output", "call_id": event["call_id"], "output": output}
                await socket.send(json.dumps({"type": "conversation.item.create", "item": item}))
            case "response.done":
                if any(item["type"] == "function_call" for item in event["response"]["output"]):
                    await socket.send(json.dumps({"type": "response.create"}))
            case "error":
                print("error:", event["error"]["message"])


if __name__ == "__main__":
    probe.run(main)
