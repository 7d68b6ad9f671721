"""Which server does an address name, which addresses of this machine are used, and what if they cannot be?"""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest

from bareline.errors import ConfigurationError
from bareline.transports.webrtc.host_addresses import host_addresses
from bareline.transports.webrtc.ice_servers import SERVERS_MAX, read_servers
from bareline.transports.webrtc.settings import IceServer
from bareline.transports.webrtc.stack.ice import IceConnection


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("stun:a.example", ("stun", "a.example", 3478, "udp")),
        ("turn:a.example", ("turn", "a.example", 3478, "udp")),
        ("turn:a.example:80?transport=udp", ("turn", "a.example", 80, "udp")),
        ("turn:a.example:80?transport=tcp", ("turn", "a.example", 80, "tcp")),
        ("turns:a.example", ("turn", "a.example", 5349, "tls")),
        ("turns:[fd00::1]:443?transport=tcp", ("turn", "fd00::1", 443, "tls")),
    ],
)
def test_each_form_of_address(url: str, expected: tuple[str, str, int, str]) -> None:
    [server], ignored = read_servers([IceServer(url, "me", "secret")])
    assert (server.kind, server.host, server.port, server.protocol) == expected
    assert ignored == []
    assert "secret" not in repr(server)


@pytest.mark.parametrize("url", ["turn:a.example:99999", "http://a.example", "turn://a.example", "turn:", "turn:a b"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="is no ICE server"):
        read_servers([IceServer(url, "me", "secret")])


def test_a_password_in_an_address_is_not_repeated() -> None:
    with pytest.raises(
        ConfigurationError, match=r"'turn:a\.example' is no ICE server: .* username and credential"
    ) as caught:
        read_servers([IceServer("turn:me:secret@a.example")])
    assert "secret" not in str(caught.value)


def test_a_relay_needs_credentials() -> None:
    with pytest.raises(ConfigurationError, match="needs a username and a credential"):
        read_servers([IceServer("turn:a.example", "me")])


def test_what_cannot_be_asked_is_named_with_the_reason() -> None:
    asked, ignored = read_servers(
        [
            IceServer("stuns:a.example"),
            IceServer("turns:a.example?transport=udp", "me", "secret"),
            *[IceServer(f"stun:{n}.example") for n in range(SERVERS_MAX + 1)],
        ]
    )
    assert len(asked) == SERVERS_MAX
    assert [(one.url, (one.problem or "")[:8]) for one in ignored] == [
        ("stuns:a.example", "ignored:"),
        ("turns:a.example?transport=udp", "ignored:"),
        (f"stun:{SERVERS_MAX}.example", "ignored:"),
    ]


def test_the_certificate_is_checked_unless_told_otherwise() -> None:
    [server], _ = read_servers([IceServer("turns:a.example", "me", "secret")])
    strict, lax = server.tls_context(verify=True), server.tls_context(verify=False)
    assert strict is not None
    assert strict.verify_mode == ssl.CERT_REQUIRED
    assert lax is not None
    assert lax.verify_mode == ssl.CERT_NONE


def test_addresses_are_those_of_the_caller() -> None:
    assert host_addresses(["127.0.0.1", "fd00:0::1"]) == ["127.0.0.1", "fd00::1"]
    with pytest.raises(ConfigurationError, match="'eth0', which is no IP address"):
        host_addresses(["eth0"])


def test_without_addresses_there_is_always_one_that_can_be_used() -> None:
    found = host_addresses(None)
    assert found
    assert found == ["127.0.0.1"] or not any(address.startswith(("127.", "169.254.", "fe80")) for address in found)


def test_a_server_whose_name_no_host_can_have_is_told_like_one_that_is_away() -> None:
    async def gather() -> list[str]:
        ice = IceConnection(controlling=True, relay_only=False)
        servers, _ = read_servers([IceServer("stun:a..example"), IceServer("turn:a..example", "me", "secret")])
        outcomes = await ice.gather(["127.0.0.1"], servers, verify_turn=True)
        await ice.close()
        return [outcome.problem or "" for outcome in outcomes]

    assert [problem[:18] for problem in asyncio.run(gather())] == 2 * ["cannot be reached:"]


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts sockets as Linux shows them")
def test_gathering_that_is_given_up_leaves_no_socket() -> None:
    async def given_up(after_steps: int) -> None:
        ice = IceConnection(controlling=True, relay_only=False)
        gathering = asyncio.create_task(ice.gather(3 * ["127.0.0.1"], [], verify_turn=True))
        for _ in range(after_steps):
            await asyncio.sleep(0)
        gathering.cancel()
        await asyncio.wait([gathering])
        await ice.close()

    async def left() -> int:
        before = open_files()
        for after_steps in range(12):
            await given_up(after_steps)
        await asyncio.sleep(0.01)  # sockets are closed by the loop, a round later
        return open_files() - before

    assert asyncio.run(left()) == 0
