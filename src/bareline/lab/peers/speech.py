"""What does the user of the scenes say?"""

from __future__ import annotations

import asyncio
from pathlib import Path

from bareline.speech.espeak import EspeakSynthesis
from bareline.testing.voice import level_speech

__all__ = ["speech_files"]

_UTTERANCES = ("Tell me a story.", "Wait, stop!")
_VOICE = "caller-1"


def speech_files(folder: Path) -> list[Path]:
    """Both utterances as PCM16 at 24 kHz, without silence around them."""
    return asyncio.run(_write(folder))


async def _write(folder: Path) -> list[Path]:
    synthesis = EspeakSynthesis()
    paths: list[Path] = []
    for number, words in enumerate(_UTTERANCES):
        pcm = b"".join([chunk.pcm async for chunk in synthesis.speak(words, voice=_VOICE)])
        speech = level_speech(pcm)
        paths.append(folder / f"utterance-{number}.pcm")
        paths[-1].write_bytes(speech.samples[speech.first : speech.end].tobytes())
    await synthesis.close()
    return paths
