"""Who carries out the responses and transcriptions that the authority asks for?"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing

from bareline.clock import now_ns
from bareline.errors import LocalProtocolError
from bareline.protocol.generation import Failed, Outcome, Output, ResponseRequest
from bareline.protocol.server_endpoint import ServerEndpoint
from bareline.server.backend import BackendSession
from bareline.server.idle import IdleClock
from bareline.server.jobs import Jobs
from bareline.server.outbox import GENERATE_BELOW_BYTES, Outbox
from bareline.server.playout import Playout
from bareline.server.speaking import Lead, Voice, speak

__all__ = ["Generating"]

_log = logging.getLogger(__name__)


class Generating:
    """What the backend of one session makes, each as a task of ``tasks``.

    Generation waits while the main connection does not take what was sent (``outbox``), and while audio is too far
    ahead: of ``playout``, or of a playback in real time (``ahead_s``) where the client plays. ``idle`` is told when an
    answer has been heard. ``settle`` is called after every call of the endpoint.
    """

    def __init__(
        self,
        mind: BackendSession,
        endpoint: ServerEndpoint,
        tasks: asyncio.TaskGroup,
        *,
        outbox: Outbox,
        playout: Playout | None,
        ahead_s: float,
        idle: IdleClock,
        settle: Callable[[], None],
    ) -> None:
        self._mind = mind
        self._endpoint = endpoint
        self._tasks = tasks
        self._outbox = outbox
        self._playout = playout
        self._ahead_s = ahead_s
        self._idle = idle
        self._settle = settle
        self._jobs = Jobs()
        self._answering: str | None = None

    async def room(self) -> None:
        """Wait until another one may begin."""
        await self._jobs.room()

    def begin(self, request: ResponseRequest) -> None:
        """Generate a response."""
        if not request.out_of_band:
            self._idle.reset()
            self._answering = request.response_id
        self._jobs.start(self._tasks, request.response_id, self._respond(request))

    def stop(self, response_id: str, reason: str) -> None:
        """Stop generating it; what is queued of it is still played."""
        self._jobs.cancel(response_id)
        if self._playout is not None:
            self._playout.end(response_id)
        if reason == "client_cancelled":
            self._heard_after(response_id, 0)

    def heard(self, response_id: str) -> None:
        """All that is going to be heard of it was: it was played to its end, or dropped."""
        if response_id == self._answering:
            self._idle.response_done(now_ns(), 0)

    def transcribe(self, item_id: str) -> None:
        """Write down what the user said."""
        self._jobs.start(self._tasks, item_id, self._transcribe(item_id))

    def cancel_all(self) -> None:
        """The session is over."""
        self._jobs.cancel_all()

    async def _respond(self, request: ResponseRequest) -> None:
        voice = Voice(request.format)
        outputs = speak(self._mind, request, voice, self._room_for(request, voice))
        async with aclosing(outputs):
            async for output in outputs:
                if isinstance(output, Outcome):
                    self._finish(request, output, voice)
                elif failure := self._produce(request, output):
                    self._finish(request, failure, voice)
                    return

    def _room_for(self, request: ResponseRequest, voice: Voice) -> Callable[[], Awaitable[None]]:
        playout = self._playout
        lead = Lead(self._ahead_s)

        async def room() -> None:
            if playout is not None:
                await playout.room(request.response_id)
            else:
                await lead.wait(voice.spoken_samples)
            await self._outbox.below(GENERATE_BELOW_BYTES)

        return room

    def _produce(self, request: ResponseRequest, output: Output) -> Failed | None:
        try:
            self._endpoint.produce(request.response_id, output, now_ns())
        except LocalProtocolError as error:
            _log.warning("the backend broke its contract: %s", error)
            return Failed(code="server_error", message=f"The backend failed: {error}.")
        self._settle()
        return None

    def _finish(self, request: ResponseRequest, outcome: Outcome, voice: Voice) -> None:
        self._endpoint.finish(request.response_id, outcome, now_ns())
        if self._playout is not None:
            self._playout.end(request.response_id)
        self._heard_after(request.response_id, voice.spoken_samples)
        self._settle()

    def _heard_after(self, response_id: str, spoken_samples: int) -> None:
        """The user's silence counts from the end of playback: ours, or the one that the client must be at."""
        if response_id != self._answering or (self._playout is not None and self._playout.holds(response_id)):
            return
        self._idle.response_done(now_ns(), 0 if self._playout is not None else spoken_samples)

    async def _transcribe(self, item_id: str) -> None:
        try:
            async for text in self._mind.transcribe(item_id):
                await self._outbox.below(GENERATE_BELOW_BYTES)
                self._endpoint.transcript_delta(item_id, text, now_ns())
                self._settle()
        except Exception as error:  # noqa: BLE001 - whatever a backend raises fails this transcription alone
            _log.warning("transcription of %s failed: %r", item_id, error)
            self._endpoint.transcription_failed(item_id, str(error), now_ns())
        else:
            self._endpoint.transcribed(item_id, now_ns())
        self._settle()
