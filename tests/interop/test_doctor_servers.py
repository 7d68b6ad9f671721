"""Does the doctor get a real address from STUN and a real relay from TURN, and tell a wrong password?"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.interop


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[str]:
    """HOST:PORT of a TURN server for ``user`` with the credential ``secret``."""
    if shutil.which("turnserver") is None:
        pytest.skip("without turnserver (apt install coturn)")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}", "--realm=test"]
    options += ["--lt-cred-mech", "--user=user:secret", "--no-cli", "--no-tls", "--no-dtls", "--log-file=stdout"]
    options += [f"--pidfile={tmp_path / 'pid'}", f"--userdb={tmp_path / 'users'}"]
    with subprocess.Popen(
        ["turnserver", "-n", *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            _wait_for(port)
            yield f"127.0.0.1:{port}"
        finally:
            server.kill()


def test_servers_are_really_asked(relay: str) -> None:
    servers = [f"--stun=stun:{relay}", f"--turn=turn:{relay},user,secret"]
    servers += [f"--turn=turn:{relay}?transport=tcp,user,secret", f"--turn=turn:{relay},user,guess"]
    done = subprocess.run(
        [sys.executable, "-m", "bareline", "doctor", "--json", *servers],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 1, "a wrong password is something wrong"
    found = [one for one in json.loads(done.stdout) if one["subject"] in ("stun", "turn")]
    assert [one["verdict"] for one in found] == ["ok", "ok", "ok", "wrong"]
    assert "sees us at" in found[0]["detail"]
    assert "relays at 127.0.0.1:" in found[1]["detail"]
    assert "relays at 127.0.0.1:" in found[2]["detail"]
    assert "the user name or credential is wrong" in found[3]["detail"]
    assert "guess" not in done.stdout


def _wait_for(port: int) -> None:
    give_up = time.monotonic() + 10
    while time.monotonic() < give_up:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.skip("turnserver does not start here")
