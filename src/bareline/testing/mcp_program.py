"""How does a test get a real MCP server at an address, in a process of its own?"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

__all__ = ["mcp_at_address"]

_START_WITHIN_S = 30.0
_STOP_WITHIN_S = 5.0


@contextmanager
def mcp_at_address(program: Path, *args: str, port: int | None = None) -> Generator[str]:
    """The URL of the server that ``program --http PORT`` with further ``args`` is, until the context is left."""
    port = port or _free_port()
    command: Sequence[str] = (sys.executable, str(program), "--http", str(port), *args)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 (ours)
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        try:
            process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + _START_WITHIN_S
    while time.monotonic() < ends and process.poll() is None:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"the program did not listen at port {port}")
