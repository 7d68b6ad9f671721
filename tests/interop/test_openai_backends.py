"""Do the backends in the box hold a call with the unmodified official SDK: a written scene, and a spoken request?"""

from __future__ import annotations

import asyncio
import base64
import json

import pytest

from bareline.speech.espeak import EspeakSynthesis

pytest.importorskip("openai", reason="the interop suite needs the official SDK (pip install openai)")
pytestmark = pytest.mark.interop

SCENE = """
turns:
  - when: {response: 1}
    do:
      - say: One moment, please.
      - call: find_table
        arguments: '{"guests": 4}'
  - when: {output_of: find_table}
    do:
      - say: There is a table at seven.
"""
TOOL = {
    "type": "function",
    "name": "list_parcels",
    "description": "List the parcels that are on their way. Use when they ask what is coming.",
    "parameters": {
        "type": "object",
        "properties": {"size": {"type": "string", "enum": ["small", "large", "all"], "default": "all"}},
    },
}


def test_a_scene(start, until, tmp_path) -> None:
    (tmp_path / "scene.yaml").write_text(SCENE)

    async def main() -> None:
        async with start("--backend", f"script:{tmp_path / 'scene.yaml'}").connect() as connection:
            await connection.response.create()
            spoken, call = (await until(connection, "response.done"))[-1].response.output
            assert spoken.content[0].transcript == "One moment, please."
            assert json.loads(call.arguments) == {"guests": 4}
            output = {"type": "function_call_output", "call_id": call.call_id, "output": "19:00"}
            await connection.conversation.item.create(item=output)
            await connection.response.create()
            events = await until(connection, "response.done")
            assert events[-1].response.output[0].content[0].transcript == "There is a table at seven."
            heard_bytes = sum(
                len(base64.b64decode(event.delta)) for event in events if event.type == "response.output_audio.delta"
            )
            assert heard_bytes > 48_000 // 2

    asyncio.run(main())


def test_a_spoken_request_is_understood_and_its_tool_called(start, until) -> None:
    async def main() -> None:
        synthesis = EspeakSynthesis()
        pieces = [chunk.pcm async for chunk in synthesis.speak("List the large parcels.", voice="caller-1")]
        await synthesis.close()
        audio = bytes(48 * 400) + b"".join(pieces) + bytes(48 * 1_200)
        async with start("--backend", "rules").connect() as connection:
            listening = {"turn_detection": {"type": "server_vad"}, "transcription": {"model": "whisper-1"}}
            await connection.session.update(
                session={"type": "realtime", "tools": [TOOL], "audio": {"input": listening}}
            )
            await until(connection, "session.updated")
            for start_at in range(0, len(audio), 48 * 100):  # the server takes it faster than it was spoken
                piece = base64.b64encode(audio[start_at : start_at + 48 * 100]).decode()
                await connection.input_audio_buffer.append(audio=piece)
            (call,) = (await until(connection, "response.done"))[-1].response.output
            assert (call.name, json.loads(call.arguments)) == ("list_parcels", {"size": "large"})
            output = {"type": "function_call_output", "call_id": call.call_id, "output": '[{"title": "new shoes"}]'}
            await connection.conversation.item.create(item=output)
            await connection.response.create()
            answer = (await until(connection, "response.done"))[-1].response.output[0]
            assert "new shoes" in answer.content[0].transcript

    asyncio.run(main())
