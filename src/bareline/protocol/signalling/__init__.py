"""Everything that is said before the first event: addresses, keys, secrets, offers and refusals (sans-IO).

Source: REALTIME.md sections 1-3.
"""

from bareline.protocol.bodies import (
    CallRequest,
    ClientSecret,
    ClientSecretRequest,
    ExpiresAfter,
)
from bareline.protocol.signalling.calls import (
    build_call,
    parse_call,
)
from bareline.protocol.signalling.client_secrets import (
    CLIENT_SECRETS_PATH,
    SECRET_DEFAULT_S,
    build_client_secret,
    build_client_secret_request,
    parse_client_secret,
    parse_client_secret_request,
    secret_lifetime_s,
)
from bareline.protocol.signalling.keys import (
    REALTIME_SUBPROTOCOL,
    Credentials,
    KeyKind,
    auth_headers,
    key_kind,
    offer_subprotocols,
    read_credentials,
    redact,
    select_subprotocol,
)
from bareline.protocol.signalling.refusals import (
    beta_disabled,
    build_error_body,
    close_of,
    http_status,
    invalid_api_key,
    invalid_model,
    missing_model,
    parse_error_body,
    session_expired,
)
from bareline.protocol.signalling.urls import (
    Target,
    call_id_from_location,
    call_location,
    http_url,
    read_target,
    websocket_url,
)

__all__ = [
    "CLIENT_SECRETS_PATH",
    "REALTIME_SUBPROTOCOL",
    "SECRET_DEFAULT_S",
    "CallRequest",
    "ClientSecret",
    "ClientSecretRequest",
    "Credentials",
    "ExpiresAfter",
    "KeyKind",
    "Target",
    "auth_headers",
    "beta_disabled",
    "build_call",
    "build_client_secret",
    "build_client_secret_request",
    "build_error_body",
    "call_id_from_location",
    "call_location",
    "close_of",
    "http_status",
    "http_url",
    "invalid_api_key",
    "invalid_model",
    "key_kind",
    "missing_model",
    "offer_subprotocols",
    "parse_call",
    "parse_client_secret",
    "parse_client_secret_request",
    "parse_error_body",
    "read_credentials",
    "read_target",
    "redact",
    "secret_lifetime_s",
    "select_subprotocol",
    "session_expired",
    "websocket_url",
]
