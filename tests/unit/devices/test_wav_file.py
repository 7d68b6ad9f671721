"""A recording survives a crash."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from bareline.devices.wav_file import AudioFile, WavWriter
from bareline.errors import AudioFormatError, Closed, ConfigurationError
from bareline.media.formats import PcmFormat


def test_stereo_is_readable_by_others_and_closing_twice_is_fine(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    with WavWriter(path, PcmFormat(24000, 2)) as file:
        file.write(bytes(range(16)))
        assert file.frames == 4
    file.close()
    with wave.open(str(path)) as read:
        assert (read.getnchannels(), read.getnframes(), read.readframes(4)) == (2, 4, bytes(range(16)))
    with pytest.raises(Closed):
        file.write(b"")


def test_an_unclosed_file_holds_all_but_the_last_second(tmp_path: Path) -> None:
    path = tmp_path / "crashed.wav"
    file = WavWriter(path)
    for _ in range(250):
        file.write(b"\1\0" * 480)
    copy = tmp_path / "copy.wav"
    copy.write_bytes(path.read_bytes())
    file.close()
    with wave.open(str(copy)) as read:
        assert read.getnframes() == 5 * 24000
    assert AudioFile(path).pcm() == b"\1\0" * 480 * 250


def test_odd_audio_is_padded_and_half_frames_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mulaw.wav"
    with WavWriter(path, PcmFormat(8000, 1, "mulaw")) as file:
        file.write(b"\xff\xff\xff")
    assert path.stat().st_size == 48
    assert AudioFile(path).pcm() == bytes(18)
    with WavWriter(path, PcmFormat(24000, 2)) as stereo, pytest.raises(AudioFormatError, match="2 bytes"):
        stereo.write(b"12")


def test_a_file_that_vanishes_is_said(tmp_path: Path) -> None:
    path = tmp_path / "gone.wav"
    WavWriter(path).close()
    file = AudioFile(path)
    path.unlink()
    with pytest.raises(ConfigurationError, match=r"cannot read .*gone\.wav"):
        file.pcm()
