"""What does a voice of the protocol sound like when espeak-ng speaks?"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ASSISTANT_VOICES", "CALLER_VOICES", "VOICES", "EspeakVoice"]


@dataclass(frozen=True, slots=True)
class EspeakVoice:
    """``name``: language and variant of espeak-ng. ``rate``: words per minute at speed 1. ``pitch``, ``pitch_range``,
    ``volume``: espeak-ng's own scales (0-100, 0-100, 0-200)."""

    name: str
    rate: int = 170
    pitch: int = 50
    pitch_range: int = 50
    volume: int = 80


ASSISTANT_VOICES = {
    "alloy": EspeakVoice("en-us+f2", pitch=45),
    "ash": EspeakVoice("en-us+m3", pitch=35),
    "ballad": EspeakVoice("en-gb-x-rp+m1", rate=160, pitch_range=65),
    "coral": EspeakVoice("en-us+f4", rate=175, pitch=60, pitch_range=60),
    "echo": EspeakVoice("en-us+m7", pitch=45, pitch_range=40),
    "sage": EspeakVoice("en-us+f3", rate=160, pitch=40),
    "shimmer": EspeakVoice("en-us+f5", rate=180, pitch=65),
    "verse": EspeakVoice("en-us+m1", rate=178, pitch=58, pitch_range=65),
    "marin": EspeakVoice("en-us+f1", pitch=52),
    "cedar": EspeakVoice("en-us+m8", rate=165, pitch=30, volume=110),
}
"""The voices of the protocol (REALTIME.md section 8)."""
CALLER_VOICES = {
    "caller-1": EspeakVoice("en-us+m2", rate=155, pitch=48),
    "caller-2": EspeakVoice("en-us+f2", rate=150, pitch=58, pitch_range=60),
    "caller-3": EspeakVoice("en-us+m4", rate=160, pitch=40),
    "caller-4": EspeakVoice("en-gb-x-rp+m3", rate=150),
    "caller-5": EspeakVoice("en-gb-x-rp+f2", rate=150, pitch=52),
}
"""Voices for simulated callers; none sounds like a voice of the protocol."""
VOICES = ASSISTANT_VOICES | CALLER_VOICES
