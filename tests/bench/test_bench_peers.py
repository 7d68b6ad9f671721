"""Do real peers play both quick scenes against the built-in server?"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from bareline.lab.peers.report import PeersReport

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(900)]


def test_bareline_and_openai_beside_the_raw_loop(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bareline", "bench", "peers", "--quick", "--any-machine", "--json"]
    command += ["--peer", "bareline-websocket", "--peer", "openai", "--output", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=800, check=False)
    assert done.returncode == 0, done.stderr
    report = msgspec.convert(json.loads(done.stdout), PeersReport)
    if any(not each.scene for each in report.absent):
        pytest.skip(f"not installable here: {report.absent[0].reason}")
    assert not report.absent
    for peer in ("raw", "bareline-websocket", "openai"):
        assert 0 < report.find(peer, "delta to application").median < 100
        assert 20 < report.find(peer, "barge-in to silence").median < 400
        assert abs(report.find(peer, "truncation error").median) < 20
    assert report.find("openai", "install size").ratio > report.find("bareline-websocket", "install size").ratio > 1
    assert (tmp_path / "peers.svg").read_text().startswith("<svg")
