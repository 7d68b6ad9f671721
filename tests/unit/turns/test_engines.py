"""Loudness as voice activity, windows, and the profiles on the wire."""

from __future__ import annotations

import math
from array import array

import msgspec
import pytest

from bareline.media.frames import AudioFrame
from bareline.protocol import events
from bareline.turns import PushToTalk, SemanticVad, ServerVad, wire_turn_detection
from bareline.turns.energy import EnergyVad
from bareline.turns.windows import Windows


def tone(dbfs: float, samples: int = 480) -> bytes:
    amplitude = 32768 * math.sqrt(2) * 10 ** (dbfs / 20)
    return array("h", [round(amplitude * math.sin(math.pi * n / 12)) for n in range(samples)]).tobytes()


@pytest.mark.parametrize(("dbfs", "probability"), [(-70, 0), (-55, 0), (-42.5, 0.5), (-30, 1), (-10, 1)])
def test_probability_follows_loudness(dbfs: float, probability: float) -> None:
    (window,) = EnergyVad().feed(AudioFrame(tone(dbfs)))
    assert window.probability == pytest.approx(probability, abs=0.01)


def test_windows_have_one_length_and_no_gaps_and_begin_anew_after_reset() -> None:
    vad = EnergyVad()
    windows = [w for size in (100, 1, 900, 480) for w in vad.feed(AudioFrame(bytes(2 * size)))]
    assert [(w.first_sample, w.end_sample) for w in windows] == [(0, 480), (480, 960), (960, 1440)]
    vad.reset()
    assert [w.first_sample for w in vad.feed(AudioFrame(bytes(2 * 480)))] == [0]


def test_windows_of_another_rate_are_numbered_in_24_khz() -> None:
    assert [(a, b, len(pcm)) for a, b, pcm in Windows(512, 768).feed(bytes(2 * 1100))] == [
        (0, 768, 1024),
        (768, 1536, 1024),
    ]


@pytest.mark.parametrize(
    ("profile", "wire"),
    [
        (
            ServerVad.fast(),
            {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 250},
        ),
        (ServerVad.patient(threshold=0.7).silence_duration_ms, 1000),
        (ServerVad(create_response=False), {"type": "server_vad", "create_response": False}),
        (SemanticVad.patient(), {"type": "semantic_vad", "eagerness": "low"}),
        (
            SemanticVad.fast(interrupt_response=False),
            {"type": "semantic_vad", "eagerness": "high", "interrupt_response": False},
        ),
    ],
)
def test_profiles_are_plain_settings_on_the_wire(profile: object, wire: object) -> None:
    assert msgspec.json.decode(msgspec.json.encode(profile)) == wire


def test_profiles_order_by_patience_and_all_are_accepted_in_a_session() -> None:
    waits = [p.silence_duration_ms for p in (ServerVad.fast(), ServerVad.balanced(), ServerVad.patient())]
    assert waits == sorted(waits)
    assert ServerVad.noisy().threshold > ServerVad.balanced().threshold
    for profile in (ServerVad.noisy(), SemanticVad.balanced()):
        config = events.AudioInputConfig(turn_detection=wire_turn_detection(profile))
        again = msgspec.json.decode(msgspec.json.encode(config), type=events.AudioInputConfig)
        assert msgspec.to_builtins(again) == msgspec.to_builtins(config)


def test_push_to_talk_is_null() -> None:
    assert wire_turn_detection(PushToTalk()) is None
