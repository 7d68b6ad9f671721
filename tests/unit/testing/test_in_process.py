"""Does a call to the server in this process behave as over a socket, in virtual time?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bareline.errors import ConnectionLost
from bareline.protocol import events as ev
from bareline.protocol.generation import Output, ResponseRequest
from bareline.testing.function_backend import FunctionBackend, spoken
from bareline.testing.in_process import InProcessServer
from bareline.testing.tones import ToneSynthesis
from bareline.testing.virtual import run_virtual
from bareline.transports.faults import parse_faults

VOICE = ToneSynthesis()


async def greet(request: ResponseRequest) -> AsyncIterator[Output]:
    async for delta in spoken(VOICE, "good morning", voice="low"):
        yield delta


def test_speech_is_answered_with_speech() -> None:
    async def main() -> None:
        backend = FunctionBackend(greet)
        async with InProcessServer(backend, faults=parse_faults("delay=40ms")) as server:
            line = await server.dial()
            async for chunk in VOICE.speak("hello", voice="high"):
                await line.send_audio(chunk.pcm)
            await line.send_audio(bytes(48 * 1000))
            audio = b""
            async for event in line:
                if isinstance(event, ev.ResponseOutputAudioDelta):
                    audio += event.delta
                if isinstance(event, ev.ResponseDone):
                    break
            assert audio == b"".join([chunk.pcm async for chunk in VOICE.speak("good morning", voice="low")])
            assert len(backend.utterances) == len(backend.requests) == server.open_sessions == 1
            assert line.conversation is not None
            assert line.conversation.snapshot() == server.sessions[0].conversation.snapshot()
            await line.close()

    run_virtual(main())


def test_faults_can_differ_by_connection() -> None:
    async def main() -> None:
        async with InProcessServer(
            FunctionBackend(greet), faults=lambda number: parse_faults("abort@2s") if number == 0 else ()
        ) as server:
            first, second = await server.dial(), await server.dial()
            await first.receive()
            with pytest.raises(ConnectionLost):
                await first.receive()
            assert isinstance(await second.receive(), ev.SessionCreated)
            assert asyncio.get_running_loop().time() == pytest.approx(2)
            await asyncio.sleep(0.1)
            assert server.open_sessions == 1
            await first.close()
            await second.close()

    run_virtual(main())


def test_leaving_ends_open_sessions_and_leaves_no_task() -> None:
    async def main() -> None:
        async with InProcessServer(FunctionBackend(greet)) as server:
            line = await server.dial()
            await line.receive()
        with pytest.raises(ConnectionLost) as lost:
            await line.receive()
        assert lost.value.code == 1001
        await line.close()

    run_virtual(main())
