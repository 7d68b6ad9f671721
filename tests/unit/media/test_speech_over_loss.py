"""How does real speech sound after two per cent of its packets were lost?"""

from __future__ import annotations

import asyncio
import random
from functools import cache

import pytest

from bareline.media.frames import AudioFrame
from bareline.media.opus import OpusDecoder
from bareline.speech.espeak import EspeakSynthesis
from bareline.testing.rtp_link import Heard, RtpLink, rtp_session

np = pytest.importorskip("numpy")
pytest.importorskip("espeakng_loader")

PACKET = 480
TEXT = "Nobody remembers why the telephone was ringing all through that long and rainy afternoon in late November. "


@cache
def speech() -> bytes:
    async def say() -> bytes:
        voice = EspeakSynthesis(blocking=True)
        try:
            return b"".join([chunk.pcm async for chunk in voice.speak(TEXT * 4, voice="marin")])
        finally:
            await voice.close()

    return asyncio.run(say())


@cache
def two_per_cent() -> tuple[RtpLink, Heard, set[int]]:
    """The link after the speech, what was heard, and which packets were lost."""
    chance, lost = random.Random(2), set[int]()

    def fate(n: int) -> tuple[int, ...]:
        if n and chance.random() < 0.02:
            lost.add(n)
            return ()
        return (0,)

    link = RtpLink(rtp_session(1), rtp_session(2, catch_up=True), fate)
    pcm = speech()
    heard = link.talk([AudioFrame(pcm[at : at + 960], at // 2) for at in range(0, len(pcm), 960)], rest_ms=0)
    return link, heard, lost


def decoded(packets: list[bytes], without: set[int]) -> bytes:
    decoding = OpusDecoder()
    return b"".join(bytes(960) if n in without else decoding.decode(data[12:]) for n, data in enumerate(packets))


def log_spectrum(pcm: bytes) -> object:
    samples = np.frombuffer(pcm, "<i2").astype(float)
    windows = np.lib.stride_tricks.sliding_window_view(samples, 512)[::240] * np.hanning(512)
    return 10 * np.log10(np.abs(np.fft.rfft(windows)) ** 2 + 1e3)


def distance(one: bytes, two: bytes) -> float:
    return float(np.mean(np.sqrt(np.mean((log_spectrum(one) - log_spectrum(two)) ** 2, axis=1))))


def test_four_of_five_single_losses_are_recovered_once_the_sender_knows_of_them() -> None:
    link, _, lost = two_per_cent()
    active_from = min(lost) + 60
    single = {n for n in lost if n > active_from and not {n - 1, n + 1} & lost}
    stats = link.receiver.stats(link.now_ns)
    assert len(single) >= 8
    assert stats.samples_fec // PACKET >= 0.8 * len(single)
    assert stats.samples_silent == 0
    assert stats.samples_shed == 0


def test_it_comes_no_more_than_one_packet_later_and_a_little_jitter() -> None:
    _, heard, _ = two_per_cent()
    delays = heard.delays_ms()
    assert max(delays) <= 25
    assert sum(delay > 20 for delay in delays) <= len(delays) * 0.03


def test_it_is_closer_to_the_original_than_with_zeros_for_what_is_lost() -> None:
    link, heard, lost = two_per_cent()
    wanted = decoded(link.packets, set())
    got = heard.placed(len(wanted) // 2)
    assert distance(wanted, got) < 0.75 * distance(wanted, decoded(link.packets, lost))
