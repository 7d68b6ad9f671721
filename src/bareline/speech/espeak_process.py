"""How does this program talk to its espeak-ng worker, and what if the worker dies?"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

from bareline.errors import Closed, EngineError, MissingExtra

__all__ = ["UTTERANCES_MAX", "WORKER_TIMEOUT_S", "EspeakProcess", "Job"]

UTTERANCES_MAX = 256
"""How many utterances may be under way at once in one worker; further ones wait."""
WORKER_TIMEOUT_S = 10.0
"""How long the worker may take for the next piece of an utterance (it takes milliseconds)."""
_DEATH_S = 0.1
_RECEIVE_BYTES = 65_536
_HEADER = struct.Struct("<cI")

Job = dict[str, str | int | list[str]]


class EspeakProcess:
    """The worker process of ``espeak_worker.py``: started when first needed, started again when it died.

    It ends with ``close``, and by itself when this process ends, however it ends. With ``blocking`` the answers are
    read without giving the event loop its turn: in virtual time, waiting for another process is a deadlock.
    """

    def __init__(self, *, blocking: bool = False) -> None:
        self._library, self._data = _installed()
        self._blocking = blocking
        self._places = asyncio.Semaphore(UTTERANCES_MAX)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The worker's process id while it runs."""
        return self._process.pid if self._process else None

    async def answers(self, job: Job) -> AsyncGenerator[tuple[bytes, bytes]]:
        """The frames (kind, payload) that answer ``job``, as they come; without the end mark.

        Raises ``EngineError`` when the worker reports a failure, dies or stalls. Leaving the iteration stops the work.
        """
        async with self._places:
            begun = retried = False
            while True:
                try:
                    with self._open(job) as line:
                        async with contextlib.aclosing(self._answers_on(line)) as answers:
                            async for answer in answers:
                                begun = True
                                yield answer
                except _WorkerDied:
                    if begun or retried:
                        raise
                else:
                    return
                retried = True
                self._await_death()

    def ask(self, job: Job) -> list[tuple[bytes, bytes]]:
        """All frames that answer ``job``, blocking: for short work at configuration time."""
        try:
            return self._ask(job)
        except _WorkerDied:
            self._await_death()
            return self._ask(job)

    def close(self) -> None:
        """End the worker and whatever it is saying; may be called twice."""
        self._closed = True
        self._stop()

    def _open(self, job: Job) -> socket.socket:
        if self._closed:
            raise Closed("the espeak-ng worker was closed")
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._hand_over(theirs)
                ours.sendall(json.dumps(job).encode() + b"\n")
            except ConnectionError as error:
                ours.close()
                raise _WorkerDied("espeak-ng's worker died before it took the job") from error
            except OSError as error:
                ours.close()
                raise EngineError(f"espeak-ng's worker does not start: {error}") from error
        return ours

    def _hand_over(self, theirs: socket.socket) -> None:
        control = self._control
        if control is None or self._process is None or self._process.poll() is not None:
            control = self._start()
        socket.send_fds(control, [b"j"], [theirs.fileno()])

    def _start(self) -> socket.socket:
        self._stop()
        ours, theirs = socket.socketpair()
        with theirs, contextlib.ExitStack() as undo:
            undo.enter_context(ours)
            worker = Path(__file__).with_name("espeak_worker.py")
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and file
                [sys.executable, "-I", "-S", str(worker), self._library, self._data, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
            undo.pop_all()
        self._control = ours
        return ours

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            # The worker's children are in its group: they stop too.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    async def _answers_on(self, line: socket.socket) -> AsyncGenerator[tuple[bytes, bytes]]:
        received = bytearray()
        while True:
            received += await self._receive(line)
            for kind, payload in _frames(received):
                if kind == b"E":
                    return
                yield kind, _checked(kind, payload)

    def _ask(self, job: Job) -> list[tuple[bytes, bytes]]:
        with self._open(job) as line:
            received = bytearray()
            answers: list[tuple[bytes, bytes]] = []
            while True:
                received += _receive_blocking(line)
                for kind, payload in _frames(received):
                    if kind == b"E":
                        return answers
                    answers.append((kind, _checked(kind, payload)))

    def _await_death(self) -> None:
        """A killed worker takes jobs until the kernel is done with it; then the next job starts another."""
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_DEATH_S)

    async def _receive(self, line: socket.socket) -> bytes:
        if self._blocking:
            return _receive_blocking(line)
        line.setblocking(False)
        with _explained():
            async with asyncio.timeout(WORKER_TIMEOUT_S):
                return _some(await asyncio.get_running_loop().sock_recv(line, _RECEIVE_BYTES))


def _receive_blocking(line: socket.socket) -> bytes:
    line.settimeout(WORKER_TIMEOUT_S)
    with _explained():
        return _some(line.recv(_RECEIVE_BYTES))


@contextlib.contextmanager
def _explained() -> Generator[None]:
    try:
        yield
    except TimeoutError as error:
        raise EngineError(f"espeak-ng's worker gave nothing for {WORKER_TIMEOUT_S:.0f} s") from error
    except ConnectionError as error:
        raise _WorkerDied("espeak-ng's worker died in the middle of an utterance") from error


class _WorkerDied(EngineError):
    """The line ended before the end mark."""


def _installed() -> tuple[str, str]:
    try:
        import espeakng_loader
    except ImportError as error:
        raise MissingExtra("Speech synthesis", "speech") from error
    return espeakng_loader.get_library_path(), espeakng_loader.get_data_path()


def _frames(received: bytearray) -> list[tuple[bytes, bytes]]:
    """Take the whole frames out of ``received``."""
    frames: list[tuple[bytes, bytes]] = []
    while len(received) >= _HEADER.size:
        kind, length = _HEADER.unpack_from(received)
        end = _HEADER.size + length
        if len(received) < end:
            break
        frames.append((kind, bytes(received[_HEADER.size : end])))
        del received[:end]
    return frames


def _checked(kind: bytes, payload: bytes) -> bytes:
    if kind == b"X":
        raise EngineError(f"espeak-ng failed: {payload.decode(errors='replace')}")
    return payload


def _some(part: bytes) -> bytes:
    if not part:
        raise ConnectionResetError("end of stream before the end mark")
    return part
