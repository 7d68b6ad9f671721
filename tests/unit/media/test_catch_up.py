"""Does a listener in real time catch up after a burst, without losing what was said?"""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from bareline.media.catch_up import STANDING_NS, WAITING_MAX_NS, CatchUp
from bareline.media.drift import DriftEstimate
from bareline.media.frames import AudioFrame
from bareline.testing.rtp_link import RtpLink, rtp_session, voiced
from bareline.units import NS_PER_MS, NS_PER_S, samples_to_ns

MS = NS_PER_MS
PACKET = 480
SPEECH = voiced(1_000)


def frame(n: int, *, pcm: bytes | None = None, samples: int = PACKET) -> AudioFrame:
    at = n * samples % 24_000
    return AudioFrame(pcm or SPEECH[2 * at : 2 * (at + samples)], n * samples)


def played_out(handed: list[tuple[int, AudioFrame]]) -> int:
    """When a listener who plays everything in real time is through: an account of our own."""
    until = 0
    for at, passed in handed:
        until = max(until, at) + samples_to_ns(passed.samples)
    return until


def wait_after(seconds: float, *, stall_ms: int, speech: bytes | None = None) -> tuple[float, CatchUp]:
    """How far behind (ms) the listener is so long after a stall that ended in a burst."""
    catch_up, handed = CatchUp(), list[tuple[int, AudioFrame]]()
    burst = stall_ms // 20
    arrivals = [(stall_ms, [frame(n, pcm=speech) for n in range(burst)])]
    arrivals += [(20 * n, [frame(n, pcm=speech)]) for n in range(burst, burst + int(50 * seconds))]
    for at, frames in arrivals:
        handed += [(at * MS, passed) for passed in catch_up.pass_on(frames, at * MS)]
    assert all(one.end_sample <= two.first_sample for (_, one), (_, two) in pairwise(handed))
    return (played_out(handed) - arrivals[-1][0] * MS) / MS - 20, catch_up


def test_in_step_nothing_is_left_out() -> None:
    catch_up = CatchUp()
    for n in range(100):
        at = 20 * n * MS + (n * 7 % 9) * MS
        assert catch_up.pass_on([frame(n)], at) == [frame(n)]
    assert catch_up.shed == 0


@pytest.mark.parametrize("stall_ms", [60, 200, 400])
def test_a_stall_is_made_up_for_within_two_seconds(stall_ms: int) -> None:
    behind, catch_up = wait_after(2.0, stall_ms=stall_ms)
    assert behind <= STANDING_NS / MS + 1
    assert behind >= 10
    assert catch_up.shed <= stall_ms * 24


def test_quiet_is_left_out_first_and_whole() -> None:
    behind, catch_up = wait_after(1.0, stall_ms=400, speech=bytes(2 * PACKET))
    assert behind <= 20
    assert catch_up.shed % PACKET == 0


def test_what_would_wait_for_more_than_a_second_is_left_out_the_oldest_first() -> None:
    catch_up = CatchUp()
    passed = catch_up.pass_on([frame(n) for n in range(150)], 0)
    assert passed[0].first_sample == 100 * PACKET
    assert sum(one.samples for one in passed) * 1_000 <= WAITING_MAX_NS // MS * 24_000
    assert catch_up.shed >= 100 * PACKET


def test_noise_is_left_alone_unless_much_is_standing() -> None:
    noise = random.Random(4).randbytes(2 * PACKET)
    catch_up = CatchUp()
    for n in range(5):
        catch_up.pass_on([frame(n, pcm=noise)], 0)
    behind = [catch_up.pass_on([frame(n, pcm=noise)], (n - 4) * 20 * MS)[0].samples for n in range(5, 60)]
    assert set(behind) == {PACKET}
    for n in range(60, 65):
        catch_up.pass_on([frame(n, pcm=noise)], 55 * 20 * MS)
    behind = [catch_up.pass_on([frame(n, pcm=noise)], (n - 9) * 20 * MS)[0].samples for n in range(65, 120)]
    assert min(behind) < PACKET


def test_short_frames_are_not_shortened() -> None:
    catch_up = CatchUp()
    loud = SPEECH[4_800:5_280]
    passed = [catch_up.pass_on([frame(n, pcm=loud, samples=240)], n * 5 * MS) for n in range(99)]
    assert {one.samples for frames in passed for one in frames} == {240}


@pytest.mark.parametrize("ppm", [-200.0, 200.0])
def test_an_hour_of_drifting_clocks_adds_no_delay(ppm: float) -> None:
    catch_up, estimate = CatchUp(), DriftEstimate()
    until, worst = 0, 0
    for n in range(3_600 * 1_000 // 60):
        passed = AudioFrame(SPEECH[:2_880], n * 1_440)
        at = round(samples_to_ns(passed.first_sample) * (1 - ppm * 1e-6))
        estimate.arrived(passed.first_sample, at)
        for kept in catch_up.pass_on([passed], at):
            worst = max(worst, until - at)
            until = max(until, at) + samples_to_ns(kept.samples)
    assert worst <= 26 * MS
    assert catch_up.shed <= max(0, ppm) * 1e-6 * 3_600 * 24_000
    assert estimate.ppm() == pytest.approx(ppm, abs=2)


def test_drift_is_known_after_ten_seconds_and_begun_anew_when_the_path_changes() -> None:
    estimate = DriftEstimate()
    for n in range(50 * 9):
        estimate.arrived(n * PACKET, n * 20 * MS)
    assert estimate.ppm() is None
    for n in range(50 * 9, 50 * 20):
        estimate.arrived(n * PACKET, n * 20 * MS)
    assert estimate.ppm() == 0
    for n in range(50 * 20, 50 * 25):
        estimate.arrived(n * PACKET, n * 20 * MS + 40 * MS)
    assert estimate.ppm() is None


@pytest.mark.parametrize("ppm", [-200.0, 200.0])
def test_a_drifting_sender_is_neither_held_nor_concealed(ppm: float) -> None:
    over = RtpLink(rtp_session(1, "pcmu"), rtp_session(2, "pcmu", catch_up=True))
    heard = over.talk([frame(n) for n in range(50 * 30)], drift_ppm=ppm, rest_ms=15)
    stats = over.receiver.stats(over.now_ns)
    assert stats.drift_ppm == pytest.approx(ppm, abs=5)
    assert (stats.samples_concealed, stats.packets_late, over.held_most) == (0, 0, 0)
    assert len(heard.frames) == 50 * 30
    assert played_out(heard.frames) <= over.now_ns + 30 * MS + NS_PER_S // 50


def test_a_session_catches_up_after_a_stall_of_its_path() -> None:
    def stall(n: int) -> tuple[int]:
        return (max(0, 65 - n) * 20 * MS if 50 <= n < 65 else 0,)

    over = RtpLink(rtp_session(1), rtp_session(2, catch_up=True), stall)
    heard = over.talk([frame(n) for n in range(50 * 5)], rest_ms=0)
    assert played_out(heard.frames) - heard.frames[-1][0] <= 20 * MS + STANDING_NS + MS
    assert over.receiver.stats(over.now_ns).samples_shed > 0
