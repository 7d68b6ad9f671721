"""What is a request for a response, and what can become of it?

Kept by ``bareline.protocol.sequencer``.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from bareline.protocol.events import ErrorDetail, Response, ResponseConfig, ResponseCreate
from bareline.protocol.limits import REQUEST_ANSWER_NS

__all__ = ["REQUEST_KEY", "Request", "RequestNote", "RequestOutcome"]

REQUEST_KEY = "bareline_request"
"""Metadata key under which a response names the request it answers."""

RequestOutcome = Literal["created", "done", "refused", "unanswered", "withdrawn", "lost", "orphan"]


class RequestNote(msgspec.Struct, frozen=True):
    """What became of a request; ``request_id`` is ``None`` for a response that the server started by itself, ``reason``
    what was given with the request.

    ``what``: ``created`` and then ``done`` (``response`` is the report), or one of ``refused`` (``error`` says why),
    ``unanswered`` (nothing came in time), ``withdrawn`` (cancelled before it began), ``lost`` (the connection went).
    ``orphan``: a response began whose request was given up; its cancel is on the way.
    """

    what: RequestOutcome
    request_id: str | None
    reason: str = ""
    response: Response | None = None
    error: ErrorDetail | None = None


class Request:
    """One wish for a response, from the queue to its end; what is mutable belongs to the sequencer."""

    __slots__ = ("attempts", "config", "event_id", "id", "reason", "sent_at_ns", "withdrawn")

    def __init__(self, request_id: str, config: ResponseConfig, reason: str) -> None:
        self.id = request_id
        self.config = config
        self.reason = reason
        self.attempts = 0
        self.event_id = ""
        self.sent_at_ns = 0
        self.withdrawn = False

    @property
    def out_of_band(self) -> bool:
        """Whether it runs beside the conversation."""
        return self.config.conversation == "none"

    def note(
        self, what: RequestOutcome, response: Response | None = None, error: ErrorDetail | None = None
    ) -> RequestNote:
        """What became of this request."""
        return RequestNote(what, self.id, self.reason, response, error)

    def overdue(self, now_ns: int) -> bool:
        """Whether it was sent and has stayed unanswered for too long."""
        return self.attempts > 0 and now_ns >= self.sent_at_ns + REQUEST_ANSWER_NS

    def event(self, now_ns: int) -> ResponseCreate:
        """The next attempt, marked so that its answer is recognised."""
        self.attempts += 1
        self.sent_at_ns = now_ns
        self.event_id = f"{self.id}.{self.attempts}"
        metadata = self.config.metadata if isinstance(self.config.metadata, dict) else {}
        marked = msgspec.structs.replace(self.config, metadata={**metadata, REQUEST_KEY: self.id})
        return ResponseCreate(response=marked, event_id=self.event_id)
