"""Do reports go out in time, and is what they tell used?"""

from __future__ import annotations

from bareline.media.frames import AudioFrame
from bareline.media.reports import REPORT_NS, expected_loss
from bareline.media.rtcp import (
    Goodbye,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    SourceDescription,
    build_rtcp,
    parse_rtcp,
)
from bareline.testing.rtp_link import RtpLink, rtp_session, voiced
from bareline.units import NS_PER_MS, NS_PER_S

MS = NS_PER_MS
SPEECH = voiced(1_000)
FRAMES = [AudioFrame(SPEECH[at : at + 960], at // 2) for at in range(0, len(SPEECH), 960)]


def test_the_first_report_comes_early_and_the_others_every_five_seconds() -> None:
    session = rtp_session(1)
    assert session.deadline() is None
    session.send_audio(FRAMES[0], 0)
    times: list[int] = []
    for _ in range(3):
        due = session.deadline()
        assert due is not None
        assert session.reports(due - 1) == []
        assert len(session.reports(due)) == 1
        times.append(due)
    assert times == [500 * MS, 500 * MS + REPORT_NS, 500 * MS + 2 * REPORT_NS]


def test_who_sent_reports_as_sender_and_who_did_not_as_receiver() -> None:
    session = rtp_session(1, timestamp=5)
    session.send_audio(AudioFrame(SPEECH[:1_920]), 0)
    first = parse_rtcp(session.reports(NS_PER_S)[0]) or []
    assert isinstance(first[0], SenderReport)
    assert (first[0].packets, first[0].blocks) == (2, ())
    assert first[0].ntp >> 32 == 1_700_000_001 + 2_208_988_800
    assert first[1] == SourceDescription(1, "test")
    second = parse_rtcp(session.reports(10 * NS_PER_S)[0]) or []
    assert second[0] == ReceiverReport(1)


def test_a_senders_report_names_one_moment_on_both_clocks_in_a_pause_too() -> None:
    session = rtp_session(1, timestamp=2**32 - 10_000)
    session.send_audio(FRAMES[0], 3 * NS_PER_S)
    report = (parse_rtcp(session.reports(4 * NS_PER_S)[0]) or [])[0]
    assert isinstance(report, SenderReport)
    assert report.ntp >> 32 == 1_700_000_004 + 2_208_988_800
    assert report.timestamp == 48_000 + 960 - 10_000


def test_round_trip_and_loss_come_back_to_the_sender() -> None:
    over = RtpLink(rtp_session(1), rtp_session(2), lambda n: () if n % 10 == 9 else (0,))
    over.talk([AudioFrame(SPEECH[:960], 480 * n) for n in range(300)], rest_ms=6_000)
    stats = over.sender.stats(over.now_ns)
    assert stats.round_trip_ns is not None
    assert abs(stats.round_trip_ns - 20 * MS) < MS
    assert stats.remote_packets_lost is not None
    assert 25 <= stats.remote_packets_lost <= 30
    assert stats.remote_jitter_ns == 0


def test_a_loss_is_reported_within_a_second() -> None:
    receiver, packets = rtp_session(2), rtp_session(1).send_audio(AudioFrame(SPEECH), 0)
    for n in range(30):
        receiver.receive_rtp(packets[n], n * 20 * MS)
        receiver.frames(n * 20 * MS)
    receiver.reports(600 * MS)
    receiver.receive_rtp(packets[31], 620 * MS)
    assert len(receiver.reports(1_600 * MS)) == 1


def test_goodbye_ends_our_stream_and_theirs_is_noticed() -> None:
    one, two = rtp_session(1), rtp_session(2)
    two.receive_rtp(one.send_audio(FRAMES[0], 0)[0], 0)
    end = one.goodbye()
    assert (parse_rtcp(end) or [])[-1] == Goodbye((1,))
    assert one.deadline() is None
    two.receive_rtcp(build_rtcp([ReceiverReport(9), Goodbye((9,))]), 0)
    assert not two.stats(0).goodbye
    two.receive_rtcp(end, 0)
    assert two.stats(0).goodbye


def test_reports_on_others_and_malformed_ones_change_nothing() -> None:
    session = rtp_session(1)
    session.receive_rtcp(b"junk", 0)
    session.receive_rtcp(build_rtcp([ReceiverReport(9, (ReportBlock(5, 128, 9, 9, 9),))]), 0)
    session.receive_rtcp(build_rtcp([SenderReport(9, 1 << 40, 0, 0, 0)]), 0)
    stats = session.stats(0)
    assert (stats.reports_ignored, stats.remote_loss, stats.round_trip_ns) == (1, None, None)
    assert stats.remote_jitter_ns is None


def test_a_report_from_the_future_by_rounding_is_a_short_path() -> None:
    session = rtp_session(1)
    session.send_audio(FRAMES[0], 0)
    report = parse_rtcp(session.reports(NS_PER_S)[0]) or []
    assert isinstance(report[0], SenderReport)
    block = ReportBlock(1, 0, 0, 0, 0, (report[0].ntp >> 16 & 0xFFFFFFFF) + 3, 0)
    session.receive_rtcp(build_rtcp([ReceiverReport(2, (block,))]), NS_PER_S)
    assert session.stats(0).round_trip_ns == 0


def test_expected_loss_rises_at_once_and_falls_slowly() -> None:
    assert [expected_loss(1, 0), expected_loss(26, 0), expected_loss(200, 0)] == [10, 20, 30]
    falling = [30]
    while falling[-1]:
        falling.append(expected_loss(0, falling[-1]))
    assert falling == sorted(falling, reverse=True)
    assert len(falling) > 8
