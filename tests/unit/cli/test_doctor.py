"""Does the doctor look at what a call needs, and say what to do about each thing?"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from bareline.devices.device_choice import AudioDevice
from bareline.lab import doctor_devices, doctor_live
from bareline.lab.doctor import EXTRAS
from bareline.lab.doctor_live import live_calls
from bareline.lab.doctor_webrtc import PINS, examine_webrtc
from bareline.lab.finding import Finding
from bareline.server.backends.rules import RulesBackend
from bareline.server.faults import read_faults
from bareline.server.serve import RealtimeServer
from bareline.transports.webrtc.settings import IceServer

ROOT = Path(__file__).parents[3]
NO_SOUND = ROOT / "tests" / "data" / "asound-without-devices.conf"


def doctor(*arguments: str) -> subprocess.CompletedProcess[str]:
    quiet = {"OPENAI_API_KEY": "", "OPENAI_BASE_URL": "", "ALSA_CONFIG_PATH": str(NO_SOUND)}
    return subprocess.run(
        [sys.executable, "-m", "bareline", "doctor", *arguments],
        capture_output=True,
        text=True,
        timeout=50,
        env={**os.environ, **quiet},
        check=False,
    )


def test_every_part_of_a_call_has_a_finding_and_what_is_not_well_has_advice() -> None:
    done = doctor("--json")
    assert done.stderr == ""
    findings = {finding["subject"]: finding for finding in json.loads(done.stdout)}
    expected = {"python", "key", "built-in server", "webrtc stack", "opus", "udp", "addresses", "webrtc call"}
    assert expected | {f"extra {name}" for name in EXTRAS} | {"portaudio"} <= findings.keys()
    assert [name for name in ("webrtc stack", "opus", "udp", "webrtc call") if findings[name]["verdict"] != "ok"] == []
    assert [
        name for name, one in findings.items() if one["verdict"] in ("missing", "wrong") and not one["advice"]
    ] == []


@pytest.mark.parametrize("turn", ["turn:host", "turn:host,user"])
def test_a_relay_without_credentials_is_one_line(turn: str) -> None:
    done = doctor("--turn", turn)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "bareline doctor: --turn takes URL,USER,CREDENTIAL, with commas between them\n"


@pytest.mark.slow
def test_servers_that_cannot_be_used_are_told_without_their_credential() -> None:
    servers = [IceServer("turn:nowhere:x", "user", "hush"), IceServer("stun:127.0.0.1:9")]

    async def asked() -> list[tuple[str, str, str]]:
        found = [one async for one in examine_webrtc(servers) if one.subject in ("stun", "turn")]
        return [(one.subject, one.verdict, one.detail + one.advice) for one in found]

    (turn, *relay), (stun, *seen) = asyncio.run(asked())
    assert (turn, relay[0], stun, seen[0]) == ("turn", "wrong", "stun", "wrong")
    assert "is no ICE server" in relay[1]
    assert "hush" not in relay[1]
    assert "stun:127.0.0.1:9 did not answer" in seen[1]
    assert "UDP to it is blocked" in seen[1]


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        ("", ("ok", "ok")),
        ("refuse=503", ("wrong handshake", "wrong offer")),
        ("error=quota", ("wrong answer", "wrong answer")),
    ],
)
def test_each_transport_is_called_and_what_fails_is_told_with_its_stage(
    faults: str, expected: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def called() -> list[Finding]:
        async with RealtimeServer(RulesBackend(), faults=read_faults(faults)) as server:
            monkeypatch.setenv("OPENAI_BASE_URL", server.url)
            monkeypatch.setenv("OPENAI_API_KEY", "sk-that-nobody-sees")
            return [finding async for finding in live_calls(tmp_path / "live.jsonl")]

    findings = asyncio.run(called())
    assert [finding.subject for finding in findings] == ["live websocket", "live webrtc"]
    for finding, outcome, name in zip(findings, expected, ("live.jsonl", "live-webrtc.jsonl"), strict=True):
        verdict, _, stage = outcome.partition(" ")
        assert finding.verdict == verdict
        assert finding.detail.startswith(f"failed at the stage {stage}: " if stage else "connected within ")
        assert str(tmp_path / name) in finding.detail + finding.advice
        assert "sk-that" not in (tmp_path / name).read_text()


def test_without_the_extra_the_live_call_is_over_a_websocket_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def called() -> list[tuple[str, str]]:
        monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
        return [(one.subject, one.verdict) async for one in live_calls(tmp_path / "live.jsonl")]

    monkeypatch.setattr(doctor_live, "missing_modules", lambda: ["av"])
    assert asyncio.run(called()) == [("live websocket", "wrong"), ("live webrtc", "skipped")]


def test_the_versions_looked_for_are_those_of_the_extra() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["optional-dependencies"]["webrtc"]
    for name, pin in PINS.items():
        major, minor = pin.split(".")
        assert f"{name}>={pin},<{major}.{int(minor) + 1}" in wanted


def test_the_systems_own_devices_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    headset = AudioDevice(4, "Headset", "ALSA", 1, 2, 48_000, default_input=True)
    monkeypatch.setattr(doctor_devices, "list_devices", lambda: (headset,))
    monkeypatch.setattr(doctor_devices, "portaudio_version", lambda: "PortAudio V19")
    portaudio, microphone, speakers = doctor_devices.examine_devices()
    assert portaudio.detail == "PortAudio V19, 1 devices"
    assert (microphone.verdict, microphone.detail) == ("ok", "4 Headset (ALSA, 48000 Hz)")
    assert (speakers.verdict, speakers.detail) == ("missing", "the system names no loudspeaker as its own")
    assert speakers.advice == "choose one of 4 Headset"
