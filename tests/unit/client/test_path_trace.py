"""Does a trace say where the user's audio is and how long the path takes, and no more often than it must?"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bareline.client.journal import Journal
from bareline.client.media_playback import MediaPlayback
from bareline.client.path_trace import POSITION_EVERY_SAMPLES, PathTrace, path_record
from bareline.client.playback import Playback
from bareline.devices.echo_streams import EchoSpeaker
from bareline.devices.far_end import FarEnd
from bareline.devices.sinks import NullSink
from bareline.media.frames import AudioFrame
from bareline.observe.recorder import Records
from bareline.testing.virtual import run_virtual
from bareline.units import ms_to_ns, samples_to_ns

FRAME_SAMPLES = 480


def _frames(count: int, from_ns: int = 1_000) -> list[AudioFrame]:
    pcm = bytes(2 * FRAME_SAMPLES)
    return [AudioFrame(pcm, number * FRAME_SAMPLES, from_ns + number * samples_to_ns(480)) for number in range(count)]


def test_the_first_frame_and_ten_a_second_have_a_position() -> None:
    records = Records()
    path = PathTrace(records)
    for frame in _frames(50):
        path.sent(frame, given_ns=frame.at_ns + 1, sent_ns=frame.at_ns + 2)
    samples = [record.data["samples"] for record in records.records]
    assert samples == [480, *range(480 + POSITION_EVERY_SAMPLES, 24_001, POSITION_EVERY_SAMPLES)]
    first = records.records[0]
    assert (first.kind, first.name, first.at_ns) == ("audio", "microphone", 1_002)
    assert first.data["captured_ns"] == 1_000 + samples_to_ns(FRAME_SAMPLES)
    assert first.data["given_ns"] == 1_001


def test_frames_without_a_time_have_no_position_but_count() -> None:
    records = Records()
    path = PathTrace(records)
    path.sent(AudioFrame(bytes(960)), given_ns=1, sent_ns=2)
    path.sent(AudioFrame(bytes(960), 480, 5), given_ns=6, sent_ns=7)
    assert [record.data["samples"] for record in records.records] == [960]


def _stats(ice_ms: int | None, held_ms: int | None) -> Any:
    audio = None if held_ms is None else SimpleNamespace(codec="opus", held_ns=ms_to_ns(held_ms), jitter_ns=1_500_000)
    return SimpleNamespace(ice_round_trip_ns=None if ice_ms is None else ms_to_ns(ice_ms), audio=audio)


@pytest.mark.parametrize(
    ("stats", "ping_ns", "data"),
    [
        (None, None, None),
        (None, ms_to_ns(12), {"round_trip_ms": 12.0, "by": "ping"}),
        (
            _stats(30, 20),
            None,
            {"round_trip_ms": 30.0, "by": "ice", "codec": "opus", "held_ms": 20.0, "jitter_ms": 1.5},
        ),
        (_stats(None, None), None, None),
    ],
)
def test_the_path_is_what_the_transport_knows_of_it(stats: object, ping_ns: int | None, data: object) -> None:
    record = path_record(7, cast("Any", stats), ping_ns)
    assert (record.data if record else None) == data


class Loudspeaker(NullSink):
    """A device with a buffer of its own."""

    latency_ms = 30


@pytest.mark.parametrize("media", [False, True], ids=["events", "media"])
@pytest.mark.parametrize(
    ("sink", "told"),
    [(NullSink, []), (Loudspeaker, [30]), (lambda: EchoSpeaker(Loudspeaker(), FarEnd()), [30])],
    ids=["no device", "a device", "a device beside a microphone"],
)
def test_the_loudspeakers_own_buffer_is_told_where_it_is_known(sink: Callable[[], Any], told: list[int], media) -> None:
    records = Records()

    async def main() -> None:
        heard: dict[str, Any] = {"started": lambda *_: None, "stopped": lambda *_: None}
        journal = Journal(records)
        playback = (
            MediaPlayback(sink(), journal, chars=lambda _: 1, **heard) if media else Playback(sink(), journal, **heard)
        )
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await playback.run()

    run_virtual(main())
    assert [record.data["latency_ms"] for record in records.records if record.name == "speaker"] == told
