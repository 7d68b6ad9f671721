"""Measures the phrase spotter and the ready wake words: how many are found, how late, and how many where none is.

``python scripts/wake_words.py [--minutes 30]``. Voices: flite and festival where they are installed (Debian packages
``flite``, ``festival``, ``festvox-kdlpc16k``, ``festvox-us-slt-hts``, ``festvox-kallpc16k``), none of which the spotter
was adjusted to; espeak-ng reads the pages of ``docs`` aloud for false alarms. About 5 % of real time.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import shutil
import subprocess
import tempfile
import wave
from array import array
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bareline.media.frames import AudioFrame
from bareline.media.resample import Resampler
from bareline.speech.espeak import EspeakSynthesis
from bareline.speech.phrase_spotter import PhraseSpotter
from bareline.speech.wake_words import READY_WAKE_WORDS, ReadyWakeWord
from bareline.testing.voice import level_speech
from bareline.turns.spotting import WakeSpotter
from bareline.units import SAMPLE_RATE_HZ

PHRASES = ("hey bareline", "okay computer", "good morning assistant")
FLITE = ("slt", "rms", "awb", "kal16")
FESTIVAL = ("cmu_us_slt_arctic_hts", "ked_diphone", "kal_diphone")
NOISE = 40
"""Some 32 dB below speech."""
READERS = ("caller-1", "caller-2", "caller-3", "caller-4", "caller-5", "alloy", "echo", "verse")


def spoken(voice: str, text: str) -> bytes:
    """``text`` by flite or festival, at the nominal level, in a quiet room."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        if voice in FLITE:
            command = ["flite", "-voice", voice, "-t", text, "-o", file.name]
        else:
            command = ["text2wave", "-eval", f"(voice_{voice})", "-o", file.name]
        subprocess.run(command, input=text.encode(), check=True, capture_output=True)  # noqa: S603 - our own words
        with wave.open(file.name) as recording:
            resampler = Resampler(recording.getframerate(), SAMPLE_RATE_HZ)
            pcm = resampler.feed(recording.readframes(recording.getnframes())) + resampler.flush()
    return quiet(300) + in_room(level_speech(pcm).samples) + quiet(600)


def in_room(samples: array[int]) -> bytes:
    """With a little noise."""
    draw = random.Random(len(samples))
    return array("h", [max(-32_768, min(32_767, int(s + draw.gauss(0, NOISE)))) for s in samples]).tobytes()


def quiet(ms: int) -> bytes:
    """The noise alone."""
    return in_room(array("h", bytes(2 * 24 * ms)))


def recall(spotter: WakeSpotter, wanted: str, texts: list[str]) -> str:
    """How many of ``texts`` in all voices hold what is wanted, as found."""
    voices = [*(FLITE if shutil.which("flite") else ()), *(FESTIVAL if shutil.which("text2wave") else ())]
    delays: list[float] = []
    for voice in voices:
        for text in texts:
            found = [one for one in spotter.feed(AudioFrame(spoken(voice, text))) if one.phrase == wanted]
            delays += [(one.decided_at_sample - one.end_sample) / 24 for one in found[:1]]
    late = f", {median(delays):.0f} ms after its end (median)" if delays and isinstance(spotter, PhraseSpotter) else ""
    return f"{wanted}: {len(delays)} of {len(voices) * len(texts)} found{late}"


def sentences() -> Iterator[str]:
    """Prose of the documentation, without the name of a phrase in it."""
    for page in sorted(Path("docs").rglob("*.md")):
        prose = re.sub(r"```.*?```|[`|#*_\[\]()<>{}]", " ", page.read_text(), flags=re.DOTALL)
        for sentence in re.split(r"(?<=[.:;?!])\s+|\n\n", prose):
            text = " ".join(sentence.split())
            if (
                25 < len(text) < 200
                and re.fullmatch(r"[A-Za-z0-9 ,.;:'\"?!-]+", text)
                and "bareline" not in text.lower()
            ):
                yield text


async def false_alarms(minutes: float) -> None:
    """Read the documentation aloud, and print what is found in it."""
    engine, spotters = EspeakSynthesis(), [PhraseSpotter(PHRASES), *map(ReadyWakeWord, READY_WAKE_WORDS)]
    found: dict[str, int] = {}
    samples = 0
    for number, text in enumerate(sentences()):
        voice = READERS[number % len(READERS)]
        pcm = b"".join([chunk.pcm async for chunk in engine.speak(text, voice=voice)])
        pcm = in_room(level_speech(pcm).samples) + quiet(400)
        samples += len(pcm) // 2
        for spotter in spotters:
            for one in spotter.feed(AudioFrame(pcm)):
                found[one.phrase] = found.get(one.phrase, 0) + 1
        if samples >= minutes * 60 * SAMPLE_RATE_HZ:
            break
    await engine.close()
    print(f"{samples / SAMPLE_RATE_HZ / 60:.1f} minutes of other speech: {found or 'nothing found'}")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30, help="of other speech (default: 30)")
    options = parser.parse_args()
    for phrase in PHRASES:
        print(recall(PhraseSpotter([phrase]), phrase, [phrase, f"{phrase}, what is the weather today"]))
    for name in READY_WAKE_WORDS:
        words = name.replace("_", " ")
        spotter = ReadyWakeWord(name)
        print(recall(spotter, spotter.phrase, [words, f"{words}, what is the weather today"]))
    asyncio.run(false_alarms(options.minutes))


if __name__ == "__main__":
    main()
