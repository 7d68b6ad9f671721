"""What does one side of the measured connections do?

``python -m bareline.lab.media_bench.peer ENGINE CORE`` reads one command a line (JSON) and answers with one line. It
imports the engine it measures and, but for that, only the standard library. Ends with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from bareline.lab.media_bench.engines.contract import Engine, Peer
from bareline.lab.media_bench.marks import FRAME_S, MARK_EVERY, MARK_NAMES, MarkEar, marked_frame

__all__ = ["ENGINES", "main"]

ENGINES = ("ours", "aiortc", "libwebrtc")
RESERVE_NS = 20_000_000
"""What a loudspeaker holds back: one packet."""

_BIG = 10_000
"""Messages from this size on are acknowledged with a short one; shorter ones are sent back as they are."""


def main() -> None:
    """Serve the commands of standard input."""
    engine, core = sys.argv[1], int(sys.argv[2])
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})
    asyncio.run(_serve(_Side(_engine(engine))))


def _engine(name: str) -> Engine:
    if name == "ours":
        from bareline.lab.media_bench.engines.ours import OwnEngine

        return OwnEngine()
    from bareline.lab.media_bench.engines.aiortc_stock import StockEngine

    return StockEngine({"aiortc": "aiortc", "libwebrtc": "webrtc.aiortc"}[name])


class _Session:
    """One connection: what was sent and heard on it."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.began_ns = 0
        self.sent: list[tuple[int, int]] = []
        self.heard: list[tuple[int, int]] = []
        self.arrivals: list[tuple[int, int]] = []
        self.samples = 0
        self.messages: asyncio.Queue[bytes] = asyncio.Queue()
        self._ear: MarkEar | None = None
        peer.listen(self._hear, self._read)

    def begin(self, *, marks: bool) -> None:
        """A measurement begins."""
        self.sent, self.heard, self.arrivals, self.samples = [], [], [], 0
        self._ear = MarkEar() if marks else None

    def _hear(self, pcm: bytes, at_ns: int) -> None:
        self.arrivals.append((at_ns, len(pcm) // 2))
        self.samples += len(pcm) // 2
        if self._ear is not None:
            self.heard += self._ear.hear(pcm, at_ns)

    def _read(self, message: bytes) -> None:
        if len(message) >= _BIG:
            asyncio.get_running_loop().create_task(self.peer.send_message(b'"got"'))
        else:
            self.messages.put_nowait(message)


class _Side:
    """All connections of this process."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.sessions: dict[int, _Session] = {}
        self.answers: dict[int, asyncio.Future[str]] = {}
        self.calls: dict[int, asyncio.Task[float]] = {}

    async def offer(self, session: int) -> dict[str, Any]:
        """Begin a call; answers with the offer."""
        loop = asyncio.get_running_loop()
        offered: asyncio.Future[str] = loop.create_future()
        answer: asyncio.Future[str] = loop.create_future()
        self.answers[session] = answer

        async def exchange(text: str) -> str:
            offered.set_result(text)
            return await answer

        self.calls[session] = loop.create_task(self._call(session, exchange))
        return {"offer": await offered}

    async def _call(self, session: int, exchange: Callable[[str], Awaitable[str]]) -> float:
        began_ns = time.monotonic_ns()
        peer = await self.engine.call(exchange)
        self.sessions[session] = _Session(peer)
        await peer.opened()
        return (time.monotonic_ns() - began_ns) / 1e6

    async def accept(self, session: int, answer: str) -> dict[str, Any]:
        """Go on with a call; answers when it is open."""
        self.answers.pop(session).set_result(answer)
        took_ms = await self.calls.pop(session)
        return {"setup_ms": took_ms, "parts_ms": self.sessions[session].peer.parts_ms()}

    async def answer(self, session: int, offer: str) -> dict[str, Any]:
        """Accept a call; answers with the answer."""
        text, peer = await self.engine.answer(offer)
        self.sessions[session] = _Session(peer)
        return {"answer": text}

    async def opened(self, session: int) -> dict[str, Any]:
        """Until this side is open too."""
        await self.sessions[session].peer.opened()
        return {}

    async def speak(self, seconds: float, marks: bool) -> dict[str, Any]:
        """Send on every connection, spread over the 20 ms, and note what comes."""
        sessions = list(self.sessions.values())
        for session in sessions:
            session.begin(marks=marks)
        cpu_s, began_s = time.process_time(), time.monotonic()
        start_s = asyncio.get_running_loop().time() + 0.05
        spread_s = FRAME_S / len(sessions)
        async with asyncio.TaskGroup() as tasks:
            for place, session in enumerate(sessions):
                tasks.create_task(_pace(session, start_s + place * spread_s, seconds, marks=marks))
        used = (time.process_time() - cpu_s) / (time.monotonic() - began_s)
        return {"cores": used, "sessions": [_found(session) for session in sessions]}

    async def echo(self, session: int, count: int, size: int) -> dict[str, Any]:
        """Send a message and wait for the other side's, ``count`` times; milliseconds each."""
        talk, message = self.sessions[session], b'"' + b"x" * (size - 2) + b'"'
        taken: list[float] = []
        for _ in range(count):
            began_ns = time.monotonic_ns()
            await talk.peer.send_message(message)
            await talk.messages.get()
            taken.append((time.monotonic_ns() - began_ns) / 1e6)
        return {"taken_ms": taken}

    async def reflect(self, session: int) -> dict[str, Any]:
        """Send back every short message from now on."""
        self.calls[session] = asyncio.get_running_loop().create_task(_reflect(self.sessions[session]))
        return {}

    async def close(self) -> dict[str, Any]:
        """End all connections."""
        for task in self.calls.values():
            task.cancel()
        self.calls.clear()
        for session in self.sessions.values():
            await session.peer.close()
        self.sessions.clear()
        return {}


async def _reflect(session: _Session) -> float:
    while True:
        await session.peer.send_message(await session.messages.get())


async def _pace(session: _Session, start_s: float, seconds: float, *, marks: bool) -> None:
    """Frames at absolute times; a mark is sent at the moment its frame leaves."""
    loop = asyncio.get_running_loop()
    for number in range(round(seconds / FRAME_S)):
        await asyncio.sleep(max(0.0, start_s + number * FRAME_S - loop.time()))
        if marks and number % MARK_EVERY == 0:
            session.sent.append((number // MARK_EVERY % MARK_NAMES, time.monotonic_ns()))
        await session.peer.send_audio(marked_frame(number) if marks else _BABBLE[number % len(_BABBLE)])


def _found(session: _Session) -> dict[str, Any]:
    return {
        "sent": session.sent,
        "heard": session.heard,
        "samples": session.samples,
        "late": _late(session.arrivals),
        "frames": len(session.arrivals),
    }


def _late(arrivals: list[tuple[int, int]]) -> int:
    """Frames for which a loudspeaker with a packet in reserve, filled anew whenever it ran dry, had to wait."""
    late, dry_ns = 0, 0
    for at_ns, samples in arrivals:
        if at_ns > dry_ns:
            late += dry_ns > 0
            dry_ns = at_ns + RESERVE_NS
        dry_ns += samples * 1_000_000_000 // 24_000
    return late


def _babble() -> list[bytes]:
    """A second of noise with the rhythm of syllables, so that the codec has work to do."""
    import random
    from array import array

    draw = random.Random(1)
    frames: list[bytes] = []
    for number in range(50):
        loud = 6_000 if number % 10 < 7 else 300
        frames.append(array("h", (int(draw.gauss(0, loud / 3)) for _ in range(480))).tobytes())
    return frames


_BABBLE = _babble()


async def _serve(side: _Side) -> None:
    loop = asyncio.get_running_loop()
    commands: dict[str, Callable[..., Awaitable[dict[str, Any]]]] = {
        name: getattr(side, name)
        for name in ("offer", "accept", "answer", "opened", "speak", "echo", "reflect", "close")
    }
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command = json.loads(line)
        try:
            answer = await commands[command.pop("do")](**command)
        except Exception as error:  # noqa: BLE001 - whatever a stack raises is told to who measures it
            answer = {"error": repr(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    os._exit(0)  # stacks leave threads behind, and closing is not what is measured


if __name__ == "__main__":
    main()
