"""What is sent around turns: nothing before, nothing lost of the beginning, at pace where audio is media."""

from __future__ import annotations

from array import array
from collections import Counter

import pytest

from bareline.client.turn_gate import PRE_ROLL_MS, TurnGate
from bareline.media.frames import AudioFrame
from bareline.units import ms_to_samples

FRAME = ms_to_samples(20)


class Stream:
    """Feeds a gate frames whose samples are their own positions in ms, plus one; keeps what comes out."""

    def __init__(self, *, media: bool) -> None:
        self.gate = TurnGate(media=media)
        self.at = 0
        self.sent: list[int] = []

    def run(self, ms: int) -> None:
        for _ in range(ms // 20):
            self.push()
            self.take()

    def push(self) -> None:
        samples = array("h", ((self.at + n) // 24 + 1 for n in range(FRAME)))
        self.frame = AudioFrame(samples.tobytes(), self.at)
        self.gate.push(self.frame)
        self.at += FRAME

    def take(self) -> None:
        for piece in self.gate.take(self.frame):
            self.sent += array("h", piece.pcm)

    def open(self, at_ms: int) -> None:
        self.push()
        self.gate.open(ms_to_samples(at_ms))
        self.take()

    def close(self, at_ms: int) -> None:
        self.push()
        self.gate.close(ms_to_samples(at_ms))
        self.take()

    def spoken_ms(self) -> tuple[int, int]:
        """First and last ms of the stream among what was sent."""
        sounds = [value - 1 for value in self.sent if value]
        assert sounds == sorted(sounds)
        assert len(sounds) == 24 * (sounds[-1] - sounds[0] + 1)  # without gaps
        return sounds[0], sounds[-1]


def test_over_messages_a_turn_is_sent_with_what_came_before_it_and_nothing_else() -> None:
    stream = Stream(media=False)
    stream.run(1_000)
    assert stream.sent == []
    stream.open(920)
    stream.run(480)
    assert stream.gate.finished() == 0
    stream.close(1_200)
    assert stream.gate.finished() == 1
    stream.run(1_000)
    assert stream.spoken_ms() == (920 - PRE_ROLL_MS, 1_519)
    assert stream.gate.sent_samples == len(stream.sent)
    stream.gate.forget_sent()
    assert stream.gate.sent_samples == 0


def test_on_media_the_stream_goes_on_at_its_pace_with_silence_around_the_turn() -> None:
    stream = Stream(media=True)
    stream.run(1_000)
    stream.open(920)
    stream.gate.release()
    stream.run(480)
    stream.close(1_200)
    stream.run(400)
    assert stream.spoken_ms() == (920 - PRE_ROLL_MS, 1_299)
    assert len(stream.sent) == stream.at
    assert stream.gate.finished() == 1


def test_on_media_an_end_that_is_known_early_waits_for_the_last_of_the_speech_to_be_sent() -> None:
    stream = Stream(media=True)
    stream.run(1_000)
    stream.open(920)
    stream.gate.release()
    stream.run(280)
    stream.close(1_300)
    assert stream.gate.finished() == 0
    stream.run(400)
    assert stream.gate.finished() == 1
    assert stream.spoken_ms()[1] == 1_319  # what there was of it


@pytest.mark.parametrize(("release_after_ms", "began_at_ms"), [(0, 1_200), (400, 1_420), (5_000, 2_200)])
def test_on_media_speech_waits_until_the_servers_buffer_is_empty_but_not_for_ever(
    release_after_ms, began_at_ms
) -> None:
    stream = Stream(media=True)
    stream.run(1_000)
    stream.open(920)
    for waited in range(0, 3_000, 20):
        if waited == release_after_ms:
            stream.gate.release()
        stream.run(20)
    began = next(n for n, value in enumerate(stream.sent) if value > 920) // 24
    assert began == pytest.approx(began_at_ms, abs=20)  # the pre-roll goes first; it hides a short wait
    assert 920 in stream.sent
    assert stream.spoken_ms()[0] == 720


def test_a_turn_right_after_another_one_does_not_repeat_it() -> None:
    for media in (False, True):
        stream = Stream(media=media)
        stream.run(500)
        stream.open(400)
        stream.gate.release()
        stream.run(300)
        stream.close(700)
        stream.open(830)
        stream.gate.release()
        stream.run(300)
        stream.close(900)
        stream.run(1_000)
        assert stream.gate.finished() == 2
        sounds = [value for value in stream.sent if value]
        assert sounds == sorted(sounds)
        assert set(Counter(sounds).values()) == {24}


def test_what_never_began_does_not_end_and_what_is_older_than_what_is_kept_is_gone() -> None:
    stream = Stream(media=False)
    stream.close(0)
    stream.run(5_000)
    assert (stream.sent, stream.gate.finished()) == ([], 0)
    stream.open(0)
    assert stream.spoken_ms() == (2_540, 5_039)
