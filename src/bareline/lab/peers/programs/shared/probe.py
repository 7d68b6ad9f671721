"""What do all scene programs share? A microphone, a loudspeaker, and the measuring of both.

Standard library only: this runs in the environments of all peers. The plan of a scene comes in ``BARELINE_SCENE``; what
was seen is written to the file it names. Audio is PCM16 mono at 24 kHz.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from array import array
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, cast

__all__ = ["FRAME_BYTES", "Microphone", "Speaker", "run", "stamp", "stamps", "tool_entered"]

FRAME_BYTES = 960
"""20 ms."""
_FRAME_NS = 20_000_000
_NS_PER_BYTE = 1_000_000_000 / 48_000
_STAMP_BYTES = 48
_MAGIC = b"s\0t\0m\0p\0"
_LOUD = 1_000
_LOOK_S = 0.005


def stamp(ns: int, number: int) -> bytes:
    """A moment and a number as 24 quiet samples."""
    found = bytearray(_STAMP_BYTES)
    found[::2] = b"stmp%016x%04x" % (ns, number & 0xFFFF)
    return bytes(found)


def stamps(pcm: bytes) -> list[tuple[int, int, int]]:
    """All stamps in this audio: where each begins (bytes), its moment and its number."""
    found: list[tuple[int, int, int]] = []
    at = pcm.find(_MAGIC)
    while 0 <= at <= len(pcm) - _STAMP_BYTES:
        text = pcm[at : at + _STAMP_BYTES : 2]
        found.append((at, int(text[4:20], 16), int(text[20:24], 16)))
        at = pcm.find(_MAGIC, at + _STAMP_BYTES)
    return found


class Speaker:
    """Plays in real time what is given to it, as a sound card without a buffer of its own would."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._free_ns = 0
        self._tail = b""
        self.written = 0
        """Bytes accepted so far."""
        self.dropped = 0
        """Bytes that were cleared before they sounded."""

    def play(self, pcm: bytes) -> None:
        """Queue audio behind what is waiting."""
        now = time.monotonic_ns()
        self._watch.arrived(self._tail + pcm, now)
        self._tail = pcm[1 - _STAMP_BYTES :] if len(pcm) % FRAME_BYTES else b""
        begin = max(now, self._free_ns)
        self._free_ns = begin + int(len(pcm) * _NS_PER_BYTE)
        self.written += len(pcm)
        self._watch.queued(begin, pcm)

    def clear(self) -> int:
        """Be silent at once; gives how many bytes will never sound."""
        now = time.monotonic_ns()
        waiting = self.waiting
        self._free_ns = min(self._free_ns, now)
        self.dropped += waiting
        self._watch.cleared(now)
        return waiting

    @property
    def waiting(self) -> int:
        """Bytes that have not sounded yet."""
        left = int(max(0, self._free_ns - time.monotonic_ns()) / _NS_PER_BYTE)
        return left - left % 2


