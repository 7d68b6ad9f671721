"""How do records become a trace file that survives a crash?

JSONL, one record a line, written by a thread of its own: the caller only appends to a bounded queue, and wakes nobody.
A full queue drops the newest record and counts it; the count stands in the file's last line (STYLE.md rule 5).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from bareline.clock import now_ns
from bareline.errors import TraceError
from bareline.observe.record import Observer, TraceRecord
from bareline.version import __version__

__all__ = ["QUEUE_MAX_RECORDS", "TRACE_VERSION", "WRITE_PERIOD_S", "Observers", "Recorder", "Records", "read_trace"]

TRACE_VERSION = 1
QUEUE_MAX_RECORDS = 20_000
"""About three minutes of the densest call seen; a writer that far behind has lost its disk."""
WRITE_PERIOD_S = 0.25
"""How often the queue is written, and so how much a crash may lose. A wake-up for every record would take the
interpreter away from the call a hundred times a second, and cost more than all its records."""
_BATCH_RECORDS = 500
_ENCODER = msgspec.json.Encoder()


class Records:
    """An observer that keeps everything in memory: for tests and for summaries of one call."""

    def __init__(self) -> None:
        self.records: list[TraceRecord] = []

    def observe(self, record: TraceRecord) -> None:
        self.records.append(record)


class Observers:
    """Several observers as one."""

    def __init__(self, *observers: Observer) -> None:
        self._observers = observers

    def observe(self, record: TraceRecord) -> None:
        for observer in self._observers:
            observer.observe(record)


class Recorder:
    """An observer that writes ``path``, one JSON object a line (``docs/reference/trace.md``).

    The first line is a ``header`` record with ``header``'s values, the second the ``clock`` that ties ``at_ns`` (the
    running loop's time unless given) to the time of day; ``close`` (or leaving the context) writes the rest and a
    closing note with the number of records dropped. Raises ``TraceError`` when the file cannot be made; a disk that
    fails later is told by ``failure`` and never disturbs the call.
    """

    def __init__(
        self, path: Path | str, *, header: Mapping[str, object] | None = None, at_ns: int | None = None
    ) -> None:
        self.path = Path(path)
        self.dropped = 0
        self.failure: OSError | None = None
        self._queue: deque[TraceRecord] = deque()
        self._closing = threading.Event()
        try:
            self._file = self.path.open("wb")
        except OSError as error:
            raise TraceError(f"the trace cannot be written to {self.path}: {error.strerror}") from error
        start_ns = now_ns() if at_ns is None else at_ns
        values = {"format": "bareline-trace", "version": TRACE_VERSION, "bareline": __version__, **(header or {})}
        self.observe(TraceRecord(at_ns=start_ns, kind="header", name="trace", data=values))
        self.observe(TraceRecord(at_ns=start_ns, kind="clock", name="unix", data={"unix_ns": time.time_ns()}))
        self._thread = threading.Thread(target=self._write, name="bareline-trace", daemon=True)
        self._thread.start()

    def observe(self, record: TraceRecord) -> None:
        """Queue one record; never waits, never raises."""
        if len(self._queue) < QUEUE_MAX_RECORDS:
            self._queue.append(record)
        else:
            self.dropped += 1

    def close(self) -> None:
        """Write what is queued and close the file; may be called twice."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._thread.join()
        if self.dropped:
            self._queue.append(TraceRecord(at_ns=0, kind="note", name="records_dropped", data={"count": self.dropped}))
        self._write_queued()
        with suppress(OSError):  # told by the last write already
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _write(self) -> None:
        while not self._closing.wait(WRITE_PERIOD_S):
            self._write_queued()
        self._write_queued()

    def _write_queued(self) -> None:
        queued = self._queue
        while queued:
            batch = [queued.popleft() for _ in range(min(len(queued), _BATCH_RECORDS))]
            try:
                self._file.write(_ENCODER.encode_lines(batch))
                self._file.flush()
            except OSError as error:
                self.failure = error
                self.dropped += len(batch)


def read_trace(path: Path | str) -> Iterator[TraceRecord]:
    """The records of a trace file, in order.

    Raises ``TraceError`` naming the line for anything that is not a record; an unfinished last line (a crash) ends the
    trace.
    """
    decoder = msgspec.json.Decoder(TraceRecord)
    try:
        lines = Path(path).read_bytes().split(b"\n")
    except OSError as error:
        raise TraceError(f"the trace {path} cannot be read: {error.strerror}") from error
    last = len(lines)
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            yield decoder.decode(line)
        except msgspec.MsgspecError as error:
            if number == last:
                return
            raise TraceError(f"{path}, line {number}: not a trace record ({error})") from error
