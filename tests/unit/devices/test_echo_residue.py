"""Is the rest of an echo told from a voice while the canceller still learns?"""

from __future__ import annotations

from bareline.devices.echo_residue import EchoResidue


def judged(*blocks: tuple[float, float]) -> list[bool]:
    residue = EchoResidue()
    return [residue.only_echo(near, left) for near, left in blocks]


def test_what_the_canceller_takes_away_was_echo_and_what_it_leaves_may_be_a_voice() -> None:
    assert judged((0.1, 0.01), (0.1, 0.01)) == [True, True]
    assert judged((0.1, 0.1), (0.1, 0.09)) == [False, False]


def test_what_was_echo_and_fades_still_is_until_it_grows_or_stays() -> None:
    echo, fading = [(0.1, 0.001)] * 20, [(0.1 * 0.7**block, 0.1 * 0.7**block) for block in range(1, 9)]
    assert judged(*echo, *fading) == [True] * 28
    assert judged(*echo, *fading, (0.1, 0.1), (0.1, 0.1))[-2:] == [False, False]
    assert judged(*fading) == [False] * 8
