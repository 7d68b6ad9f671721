"""What can go wrong, and whose fault is it?

Everything Bareline raises on purpose derives from ``BarelineError``; the tree is drawn in
``docs/reference/errors.md``::

    BarelineError
    ├── ConfigurationError      the caller's settings, files or options are wrong; nothing was started
    │   └── MissingExtra        an optional part is not installed; the message holds the one-line install
    ├── AudioFormatError        audio that cannot be converted safely
    ├── EngineError             a speech engine failed; the next utterance starts it anew
    ├── DeviceLost              a microphone or loudspeaker stopped while it was used
    ├── ProtocolError
    │   ├── LocalProtocolError  our side was about to say something the protocol forbids; nothing was sent
    │   └── RemoteProtocolError the other side said something that is not the protocol; carries the raw message
    ├── TransportError          the pipe failed
    │   ├── ConnectFailed       it never opened; names the stage and a likely cause
    │   └── ConnectionLost      it broke, or was closed by the other side; carries code and reason
    ├── Closed                  used after close()
    ├── ServiceError            the service refused; carries the error object
    │   ├── TurnLost            the answer to this turn will not come; the call goes on
    │   └── CallLost            the call is over
    ├── ToolError               raised by tools on purpose (see ``bareline.tools``)
    │   ├── NotFound, InvalidRequest, Denied, Permanent
    │   ├── Temporary
    │   │   └── RateLimited     too much was asked for in too short a time
    │   └── ToolCancelled       nobody waits for this execution any more
    └── TraceError              a trace file that cannot be read or written
"""

from __future__ import annotations

__all__ = [
    "AudioFormatError",
    "BarelineError",
    "CallLost",
    "Closed",
    "ConfigurationError",
    "ConnectFailed",
    "ConnectionLost",
    "Denied",
    "DeviceLost",
    "EngineError",
    "InvalidRequest",
    "LocalProtocolError",
    "MissingExtra",
    "NotFound",
    "Permanent",
    "ProtocolError",
    "RateLimited",
    "RemoteProtocolError",
    "ServiceError",
    "StoreError",
    "Temporary",
    "ToolCancelled",
    "ToolError",
    "TraceError",
    "TransportError",
    "TurnLost",
]


class BarelineError(Exception):
    """Root of every error that Bareline raises on purpose."""


class ConfigurationError(BarelineError, ValueError):
    """Settings, files or options are wrong. The message says which, where, and what to do."""


class MissingExtra(ConfigurationError, ImportError):
    """An optional part is needed and not installed.

    ``extra`` is the name of the extra that brings it.
    """

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs the optional part '{extra}': pip install 'bareline[{extra}]'")
        self.extra = extra


class AudioFormatError(BarelineError, ValueError):
    """Audio that cannot be converted safely: odd byte counts, unknown encodings, absurd rates."""


class EngineError(BarelineError):
    """A speech engine failed: it reported an error, died or stalled. The next utterance starts it anew."""


class DeviceLost(BarelineError):
    """A microphone or loudspeaker stopped while it was used: unplugged, switched off, or taken by the system."""


class ProtocolError(BarelineError):
    """The protocol was broken; the subclass says by whom."""


class LocalProtocolError(ProtocolError):
    """Our side was about to break the protocol; nothing was sent.

    ``code`` is the service's code for the same mistake where it has one.
    """

    def __init__(self, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.param = param


class RemoteProtocolError(ProtocolError):
    """The other side sent something that is not the protocol.

    ``raw`` is the whole message as it arrived. In an event stream it stands as an entry and never ends the stream.
    """

    def __init__(self, message: str, raw: bytes = b"") -> None:
        super().__init__(message)
        self.raw = raw


class TransportError(BarelineError):
    """The pipe failed."""


class ConnectFailed(TransportError):
    """A connection never opened.

    ``stage`` names the step: dns, tcp, tls, handshake of the request; offer, ice, dtls, channel, packet of a WebRTC
    call; session. ``status`` is an HTTP status.
    """

    def __init__(self, message: str, *, stage: str, status: int | None = None) -> None:
        super().__init__(message)
        self.stage = stage
        self.status = status


class ConnectionLost(TransportError):
    """An open connection broke or was closed by the other side.

    ``code`` is the WebSocket close code (1006 when there was none), ``reason`` its text.
    """

    def __init__(self, message: str, *, code: int = 1006, reason: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason


class Closed(BarelineError):
    """The object was used after its own ``close()``."""


class ServiceError(BarelineError):
    """The service refused something; ``code``, ``param`` and ``event_id`` are those of its error object."""

    def __init__(
        self, message: str, *, code: str | None = None, param: str | None = None, event_id: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.param = param
        self.event_id = event_id


class TurnLost(ServiceError):
    """The answer to this turn will not come; the call goes on."""


class CallLost(ServiceError):
    """The call is over and cannot be continued."""


class ToolError(BarelineError):
    """A tool's own, deliberate failure. ``say`` is a short sentence that may be spoken to the user."""

    def __init__(self, message: str, *, say: str | None = None) -> None:
        super().__init__(message)
        self.say = say


class NotFound(ToolError):
    """What was asked for does not exist; ``suggestions`` are close matches to offer, ``wanted`` its name as spoken.

    ``bareline.tools.not_found(wanted, names)`` makes one with the names that are similar.
    """

    def __init__(
        self, message: str, *, suggestions: tuple[str, ...] = (), say: str | None = None, wanted: str | None = None
    ) -> None:
        super().__init__(message, say=say)
        self.suggestions = suggestions
        self.wanted = wanted


class InvalidRequest(ToolError):
    """The arguments are wrong in a way the user can mend; ``field`` names the argument."""

    def __init__(self, message: str, *, field: str | None = None, say: str | None = None) -> None:
        super().__init__(message, say=say)
        self.field = field


class Temporary(ToolError):
    """It may work if tried again; ``retry_after_ms`` says when, if known."""

    def __init__(self, message: str, *, retry_after_ms: int | None = None, say: str | None = None) -> None:
        super().__init__(message, say=say)
        self.retry_after_ms = retry_after_ms


class RateLimited(Temporary):
    """Too much was asked for in too short a time."""


class Denied(ToolError):
    """Not allowed for this user or in this context."""


class Permanent(ToolError):
    """It will not work, however often it is tried."""


class ToolCancelled(ToolError):
    """Nobody waits for this execution any more: the user interrupted, or the call is over."""


class StoreError(BarelineError):
    """Executions cannot be remembered: the disk fails, or another process does not let go of the file.

    What is not remembered is not begun: an irreversible tool does not run.
    """


class TraceError(BarelineError):
    """A trace file that cannot be read or written."""
