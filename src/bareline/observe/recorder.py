"""How do records become a trace file that survives a crash?

JSONL, one record a line, written by a thread of its own: the caller only appends to a bounded queue. A full queue drops
the newest record and counts it; the count stands in the file's last line (STYLE.md rule 5).
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from bareline.errors import TraceError
from bareline.observe.record import Observer, TraceRecord

__all__ = ["QUEUE_MAX_RECORDS", "TRACE_VERSION", "Observers", "Recorder", "Records", "read_trace"]

TRACE_VERSION = 1
QUEUE_MAX_RECORDS = 20_000
"""About three minutes of the densest call seen; a writer that far behind has lost its disk."""


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

    The first line is a ``header`` record with ``header``'s values; ``close`` (or leaving the context) writes the rest
    and a closing note with the number of records dropped. Raises ``TraceError`` when the file cannot be made.
    """

    def __init__(self, path: Path | str, *, at_ns: int, header: dict[str, Any]) -> None:
        self.path = Path(path)
        self.dropped = 0
        self._queue: queue.Queue[TraceRecord | None] = queue.Queue(QUEUE_MAX_RECORDS)
        self._closed = False
        try:
            self._file = self.path.open("wb")
        except OSError as error:
            raise TraceError(f"the trace cannot be written to {self.path}: {error.strerror}") from error
        values = {"format": "bareline-trace", "version": TRACE_VERSION, **header}
        self.observe(TraceRecord(at_ns=at_ns, kind="header", name="trace", data=values))
        self._thread = threading.Thread(target=self._write, name="bareline-trace", daemon=True)
        self._thread.start()

    def observe(self, record: TraceRecord) -> None:
        """Queue one record; never waits, never raises."""
        try:
            self._queue.put_nowait(record)
        except queue.Full:
            self.dropped += 1

    def close(self) -> None:
        """Write what is queued and close the file; may be called twice."""
        if self._closed:
            return
        self._closed = True
        self._queue.put(None)
        self._thread.join()
        if self.dropped:
            note = TraceRecord(at_ns=0, kind="note", name="records_dropped", data={"count": self.dropped})
            self._file.write(_line(note))
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _write(self) -> None:
        while (record := self._queue.get()) is not None:
            self._file.write(_line(record))
            if self._queue.empty():
                self._file.flush()


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


def _line(record: TraceRecord) -> bytes:
    return msgspec.json.encode(record) + b"\n"
