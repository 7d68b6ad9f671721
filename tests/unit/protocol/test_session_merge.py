"""The effective session: live defaults per model, and patches merged as the service merges them."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from bareline.protocol import events
from bareline.protocol.codec import encode_object
from bareline.protocol.session_merge import default_session, default_transcription_session, merge_session


def realtime(model: str = "gpt-realtime") -> events.RealtimeSession:
    return default_session(id="sess_1", model=model, expires_at=5, instructions="Be kind.")


def patched(session: events.Session, **patch: Any) -> dict[str, Any]:
    config = msgspec.convert({"type": "realtime", **patch}, events.SessionConfig)
    assert isinstance(session, events.RealtimeSession | events.TranscriptionSession)
    return json.loads(encode_object(merge_session(session, config)))


def patched_input(session: events.Session, **patch: Any) -> dict[str, Any]:
    return patched(session, audio={"input": patch})["audio"]["input"]


def test_the_default_session_has_the_keys_and_order_of_the_service() -> None:
    session = json.loads(encode_object(realtime()))
    assert list(session) == [
        "type",
        "object",
        "id",
        "model",
        "output_modalities",
        "instructions",
        "tools",
        "tool_choice",
        "max_output_tokens",
        "tracing",
        "truncation",
        "prompt",
        "expires_at",
        "audio",
        "include",
    ]
    assert session["audio"]["input"]["turn_detection"] == {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 200,
        "idle_timeout_ms": None,
        "create_response": True,
        "interrupt_response": True,
    }


@pytest.mark.parametrize(
    ("model", "silence_ms", "voice"),
    [
        ("gpt-realtime", 200, "alloy"),
        ("gpt-realtime-2025-08-28", 200, "alloy"),
        ("gpt-realtime-mini", 200, "alloy"),
        ("gpt-realtime-2.1", 500, "marin"),
        ("gpt-realtime-2.1-mini", 500, "marin"),
        ("anything", 200, "alloy"),
    ],
)
def test_endpointing_and_voice_differ_by_model(model: str, silence_ms: int, voice: str) -> None:
    audio = json.loads(encode_object(realtime(model)))["audio"]
    assert audio["input"]["turn_detection"]["silence_duration_ms"] == silence_ms
    assert audio["output"] == {"format": {"type": "audio/pcm", "rate": 24000}, "voice": voice, "speed": 1.0}


def test_a_transcription_session_hears_and_does_not_speak() -> None:
    session = json.loads(encode_object(default_transcription_session(id="sess_1", expires_at=5)))
    assert list(session) == ["type", "object", "id", "expires_at", "audio", "include"]
    assert list(session["audio"]) == ["input"]
    assert session["audio"]["input"]["turn_detection"]["silence_duration_ms"] == 200


def test_absent_keeps_and_the_rest_is_replaced() -> None:
    session = patched(realtime(), instructions="", tools=[{"type": "function", "name": "f"}], max_output_tokens=7)
    assert (session["instructions"], session["max_output_tokens"], session["tool_choice"]) == ("", 7, "auto")
    assert session["tools"] == [{"type": "function", "name": "f"}]
    assert session["audio"] == json.loads(encode_object(realtime()))["audio"]


def test_null_switches_off() -> None:
    heard = {"transcription": None, "noise_reduction": None, "turn_detection": None}
    session = merge_session(
        realtime(),
        msgspec.convert(
            {
                "type": "realtime",
                "audio": {"input": {"transcription": {"model": "m"}, "noise_reduction": {"type": "far_field"}}},
            },
            events.RealtimeSessionConfig,
        ),
    )
    off = patched_input(session, **heard)
    assert {key: off[key] for key in heard} == heard
    assert patched(realtime(), tracing="auto")["tracing"] == "auto"
    assert patched(realtime(), tracing=None)["tracing"] is None


def test_turn_detection_of_the_same_type_keeps_its_other_values() -> None:
    patience = {"type": "server_vad", "silence_duration_ms": 900, "idle_timeout_ms": 6000}
    config = msgspec.convert(
        {"type": "realtime", "audio": {"input": {"turn_detection": patience}}}, events.RealtimeSessionConfig
    )
    changed = {"type": "server_vad", "threshold": 0.8, "idle_timeout_ms": None}
    vad = patched_input(merge_session(realtime(), config), turn_detection=changed)["turn_detection"]
    assert (vad["silence_duration_ms"], vad["threshold"], vad["idle_timeout_ms"]) == (900, 0.8, None)


def test_turn_detection_of_another_type_starts_from_its_defaults() -> None:
    semantic = patched_input(realtime(), turn_detection={"type": "semantic_vad", "create_response": False})
    assert semantic["turn_detection"] == {
        "type": "semantic_vad",
        "eagerness": "auto",
        "create_response": False,
        "interrupt_response": True,
    }


def test_turn_detection_switched_on_again_has_the_models_defaults() -> None:
    config = msgspec.convert(
        {"type": "realtime", "audio": {"input": {"turn_detection": None}}}, events.RealtimeSessionConfig
    )
    off = merge_session(realtime("gpt-realtime-2.1"), config)
    again = patched_input(off, turn_detection={"type": "server_vad"})
    assert again["turn_detection"]["silence_duration_ms"] == 500


def test_transcription_merges_and_lists_its_nulls() -> None:
    config = msgspec.convert(
        {"type": "realtime", "audio": {"input": {"transcription": {"model": "whisper-1", "prompt": "Names"}}}},
        events.RealtimeSessionConfig,
    )
    on = merge_session(realtime(), config)
    assert patched_input(on)["transcription"] == {"model": "whisper-1", "language": None, "prompt": "Names"}
    changed = patched_input(on, transcription={"language": "de", "prompt": None})
    assert changed["transcription"] == {"model": "whisper-1", "language": "de", "prompt": None}


def test_noise_reduction_has_full_strength_when_first_enabled_and_keeps_it() -> None:
    assert patched_input(realtime(), noise_reduction={"type": "far_field"})["noise_reduction"] == {
        "type": "far_field",
        "strength": 1.0,
    }
    config = msgspec.convert(
        {"type": "realtime", "audio": {"input": {"noise_reduction": {"type": "near_field", "strength": 0.3}}}},
        events.RealtimeSessionConfig,
    )
    kept = patched_input(merge_session(realtime(), config), noise_reduction={"type": "far_field"})
    assert kept["noise_reduction"] == {"type": "far_field", "strength": 0.3}


@pytest.mark.parametrize(
    ("given", "effective"),
    [
        ({"type": "audio/pcm"}, {"type": "audio/pcm", "rate": 24000}),
        ({"type": "audio/pcmu"}, {"type": "audio/pcmu"}),
        ({"type": "audio/pcma"}, {"type": "audio/pcma"}),
    ],
)
def test_a_format_is_reported_with_the_rate_it_has(given: dict[str, Any], effective: dict[str, Any]) -> None:
    audio = patched(realtime(), audio={"input": {"format": given}, "output": {"format": given, "speed": 1.2}})["audio"]
    assert audio["input"]["format"] == effective
    assert audio["output"] == {"format": effective, "voice": "alloy", "speed": 1.2}


def test_reasoning_is_reported_only_while_it_is_set() -> None:
    assert "reasoning" not in patched(realtime())
    config = msgspec.convert({"type": "realtime", "reasoning": {"effort": "high"}}, events.RealtimeSessionConfig)
    thinking = merge_session(realtime(), config)
    assert patched(thinking)["reasoning"] == {"effort": "high"}
    assert "reasoning" not in patched(thinking, reasoning=None)


def test_a_session_that_says_little_can_still_be_patched() -> None:
    bare = events.RealtimeSession(object="realtime.session", id="sess_1")
    session = patched(
        bare,
        audio={"input": {"format": {"type": "audio/pcmu"}, "turn_detection": {"type": "server_vad"}}, "output": {}},
    )
    assert session["audio"]["input"]["format"] == {"type": "audio/pcmu"}
    assert session["audio"]["output"] == {"format": None, "voice": None, "speed": None}
    assert patched(bare, audio={})["audio"] == {"input": None}


def test_a_transcription_session_merges_its_input() -> None:
    session = default_transcription_session(id="sess_1", expires_at=5)
    logprobs = ["item.input_audio_transcription.logprobs"]
    changed = patched(session, type="transcription", audio={"input": {"turn_detection": None}}, include=logprobs)
    assert changed["audio"]["input"]["turn_detection"] is None
    assert changed["include"] == logprobs
    assert patched(session, type="transcription")["audio"] == json.loads(encode_object(session))["audio"]
    bare = events.TranscriptionSession(object="realtime.transcription_session", id="sess_1")
    assert patched(bare, type="transcription", audio={})["audio"] == {"input": None}


def test_the_type_of_a_session_cannot_change() -> None:
    with pytest.raises(TypeError, match="type"):
        merge_session(realtime(), events.TranscriptionSessionConfig())


def test_the_session_itself_is_not_changed() -> None:
    session = realtime()
    before = encode_object(session)
    patched(session, instructions="x", audio={"output": {"voice": {"id": "voice_1"}}})
    assert encode_object(session) == before
