"""Can this machine hold a call over WebRTC: libraries, UDP, STUN and TURN?"""

from __future__ import annotations

import asyncio
import importlib.util
import socket
from collections.abc import AsyncIterator, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

from bareline.client.address import LOOPBACK_KEY
from bareline.client.connect import connect
from bareline.clock import now_ns
from bareline.errors import BarelineError, ConfigurationError
from bareline.lab.finding import Finding
from bareline.lab.text_turn import text_turn
from bareline.media.libopus import load_libopus
from bareline.server.backends.rules import RulesBackend
from bareline.server.serve import RealtimeServer
from bareline.transports.webrtc.settings import IceServer, WebRtcSettings
from bareline.units import ns_to_ms

if TYPE_CHECKING:
    from bareline.transports.webrtc.peer import Peer

__all__ = ["OTHER_WAYS", "examine_webrtc", "missing_modules"]

PINS = {"aiortc": "1.16", "aioice": "0.13"}
"""Versions whose private names are known (pyproject.toml, extra webrtc)."""
OTHER_WAYS = "UDP is blocked here, by a firewall perhaps: a TURN server over TLS (turns:), or transport='websocket'"
_INSTALL = "pip install 'bareline[webrtc]'"
_NO_ANSWER = {
    "srflx": "check the address; if it is right, UDP to it is blocked: use TURN over TLS, or transport='websocket'",
    "relay": "check address and credentials, or ask over TCP or TLS",
}
_ANSWER_WITHIN_S = 20.0
_DATAGRAM_WITHIN_S = 2.0


async def examine_webrtc(servers: Sequence[IceServer] = ()) -> AsyncIterator[Finding]:
    """The libraries, a datagram, candidates, every one of ``servers``, and a call to the built-in server."""
    stack = _stack()
    yield stack
    yield _opus()
    datagram = _datagram()
    yield datagram
    if stack.verdict == "missing":
        yield Finding("webrtc call", "skipped", "not tried without the extra webrtc")
        return
    yield await _addresses()
    for server in servers:
        yield await _server(server)
    if not servers:
        yield Finding("stun, turn", "skipped", "none named; try yours with --stun or --turn")
    yield await _call()


def missing_modules() -> list[str]:
    """Of the extra webrtc."""
    return [name for name in ("aiortc", "aioice", "av") if importlib.util.find_spec(name) is None]


def _stack() -> Finding:
    missing = missing_modules()
    if missing:
        return Finding("webrtc stack", "missing", f"without {', '.join(missing)}", _INSTALL)
    detail = ", ".join(f"{name} {version(name)}" for name in ("aiortc", "aioice"))
    strange = [name for name, pin in PINS.items() if version(name).split(".")[:2] != pin.split(".")]
    if strange:
        pins = ", ".join(f"{name} {pin}" for name, pin in PINS.items())
        return Finding("webrtc stack", "wrong", f"{detail}; made for {pins}", _INSTALL)
    return Finding("webrtc stack", "ok", detail)


def _opus() -> Finding:
    library = load_libopus()
    if library is None:
        return Finding("opus", "missing", "no libopus was found: calls use G.711 at 8 kHz", _INSTALL)
    return Finding("opus", "ok", library.version)


def _datagram() -> Finding:
    """One to ourselves."""
    try:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiving,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending,
        ):
            receiving.bind(("127.0.0.1", 0))
            receiving.settimeout(_DATAGRAM_WITHIN_S)
            sending.sendto(b"bareline", receiving.getsockname())
            receiving.recv(100)
    except OSError as error:
        return Finding("udp", "wrong", f"a datagram to 127.0.0.1 did not arrive ({error})", OTHER_WAYS)
    return Finding("udp", "ok", "a datagram to 127.0.0.1 arrived")


async def _addresses() -> Finding:
    peer = await _gathered(None)
    try:
        found = [candidate.address for candidate in peer.candidates]
    finally:
        await peer.close(1001, "")
    if not found:
        return Finding("addresses", "wrong", "no UDP socket could be opened", OTHER_WAYS)
    detail = f"offered to the other side: {', '.join(found)}"
    if found == ["127.0.0.1"]:
        return Finding("addresses", "missing", f"{detail} (no network)", "calls reach servers on this machine only")
    return Finding("addresses", "ok", detail)


async def _server(server: IceServer) -> Finding:
    """What a STUN server says our address is; what a TURN server lends us."""
    started_ns = now_ns()
    subject = server.url.partition(":")[0]
    kind = "relay" if subject.startswith("turn") else "srflx"
    try:
        peer = await _gathered(server)
    except ConfigurationError as error:
        return Finding(subject, "wrong", str(error), "correct the address")
    took_ms = ns_to_ms(now_ns() - started_ns)
    try:
        problems = [outcome.problem for outcome in peer.servers if outcome.problem]
        found = [f"{candidate.address}:{candidate.port}" for candidate in peer.candidates if candidate.type == kind]
    finally:
        await peer.close(1001, "")
    if problems:
        return Finding(subject, "wrong", f"{server.url} {problems[0]}", _NO_ANSWER[kind])
    if kind == "relay":
        return Finding(subject, "ok", f"{server.url} relays at {', '.join(found)}, within {took_ms} ms")
    seen = f"sees us at {', '.join(found)}" if found else "sees us at an address of this machine itself"
    return Finding(subject, "ok", f"{server.url} {seen}, within {took_ms} ms")


async def _gathered(server: IceServer | None) -> Peer:
    """A side with its candidates, to be closed. Raises ``ConfigurationError``."""
    from bareline.transports.webrtc.host_addresses import host_addresses
    from bareline.transports.webrtc.ice_servers import read_servers
    from bareline.transports.webrtc.peer import Peer

    asked, ignored = read_servers([server] if server else [])
    peer = Peer(offerer=True, relay_only=False)
    peer.servers += ignored
    await peer.gather(host_addresses(None), asked, verify_turn=True)
    return peer


async def _call() -> Finding:
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_S), RealtimeServer(RulesBackend()) as server:
            settings = WebRtcSettings(addresses=["127.0.0.1"])
            started_ns = now_ns()
            async with connect(base_url=server.url, api_key=LOOPBACK_KEY, transport="webrtc", webrtc=settings) as line:
                connected_ms = ns_to_ms(now_ns() - started_ns)
                waited_ms = await text_turn(line, "Who are you?")
    except (BarelineError, TimeoutError) as error:
        return Finding("webrtc call", "wrong", str(error) or "no answer", OTHER_WAYS)
    detail = f"the built-in server connected within {connected_ms} ms and answered within {waited_ms} ms"
    return Finding("webrtc call", "ok", detail)
