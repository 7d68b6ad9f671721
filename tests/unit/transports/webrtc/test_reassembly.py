"""Do fragments become messages again, in whatever order they come, each looked at once?"""

from __future__ import annotations

import random

import pytest
from aiortc.rtcsctptransport import (
    SCTP_DATA_FIRST_FRAG,
    SCTP_DATA_LAST_FRAG,
    SCTP_DATA_UNORDERED,
    DataChunk,
    InboundStream,
)
from hypothesis import given
from hypothesis import strategies as st

from bareline.transports.webrtc.stack.reassembly import AHEAD_MAX_BYTES, Reassembly, TooMuch

LARGEST = 10_000


def fragments(messages: list[bytes], *, first_tsn: int, first_sequence: int = 0, size: int = 4) -> list[DataChunk]:
    chunks: list[DataChunk] = []
    for place, message in enumerate(messages):
        parts = [message[at : at + size] for at in range(0, len(message), size)]
        for part in parts:
            chunk = DataChunk()
            chunk.tsn = (first_tsn + len(chunks)) % 2**32
            chunk.stream_id, chunk.protocol = 3, 51
            chunk.stream_seq = (first_sequence + place) % 2**16
            chunk.flags = SCTP_DATA_FIRST_FRAG * (part is parts[0]) | SCTP_DATA_LAST_FRAG * (part is parts[-1])
            chunk.user_data = part
            chunks.append(chunk)
    return chunks


def feed(stream: Reassembly, chunks: list[DataChunk]) -> list[bytes]:
    got: list[bytes] = []
    for chunk in chunks:
        stream.add_chunk(chunk)
        got += [data for _, _, data in stream.pop_messages()]
    return got


@given(
    messages=st.lists(st.binary(min_size=1, max_size=40), max_size=12),
    first_tsn=st.sampled_from([1, 2**32 - 5]),
    seed=st.integers(0, 1000),
    reach=st.integers(1, 30),
)
def test_any_order_gives_the_messages_in_order(messages: list[bytes], first_tsn: int, seed: int, reach: int) -> None:
    chunks = fragments(messages, first_tsn=first_tsn)
    chance = random.Random(seed)
    order = sorted(range(len(chunks)), key=lambda place: place + chance.random() * reach)
    ours, theirs = Reassembly(LARGEST), InboundStream()
    got: list[bytes] = []
    for place in order:
        ours.add_chunk(chunks[place])
        theirs.add_chunk(chunks[place])
        popped = list(ours.pop_messages())
        assert popped == list(theirs.pop_messages())
        got += [data for _, _, data in popped]
    assert got == messages


def test_sequence_numbers_wrap() -> None:
    stream = Reassembly(LARGEST)
    stream.sequence_number = 65535
    assert feed(stream, fragments([b"last", b"first"], first_tsn=7, first_sequence=65535)) == [b"last", b"first"]
    assert stream.sequence_number == 1


def test_unordered_messages_come_when_they_are_whole() -> None:
    stream = Reassembly(LARGEST)
    late, early = fragments([b"late"], first_tsn=1), fragments([b"earl", b"y"], first_tsn=2)
    for chunk in [*early, *late]:
        chunk.flags |= SCTP_DATA_UNORDERED
    assert feed(stream, [*early, *late]) == [b"earl", b"y", b"late"]


def test_a_message_beyond_the_limit_is_too_much() -> None:
    stream = Reassembly(LARGEST)
    with pytest.raises(TooMuch, match="more than 10000 bytes"):
        feed(stream, fragments([b"x" * (LARGEST + 1000)], first_tsn=1, size=1000))


def test_fragments_that_never_become_a_message_are_bounded() -> None:
    stream = Reassembly(LARGEST)
    later = fragments([b"x" * (AHEAD_MAX_BYTES + LARGEST + 1000)], first_tsn=2, first_sequence=1, size=1000)
    with pytest.raises(TooMuch):
        feed(stream, later)


def test_what_the_other_side_gave_up_is_forgotten() -> None:
    """PR-SCTP: the first message is abandoned half way, the second arrives."""
    stream = Reassembly(LARGEST)
    given_up, *_ = fragments([b"abandoned"], first_tsn=1)
    assert feed(stream, [given_up]) == []
    stream.sequence_number = 1
    assert stream.prune_chunks(3) == 0
    assert feed(stream, fragments([b"next"], first_tsn=4, first_sequence=1)) == [b"next"]
