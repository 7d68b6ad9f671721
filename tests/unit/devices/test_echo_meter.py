"""Does the meter tell echo from the user, and does half duplex follow it?"""

from __future__ import annotations

import random
from collections import deque

import pytest

from bareline.devices.echo_meter import EchoLevels, EchoMeter
from bareline.devices.half_duplex import HalfDuplex, leaking

LAG = 5


def speech(seed: int, blocks: int) -> list[float]:
    """Levels of 10 ms that rise and fall like syllables."""
    chance = random.Random(seed)
    levels: list[float] = []
    while len(levels) < blocks:
        peak, length = chance.uniform(0.01, 0.12), chance.randrange(8, 25)
        levels += [peak * min(1.0, (length - at) / 6) for at in range(length)] + [0.0005] * chance.randrange(3, 14)
    return levels[:blocks]


def measure(*, echo: float, left: float, user: float = 0.0, blocks: int = 400) -> EchoMeter:
    """The echo is ``echo`` times the loudspeaker, ``LAG`` blocks later, and ``left`` times that after the canceller."""
    meter, late = EchoMeter(), deque([0.0] * LAG, maxlen=LAG + 1)
    for far, voice in zip(speech(1, blocks), speech(2, blocks), strict=True):
        late.append(far)
        heard = echo * late[0]
        meter.feed(heard + user * voice + 0.0005, far, left * heard + user * voice + 0.0005)
    return meter


def test_an_echo_and_what_is_left_of_it_are_measured() -> None:
    levels = measure(echo=1.0, left=0.01).levels()
    assert levels.echo_dbfs == pytest.approx(-26, abs=4)
    assert levels.erle_db is not None
    assert levels.erle_db > 30
    assert not leaking(levels)


def test_an_echo_that_is_not_cancelled_leaks() -> None:
    levels = measure(echo=1.0, left=0.5).levels()
    assert levels.erle_db == pytest.approx(6, abs=1)
    assert levels.residual_share > 0.9
    assert leaking(levels)


@pytest.mark.parametrize("user", [0.5, 1.0])
def test_a_user_who_speaks_is_no_leak(user: float) -> None:
    assert not leaking(measure(echo=1.0, left=0.01, user=user).levels())


def test_headphones_have_no_echo_whoever_speaks() -> None:
    levels = measure(echo=0.0, left=0.0, user=1.0).levels()
    assert (levels.echo_dbfs, levels.erle_db, levels.measured_ms > 3_000) == (None, None, True)


def test_what_is_left_is_echo_where_it_is_as_usual_and_follows_the_loudspeaker() -> None:
    assert measure(echo=1.0, left=0.5).share > 0.8
    assert measure(echo=1.0, left=0.0).share < 0.1
    leak = measure(echo=1.0, left=0.3)
    for _ in range(20):
        leak.feed(0.3, 0.05, 0.3)
    assert leak.share < 0.3


@pytest.mark.parametrize("user", [0.3, 1.0])
def test_a_user_is_no_echo(user: float) -> None:
    assert measure(echo=1.0, left=0.01, user=user).share < 0.4


def test_nothing_is_measured_in_silence() -> None:
    meter = EchoMeter()
    for _ in range(300):
        meter.feed(0.1, 0.0, 0.1)
    assert not meter.active
    assert meter.share is None
    assert meter.levels() == EchoLevels(measured_ms=0)
    assert meter.echo_max is None


def test_half_duplex_begins_when_echo_leaks_and_ends_once_it_was_clean_for_two_seconds() -> None:
    gate = HalfDuplex(half=False)
    leak, clean = EchoLevels(5_000, -25.0, -30.0, 0.9), EchoLevels(5_000, -25.0, -65.0, 0.1)
    for _ in range(19):
        gate.judge(leak)
    assert not gate.half
    gate.judge(leak)
    assert gate.half
    assert not gate.passes(0.05, 0.05)
    for _ in range(199):
        gate.judge(clean)
    assert gate.half
    gate.judge(clean)
    assert not gate.half
    assert gate.passes(0.05, 0.05)


def test_half_duplex_lets_through_who_is_much_louder_than_the_echo() -> None:
    gate = HalfDuplex(half=True)
    assert [gate.passes(0.2, 0.05) for _ in range(7)] == [False] * 5 + [True] * 2
    assert [gate.passes(0.05, 0.05) for _ in range(40)] == [True] * 39 + [False]
    assert not any(gate.passes(0.2, None) for _ in range(20))
