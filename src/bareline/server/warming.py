"""Which parts load slowly, and are therefore loaded before anybody calls?

Loading them in a call would hold up every other call of the server by some tenths of a second.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from contextlib import suppress

from bareline.media.frames import AudioFrame
from bareline.speech.silero import SileroVad
from bareline.turns.contract import VoiceActivity

__all__ = ["warm_up"]


async def warm_up(voice_activity: Callable[[], VoiceActivity]) -> None:
    """Load WebRTC and the voice activity, unless it is the caller's own; parts that are not installed are left out."""
    await asyncio.to_thread(_load, silero=voice_activity is SileroVad)


def _load(*, silero: bool) -> None:
    with suppress(ImportError):
        importlib.import_module("bareline.transports.webrtc.transport")
    if silero:
        with suppress(ImportError):  # MissingExtra is one
            SileroVad().feed(AudioFrame(bytes(2 * SileroVad.WINDOW_SAMPLES)))
