"""What may be asked of the service over HTTP, beside a call: a client secret, and that a call ends.

Source: REALTIME.md section 1.
"""

from __future__ import annotations

import os
import ssl as ssl_module
from collections.abc import Mapping
from urllib.parse import quote

from msgspec import UNSET
from msgspec.structs import replace

from bareline.client.address import resolve_address
from bareline.client.connect import DEFAULT_MODEL
from bareline.errors import ConfigurationError, ConnectFailed, RemoteProtocolError, ServiceError
from bareline.protocol.events import RealtimeSessionConfig, SessionConfig
from bareline.protocol.limits import SECRET_MAX_S, SECRET_MIN_S
from bareline.protocol.severity import explain
from bareline.protocol.signalling import (
    CLIENT_SECRETS_PATH,
    ClientSecret,
    ClientSecretRequest,
    Credentials,
    ExpiresAfter,
    auth_headers,
    build_client_secret_request,
    http_url,
    key_kind,
    parse_client_secret,
    parse_error_body,
    redact,
)
from bareline.transports.addresses import without_secrets
from bareline.transports.connect_errors import explain_status
from bareline.version import __version__

__all__ = ["hang_up", "mint_client_secret"]


async def mint_client_secret(
    *,
    session: SessionConfig | None = None,
    ttl: int | None = None,
    base_url: str | None = None,
    api_key: str | None = None,
    organization: str | None = None,
    project: str | None = None,
    safety_identifier: str | None = None,
    timeout_s: float = 10.0,
    ssl: ssl_module.SSLContext | None = None,
) -> ClientSecret:
    """Make a client secret (``ek_…``), which may be given to a browser or an app where a server key may not.

    Its sessions start with ``session``, whose model is ``DEFAULT_MODEL`` unless it names one. It opens any number of
    sessions for ``ttl`` seconds (10-7200, by default 600); sessions outlive it. ``safety_identifier`` (a hash that
    stands for the end user) is bound to it. ``base_url`` and ``api_key`` as in ``connect``; the key must be a server
    key. The answer holds ``value``, ``expires_at`` (Unix seconds) and the effective ``session``.

    Raises ``ConfigurationError`` (nothing was asked), ``ConnectFailed`` when the service cannot be reached, and
    ``ServiceError`` with its reasons when it refuses.
    """
    if ttl is not None and not SECRET_MIN_S <= ttl <= SECRET_MAX_S:
        raise ConfigurationError(f"a client secret lives {SECRET_MIN_S} to {SECRET_MAX_S} seconds, not ttl={ttl}")
    request = ClientSecretRequest(
        expires_after=UNSET if ttl is None else ExpiresAfter(seconds=ttl), session=_with_model(session)
    )
    body = await _ask(
        CLIENT_SECRETS_PATH,
        build_client_secret_request(request),
        base_url=base_url,
        key=api_key,
        who=Credentials(
            organization=organization or os.environ.get("OPENAI_ORG_ID"),
            project=project or os.environ.get("OPENAI_PROJECT_ID"),
            safety_identifier=safety_identifier,
        ),
        timeout_s=timeout_s,
        ssl=ssl,
    )
    secret = parse_client_secret(body)
    if isinstance(secret, RemoteProtocolError):
        raise secret
    return secret


async def hang_up(
    call_id: str,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    timeout_s: float = 10.0,
    ssl: ssl_module.SSLContext | None = None,
) -> None:
    """End a call that somebody else carries (a browser's, say), for all its connections.

    Who carries a call ends it with ``Line.close``. Raises as ``mint_client_secret`` does.
    """
    path = f"/realtime/calls/{quote(call_id, safe='')}/hangup"
    await _ask(path, b"", base_url=base_url, key=api_key, who=Credentials(), timeout_s=timeout_s, ssl=ssl)


async def _ask(
    path: str,
    body: bytes,
    *,
    base_url: str | None,
    key: str | None,
    who: Credentials,
    timeout_s: float,
    ssl: ssl_module.SSLContext | None,
) -> bytes:
    from bareline.client.http import post

    if (base_url or os.environ.get("OPENAI_BASE_URL")) == "local":
        raise ConfigurationError('base_url="local" is a server for one connection: start one with bareline serve')
    address = await resolve_address(base_url, key)
    if path == CLIENT_SECRETS_PATH and key_kind(address.api_key or "") == "ephemeral":
        raise ConfigurationError(
            "a client secret (ek_...) cannot make another: a server key is needed (OPENAI_API_KEY)"
        )
    url = http_url(address.base_url, path)
    headers = {
        "User-Agent": f"bareline/{__version__}",
        "Content-Type": "application/json",
        **auth_headers(replace(who, key=address.api_key)),
    }
    reply = await post(url, body, headers=headers, timeout_s=timeout_s, ssl=ssl)
    if not 200 <= reply.status < 300:
        raise _refused(without_secrets(url), reply.status, reply.body, headers)
    return reply.body


def _refused(address: str, status: int, body: bytes, sent: Mapping[str, str]) -> ServiceError | ConnectFailed:
    error = parse_error_body(body)
    nothing_here = status == 404 and error is not None and error.code in {None, "unknown_url"}
    if error is None or nothing_here or status >= 500:
        return ConnectFailed(explain_status(address, status, body, sent), stage="handshake", status=status)
    advice = explain(error).advice if status in {401, 403, 429} else ""
    return ServiceError(f"{redact(error.message)} {advice}".strip(), code=error.code, param=error.param)


def _with_model(session: SessionConfig | None) -> SessionConfig:
    if session is None:
        return RealtimeSessionConfig(model=DEFAULT_MODEL)
    if isinstance(session, RealtimeSessionConfig) and session.model is UNSET:
        return replace(session, model=DEFAULT_MODEL)
    return session
