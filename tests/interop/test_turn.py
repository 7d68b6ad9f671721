"""Does a call pass through a real TURN server, over UDP, TCP and TLS, and are its refusals told in words?

coturn on 127.0.0.1, with a certificate of its own; its package is called ``coturn`` nearly everywhere.
"""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bareline.errors import ConnectFailed, ConnectionLost
from bareline.media.frames import AudioFrame
from bareline.testing.webrtc_pair import LOOPBACK, webrtc_pair
from bareline.transports.webrtc.settings import IceServer, WebRtcSettings

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(shutil.which("turnserver") is None, reason="coturn (the command turnserver) is not installed"),
]

LARGE = b"x" * 200_000


@dataclass
class Turn:
    """A running TURN server."""

    port: int
    tls_port: int
    process: subprocess.Popen[bytes]

    def server(self, form: str, *, credential: str = "line") -> IceServer:
        return IceServer(form.format(port=self.port, tls_port=self.tls_port), "bare", credential)

    def relayed(self, form: str, *, credential: str = "line") -> WebRtcSettings:
        servers = [self.server(form, credential=credential)]
        return replace(LOOPBACK, ice_servers=servers, relay_only=True, verify_turn_certificate=False)


@pytest.fixture
def turn(tmp_path: Path) -> Iterator[Turn]:
    write_certificate(tmp_path)
    port, tls_port = free_port(), free_port()
    words = ["turnserver", "-n", "--no-cli", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", "--realm=test"]
    words += [f"--listening-port={port}", f"--tls-listening-port={tls_port}", "--lt-cred-mech", "--user=bare:line"]
    words += ["--allow-loopback-peers", "--no-dtls", f"--cert={tmp_path}/cert.pem", f"--pkey={tmp_path}/key.pem"]
    words += ["--log-file=stdout", f"--pidfile={tmp_path}/pid", f"--userdb={tmp_path}/db"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path)
    try:
        wait_until_it_listens(tls_port)
        yield Turn(port, tls_port, process)
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("form", "protocol"),
    [
        ("turn:127.0.0.1:{port}", "udp"),
        ("turn:127.0.0.1:{port}?transport=tcp", "tcp"),
        ("turns:127.0.0.1:{tls_port}", "tls"),
    ],
)
def test_a_relayed_call_carries_messages_and_audio(turn: Turn, form: str, protocol: str) -> None:
    async def call() -> None:
        offers: list[str] = []

        def see(kind: str, whose: str, text: str) -> str:
            offers.append(text)
            return text

        async with webrtc_pair(settings=turn.relayed(form), sdp_hook=see) as (client, server):
            await client.send(LARGE)
            assert await server.receive() == LARGE
            await server.send(LARGE)
            assert await client.receive() == LARGE
            for place in range(10):
                await client.send_audio(AudioFrame(bytes(960), place * 480))
                await asyncio.sleep(0.02)
            assert (await server.receive_audio()).samples > 0
            path = client.stats().local
            assert path is not None
            assert (path.type, path.relay_protocol) == ("relay", protocol)
        candidates = [line for line in offers[0].splitlines() if line.startswith("a=candidate")]
        assert len(candidates) == 1
        assert "typ relay raddr 0.0.0.0 rport 9" in candidates[0]

    asyncio.run(call())


def test_both_sides_relayed(turn: Turn) -> None:
    async def call() -> None:
        settings = turn.relayed("turn:127.0.0.1:{port}")
        async with webrtc_pair(settings=settings, server_settings=settings) as (client, server):
            await client.send(b"1")
            assert await server.receive() == b"1"
            paths = client.stats().local, client.stats().remote
            assert [path.type for path in paths if path] == ["relay", "relay"]

    asyncio.run(call())


def test_a_direct_path_is_preferred_and_the_relay_is_kept_ready(turn: Turn) -> None:
    async def call() -> None:
        settings = replace(turn.relayed("turn:127.0.0.1:{port}"), relay_only=False)
        async with webrtc_pair(settings=settings) as (client, _):
            path = client.stats().local
            assert path is not None
            assert path.type == "host"
            assert [server.problem for server in client.stats().servers] == [None]

    asyncio.run(call())


def test_setting_up_over_a_relay_takes_no_timer(turn: Turn) -> None:
    """A check that met the relay's closed door is repeated at once, not after half a second."""

    async def call() -> float:
        started = time.monotonic()
        async with webrtc_pair(settings=turn.relayed("turn:127.0.0.1:{port}")):
            return time.monotonic() - started

    asyncio.run(call())
    assert asyncio.run(call()) < 0.4


@pytest.mark.parametrize(
    ("form", "credential", "words"),
    [
        ("turn:127.0.0.1:{port}", "guessed", "refused: the user name or credential is wrong"),
        ("turn:127.0.0.1:1?transport=tcp", "line", "cannot be reached"),
        ("turn:no-such-host.invalid?transport=tcp", "line", "cannot be reached"),
    ],
)
def test_a_relay_that_does_not_help_is_named(turn: Turn, form: str, credential: str, words: str) -> None:
    async def call() -> ConnectFailed:
        with pytest.raises(ConnectFailed) as caught:
            async with webrtc_pair(settings=turn.relayed(form, credential=credential)):
                pass
        return caught.value

    error = asyncio.run(call())
    assert error.stage == "offer"
    assert words in str(error)
    assert "guessed" not in str(error)


def test_an_unknown_certificate_is_refused_unless_told_otherwise(turn: Turn) -> None:
    async def call() -> ConnectFailed:
        settings = replace(turn.relayed("turns:127.0.0.1:{tls_port}"), verify_turn_certificate=True)
        with pytest.raises(ConnectFailed) as caught:
            async with webrtc_pair(settings=settings):
                pass
        return caught.value

    assert "certificate is not trusted" in str(asyncio.run(call()))


def test_stun_finds_no_other_address_on_this_machine(turn: Turn) -> None:
    async def call() -> None:
        settings = replace(LOOPBACK, ice_servers=[IceServer(f"stun:127.0.0.1:{turn.port}"), IceServer("stuns:a")])
        async with webrtc_pair(settings=settings) as (client, _):
            problems = {server.url: server.problem for server in client.stats().servers}
            assert problems.pop("stuns:a") is not None
            assert list(problems.values()) == [None]

    asyncio.run(call())


def test_a_relay_that_dies_ends_the_call_and_closing_does_not_wait_for_it(turn: Turn) -> None:
    async def call() -> None:
        async with webrtc_pair(settings=turn.relayed("turn:127.0.0.1:{port}?transport=tcp")) as (client, _):
            turn.process.kill()
            with pytest.raises(ConnectionLost, match="TURN server ended the relay"):
                async with asyncio.timeout(5):
                    await client.receive()
            started = time.monotonic()
            await client.close()
            assert time.monotonic() - started < 3

    asyncio.run(call())


def write_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "turn.test")])
    now = datetime.datetime.now(tz=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_it_listens(port: int) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    pytest.fail("the TURN server did not start")
