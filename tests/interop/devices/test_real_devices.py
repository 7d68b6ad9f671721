"""Do microphone and loudspeaker keep their word on a real PortAudio, and does ``talk`` hold a call with them?"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.interop, pytest.mark.timeout(120)]

ROOT = Path(__file__).parents[3]
SCRIPT = str(Path(__file__).parent / "in_the_room.py")
TALK = ("-m", "bareline", "talk", "--input-device", "microphone", "--output-device", "assistant")


def said(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_devices_kits_hold_on_real_streams(room) -> None:
    outcomes = said(room.run(SCRIPT, "kits"))
    assert {name: outcome for name, outcome in outcomes.items() if outcome != "kept"} == {}


def test_what_counts_as_heard_is_what_a_microphone_in_the_room_records(room) -> None:
    report = said(room.run(SCRIPT, "truth"))
    assert report["heard"] == 24_000
    # A frame of the recording is 20 ms long, and PulseAudio mixes some 20 ms ahead of what it plays.
    assert abs(report["first_heard_ms"] - report["first_recorded_ms"]) <= 60, report
    assert abs(report["drained_ms"] - report["last_recorded_ms"]) <= 60, report
    assert -16 < report["recorded_dbfs"] < -14.5  # a sine of 8000 is -15.25 dBFS
    assert report["silent_after_clear_ms"] <= 100, report
    assert report["accounted"] is True
    assert report["jumps"] == 0


@pytest.mark.parametrize("transport", ["webrtc", "websocket"])
def test_talk_hears_the_user_and_is_heard_until_it_is_interrupted(room, tmp_path: Path, transport: str) -> None:
    pytest.importorskip("pocketsphinx")
    question = tmp_path / "question.wav"
    asyncio.run(_speak("What is on my list?", question))
    with room.running(*TALK, "--json", "--transport", transport) as talk:
        lines = map(json.loads, iter(talk.stdout.readline, ""))
        assert any(line["type"] == "call_started" for line in lines), talk.stderr.read()
        said(room.run(SCRIPT, "say", str(question), "0.5"))
        answered = next(line for line in lines if line["type"] == "agent_said")
        assert answered["text"] == "There are no tasks."
        assert answered["heard_ms"] > 500
        talk.send_signal(signal.SIGINT)
        rest, errors = talk.communicate(timeout=20)
        assert talk.returncode == 0, errors
    summary = json.loads(rest.splitlines()[-1])
    assert (summary["type"], summary["answers"], summary["tools"]) == ("summary", 1, 1)


@pytest.mark.parametrize("transport", ["webrtc", "websocket"])
def test_devices_that_vanish_end_the_call_in_words(room, transport: str) -> None:
    with room.running(*TALK, "--transport", transport) as talk:
        assert any("connected to" in line for line in iter(talk.stdout.readline, "")), talk.stderr.read()
        time.sleep(0.5)
        room.close()
        rest, errors = talk.communicate(timeout=20)
        assert talk.returncode == 2, errors
    assert errors.splitlines()[-1].startswith("bareline talk: the microphone microphone has stopped: was it unplugged")
    assert rest.splitlines()[-1].startswith("The call ended after ")


def test_the_program_of_the_page_talks_through_the_devices_of_the_system(room) -> None:
    page = (ROOT / "docs/howto/microphone-and-speakers.md").read_text(encoding="utf-8")
    program = re.search(r"^```python\n(.*?bl\.Microphone\(\).*?)^```$", page, re.DOTALL | re.MULTILINE)
    room.environment["OPENAI_BASE_URL"] = "local"
    with room.running("-W", "error::RuntimeWarning", "-c", program[1]) as talk:
        assert talk.stdout.readline().startswith("microphone default, "), talk.stderr.read()
        with pytest.raises(subprocess.TimeoutExpired):  # it talks until somebody ends it
            talk.wait(timeout=3)
        talk.send_signal(signal.SIGINT)
        assert talk.wait(timeout=10) == -signal.SIGINT
        assert talk.stderr.read().splitlines()[-1] == "KeyboardInterrupt"


def test_devices_are_listed(room) -> None:
    done = room.run("-m", "bareline", "talk", "--list-devices", "--json")
    assert {json.loads(line)["name"] for line in done.stdout.splitlines()} >= {"assistant", "microphone"}


async def _speak(text: str, path: Path) -> None:
    from bareline.devices.wav_file import WavWriter
    from bareline.speech.espeak import EspeakSynthesis

    engine = EspeakSynthesis()
    wav = WavWriter(path)
    async for chunk in engine.speak(text, voice=engine.voices[0], speed=0.9):
        wav.write(chunk.pcm)
    wav.close()
    await engine.close()
