"""Does the unmodified official SDK hold a spoken call with the server: turns by voice, interruption, telephone audio?

The caller's speech is synthesised, and sent at the pace of a microphone.
"""

from __future__ import annotations

import asyncio
import base64

import pytest

from bareline.media.convert import PcmDecoder, PcmEncoder
from bareline.media.formats import wire_format
from bareline.media.levels import rms_dbfs
from bareline.speech.espeak import EspeakSynthesis

pytest.importorskip("openai", reason="the interop suite needs the official SDK (pip install openai)")
pytestmark = pytest.mark.interop

FRAME_MS = 20
PCM_PER_MS = 48
SENTENCE = "Could you please tell me what is on my list for today?"


def silence(ms: int) -> bytes:
    return bytes(ms * PCM_PER_MS)


async def spoken(text: str) -> bytes:
    synthesis = EspeakSynthesis()
    try:
        return b"".join([chunk.pcm async for chunk in synthesis.speak(text, voice=synthesis.voices[0])])
    finally:
        await synthesis.close()


async def send(connection, audio: bytes, *, bytes_per_ms: int = PCM_PER_MS) -> None:
    """A microphone: frames at their pace, by the clock of the loop."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    step = FRAME_MS * bytes_per_ms
    for index, start in enumerate(range(0, len(audio), step)):
        await connection.input_audio_buffer.append(audio=base64.b64encode(audio[start : start + step]).decode())
        await asyncio.sleep(began + (index + 1) * FRAME_MS / 1000 - loop.time())


def vad(**settings) -> dict:
    return {"type": "server_vad", "silence_duration_ms": 300, **settings}


def test_a_spoken_turn_with_server_vad_and_a_transcript(server, until) -> None:
    async def main() -> None:
        speech = await spoken(SENTENCE)
        async with server.connect() as connection:
            listening = {"turn_detection": vad(), "transcription": {"model": "whisper-1"}}
            await connection.session.update(session={"type": "realtime", "audio": {"input": listening}})
            microphone = asyncio.create_task(send(connection, silence(600) + speech + silence(1_000)))
            events = await until(connection, "response.done")
            await microphone
            kinds = [event.type for event in events]
            order = ["speech_started", "speech_stopped", "committed"]
            assert [kind.rpartition(".")[2] for kind in kinds if kind.startswith("input_audio_buffer")] == order
            started, stopped = (
                next(event for event in events if event.type == f"input_audio_buffer.{name}") for name in order[:2]
            )
            assert started.audio_start_ms == pytest.approx(600 - 300, abs=200)
            assert stopped.audio_end_ms == pytest.approx(600 + len(speech) / PCM_PER_MS + 300, abs=400)
            assert kinds.index("response.created") > kinds.index("conversation.item.done")
            transcripts = [event.transcript for event in events if event.type.endswith("transcription.completed")]
            assert transcripts == ["what was said"]

    asyncio.run(main())


def test_speech_interrupts_an_answer_which_is_then_truncated(server, until) -> None:
    async def main() -> None:
        speech = await spoken("Stop, please stop now.")
        async with server.connect() as connection:
            await connection.session.update(session={"type": "realtime", "audio": {"input": {"turn_detection": vad()}}})
            await connection.response.create(response={"instructions": "long"})
            await until(connection, "response.output_audio.delta")
            microphone = asyncio.create_task(send(connection, silence(200) + speech + silence(800)))
            events = await until(connection, "response.done")
            kinds = [event.type for event in events]
            response = events[-1].response
            assert (response.status, response.status_details.reason) == ("cancelled", "turn_detected")
            assert kinds.index("input_audio_buffer.speech_started") < kinds.index("response.output_audio.done")
            item = response.output[0]
            await connection.conversation.item.truncate(item_id=item.id, content_index=0, audio_end_ms=300)
            assert (await until(connection, "conversation.item.truncated"))[-1].item_id == item.id
            following = (await until(connection, "response.done"))[-1].response
            assert following.status == "completed"
            await microphone

    asyncio.run(main())


@pytest.mark.parametrize("law", ["audio/pcmu", "audio/pcma"])
def test_a_call_in_telephone_audio(server, until, law) -> None:
    async def main() -> None:
        speech = silence(400) + await spoken(SENTENCE) + silence(1_000)
        encoder = PcmEncoder(wire_format(law))
        telephone = encoder.feed(speech) + encoder.flush()
        async with server.connect() as connection:
            audio = {
                "input": {"format": {"type": law}, "turn_detection": vad()},
                "output": {"format": {"type": law}},
            }
            await connection.session.update(session={"type": "realtime", "audio": audio, "instructions": "speech: 2"})
            microphone = asyncio.create_task(send(connection, telephone, bytes_per_ms=8))
            events = await until(connection, "response.done")
            await microphone
            answer = b"".join(
                base64.b64decode(event.delta) for event in events if event.type == "response.output_audio.delta"
            )
            assert len(answer) == 2_000 * 8
            assert rms_dbfs(PcmDecoder(wire_format(law)).feed(answer)) == pytest.approx(-18, abs=0.5)
            item = next(event for event in events if event.type == "input_audio_buffer.committed").item_id
            await connection.conversation.item.retrieve(item_id=item)
            retrieved = (await until(connection, "conversation.item.retrieved"))[-1].item
            held = base64.b64decode(retrieved.content[0].audio)
            assert held in telephone

    asyncio.run(main())


def test_manual_turns(server, until) -> None:
    async def main() -> None:
        speech = await spoken(SENTENCE)
        async with server.connect() as connection:
            session = {"type": "realtime", "audio": {"input": {"turn_detection": None}}}
            await connection.session.update(session=session)
            await connection.input_audio_buffer.append(audio=base64.b64encode(speech).decode())
            await connection.input_audio_buffer.commit()
            await connection.response.create(response={"instructions": "speech: 1"})
            events = await until(connection, "response.done")
            assert not [event for event in events if "speech" in event.type]
            assert events[-1].response.status == "completed"

    asyncio.run(main())


def test_a_transcription_session(server, until) -> None:
    async def main() -> None:
        speech = await spoken(SENTENCE)
        opening = server.client().realtime.connect(extra_query={"intent": "transcription"})
        async with opening as connection:
            created = (await until(connection, "session.created"))[-1].session
            assert (created.type, created.object) == ("transcription", "realtime.transcription_session")
            listening = {"turn_detection": vad(), "transcription": {"model": "gpt-4o-transcribe"}}
            await connection.session.update(session={"type": "transcription", "audio": {"input": listening}})
            microphone = asyncio.create_task(send(connection, silence(400) + speech + silence(1_000)))
            events = await until(connection, "conversation.item.input_audio_transcription.completed")
            assert events[-1].transcript == "what was said"
            assert not [event for event in events if event.type.startswith("response")]
            await microphone

    asyncio.run(main())
