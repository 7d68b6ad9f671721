"""Everything that is said before the first event: addresses, keys, secrets, offers and refusals (sans-IO).

Source: REALTIME.md sections 1-3.

The names are loaded when first used: a client that connects needs a few of them, and connects the sooner.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bareline.protocol.bodies import CallRequest as CallRequest
    from bareline.protocol.bodies import ClientSecret as ClientSecret
    from bareline.protocol.bodies import ClientSecretRequest as ClientSecretRequest
    from bareline.protocol.bodies import ExpiresAfter as ExpiresAfter
    from bareline.protocol.signalling.calls import build_call as build_call
    from bareline.protocol.signalling.calls import parse_call as parse_call
    from bareline.protocol.signalling.client_secrets import CLIENT_SECRETS_PATH as CLIENT_SECRETS_PATH
    from bareline.protocol.signalling.client_secrets import SECRET_DEFAULT_S as SECRET_DEFAULT_S
    from bareline.protocol.signalling.client_secrets import build_client_secret as build_client_secret
    from bareline.protocol.signalling.client_secrets import build_client_secret_request as build_client_secret_request
    from bareline.protocol.signalling.client_secrets import parse_client_secret as parse_client_secret
    from bareline.protocol.signalling.client_secrets import parse_client_secret_request as parse_client_secret_request
    from bareline.protocol.signalling.client_secrets import secret_lifetime_s as secret_lifetime_s
    from bareline.protocol.signalling.keys import REALTIME_SUBPROTOCOL as REALTIME_SUBPROTOCOL
    from bareline.protocol.signalling.keys import Credentials as Credentials
    from bareline.protocol.signalling.keys import KeyKind as KeyKind
    from bareline.protocol.signalling.keys import auth_headers as auth_headers
    from bareline.protocol.signalling.keys import key_kind as key_kind
    from bareline.protocol.signalling.keys import offer_subprotocols as offer_subprotocols
    from bareline.protocol.signalling.keys import read_credentials as read_credentials
    from bareline.protocol.signalling.keys import redact as redact
    from bareline.protocol.signalling.keys import select_subprotocol as select_subprotocol
    from bareline.protocol.signalling.refusals import beta_disabled as beta_disabled
    from bareline.protocol.signalling.refusals import build_error_body as build_error_body
    from bareline.protocol.signalling.refusals import close_of as close_of
    from bareline.protocol.signalling.refusals import http_status as http_status
    from bareline.protocol.signalling.refusals import invalid_api_key as invalid_api_key
    from bareline.protocol.signalling.refusals import invalid_model as invalid_model
    from bareline.protocol.signalling.refusals import missing_model as missing_model
    from bareline.protocol.signalling.refusals import parse_error_body as parse_error_body
    from bareline.protocol.signalling.refusals import session_expired as session_expired
    from bareline.protocol.signalling.urls import Target as Target
    from bareline.protocol.signalling.urls import call_id_from_location as call_id_from_location
    from bareline.protocol.signalling.urls import call_location as call_location
    from bareline.protocol.signalling.urls import http_url as http_url
    from bareline.protocol.signalling.urls import read_target as read_target
    from bareline.protocol.signalling.urls import websocket_url as websocket_url

_HOME = {
    "CLIENT_SECRETS_PATH": "bareline.protocol.signalling.client_secrets",
    "CallRequest": "bareline.protocol.bodies",
    "ClientSecret": "bareline.protocol.bodies",
    "ClientSecretRequest": "bareline.protocol.bodies",
    "Credentials": "bareline.protocol.signalling.keys",
    "ExpiresAfter": "bareline.protocol.bodies",
    "KeyKind": "bareline.protocol.signalling.keys",
    "REALTIME_SUBPROTOCOL": "bareline.protocol.signalling.keys",
    "SECRET_DEFAULT_S": "bareline.protocol.signalling.client_secrets",
    "Target": "bareline.protocol.signalling.urls",
    "auth_headers": "bareline.protocol.signalling.keys",
    "beta_disabled": "bareline.protocol.signalling.refusals",
    "build_call": "bareline.protocol.signalling.calls",
    "build_client_secret": "bareline.protocol.signalling.client_secrets",
    "build_client_secret_request": "bareline.protocol.signalling.client_secrets",
    "build_error_body": "bareline.protocol.signalling.refusals",
    "call_id_from_location": "bareline.protocol.signalling.urls",
    "call_location": "bareline.protocol.signalling.urls",
    "close_of": "bareline.protocol.signalling.refusals",
    "http_status": "bareline.protocol.signalling.refusals",
    "http_url": "bareline.protocol.signalling.urls",
    "invalid_api_key": "bareline.protocol.signalling.refusals",
    "invalid_model": "bareline.protocol.signalling.refusals",
    "key_kind": "bareline.protocol.signalling.keys",
    "missing_model": "bareline.protocol.signalling.refusals",
    "offer_subprotocols": "bareline.protocol.signalling.keys",
    "parse_call": "bareline.protocol.signalling.calls",
    "parse_client_secret": "bareline.protocol.signalling.client_secrets",
    "parse_client_secret_request": "bareline.protocol.signalling.client_secrets",
    "parse_error_body": "bareline.protocol.signalling.refusals",
    "read_credentials": "bareline.protocol.signalling.keys",
    "read_target": "bareline.protocol.signalling.urls",
    "redact": "bareline.protocol.signalling.keys",
    "secret_lifetime_s": "bareline.protocol.signalling.client_secrets",
    "select_subprotocol": "bareline.protocol.signalling.keys",
    "session_expired": "bareline.protocol.signalling.refusals",
    "websocket_url": "bareline.protocol.signalling.urls",
}
"""Public name to the module that holds it."""

__all__ = list(_HOME)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value
