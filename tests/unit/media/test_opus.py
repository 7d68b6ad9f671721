"""Is speech Opus and back again, what is lost recovered, and nothing raised?"""

from __future__ import annotations

import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareline.errors import AudioFormatError
from bareline.media.opus import OpusDecoder, OpusEncoder, carries_fec, packet_samples
from bareline.testing.rtp_link import voiced

SPEECH = voiced(2_000)
PACKET = 960


def packets_of(pcm: bytes, **options: int) -> list[bytes]:
    encoding = OpusEncoder(**options)  # type: ignore[arg-type] # bool is int
    return [encoding.encode(pcm[at : at + PACKET]) for at in range(0, len(pcm) - PACKET + 1, PACKET)]


def snr_db(wanted: bytes, got: bytes) -> float:
    one, two = array("h", wanted), array("h", got)
    noise = sum((a - b) ** 2 for a, b in zip(one, two, strict=True))
    return 10 * math.log10(sum(a * a for a in one) / max(1, noise))


def test_speech_survives_at_32_kbps() -> None:
    packets = packets_of(SPEECH)
    decoding = OpusDecoder()
    heard = b"".join(map(decoding.decode, packets))
    assert len(heard) == len(SPEECH)
    lookahead = 2 * 156
    assert max(snr_db(SPEECH[:-lookahead], heard[lookahead:]), 0) > 5
    assert sum(map(len, packets)) * 8 / 2 < 36_000
    assert decoding.engine.startswith("libopus")


def test_a_lost_packet_is_recovered_from_the_next_better_than_concealed() -> None:
    packets = packets_of(SPEECH, expected_loss_percent=10)
    straight = OpusDecoder()
    wanted = [straight.decode(packet) for packet in packets]
    gains: list[float] = []
    for lost in range(5, 95, 3):
        if not carries_fec(packets[lost + 1]):
            continue
        recovering, concealing = OpusDecoder(), OpusDecoder()
        for packet in packets[:lost]:
            recovering.decode(packet)
            concealing.decode(packet)
        recovered = recovering.decode_fec(packets[lost + 1], 480)
        gains.append(snr_db(wanted[lost], recovered) - snr_db(wanted[lost], concealing.conceal(480)))
    assert len(gains) >= 15
    assert sorted(gains)[len(gains) // 2] > 2


def test_of_a_length_that_opus_lacks_the_end_is_recovered() -> None:
    packets = packets_of(SPEECH, expected_loss_percent=10)
    lost = next(n for n in range(5, 95) if carries_fec(packets[n + 1]))
    one, two = OpusDecoder(), OpusDecoder()
    for packet in packets[:lost]:
        one.decode(packet)
        two.decode(packet)
    assert one.decode_fec(packets[lost + 1], 470) == two.decode_fec(packets[lost + 1], 480)[20:]


def test_fec_is_in_the_packets_only_when_losses_are_expected() -> None:
    assert not any(map(carries_fec, packets_of(SPEECH)))
    assert sum(map(carries_fec, packets_of(SPEECH, expected_loss_percent=10))) > 50
    assert not any(map(carries_fec, packets_of(SPEECH, fec=False, expected_loss_percent=10)))
    encoding = OpusEncoder()
    encoding.set_expected_loss(20)
    assert any(carries_fec(encoding.encode(SPEECH[at : at + PACKET])) for at in range(0, len(SPEECH), PACKET))


def test_silence_is_two_bytes_at_most_with_dtx() -> None:
    silence = packets_of(bytes(100 * PACKET), dtx=True)
    assert sum(len(packet) <= 2 for packet in silence) > 80
    assert min(map(len, packets_of(bytes(20 * PACKET)))) > 2


@pytest.mark.parametrize(
    ("toc", "rest", "samples"),
    [
        (0x00, b"", 240),
        (0x08, b"", 480),
        (0x18, b"", 1_440),
        (0x60, b"", 240),
        (0x78, b"", 480),
        (0x80, b"", 60),
        (0xF8, b"", 480),
        (0xF9, b"", 960),
        (0xFB, b"\x03", 1_440),
        (0xFB, b"", 0),
        (0xFB, b"\x3f", 0),
    ],
)
def test_a_packet_says_its_length(toc: int, rest: bytes, samples: int) -> None:
    assert packet_samples(bytes([toc]) + rest) == samples
    assert OpusDecoder().packet_samples(bytes([toc]) + rest) == samples


def test_no_packet_has_no_length_and_no_fec() -> None:
    assert packet_samples(b"") == 0
    assert not carries_fec(b"")
    assert not carries_fec(b"\xf8\xff")
    assert carries_fec(b"\x08\x40")
    assert carries_fec(b"\x18\x10")
    assert not carries_fec(b"\x18\x40")
    assert OpusDecoder().carries_fec(b"\x08\x40")


@given(st.lists(st.binary(max_size=60), max_size=6), st.integers(0, 2_880))
def test_no_bytes_raise_and_every_packet_gives_its_length(payloads: list[bytes], samples: int) -> None:
    decoding = OpusDecoder()
    for payload in payloads:
        assert len(decoding.decode(payload)) == 2 * packet_samples(payload)
        assert len(decoding.decode_fec(payload, samples)) == 2 * samples
        assert len(decoding.conceal(samples)) == 2 * samples


def test_what_cannot_be_decoded_is_concealed_and_counted() -> None:
    decoding = OpusDecoder()
    for packet in packets_of(SPEECH[: 30 * PACKET]):
        decoding.decode(packet)
    assert any(decoding.decode(b"\x0b\x02\xff"))
    assert decoding.errors == 1
    assert decoding.decode(b"") == b""
    assert len(decoding.decode_fec(b"", 480)) == 960
    assert decoding.errors == 2
    assert len(decoding.decode_fec(b"\x0b\x02\xff", 480)) == 960
    assert decoding.errors == 3


def test_lengths_and_settings_that_opus_lacks_are_refused() -> None:
    with pytest.raises(AudioFormatError, match="no packets of 100 samples"):
        OpusEncoder().encode(bytes(200))
    with pytest.raises(AudioFormatError, match="refuses"):
        OpusEncoder(bitrate_bps=-5)
