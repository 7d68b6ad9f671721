"""Which server does an address name, and which addresses of this machine are used?"""

from __future__ import annotations

import ssl

import pytest

from bareline.errors import ConfigurationError
from bareline.transports.webrtc.host_addresses import host_addresses
from bareline.transports.webrtc.ice_servers import SERVERS_MAX, read_servers
from bareline.transports.webrtc.settings import IceServer


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
