"""Do the whole programs in the pages, and the examples' own suite, run as they stand?"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bareline.devices.wav_file import WavWriter
from bareline.speech.espeak import EspeakSynthesis

ROOT = Path(__file__).parents[3]
_RUNS = re.compile(r"^(asyncio\.run|run_virtual)\(main\(\)\)$", re.MULTILINE)


def programs() -> list[tuple[str, str]]:
    """Every block of a page that runs itself and needs no sound device: where it stands, and its text."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [(f"{page.stem}:{line}", text) for page in pages for line, text in blocks(page) if runs(text)]


def runs(text: str) -> bool:
    """Whether it can run here; what listens to a microphone is held to the same in ``tests/interop/devices``."""
    return bool(_RUNS.search(text)) and "bl.Microphone(" not in text


def blocks(page: Path) -> list[tuple[int, str]]:
    """The Python blocks of a page, each with its line."""
    text = page.read_text(encoding="utf-8")
    found = re.finditer(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [(text.count("\n", 0, block.start()) + 1, block[1]) for block in found]


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run without a key."""
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    return subprocess.run(
        command, cwd=folder, env=surroundings, capture_output=True, text=True, timeout=110, check=False
    )


@pytest.fixture(scope="session")
def question(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the recording that the pages ask with."""
    folder = tmp_path_factory.mktemp("programs")

    async def speak() -> None:
        voice, recording = EspeakSynthesis(), WavWriter(folder / "question.wav")
        async for chunk in voice.speak("Who are you?", voice="caller-1"):
            recording.write(chunk.pcm)
        recording.close()
        await voice.close()

    asyncio.run(speak())
    return folder


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize(("place", "text"), programs(), ids=[place for place, _ in programs()])
def test_a_program_of_a_page_runs(place: str, text: str, question: Path) -> None:
    done = run([sys.executable, "-W", "error::RuntimeWarning", "-c", text], question)
    assert (done.returncode, done.stderr) == (0, ""), place


@pytest.mark.timeout(120)
def test_the_suite_of_the_example_passes() -> None:
    done = run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "examples/testing"], ROOT)
    assert done.returncode == 0, done.stdout[-3_000:]
    assert "passed" in done.stdout
