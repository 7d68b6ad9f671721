"""Smart Turn's features, and any model of its shape: the real onnxruntime on a network of two nodes."""

from __future__ import annotations

import math
import random
import time
from array import array
from pathlib import Path

import pytest

from bareline.errors import ConfigurationError
from bareline.media.frames import AudioFrame
from bareline.speech.smart_turn import SMART_TURN_VARIABLE, SmartTurn, smart_turn_model
from bareline.turns.asked import AskingTurnDetector
from bareline.turns.energy import EnergyVad

np = pytest.importorskip("numpy")
from bareline.speech.whisper_features import log_mel  # noqa: E402 - needs numpy


def field(number: int, value: bytes | int) -> bytes:
    """One field of a protocol buffer."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def model(name: bytes = b"input_features") -> bytes:
    """ONNX: the logistic function of the mean of (1, 80, 800) features."""
    shape = b"".join(field(1, field(1, size)) for size in (1, 80, 800))
    tensor = field(1, field(1, 1) + field(2, shape))
    mean = field(1, name) + field(2, b"mean") + field(4, b"ReduceMean")
    logistic = field(1, b"mean") + field(2, b"probability") + field(4, b"Sigmoid")
    result = field(1, b"probability") + field(2, field(1, field(1, 1)))
    graph = field(1, mean) + field(1, logistic) + field(2, b"g")
    graph += field(11, field(1, name) + field(2, tensor)) + field(12, result)
    return field(1, 8) + field(7, graph) + field(8, field(1, b"") + field(2, 13))


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    pytest.importorskip("onnxruntime")
    path = tmp_path / "smart-turn-v3.onnx"
    path.write_bytes(model())
    return path


def noise(ms: int) -> bytes:
    draw = random.Random(ms)
    return array("h", [draw.randrange(-8_000, 8_000) for _ in range(24 * ms)]).tobytes()


def test_a_tone_lies_in_its_band() -> None:
    tone = np.sin(2 * math.pi * 1_000 * np.arange(16_000) / 16_000)
    features = log_mel(tone)
    assert features.shape == (80, 100)
    assert set(features[:, 5:-5].argmax(axis=0)) == {26}  # the band around 1 kHz: 15 of 45.245 mel, in 81 steps
    assert features.max() - features.min() <= 2.0 + 1e-6


def test_the_model_hears_the_last_eight_seconds_in_its_features(model_file: Path) -> None:
    judge = SmartTurn(model_file, background=False)
    pcm = noise(1_000)
    judge.ask(pcm)
    likely = judge.answer()
    assert likely is not None
    assert 0 < likely < 1
    judge.ask(noise(3_000) + bytes(2 * 24_000 * 9))
    silent = judge.answer()
    judge.ask(bytes(2 * 24_000 * 9))
    assert silent == judge.answer() != likely


def test_it_thinks_beside_the_caller(model_file: Path) -> None:
    judge = SmartTurn(model_file)
    assert judge.answer() is None
    judge.ask(noise(500))
    until = time.monotonic() + 20
    while judge.answer() is None and time.monotonic() < until:
        time.sleep(0.01)
    assert judge.answer() == pytest.approx(SmartTurn(model_file, background=False).probability(noise(500)))
    judge.close()
    judge.close()


def test_it_ends_turns_in_a_detector(model_file: Path) -> None:
    judge = SmartTurn(model_file, background=False)
    sure = judge.probability(noise(600))
    told = AskingTurnDetector(EnergyVad(), judge, threshold=min(sure, 0.01)).feed(
        AudioFrame(bytes(4_800) + noise(600) + bytes(48_000))
    )
    assert [decision.kind for decision in told] == ["speech_started", "speech_stopped", "turn_ended"]
    assert "sounds finished" in told[-1].reason


def test_the_model_is_found_by_path_by_variable_and_in_pipecat(
    model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SMART_TURN_VARIABLE, raising=False)
    with pytest.raises(ConfigurationError, match=SMART_TURN_VARIABLE):
        smart_turn_model()
    installed = tmp_path / "site" / "pipecat" / "audio" / "turn" / "smart_turn" / "data"
    installed.mkdir(parents=True)
    (tmp_path / "site" / "pipecat" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path / "site")
    with pytest.raises(ConfigurationError, match=SMART_TURN_VARIABLE):
        smart_turn_model()
    (installed / "smart-turn-v3.1-cpu.onnx").touch()
    assert smart_turn_model() == installed / "smart-turn-v3.1-cpu.onnx"
    monkeypatch.setenv(SMART_TURN_VARIABLE, str(model_file))
    assert smart_turn_model() == model_file
    with pytest.raises(ConfigurationError, match="elsewhere"):
        smart_turn_model(tmp_path / "elsewhere.onnx")


def test_other_models_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    path = tmp_path / "other.onnx"
    path.write_bytes(model(b"audio"))
    with pytest.raises(ConfigurationError, match="input_features"):
        SmartTurn(path)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(ConfigurationError, match="onnxruntime"):
        SmartTurn(path)
