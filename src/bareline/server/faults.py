"""Which faults of the service can be asked for, beside those of the connection?

``error=rate_limit@response:2`` fails the second response of every session (without ``@`` all of them),
``refuse=429@connection:1`` refuses the first connection before its upgrade, ``expire@30s`` ends sessions early. Faults
of the connection itself are in ``bareline.transports.faults``.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from bareline.clock import now_ns
from bareline.errors import ConfigurationError
from bareline.media.frames import AudioFrame
from bareline.protocol.events import Session
from bareline.protocol.generation import Failed, Outcome, Output, ResponseRequest
from bareline.server.backend import Backend, BackendSession, Recognising, Utterance
from bareline.transports.contract import MediaTransport
from bareline.transports.faults import Fault, parse_faults
from bareline.transports.impairments import FaultSchedule, ImpairedTransport
from bareline.turns.contract import Hypothesis

__all__ = ["ERRORS", "SERVICE_FAULT_FORMS", "FailingBackend", "Faults", "ImpairedMedia", "read_faults"]

SERVICE_FAULT_FORMS = ("error=rate_limit@response:2", "error=quota", "refuse=429@connection:1", "expire@30s")
"""One example of every form that is the service's."""

ERRORS = {
    "rate_limit": Failed(
        type="rate_limit_error",
        code="rate_limit_exceeded",
        message="Rate limit reached. Please try again later.",
    ),
    "quota": Failed(
        type="insufficient_quota",
        code="insufficient_quota",
        message="You exceeded your current quota, please check your plan and billing details.",
    ),
    "server": Failed(
        type="server_error",
        code="server_error",
        message="The server had an error while processing your request.",
    ),
}
"""What ``error=`` may name (REALTIME.md section 11)."""

_EXPIRE = re.compile(r"expire@(\d+(?:\.\d+)?)(ms|s|m)")
_ERROR = re.compile(r"error=(\w+)(?:@response:([1-9]\d*))?")
_REFUSE = re.compile(r"refuse=([45]\d\d)(?:@connection:([1-9]\d*))?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0}


@dataclass(frozen=True, slots=True)
class Faults:
    """All that is to go wrong at one server. Numbers count from 1; the key None means every one."""

    connection: tuple[Fault, ...] = ()
    responses: tuple[tuple[int | None, Failed], ...] = ()
    refusals: tuple[tuple[int | None, int], ...] = ()
    expire_s: float | None = None

    def status_for(self, connection: int) -> int | None:
        """The HTTP status with which this connection is refused."""
        return next((status for number, status in self.refusals if number in (None, connection)), None)


def read_faults(text: str) -> Faults:
    """Read a list of faults joined by commas. ``ConfigurationError`` names the wrong part and the forms."""
    connection: list[str] = []
    responses: list[tuple[int | None, Failed]] = []
    refusals: list[tuple[int | None, int]] = []
    expire_s: float | None = None
    for part in filter(None, (part.strip() for part in text.split(","))):
        if found := _EXPIRE.fullmatch(part):
            expire_s = float(found[1]) * _SECONDS[found[2]]
        elif (found := _ERROR.fullmatch(part)) and found[1] in ERRORS:
            responses.append((_number(found[2]), ERRORS[found[1]]))
        elif found := _REFUSE.fullmatch(part):
            refusals.append((_number(found[2]), int(found[1])))
        else:
            connection.append(part)
    return Faults(_read_connection(connection), tuple(responses), tuple(refusals), expire_s)


class ImpairedMedia(ImpairedTransport):
    """The faults of a connection on the messages of one with audio; the audio beside them passes as it is."""

    def __init__(self, transport: MediaTransport, faults: Iterable[Fault], *, seed: int) -> None:
        """In a running loop; times count from now. Faults as on the server's side."""
        super().__init__(transport, FaultSchedule(faults, seed=seed, started_ns=now_ns()), side="server")
        self._media = transport

    async def send_audio(self, frame: AudioFrame) -> None:
        """As the inner transport."""
        await self._media.send_audio(frame)

    async def receive_audio(self) -> AudioFrame:
        """As the inner transport."""
        return await self._media.receive_audio()


class FailingBackend:
    """A backend some of whose responses fail before they begin, counted per session."""

    def __init__(self, backend: Backend, faults: Faults) -> None:
        self._backend = backend
        self._faults = faults

    async def open(self, *, seed: int) -> BackendSession:
        return _FailingSession(await self._backend.open(seed=seed), self._faults)

    async def close(self) -> None:
        await self._backend.close()


class _FailingSession:
    def __init__(self, session: BackendSession, faults: Faults) -> None:
        self._session = session
        self._faults = faults
        self._responses = 0

    def configure(self, session: Session) -> None:
        self._session.configure(session)

    def hear(self, frame: AudioFrame) -> None:
        self._session.hear(frame)

    def partial(self) -> Hypothesis | None:
        return self._session.partial() if isinstance(self._session, Recognising) else None

    def forget(self) -> None:
        self._session.forget()

    def committed(self, utterance: Utterance) -> None:
        self._session.committed(utterance)

    def transcribe(self, item_id: str) -> AsyncIterator[str]:
        return self._session.transcribe(item_id)

    def respond(self, request: ResponseRequest) -> AsyncIterator[Output | Outcome]:
        self._responses += 1
        for number, failure in self._faults.responses:
            if number in (None, self._responses):
                return _fail(failure)
        return self._session.respond(request)

    async def close(self) -> None:
        await self._session.close()


async def _fail(failure: Failed) -> AsyncIterator[Output | Outcome]:
    yield failure


def _read_connection(parts: list[str]) -> tuple[Fault, ...]:
    try:
        return parse_faults(",".join(parts))
    except ConfigurationError as error:
        raise ConfigurationError(f"{error}, {', '.join(SERVICE_FAULT_FORMS)}") from error


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)
