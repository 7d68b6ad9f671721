"""Is the package of the protocol left alone until a server is used, and named when it is not there?"""

from __future__ import annotations

import subprocess
import sys

FORE = "import sys, asyncio, bareline as bl; "
HEAVY = "print([name for name in ('mcp', 'httpx', 'jsonschema', 'pydantic', 'anyio') if name in sys.modules])"


def run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=50, check=False)
    return done.stdout + done.stderr


def test_nothing_is_imported_before_a_server_is_used() -> None:
    names = "bl.Call; bl.RealtimeServer; bl.mcp_stdio('desk'); bl.mcp_http('http://127.0.0.1:9/mcp'); "
    assert run(FORE + names + HEAVY) == "[]\n"


def test_a_missing_package_is_told_with_its_cure() -> None:
    program = FORE + "sys.modules['mcp'] = None; asyncio.run(bl.mcp_stdio('desk').__aenter__())"
    assert "MissingExtra: MCP needs the optional part 'mcp': pip install 'bareline[mcp]'" in run(program)
