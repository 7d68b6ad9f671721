"""What does one side hear of the other, whatever the path does to the packets?"""

from __future__ import annotations

import gc
import itertools
import random
import weakref

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bareline.media.codecs import CodecName, decoder
from bareline.media.frames import AudioFrame
from bareline.media.jitter_buffer import CONCEALED_MAX
from bareline.media.levels import rms_dbfs
from bareline.media.rtp import parse_rtp
from bareline.media.rtp_session import RtpSession
from bareline.testing.rtp_link import Fate, RtpLink, rtp_session, voiced
from bareline.units import NS_PER_MS, NS_PER_S, samples_to_ms

PACKET = 480
SECOND = voiced(1_000)
MS = NS_PER_MS


def frames_of(pcm: bytes, *, samples: int = PACKET, first_sample: int = 0) -> list[AudioFrame]:
    size = 2 * samples
    return [AudioFrame(pcm[at : at + size], first_sample + at // 2) for at in range(0, len(pcm), size)]


def link(fate: Fate = lambda _: (0,), codec: CodecName = "opus") -> RtpLink:
    return RtpLink(rtp_session(1, codec), rtp_session(2, codec), fate)


def without(*lost: int) -> Fate:
    return lambda n: () if n in lost else (0,)


def straight(packets: list[bytes], codec: CodecName = "opus") -> list[bytes]:
    """What a decoder makes of all packets in order: the independent account."""
    decoding = decoder(codec)
    return [decoding.decode(packet[12:]) for packet in packets]


def in_order(frames: list[tuple[int, AudioFrame]]) -> bool:
    return all(one.end_sample <= two.first_sample for (_, one), (_, two) in itertools.pairwise(frames))


def test_a_session_nobody_holds_is_freed_at_once() -> None:
    """With a cycle in it, decoders of ended calls would pile up until the collector runs, amid the audio of others."""
    session = rtp_session(1)
    freed = weakref.ref(session._receiver)
    gc.disable()
    try:
        del session
        assert freed() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("codec", ["opus", "pcmu", "pcma"])
def test_a_clean_path_plays_every_packet_at_once_and_unchanged(codec: CodecName) -> None:
    over = link(codec=codec)
    heard = over.talk(frames_of(SECOND))
    expected = straight(over.packets, codec)
    assert [frame.pcm for _, frame in heard.frames[:50]] == expected
    assert set(heard.delays_ms()[:50]) == {0}
    assert over.receiver.stats(over.now_ns).samples_received == 50 * PACKET


def test_frames_of_any_length_become_the_same_packets() -> None:
    whole, pieces = rtp_session(1), rtp_session(1)
    odd = [packet for frame in frames_of(SECOND, samples=313) for packet in pieces.send_audio(frame, 0)]
    assert odd == whole.send_audio(AudioFrame(SECOND), 0)
    assert [parse_rtp(packet).marker for packet in odd[:3]] == [True, False, False]  # type: ignore[union-attr] # are packets


def test_counters_wrap_around_without_a_sound() -> None:
    over = link()
    over.talk(frames_of(SECOND))
    first, last = parse_rtp(over.packets[0]), parse_rtp(over.packets[-1])
    assert first
    assert last
    assert first.sequence > last.sequence
    assert first.timestamp > last.timestamp
    assert over.receiver.stats(over.now_ns).packets_lost == 0


def test_a_lost_packet_is_recovered_from_the_next_once_loss_was_reported() -> None:
    over = link(without(5, 80))
    heard = over.talk(frames_of(voiced(2_000)))
    stats = over.receiver.stats(over.now_ns)
    assert stats.packets_lost == 2
    assert (stats.samples_fec, stats.samples_silent) == (PACKET, 0)
    assert over.sender.stats(over.now_ns).expected_loss_percent >= 10
    assert all(
        one.end_sample == two.first_sample for (_, one), (_, two) in zip(heard.frames, heard.frames[1:], strict=False)
    )


def test_delay_grows_by_one_packet_and_returns_within_two_seconds() -> None:
    over = link(without(20))
    heard = over.talk(frames_of(voiced(3_000)))
    delays = {
        frame.first_sample // PACKET: delay for (_, frame), delay in zip(heard.frames, heard.delays_ms(), strict=True)
    }
    assert {delays[n] for n in range(20)} == {0}
    assert delays[20] <= 25
    assert {delays[n] for n in range(21, 110)} == {20}
    assert {delays[n] for n in range(20 + 100, 150)} == {0}


@pytest.mark.parametrize("length", [1, 2, 3])
@pytest.mark.parametrize("reserve", [False, True], ids=["nothing held", "one held"])
def test_losses_up_to_60_ms_leave_no_silence(length: int, reserve: bool) -> None:
    before = (5,) if reserve else ()
    over = link(without(*before, *range(30, 30 + length)))
    heard = over.talk(frames_of(SECOND))
    stream = heard.placed(50 * PACKET)
    assert over.receiver.stats(over.now_ns).samples_silent == 0
    assert all(any(stream[2 * at : 2 * at + 240]) for at in range(29 * PACKET, 35 * PACKET, 120))


def test_what_is_missing_is_made_up_when_its_time_has_come() -> None:
    over = link(without(30, 31, 32))
    heard = over.talk(frames_of(SECOND))
    delays = heard.delays_ms()[30:33]
    assert delays == [25, 25, pytest.approx(20, abs=5)]


def test_a_long_loss_fades_and_is_a_jump() -> None:
    over = link(without(*range(17, 40)))
    heard = over.talk(frames_of(SECOND))
    frames = [frame for _, frame in heard.frames]
    gaps = [
        (one.end_sample, two.first_sample)
        for one, two in itertools.pairwise(frames)
        if one.end_sample != two.first_sample
    ]
    assert len(gaps) == 1
    assert gaps[0][0] == 20 * PACKET
    assert gaps[0][1] in {39 * PACKET, 40 * PACKET}
    assert abs(int.from_bytes(frames[19].pcm[-2:], "little", signed=True)) < 32
    stats = over.receiver.stats(over.now_ns)
    assert stats.samples_concealed >= 3 * PACKET
    assert stats.samples_silent == gaps[0][1] - gaps[0][0]


def test_packets_out_of_order_are_put_in_order_unchanged() -> None:
    over = link(lambda n: (21 * MS if n % 7 == 3 else 0,))
    heard = over.talk(frames_of(SECOND))
    assert [frame.pcm for _, frame in heard.frames[:50]] == straight(over.packets)
    assert over.receiver.stats(over.now_ns).packets_lost == 0


def test_copies_are_counted_and_not_heard() -> None:
    over = link(lambda _: (0, 0, 3 * MS))
    heard = over.talk(frames_of(SECOND))
    assert [frame.pcm for _, frame in heard.frames[:50]] == straight(over.packets)
    assert over.receiver.stats(over.now_ns).packets_duplicate == 100


def test_a_packet_after_its_place_was_filled_is_late() -> None:
    over = link(lambda n: (90 * MS if n == 20 else 0,))
    heard = over.talk(frames_of(SECOND))
    stats = over.receiver.stats(over.now_ns)
    assert (stats.packets_late, stats.packets_lost) == (1, 0)
    assert in_order(heard.frames)


def test_jitter_is_waited_for_before_anything_is_made_up() -> None:
    chance = random.Random(3)
    over = link(lambda _: (chance.randrange(35 * MS),))
    over.talk(frames_of(voiced(3_000)))
    stats = over.receiver.stats(over.now_ns)
    assert stats.packets_late <= 3
    assert 5 * MS < stats.jitter_ns < 20 * MS


def test_a_pause_is_a_jump_of_the_same_length_and_no_loss() -> None:
    over = link()
    talk = [*frames_of(SECOND[:19_200]), *frames_of(SECOND[:19_200], first_sample=48_000)]
    heard = over.talk(talk)
    starts = [frame.first_sample for _, frame in heard.frames]
    assert 48_000 in starts
    stats = over.receiver.stats(over.now_ns)
    assert (stats.packets_received, stats.packets_lost, stats.samples_silent) == (40, 0, 0)


def test_a_remainder_before_a_pause_is_filled_with_zeros_and_the_pause_keeps_its_length() -> None:
    session = rtp_session(1, "pcmu", timestamp=0)
    sent = [
        *session.send_audio(AudioFrame(SECOND[:1_200]), 0),
        *session.send_audio(AudioFrame(SECOND[:960], 24_000), NS_PER_S),
    ]
    packets = [parse_rtp(data) for data in sent]
    assert [(packet.timestamp, packet.marker) for packet in packets if packet] == [
        (0, True),
        (160, False),
        (8_000, True),
    ]
    short = rtp_session(1, "pcmu", timestamp=0)
    assert short.send_audio(AudioFrame(SECOND[:480]), 0) == []
    assert short.send_audio(AudioFrame(SECOND[:240], 300), 0) == []
    assert len(short.send_audio(AudioFrame(SECOND[:120], 420), 0)) == 1


def test_a_frame_that_is_not_ahead_continues_the_one_before() -> None:
    session = rtp_session(1, "pcmu", timestamp=0)
    sent = [packet for _ in range(3) for packet in session.send_audio(AudioFrame(SECOND[:960]), 0)]
    assert [parse_rtp(data).timestamp for data in sent] == [0, 160, 320]  # type: ignore[union-attr] # are packets


def test_silence_is_not_sent_with_dtx_and_not_taken_for_loss() -> None:
    over = RtpLink(rtp_session(1, dtx=True), rtp_session(2))
    pcm = SECOND + bytes(96_000) + SECOND
    heard = over.talk(frames_of(pcm))
    stats = over.receiver.stats(over.now_ns)
    assert len(over.packets) < 125
    assert (stats.packets_lost, stats.samples_silent) == (0, 0)
    assert any(
        one.end_sample != two.first_sample for (_, one), (_, two) in zip(heard.frames, heard.frames[1:], strict=False)
    )
    assert rms_dbfs(heard.placed(96_000)[150_000:]) > -40


def hear(receiver: RtpSession, packets: list[bytes], *, begin: int = 0) -> list[int]:
    """The first samples of what is heard of packets that come every 20 ms."""
    heard: list[int] = []
    for n, packet in enumerate(packets, begin):
        receiver.receive_rtp(packet, n * 20 * MS)
        heard += [frame.first_sample for frame in receiver.frames(n * 20 * MS)]
    return heard


def test_the_other_side_may_change_its_codec_at_any_packet() -> None:
    packets: list[bytes] = []
    for index, codec in enumerate(("opus", "pcmu", "pcma", "opus")):
        sender = rtp_session(7, codec, sequence=10 * index, timestamp=index)
        packets += sender.send_audio(AudioFrame(SECOND[:9_600]), 0)
    receiver = rtp_session(9)
    assert hear(receiver, packets) == list(range(0, 40 * PACKET, PACKET))
    assert receiver.stats(0).codec == "opus"


def test_a_payload_type_may_be_added_later() -> None:
    receiver = rtp_session(9)
    packet = bytearray(rtp_session(7, "pcmu").send_audio(AudioFrame(SECOND[:960]), 0)[0])
    packet[1] = 0x80 | 100
    assert hear(receiver, [bytes(packet)]) == []
    receiver.add_receive(100, "pcmu")
    assert hear(receiver, [bytes(packet)]) == [0]


def test_packets_lost_at_a_change_of_codecs_keep_their_place() -> None:
    first = rtp_session(7, "opus", sequence=0).send_audio(AudioFrame(SECOND[:9_600]), 0)
    second = rtp_session(7, "pcmu", sequence=10).send_audio(AudioFrame(SECOND[:9_600]), 0)
    receiver = rtp_session(9)
    hear(receiver, [*first[:9], second[5], first[9], second[6]])
    frames = receiver.frames(NS_PER_S)
    assert [frame.first_sample for frame in frames[-2:]] == [15 * PACKET, 16 * PACKET]
    assert receiver.stats(0).packets_late == 1


def test_a_new_source_continues_the_stream_and_the_old_one_is_forgotten() -> None:
    receiver = rtp_session(9)
    old, new = (rtp_session(ssrc).send_audio(AudioFrame(SECOND), 0) for ssrc in (1, 2))
    heard = hear(receiver, [*old[:10], *new[:5], old[10], *new[5:]])
    assert heard == list(range(0, 60 * PACKET, PACKET))
    assert receiver.stats(0).packets_received == 60
    hear(receiver, [old[11]], begin=250)
    assert receiver.stats(0).packets_received == 61


def test_a_new_source_is_decoded_for_itself() -> None:
    receiver = rtp_session(9)
    old, new = (rtp_session(ssrc).send_audio(AudioFrame(SECOND), 0) for ssrc in (1, 2))
    hear(receiver, old[:31])
    receiver.receive_rtp(new[0], 31 * 20 * MS)
    assert [frame.pcm for frame in receiver.frames(31 * 20 * MS)] == straight(new[:1])


def test_a_source_that_begins_anew_under_its_name_is_heard_from_its_second_packet() -> None:
    before = rtp_session(1).send_audio(AudioFrame(SECOND[:9_600]), 0)
    after = rtp_session(1, sequence=20_000, timestamp=5).send_audio(AudioFrame(SECOND[:9_600]), 0)
    assert hear(rtp_session(9), [*before, *after]) == list(range(0, 19 * PACKET, PACKET))


def test_a_clock_that_jumps_back_or_far_ahead_goes_on_where_it_was() -> None:
    packets = [
        rtp_session(1, sequence=n, timestamp=timestamp).send_audio(AudioFrame(SECOND[:960]), 0)[0]
        for n, timestamp in enumerate((1_000_000, 1_000_960, 0, 960, 0x7000_0000))
    ]
    assert hear(rtp_session(9), packets) == [0, 480, 960, 1_440, 1_920]


def test_other_payload_types_and_malformed_packets_are_counted() -> None:
    receiver = rtp_session(9)
    telephone_event = bytes.fromhex("80650001 00000000 00000001 0b0a0320")
    empty_opus = bytes.fromhex("806f0001 00000000 00000001")
    for data in (b"", b"junk", telephone_event, empty_opus):
        receiver.receive_rtp(data, 0)
    assert receiver.stats(0).packets_ignored == 4
    assert receiver.frames(0) == []
    assert receiver.deadline() is None


@given(st.lists(st.binary(max_size=40) | st.binary(max_size=30).map(lambda rest: b"\x80\x6f" + rest), max_size=30))
def test_no_bytes_raise(datagrams: list[bytes]) -> None:
    session = rtp_session(2)
    now_ns = 0
    for data in datagrams:
        session.receive_rtp(data, now_ns)
        session.receive_rtcp(data, now_ns)
        now_ns = max(now_ns, session.deadline() or 0) + 7 * MS
        session.frames(now_ns)
        session.reports(now_ns)


@settings(max_examples=40, deadline=None)
@given(
    st.randoms(use_true_random=False),
    st.floats(0, 0.4),
    st.integers(0, 120),
    st.sampled_from((0, 65_530, 65_500)),
)
def test_whatever_happens_each_sample_comes_once_in_order_and_little_is_held(
    chance: random.Random, loss: float, jitter_ms: int, sequence: int
) -> None:
    def fate(n: int) -> list[int]:
        if n == 0:
            return [0]
        copies = chance.choice((1, 1, 1, 2))
        return [] if chance.random() < loss else [chance.randint(0, jitter_ms) * MS for _ in range(copies)]

    over = RtpLink(rtp_session(1, "pcmu", sequence=sequence), rtp_session(2, "pcmu"), fate)
    heard = over.talk(frames_of(SECOND))
    stats = over.receiver.stats(over.now_ns)
    assert in_order(heard.frames)
    assert stats.held_packets == 0
    assert over.held_most <= (jitter_ms + 100) // 20 + 1
    assert sum(frame.samples for _, frame in heard.frames) == (
        stats.samples_received + stats.samples_fec + stats.samples_concealed
    )
    assert stats.samples_received <= (stats.packets_received - stats.packets_late) * PACKET
    # Of a stream that may have paused, what is lost is known and made up only when the packet after it has come.
    latest_ms = jitter_ms + samples_to_ms(CONCEALED_MAX) + 20
    assert all(delay <= latest_ms for delay in heard.delays_ms())
