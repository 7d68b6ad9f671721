"""How do the keywords of a call become the session that the service is asked for?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypedDict, TypeVar

from msgspec import UNSET, UnsetType

from bareline.errors import ConfigurationError
from bareline.protocol import events as ev
from bareline.turns.contract import TurnDetector

__all__ = ["SessionKeywords", "Turns", "detector_of", "session_config"]

T = TypeVar("T")
R = TypeVar("R")

Turns = ev.ServerVad | ev.SemanticVad | TurnDetector | Literal["manual"] | None
"""Who decides that the user's turn is over: the service, a detector on this side, with ``manual`` the application;
``None``: as the service does by itself."""

_FORMATS = {
    "pcm": ev.AudioFormat(type="audio/pcm", rate=24_000),
    "g711_ulaw": ev.AudioFormat(type="audio/pcmu"),
    "g711_alaw": ev.AudioFormat(type="audio/pcma"),
}


class SessionKeywords(TypedDict, total=False):
    """What of the session may be asked for; what is missing or ``None`` is left as it is (REALTIME.md section 8)."""

    instructions: str | None
    voice: str | ev.VoiceId | None
    speed: float | None
    turns: Turns
    transcription: ev.TranscriptionConfig | str | None
    """A whole configuration, or the model's name."""
    noise_reduction: Literal["near_field", "far_field"] | ev.NoiseReductionConfig | None
    output_modalities: Sequence[Literal["text", "audio"]] | None
    input_format: str | ev.AudioFormat | None
    """pcm, g711_ulaw or g711_alaw; frames are converted."""
    output_format: str | ev.AudioFormat | None
    max_output_tokens: int | Literal["inf"] | None
    tool_choice: ev.ToolChoice | None
    parallel_tool_calls: bool | None
    reasoning: str | ev.Reasoning | None
    """A whole configuration, or the effort."""
    truncation: Literal["auto", "disabled"] | float | ev.RetentionRatio | None
    """A number is a retention ratio."""
    tracing: Literal["auto"] | ev.Tracing | None
    prompt: str | ev.Prompt | None
    include: Sequence[str] | None


def detector_of(turns: Turns) -> TurnDetector | None:
    """The turn detector of this side, if that is what decides."""
    return None if turns is None or isinstance(turns, ev.ServerVad | ev.SemanticVad | str) else turns


def session_config(wanted: SessionKeywords, tools: Sequence[ev.Tool] | UnsetType = UNSET) -> ev.RealtimeSessionConfig:
    """The keywords and tools as a session to ask for. Raises ``ConfigurationError`` for what is unknown."""
    unknown = sorted(set(wanted) - SessionKeywords.__optional_keys__)
    if unknown:
        raise ConfigurationError(f"there is no setting '{unknown[0]}' of a session or a connection")
    reasoning, prompt = wanted.get("reasoning"), wanted.get("prompt")
    return ev.RealtimeSessionConfig(
        output_modalities=_given(wanted.get("output_modalities"), list),
        instructions=_or_unset(wanted.get("instructions")),
        audio=_audio(wanted),
        include=_given(wanted.get("include"), list),
        max_output_tokens=_or_unset(wanted.get("max_output_tokens")),
        tools=list(tools) if not isinstance(tools, UnsetType) else UNSET,
        tool_choice=_or_unset(wanted.get("tool_choice")),
        parallel_tool_calls=_or_unset(wanted.get("parallel_tool_calls")),
        reasoning=_or_unset(ev.Reasoning(effort=reasoning) if isinstance(reasoning, str) else reasoning),
        truncation=_given(wanted.get("truncation"), _truncation),
        tracing=_or_unset(wanted.get("tracing")),
        prompt=_or_unset(ev.Prompt(id=prompt) if isinstance(prompt, str) else prompt),
    )


def _audio(wanted: SessionKeywords) -> ev.AudioConfig | UnsetType:
    turns = wanted.get("turns")
    incoming = ev.AudioInputConfig(
        format=_given(wanted.get("input_format"), _format),
        noise_reduction=_given(wanted.get("noise_reduction"), _noise_reduction),
        transcription=_given(wanted.get("transcription"), _transcription),
        turn_detection=_given(turns, _turn_detection),
    )
    outgoing = ev.AudioOutputConfig(
        format=_given(wanted.get("output_format"), _format),
        voice=_or_unset(wanted.get("voice")),
        speed=_or_unset(wanted.get("speed")),
    )
    empty_in, empty_out = incoming == ev.AudioInputConfig(), outgoing == ev.AudioOutputConfig()
    if empty_in and empty_out:
        return UNSET
    return ev.AudioConfig(input=UNSET if empty_in else incoming, output=UNSET if empty_out else outgoing)


def _or_unset(value: T | None) -> T | UnsetType:
    return UNSET if value is None else value


def _given(value: T | None, convert: Callable[[T], R]) -> R | UnsetType:
    return UNSET if value is None else convert(value)


def _turn_detection(turns: ev.ServerVad | ev.SemanticVad | TurnDetector | str) -> ev.ServerVad | ev.SemanticVad | None:
    return turns if isinstance(turns, ev.ServerVad | ev.SemanticVad) else None


def _format(value: str | ev.AudioFormat) -> ev.AudioFormat:
    if isinstance(value, ev.AudioFormat):
        return value
    known = _FORMATS.get(value)
    if known is None:
        raise ConfigurationError(f"the audio format '{value}' is none of {', '.join(_FORMATS)}")
    return known


def _transcription(value: ev.TranscriptionConfig | str) -> ev.TranscriptionConfig:
    return ev.TranscriptionConfig(model=value) if isinstance(value, str) else value


def _noise_reduction(
    value: Literal["near_field", "far_field"] | ev.NoiseReductionConfig,
) -> ev.NoiseReductionConfig:
    return ev.NoiseReductionConfig(type=value) if isinstance(value, str) else value


def _truncation(
    value: Literal["auto", "disabled"] | float | ev.RetentionRatio,
) -> Literal["auto", "disabled"] | ev.RetentionRatio:
    return ev.RetentionRatio(retention_ratio=value) if isinstance(value, float | int) else value
