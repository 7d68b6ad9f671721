"""Why did a connection not open, and what can its user do about it?"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

from bareline.protocol.signalling import key_kind, parse_error_body, read_credentials, redact

__all__ = ["explain_network", "explain_status"]

BODY_SHOWN_CHARS = 300
"""Of an answer that is not the service's error object."""

_ADVICE = {
    400: "the server refused the request; check the model's name, the session and the query",
    401: "the key is missing or wrong: set OPENAI_API_KEY, or pass api_key=",
    403: "this key may not use this model or this endpoint; check the project's access",
    404: "there is no realtime endpoint here: base_url should end in /v1, and the model or call_id must exist",
    407: "a proxy asks for credentials: put them into HTTPS_PROXY, or name the host in NO_PROXY",
    429: "the service limits the rate or the quota of this key; wait, or check the plan",
}
_EXPIRED = (
    "this client secret (ek_...) is not accepted, and most likely it has expired: each ends at its expires_at, "
    "10 minutes after it was made unless asked otherwise; mint a new one with bareline.mint_client_secret"
)
_NETWORK = (
    (socket.gaierror, "dns", "has no address: check the spelling of base_url and the network's name service"),
    (ssl.SSLError, "tls", "does not speak TLS here: http:// or ws:// may be meant"),
    (ConnectionError, "handshake", "dropped the connection while it opened: https:// may be meant"),
)


def explain_status(address: str, status: int, body: bytes, sent: Mapping[str, str] | None = None) -> str:
    """A refused request in words: the service's own message where there is one, and what to do.

    ``sent`` are the headers of the request, whose key may be one that expires.
    """
    ephemeral = key_kind(read_credentials(sent or {}).key or "") == "ephemeral"
    advice = _EXPIRED if status == 401 and ephemeral else _ADVICE.get(status)
    if advice is None:
        advice = "the service has a problem; try again" if status >= 500 else "this is not a realtime endpoint"
    said = _service_message(body)
    return f"{address} refused the connection with HTTP {status}{f' ({said})' if said else ''}: {advice}"


def explain_network(address: str, error: OSError, open_timeout_s: float) -> tuple[str, str]:
    """The stage (dns, tcp, tls, handshake) at which the network failed, and the failure in words."""
    host = urlsplit(address).netloc
    if isinstance(error, ssl.SSLCertVerificationError):
        words = f"the certificate of {host} is not trusted ({error.verify_message})"
        return "tls", f"{words}: a proxy that inspects traffic, a wrong clock, or a certificate of one's own"
    if isinstance(error, TimeoutError):
        return "tcp", f"{host} did not answer within {open_timeout_s:g} s: a firewall, or the wrong port"
    if f"[Errno {errno.ECONNREFUSED}]" in str(error):  # several addresses failing together are a plain OSError
        return "tcp", f"nothing listens at {host}: is the server running, and is the port right?"
    for kind, stage, words in _NETWORK:
        if isinstance(error, kind):
            return stage, f"{host} {words}"
    return "tcp", f"{host} cannot be reached: {error}"


def _service_message(body: bytes) -> str:
    error = parse_error_body(body)
    said = error.message if error is not None and error.message else body.decode(errors="replace").strip()
    return redact(said)[:BODY_SHOWN_CHARS]