class Microphone:
    """What the user says, in frames of 20 ms in real time: silence between the utterances of the scene."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._number = 0
        self._due_s = 0.0

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        now_s = asyncio.get_running_loop().time()
        self._due_s = max(self._due_s + FRAME_BYTES / 48_000, now_s - 0.1) if self._due_s else now_s
        await asyncio.sleep(max(0.0, self._due_s - now_s))
        said = self._watch.next_frame()
        self._number += 1
        return stamp(time.monotonic_ns(), self._number) + said[_STAMP_BYTES:]


class Watch:
    """Takes the user through the scene and writes down what happens."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.speech = [_read(path) for path in plan["speech"]]
        self._saying: bytes = b""
        self._began_ns = 0
        self._played: list[tuple[int, int]] = []
        self._stamped = False
        self.seen: dict[str, Any] = {
            "latencies_ns": [],
            "chunks": [],
            "clears": [],
            "says": [],
            "tools": [],
            "windows": [],
            "waits": [],
            "ended": "",
        }

    def arrived(self, pcm: bytes, now: int) -> None:
        for _, sent, _ in stamps(pcm):
            self.seen["latencies_ns"].append(now - sent)

    def queued(self, begin: int, pcm: bytes) -> None:
        """Note what will sound when, a piece for each stamp."""
        found = stamps(pcm)
        self._stamped = self._stamped or bool(found)
        loud = self._stamped or _loud(pcm)
        cuts = [0, *(at for at, _, _ in found if at), len(pcm)]
        names = [number for _, _, number in found]
        if len(names) < len(cuts) - 1:
            names.insert(0, -1)  # the rest of what came before
        for start, stop, number in zip(cuts, cuts[1:], names, strict=False):
            piece = (begin + int(start * _NS_PER_BYTE), begin + int(stop * _NS_PER_BYTE))
            self.seen["chunks"].append([*piece, number, loud])
            if loud:
                self._played.append(piece)

    def cleared(self, now: int) -> None:
        self.seen["clears"].append([now, len(self.seen["chunks"])])
        self._played = [(begin, min(end, now)) for begin, end in self._played if begin < now]

    def next_frame(self) -> bytes:
        if not self._began_ns:
            self._began_ns = time.monotonic_ns()
        if not self._saying:
            return bytes(FRAME_BYTES)
        frame, self._saying = self._saying[:FRAME_BYTES], self._saying[FRAME_BYTES:]
        if _loud(frame) and self.seen["says"] and self.seen["says"][-1] is None:
            self.seen["says"][-1] = time.monotonic_ns()
        return frame.ljust(FRAME_BYTES, b"\0")

    async def walk(self) -> None:
        """The steps of the scene one after the other, then the end of the process."""
        await self._until(lambda: self._began_ns > 0, 20.0)
        for name, value in self.plan["steps"]:
            await self._step(name, value)

    async def _step(self, name: str, value: Any) -> None:
        if name == "wait":
            await asyncio.sleep(value / 1000)
        elif name == "say":
            self.seen["says"].append(None)
            self._saying = self.speech[value]
            self.seen["waits"].append(await self._until(lambda: not self._saying, 6.0))
        elif name == "played":  # so much of what was begun since now
            since = time.monotonic_ns()
            self.seen["waits"].append(await self._until(lambda: self._played_ms(since) >= value, 8.0))
        elif name == "tools":
            self.seen["waits"].append(await self._until(lambda: len(self.seen["tools"]) >= value, 15.0))
        elif name == "window":
            cpu_s, at_s = time.process_time(), time.monotonic()
            await asyncio.sleep(value / 1000)
            self.seen["windows"].append([time.process_time() - cpu_s, time.monotonic() - at_s])

    def end(self, how: str) -> None:
        """Write down what was seen; closing handshakes are not part of what is measured."""
        self.seen["ended"] = how
        self.seen["ended_ns"] = time.monotonic_ns()
        self.seen["resident_mb"] = _resident_mb()
        with open(self.plan["result"], "w", encoding="utf-8") as file:  # noqa: PTH123 - pathlib would be an import more
            json.dump(self.seen, file)
        sys.stdout.flush()
        os._exit(0)

    async def _until(self, met: Callable[[], bool], limit_s: float) -> bool:
        give_up = time.monotonic() + limit_s
        while not met():
            if time.monotonic() > give_up:
                return False
            await asyncio.sleep(_LOOK_S)
        return True

    def _played_ms(self, since: int) -> float:
        now = time.monotonic_ns()
        self._played = [(begin, end) for begin, end in self._played if end > since]
        return sum(max(0, min(end, now) - max(begin, since)) for begin, end in self._played) / 1e6


_watches: list[Watch] = []


def run(program: Callable[[str, Microphone, Speaker], Coroutine[Any, Any, None]]) -> None:
    """Run a scene's program; it is given the server's address, a microphone and a loudspeaker for each session."""
    asyncio.run(_run(program))


def tool_entered() -> None:
    """To be said first thing in a tool."""
    now = time.monotonic_ns()
    for watch in _watches[:1]:
        watch.seen["tools"].append(now)


async def _run(program: Callable[[str, Microphone, Speaker], Coroutine[Any, Any, None]]) -> None:
    plan = json.loads(os.environ["BARELINE_SCENE"])
    _watches.extend(Watch(plan) for _ in range(plan["sessions"]))
    first, *others = _watches
    walks = [asyncio.ensure_future(watch.walk()) for watch in others]
    programs = [program(plan["url"], Microphone(watch), Speaker(watch)) for watch in _watches]
    walking, running = asyncio.ensure_future(first.walk()), asyncio.gather(*programs)
    await asyncio.wait([walking, running], return_when=asyncio.FIRST_COMPLETED)
    for walk in (*walks, walking):
        walk.cancel()
    if not running.done():
        first.end("still running")
    error = None if running.cancelled() else running.exception()
    first.end("returned" if error is None else f"raised {_name(error)}")


def _name(error: BaseException) -> str:
    """What it is; of a task group's errors, the first."""
    if isinstance(error, BaseExceptionGroup):
        return _name(cast("BaseExceptionGroup[BaseException]", error).exceptions[0])
    return f"{type(error).__name__}: {error}"


def _read(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 - as above
        return file.read()


def _loud(pcm: bytes) -> bool:
    samples = array("h", pcm)
    return bool(samples) and max(*samples, -min(samples)) > _LOUD


def _resident_mb() -> float:
    if sys.platform != "linux":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - as above
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
