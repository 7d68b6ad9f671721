"""Who speaks in the corpus, and what does a phrase sound like in each voice?

espeak-ng always; flite's voices, which are built from recordings of people, where the program is installed.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from array import array
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bareline.devices.wav_file import AudioFile
from bareline.errors import EngineError
from bareline.media.levels import SILENCE_DBFS, rms_dbfs
from bareline.media.resample import Resampler
from bareline.media.samples import to_bytes
from bareline.speech.espeak_process import EspeakProcess, Job
from bareline.units import SAMPLE_RATE_HZ, ms_to_samples

__all__ = ["DEVELOPMENT_VOICES", "HELD_OUT_VOICES", "Voice", "installed", "speak"]

_ESPEAK_HZ = 22_050
_FLITE_TIMEOUT_S = 20
_BLOCK = ms_to_samples(10)
_AUDIBLE_DB = 28.0
"""Speech begins and ends with the first and last 10 ms within so much of the loudest: what an engine lets fade out
below that nobody takes for speech."""


@dataclass(frozen=True, slots=True)
class Voice:
    """``engine``: espeak or flite. ``name``: the voice as that engine calls it. ``rate``: words per minute (flite: 150
    is its own pace). ``pitch``, ``pitch_range``: espeak-ng's scales (0-100)."""

    engine: str
    name: str
    rate: int
    pitch: int = 50
    pitch_range: int = 50

    @property
    def label(self) -> str:
        """Its name in labels and tables."""
        return f"{self.engine} {self.name} {self.rate}"


DEVELOPMENT_VOICES = (
    Voice("espeak", "en-us+m2", 150, 48),
    Voice("espeak", "en-us+f2", 165, 58, 60),
    Voice("espeak", "en-gb-x-rp+m3", 145, 50),
    Voice("espeak", "en-us+m6", 175, 38, 65),
    Voice("espeak", "en-gb-x-rp+f4", 155, 55),
    Voice("espeak", "en-us+m1", 160, 40, 55),
    Voice("espeak", "en-us+f1", 150, 60),
    Voice("espeak", "en-us+m4", 170, 45, 70),
    Voice("espeak", "en-gb-x-rp+f1", 165, 50, 65),
    Voice("espeak", "en-us+m7", 140, 35, 45),
    Voice("flite", "kal16", 150),
    Voice("flite", "awb", 150),
    Voice("flite", "awb", 175),
)
"""American and southern British, as the recogniser's model is American: accents are another matter."""
HELD_OUT_VOICES = (
    Voice("espeak", "en-us+f3", 158, 46, 65),
    Voice("espeak", "en-gb-x-rp+m5", 150, 44),
    Voice("espeak", "en-us+m8", 168, 40, 55),
    Voice("flite", "rms", 150),
    Voice("flite", "slt", 150),
    Voice("flite", "slt", 175),
)


@cache
def installed(voice: Voice) -> bool:
    """Whether the voice's engine is there."""
    return voice.engine == "espeak" or shutil.which("flite") is not None


@cache
def speak(text: str, voice: Voice) -> array[int]:
    """``text`` as PCM16 samples at 24 kHz, from the first audible one to the last.

    Raises ``EngineError`` when the engine says nothing, ``MissingExtra`` without the extra ``speech``.
    """
    samples = _with_espeak(text, voice) if voice.engine == "espeak" else _with_flite(text, voice)
    starts = range(0, len(samples), _BLOCK)
    levels = [rms_dbfs(to_bytes(samples[at : at + _BLOCK])) for at in starts]
    loudest = max(levels, default=SILENCE_DBFS)
    if loudest <= SILENCE_DBFS:
        raise EngineError(f"{voice.label} has nothing to say for {text!r}")
    heard = [at for at, level in zip(starts, levels, strict=True) if level >= loudest - _AUDIBLE_DB]
    return samples[heard[0] : heard[-1] + _BLOCK]


def _with_espeak(text: str, voice: Voice) -> array[int]:
    settings: Job = {"voice": voice.name, "rate": voice.rate, "pitch": voice.pitch, "range": voice.pitch_range}
    answers = _espeak().ask(settings | {"volume": 90, "gap": 0, "text": text})
    resampler = Resampler(_ESPEAK_HZ, SAMPLE_RATE_HZ, fast=True)
    return array(
        "h", resampler.feed(b"".join(payload for kind, payload in answers if kind == b"A")) + resampler.flush()
    )


def _with_flite(text: str, voice: Voice) -> array[int]:
    flite = shutil.which("flite") or "flite"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        stretch = f"duration_stretch={150 / voice.rate:.3f}"
        command = [flite, "-voice", voice.name, "--setf", stretch, "-t", text, "-o", str(path)]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_FLITE_TIMEOUT_S)  # noqa: S603 - no shell
        except (OSError, subprocess.SubprocessError) as error:
            raise EngineError(f"flite does not speak: {error}") from error
        return array("h", AudioFile(path).pcm())


@cache
def _espeak() -> EspeakProcess:
    """One worker for this process; it ends with it."""
    return EspeakProcess()
