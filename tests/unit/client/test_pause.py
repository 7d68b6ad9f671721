"""Can the assistant be made quieter, held back and let go on, at any sample, and is nothing lost or heard twice?"""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Coroutine

import pytest

from bareline.client.journal import Journal
from bareline.client.media_playback import MediaPlayback
from bareline.client.playback import Playback
from bareline.client.sounding import STUCK_S
from bareline.devices.kept_audio import KeepingSink
from bareline.devices.playout import HeardStretch
from bareline.devices.sinks import CallbackSink, NullSink
from bareline.media.frames import AudioFrame
from bareline.protocol import events as ev
from bareline.testing.virtual import run_virtual

MS = 24
KEY = ("item_1", 0)


class HeardSink(KeepingSink):
    """Keeps what was really heard, sample by sample."""

    def __init__(self, **options: int) -> None:
        super().__init__(**options)
        self.sounded = array("h")

    def _sounded(self, stretch: HeardStretch, pcm: bytes) -> None:
        self.sounded.frombytes(pcm)


class Player:
    """A playback of either kind over a sink, with so much speech whose samples count up."""

    playback: Playback | MediaPlayback

    def __init__(self, media: bool, make_sink: Callable[[], NullSink | None], ms: int) -> None:
        self.media, self.make_sink = media, make_sink
        self.speech = array("h", [1 + index % 30_000 for index in range(ms * MS)])
        self.told: list[object] = []

    def run(self, act: Callable[[], Coroutine[None, None, None]]) -> None:
        """Play, and do the test's part beside it, in virtual time."""
        run_virtual(self._run(act))

    async def _run(self, act: Callable[[], Coroutine[None, None, None]]) -> None:
        self.sink = self.make_sink()
        told = {"started": lambda *_: self.told.append("started"), "stopped": lambda _, cut: self.told.append(cut)}
        if self.media:
            self.playback = MediaPlayback(self.sink, Journal(None), chars=lambda _: 1, **told)
        else:
            self.playback = Playback(self.sink, Journal(None), **told)
        tasks = [self.playback.run(), self._stream() if self.media else self._deltas()]
        running = [asyncio.create_task(task) for task in tasks]
        await act()
        self.position = self.playback.ledger.position(*KEY)
        for task in running:
            task.cancel()

    async def _deltas(self) -> None:
        playback = self.playback
        playback.begun("resp_1", *KEY)
        place = {"response_id": "resp_1", "item_id": KEY[0], "output_index": 0, "content_index": KEY[1]}
        for start in range(0, len(self.speech), 100 * MS):
            delta = self.speech[start : start + 100 * MS].tobytes()
            playback.received(ev.ResponseOutputAudioDelta(delta=delta, **place), None)
            await asyncio.sleep(0.05)
        playback.finished(*KEY)

    async def _stream(self) -> None:
        playback = self.playback
        playback.begun("resp_1", *KEY)
        playback.buffer_started("resp_1")
        for start in range(0, len(self.speech), 20 * MS):
            playback.play(AudioFrame(self.speech[start : start + 20 * MS].tobytes(), start, 0))
            await asyncio.sleep(0.02)
        playback.buffer_stopped("resp_1")

    def hear(self) -> array[int]:
        """What was heard until now."""
        assert self.sink is not None
        self.sink.heard_samples  # noqa: B018  (play up to this moment)
        return self.sink.sounded


both = pytest.mark.parametrize("media", [False, True], ids=["events", "media"])
buffers = pytest.mark.parametrize("device_ms", [0, 40])


@both
@buffers
def test_a_pause_is_silence_within_one_buffer_and_goes_on_at_the_same_sample(media: bool, device_ms: int) -> None:
    player = Player(media, lambda: HeardSink(device_ms=device_ms), 1_000)

    async def act() -> None:
        await asyncio.sleep(0.333)
        player.playback.pause()
        before = len(player.hear())
        await asyncio.sleep(device_ms / 1000 + 0.001)
        held = len(player.hear())
        await asyncio.sleep(0.5)
        assert len(player.hear()) == held <= before + device_ms * MS
        assert (player.playback.paused, player.playback.unheard, player.told) == (True, True, ["started"])
        assert player.playback.ledger.position(*KEY).heard == held
        player.playback.resume()
        await asyncio.sleep(1)

    player.run(act)
    assert player.sink.sounded == player.speech
    assert player.told == ["started", False]
    position = player.position
    assert (position.heard, position.written, position.received) == (24_000, 24_000, 24_000)


@both
def test_any_number_of_pauses_at_any_moment_loses_and_repeats_nothing(media: bool) -> None:
    player = Player(media, lambda: HeardSink(device_ms=20, queue_ms=50), 800)

    async def act() -> None:
        for _ in range(60):
            player.playback.pause()
            player.playback.pause()
            await asyncio.sleep(0.003)
            player.playback.resume()
            player.playback.resume()
            await asyncio.sleep(0.013)
        await asyncio.sleep(2)

    player.run(act)
    assert player.sink.sounded == player.speech


