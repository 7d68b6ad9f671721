"""How do the fragments of one SCTP stream become messages again, touching each fragment once?

Takes the place of aiortc's ``InboundStream``, which looks through all fragments of a message at each one that comes.
Source: RFC 9260 section 6.9, 3758 section 3.6.
"""

# pyright: reportPrivateUsage=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Private names are the subject of this package; stack/names.py guards them.

from __future__ import annotations

from collections.abc import Iterator

from aiortc.rtcsctptransport import (
    SCTP_DATA_FIRST_FRAG,
    SCTP_DATA_LAST_FRAG,
    SCTP_DATA_UNORDERED,
    DataChunk,
    InboundStream,
    tsn_plus_one,
)
from aiortc.utils import uint16_add, uint32_gte

__all__ = ["AHEAD_MAX_BYTES", "Reassembly", "TooMuch"]

AHEAD_MAX_BYTES = 2 * 1024 * 1024
"""Of later messages kept while an earlier one misses a fragment, on all streams; more than any window that we grant."""


class TooMuch(Exception):
    """The other side sends more than it may; the words say what."""


class Reassembly(InboundStream):
    """The fragments of one stream that are no message yet.

    ``add_chunk``, ``pop_messages`` and ``prune_chunks`` as aiortc calls them; a message of more than
    ``message_max_bytes``, or fragments beyond ``AHEAD_MAX_BYTES``, raise ``TooMuch``.
    """

    def __init__(self, message_max_bytes: int) -> None:
        self._message_max_bytes = message_max_bytes
        self._unordered = InboundStream()
        self._chunks: dict[int, DataChunk] = {}
        self._first_tsn: dict[int, int] = {}
        self._parts: list[bytes] = []
        self._next_tsn: int | None = None
        self._message_bytes = 0
        self._kept_bytes = 0
        self._sequence = 0

    @property
    def kept_bytes(self) -> int:
        """Of fragments that are no message yet."""
        return self._kept_bytes

    @property
    def sequence_number(self) -> int:  # type: ignore[override] - an attribute there
        """Of the next message."""
        return self._sequence

    @sequence_number.setter
    def sequence_number(self, sequence: int) -> None:
        self._sequence = sequence
        self._kept_bytes -= self._message_bytes
        self._begin_message(None)

    def add_chunk(self, chunk: DataChunk) -> None:
        """Take one fragment, seen for the first time."""
        self._kept_bytes += len(chunk.user_data)
        if self._kept_bytes > self._message_max_bytes + AHEAD_MAX_BYTES:
            raise TooMuch(f"the other side sends a message of more than {self._message_max_bytes} bytes")
        if chunk.flags & SCTP_DATA_UNORDERED:
            self._unordered.add_chunk(chunk)
            return
        self._chunks[chunk.tsn] = chunk
        if chunk.flags & SCTP_DATA_FIRST_FRAG:
            self._first_tsn[chunk.stream_seq] = chunk.tsn

    def pop_messages(self) -> Iterator[tuple[int, int, bytes]]:
        """Every whole message, in order, as (stream, protocol, bytes)."""
        for message in self._unordered.pop_messages():
            self._kept_bytes -= len(message[2])
            yield message
        while True:
            if self._next_tsn is None:
                self._begin_message(self._first_tsn.pop(self._sequence, None))
            last = self._collect()
            if last is None:
                return
            data = b"".join(self._parts)
            self._kept_bytes -= len(data)
            self._sequence = uint16_add(self._sequence, 1)
            self._begin_message(None)
            yield (last.stream_id, last.protocol, data)

    def prune_chunks(self, tsn: int) -> int:
        """Forget what the other side has given up, up to ``tsn``; gives its bytes."""
        before = self._kept_bytes
        self._kept_bytes -= self._unordered.prune_chunks(tsn)
        for gone in [known for known in self._chunks if uint32_gte(tsn, known)]:
            self._kept_bytes -= len(self._chunks.pop(gone).user_data)
        self._first_tsn = {sequence: first for sequence, first in self._first_tsn.items() if first in self._chunks}
        if self._next_tsn is not None and uint32_gte(tsn, self._next_tsn):
            self._kept_bytes -= self._message_bytes
            self._begin_message(None)
        return before - self._kept_bytes

    def _begin_message(self, tsn: int | None) -> None:
        self._next_tsn = tsn
        self._parts = []
        self._message_bytes = 0

    def _collect(self) -> DataChunk | None:
        """Move what follows without a gap into the message; the last fragment when it is whole."""
        while self._next_tsn is not None:
            chunk = self._chunks.pop(self._next_tsn, None)
            if chunk is None:
                return None
            self._parts.append(chunk.user_data)
            self._message_bytes += len(chunk.user_data)
            self._next_tsn = tsn_plus_one(self._next_tsn)
            if self._message_bytes > self._message_max_bytes:
                raise TooMuch(f"the other side sends a message of more than {self._message_max_bytes} bytes")
            if chunk.flags & SCTP_DATA_LAST_FRAG:
                return chunk
        return None
