"""Is a network failure explained by its stage and a likely cause?"""

from __future__ import annotations

import socket
import ssl

import pytest

from bareline.transports.addresses import is_loopback
from bareline.transports.connect_errors import explain_network


@pytest.mark.parametrize(
    ("error", "stage", "words"),
    [
        (socket.gaierror(-2, "Name or service not known"), "dns", "spelling of base_url"),
        (ssl.SSLCertVerificationError("bad"), "tls", "not trusted"),
        (ssl.SSLError("WRONG_VERSION"), "tls", "does not speak TLS"),
        (TimeoutError(), "tcp", "did not answer within 10 s"),
        (OSError("Multiple exceptions: [Errno 111] a, [Errno 111] b"), "tcp", "nothing listens"),
        (ConnectionResetError(104, "reset"), "handshake", "dropped the connection"),
        (OSError(101, "Network is unreachable"), "tcp", "Network is unreachable"),
    ],
)
def test_stage_and_cause(error: OSError, stage: str, words: str) -> None:
    if isinstance(error, ssl.SSLCertVerificationError):
        error.verify_message = "self-signed certificate"
    found, explanation = explain_network("wss://host:1/v1", error, 10)
    assert found == stage
    assert words in explanation


def test_loopback_is_this_machine_only() -> None:
    assert [is_loopback(f"ws://{h}:1/") for h in ("localhost", "127.0.0.1", "[::1]")] == [True] * 3
    assert not is_loopback("wss://127.example.com/v1")
    assert not is_loopback("wss://api.openai.com/v1")
