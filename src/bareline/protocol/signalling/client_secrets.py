"""How is a client secret asked for, and what comes back?

Source: REALTIME.md section 1.
"""

from __future__ import annotations

from msgspec import UNSET

from bareline.errors import RemoteProtocolError
from bareline.protocol.bodies import ClientSecret, ClientSecretRequest
from bareline.protocol.codec import decode_object, encode_object
from bareline.protocol.refusal import Refusal
from bareline.protocol.strict import check_body

__all__ = [
    "CLIENT_SECRETS_PATH",
    "SECRET_DEFAULT_S",
    "build_client_secret",
    "build_client_secret_request",
    "parse_client_secret",
    "parse_client_secret_request",
    "secret_lifetime_s",
]

CLIENT_SECRETS_PATH = "/realtime/client_secrets"
SECRET_DEFAULT_S = 600


def build_client_secret_request(request: ClientSecretRequest) -> bytes:
    """The body of the request."""
    return encode_object(request)


def parse_client_secret_request(body: bytes) -> ClientSecretRequest | Refusal:
    """What is asked for, or why it is refused. Takes any bytes; an empty body asks for the defaults."""
    return check_body(body or b"{}", ClientSecretRequest)


def secret_lifetime_s(request: ClientSecretRequest) -> int:
    """How long the secret is to live."""
    after = request.expires_after
    return SECRET_DEFAULT_S if after is UNSET or after.seconds is UNSET else after.seconds


def build_client_secret(secret: ClientSecret) -> bytes:
    """The body of the answer."""
    return encode_object(secret)


def parse_client_secret(body: bytes) -> ClientSecret | RemoteProtocolError:
    """The secret in an answer, or the error that the answer is. Takes any bytes; never quotes them."""
    return decode_object(body, ClientSecret)
