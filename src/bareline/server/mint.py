"""What does ``POST /v1/realtime/client_secrets`` answer?

The body is checked as strictly as a client event; the reply holds the effective session, fully expanded, with
``expires_at`` 0 as in live traffic. Source: REALTIME.md section 1.
"""

from __future__ import annotations

from msgspec import UNSET

from bareline.protocol.authority.options import ServerOptions
from bareline.protocol.events import RealtimeSession, SessionConfig, TranscriptionSession, TranscriptionSessionConfig
from bareline.protocol.refusal import Refusal
from bareline.protocol.session_merge import default_session, default_transcription_session, merge_session
from bareline.protocol.signalling import (
    ClientSecret,
    invalid_model,
    parse_client_secret_request,
    secret_lifetime_s,
)
from bareline.server.door import Door
from bareline.server.models import DEFAULT_MODEL

__all__ = ["mint"]


def mint(door: Door, body: bytes, options: ServerOptions) -> ClientSecret | Refusal:
    """Make the secret that ``body`` asks for."""
    request = parse_client_secret_request(body)
    if isinstance(request, Refusal):
        return request
    config = None if request.session is UNSET else request.session
    session = _effective(config, id=door.ids.new("sess"), instructions=options.instructions)
    if isinstance(session, RealtimeSession) and not door.models.accepts(session.model or ""):
        return invalid_model(session.model or "")
    secret = door.secrets.mint(config, now_unix_s=door.unix_s(), lifetime_s=secret_lifetime_s(request))
    return ClientSecret(value=secret.value, expires_at=secret.expires_at_unix_s, session=session)


def _effective(
    config: SessionConfig | None,
    *,
    id: str,  # noqa: A002 (wire)
    instructions: str,
) -> RealtimeSession | TranscriptionSession:
    if isinstance(config, TranscriptionSessionConfig):
        return merge_session(default_transcription_session(id=id, expires_at=0), config)
    model = DEFAULT_MODEL if config is None or config.model is UNSET else config.model
    session = default_session(id=id, model=model, expires_at=0, instructions=instructions)
    return session if config is None else merge_session(session, config)