@both
def test_ducking_changes_what_the_sink_holds_and_loses_no_sample(media: bool) -> None:
    player = Player(media, HeardSink, 1_000)

    async def act() -> None:
        await asyncio.sleep(0.3)
        player.playback.duck(-12)
        ducked = len(player.hear())
        await asyncio.sleep(0.2)
        quiet = player.hear()[ducked + 5 * MS :]
        assert 0.24 < sum(quiet) / sum(player.speech[ducked + 5 * MS : len(player.hear())]) < 0.26
        player.playback.duck(None)
        full = len(player.hear()) + 5 * MS
        await asyncio.sleep(1)
        assert player.hear()[full:] == player.speech[full:]
        assert len(player.sink.sounded) == len(player.speech)

    player.run(act)
    assert player.told == ["started", False]


@both
def test_an_interruption_while_paused_and_ducked_cuts_at_what_was_heard_and_what_follows_is_loud(media: bool) -> None:
    player = Player(media, HeardSink, 1_000)

    async def act() -> None:
        await asyncio.sleep(0.3)
        player.playback.duck(-12)
        player.playback.pause()
        await asyncio.sleep(0.1)
        heard = len(player.hear())
        [cut] = player.playback.interrupt()
        assert (cut.audio_end_ms, cut.delete) == (heard // MS, False)
        assert player.playback.interrupt() == []
        assert not player.playback.paused
        player.playback.play_clip(player.speech[: 100 * MS].tobytes())
        await asyncio.sleep(0.2)
        assert player.hear()[heard:] == player.speech[: 100 * MS]

    player.run(act)
    assert player.told == ["started", True]


def test_a_frame_that_the_sink_takes_late_is_not_lost_when_it_was_meant_to_wait() -> None:
    """The sink made it wait, was cleared for a pause, and took it then."""
    player = Player(False, lambda: HeardSink(queue_ms=100), 1_000)

    async def act() -> None:
        await asyncio.sleep(0.4)
        player.playback.pause()
        await asyncio.sleep(0.1)
        held = len(player.hear())
        player.playback.duck(-6)
        player.playback.duck(None)
        await asyncio.sleep(0.1)
        assert len(player.hear()) == held
        player.playback.resume()
        player.playback.pause()
        player.playback.resume()
        await asyncio.sleep(1)

    player.run(act)
    assert list(player.sink.sounded[: 390 * MS]) == list(player.speech[: 390 * MS])
    assert len(player.sink.sounded) == len(player.speech)


@both
def test_before_anything_came_a_pause_holds_what_comes(media: bool) -> None:
    player = Player(media, HeardSink, 500)

    async def act() -> None:
        player.playback.pause()
        await asyncio.sleep(0.7)
        assert (len(player.hear()), player.told) == (0, [])
        player.playback.resume()
        await asyncio.sleep(0.7)

    player.run(act)
    assert player.sink.sounded == player.speech


@both
def test_nobody_to_hear_is_nobody_to_pause_for(media: bool) -> None:
    player = Player(media, lambda: None, 100)

    async def act() -> None:
        await asyncio.sleep(0.3)
        player.playback.duck(-6)
        player.playback.pause()
        player.playback.resume()
        assert not player.playback.paused
        assert player.playback.interrupt() == player.playback.interrupt_response("resp_1") == []
        player.playback.silence()

    player.run(act)


def test_a_frame_that_is_being_handed_on_is_taken_back_too() -> None:
    """A telephone line that takes its time: the sink has the frame, and its ``write`` has not returned."""
    handed: list[bytes] = []

    async def play(frame: AudioFrame) -> None:
        await asyncio.sleep(0.015)
        handed.append(frame.pcm)

    player = Player(False, lambda: CallbackSink(play), 300)

    async def act() -> None:
        await asyncio.sleep(0.2)
        player.playback.pause()
        heard = player.playback.ledger.position(*KEY).heard
        await asyncio.sleep(0.3)
        assert player.playback.ledger.position(*KEY).heard == heard
        player.playback.resume()
        await asyncio.sleep(0.6)

    player.run(act)
    position = player.position
    assert (position.heard, position.written, player.told) == (300 * MS, 300 * MS, ["started", False])


def test_a_voice_cannot_be_made_louder() -> None:
    player = Player(False, HeardSink, 100)

    async def act() -> None:
        with pytest.raises(ValueError, match="louder"):
            player.playback.duck(1)

    player.run(act)


def test_what_a_sink_took_far_ahead_is_all_there_after_a_pause() -> None:
    player = Player(False, lambda: HeardSink(queue_ms=30_000), 6_000)

    async def act() -> None:
        await asyncio.sleep(4)
        player.playback.pause()
        await asyncio.sleep(STUCK_S)
        player.playback.resume()
        await asyncio.sleep(3)

    player.run(act)
    assert player.sink.sounded == player.speech
