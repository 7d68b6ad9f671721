"""Are the codecs of a call interchangeable, and what is used where libopus is not?"""

from __future__ import annotations

import ctypes.util
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareline.errors import MissingExtra
from bareline.media import libopus
from bareline.media.codecs import CodecName, G711Decoder, decoder, encoder
from bareline.media.concealment import FadingConcealment, fade_out
from bareline.media.levels import rms_dbfs
from bareline.media.opus import OpusDecoder, OpusEncoder
from bareline.testing.rtp_link import voiced

PACKET = 960
SPEECH = voiced(1_000)
CODECS: list[CodecName] = ["opus", "pcmu", "pcma"]


@pytest.fixture
def no_libopus(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine without any libopus to bind: PyAV keeps its own."""
    libopus.load_libopus.cache_clear()
    monkeypatch.setattr(libopus, "_candidates", lambda: ["/nowhere/libopus.so", ctypes.util.find_library("c") or ""])
    yield
    libopus.load_libopus.cache_clear()


def there_and_back(codec: CodecName) -> bytes:
    encoding, decoding = encoder(codec), decoder(codec)
    encoding.set_expected_loss(0)
    packets = [encoding.encode(SPEECH[at : at + PACKET]) for at in range(0, len(SPEECH), PACKET)]
    assert all(decoding.packet_samples(packet) in {0, 480} for packet in packets)
    return b"".join(decoding.decode(packet) for packet in packets if packet)


@pytest.mark.parametrize("codec", CODECS)
def test_speech_keeps_its_length_and_level(codec: CodecName) -> None:
    heard = there_and_back(codec)
    assert len(heard) == len(SPEECH)
    assert rms_dbfs(heard) == pytest.approx(rms_dbfs(SPEECH), abs=1.5)


@pytest.mark.parametrize("codec", CODECS)
@given(st.lists(st.binary(max_size=50), max_size=5))
def test_no_bytes_raise(codec: CodecName, payloads: list[bytes]) -> None:
    decoding = decoder(codec)
    for payload in payloads:
        decoding.carries_fec(payload)
        assert len(decoding.decode(payload)) == 2 * decoding.packet_samples(payload)
        assert len(decoding.decode_fec(payload, 480)) == len(decoding.conceal(480)) == 960


def test_g711_conceals_with_its_last_audio_fading() -> None:
    decoding = G711Decoder("mulaw")
    assert decoding.conceal(480) == bytes(960)
    decoding.decode(encoder("pcmu").encode(SPEECH[20 * PACKET : 21 * PACKET]))
    levels = [rms_dbfs(decoding.conceal(480)) for _ in range(4)]
    assert levels == sorted(levels, reverse=True)
    assert levels[0] > -40
    assert levels[3] == -96


def test_g711_repeats_nothing_of_a_lost_packet_and_conceals_it() -> None:
    one, two = G711Decoder("mulaw"), G711Decoder("mulaw")
    packets = [encoder("pcmu").encode(SPEECH[at : at + PACKET]) for at in (20 * PACKET, 22 * PACKET)]
    for decoding in (one, two):
        decoding.decode(packets[0])
    assert one.decode_fec(packets[1], 480) == two.conceal(480)


def test_concealment_continues_without_a_step_and_fading_ends_in_silence() -> None:
    concealment = FadingConcealment()
    concealment.heard(SPEECH[20 * PACKET : 21 * PACKET])
    made = concealment.conceal(480)
    assert made[:2] == SPEECH[21 * PACKET - 2 : 21 * PACKET]
    assert fade_out(made)[:2] == made[:2]
    assert abs(int.from_bytes(fade_out(made)[-2:], "little", signed=True)) <= abs(max(made)) // 240
    assert fade_out(b"") == b""


@pytest.mark.usefixtures("no_libopus")
def test_without_libopus_pyav_codes_opus_and_says_so() -> None:
    assert (encoder("opus").engine, decoder("opus").engine) == ("pyav", "pyav")
    heard = there_and_back("opus")
    assert len(heard) >= len(SPEECH) - 2 * PACKET
    assert rms_dbfs(heard) == pytest.approx(rms_dbfs(SPEECH), abs=2)
    with pytest.raises(MissingExtra, match="webrtc"):
        OpusEncoder()
    with pytest.raises(MissingExtra, match="webrtc"):
        OpusDecoder()


@pytest.mark.usefixtures("no_libopus")
def test_pyav_conceals_what_it_cannot_decode() -> None:
    decoding = decoder("opus")
    assert len(decoding.decode(b"\x0b\x02\xff")) == 1_920
    assert decoding.errors == 1
    assert decoding.decode(b"") == b""
    assert not decoding.carries_fec(b"\x08\x40")
    assert len(decoding.decode_fec(b"", 480)) == 960


@pytest.mark.usefixtures("no_libopus")
def test_with_neither_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    for make in (encoder, decoder):
        with pytest.raises(MissingExtra, match=r"bareline\[webrtc\]"):
            make("opus")


def test_libopus_is_looked_for_beside_pyav_and_then_in_the_system(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "av").mkdir()
    (tmp_path / "av" / "__init__.py").touch()
    (tmp_path / "av.libs").mkdir()
    (tmp_path / "av.libs" / "libopus-114e2b1a.so.0.11.1").touch()
    (tmp_path / "av" / ".dylibs").mkdir()
    (tmp_path / "av" / ".dylibs" / "libopus.0.dylib").touch()
    monkeypatch.delitem(sys.modules, "av", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(ctypes.util, "find_library", lambda _: "libopus.so.9")
    names = [Path(path).name for path in libopus._candidates()]
    assert names == ["libopus-114e2b1a.so.0.11.1", "libopus.0.dylib", "libopus.so.0", "libopus.0.dylib", "libopus.so.9"]
    monkeypatch.setattr(ctypes.util, "find_library", lambda _: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert libopus._candidates() == ["libopus.so.0", "libopus.0.dylib"]
