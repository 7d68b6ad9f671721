"""Who carries out what the authority of one session asks: with a real transport, real audio and a backend?

The pump decides nothing about the protocol. It tells the ``ServerEndpoint`` what arrived, what was said, generated and
recognised, and when; sends what the endpoint wants sent; and runs the actions it yields. Time is the loop's, so the
same pump runs over a socket and in virtual time.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Generator
from contextlib import aclosing, contextmanager, suppress

from bareline.clock import now_ns
from bareline.errors import Closed, ConnectionLost, LocalProtocolError
from bareline.media.convert import PcmDecoder
from bareline.media.formats import wire_format
from bareline.media.frames import AudioFrame
from bareline.protocol.actions import (
    Action,
    CloseConnection,
    InputAppended,
    InputCleared,
    InputCommitted,
    ResponseRequested,
    ResponseStopped,
    SessionChanged,
)
from bareline.protocol.events import Session
from bareline.protocol.generation import Failed, Outcome, Output, ResponseRequest
from bareline.protocol.server_endpoint import ServerEndpoint
from bareline.server.backend import Backend, BackendSession, Utterance
from bareline.server.hearing import Hear, Heard, Hearing, SpeechStarted, SpeechStopped
from bareline.server.idle import IdleClock
from bareline.server.jobs import Jobs
from bareline.server.outbox import GENERATE_BELOW_BYTES, READ_BELOW_BYTES, Outbox
from bareline.server.speaking import Voice, speak
from bareline.server.turn_settings import turn_settings
from bareline.transports.contract import Transport
from bareline.turns.contract import VoiceActivity
from bareline.units import NS_PER_S, samples_to_ms

__all__ = ["AHEAD_S", "FLUSH_WITHIN_S", "BinaryMessage", "SessionPump"]

AHEAD_S = 30.0
"""How far generated audio may run ahead of its playback."""
FLUSH_WITHIN_S = 5
"""How long the last messages may take to leave before the connection is closed."""
_BROKEN = (1011, "The server had an error while processing your request.")

_log = logging.getLogger(__name__)


class BinaryMessage(bytes):
    """A message that came in a binary frame, which the protocol does not use."""


class SessionPump:
    """One session from its opening to the end of its connection.

    ``endpoint`` is the authority of this session and nobody else drives it; ``voice_activity`` makes the ears when the
    first audio is to be judged; ``seed`` is handed to the backend; ``ahead_s`` bounds how far generated audio runs
    ahead of playback. ``run`` returns when the session is over, however it ended, with the transport closed and no task
    left; ``stop`` asks it to end.
    """

    def __init__(
        self,
        transport: Transport,
        backend: Backend,
        endpoint: ServerEndpoint,
        *,
        voice_activity: Callable[[], VoiceActivity],
        seed: int = 0,
        ahead_s: float = AHEAD_S,
    ) -> None:
        self._transport = transport
        self._backend = backend
        self._endpoint = endpoint
        self._seed = seed
        self._ahead_s = ahead_s
        self._hearing = Hearing(voice_activity)
        self._idle = IdleClock()
        self._outbox = Outbox()
        self._appended: deque[InputAppended] = deque()
        self._jobs = Jobs()
        self._answering: str | None = None
        self._deadline_ns: int | None = None
        self._deadline_moved = asyncio.Event()
        self._ending: tuple[int, str] | None = None
        self._ended = asyncio.Event()
        self._mind: BackendSession
        self._tasks: asyncio.TaskGroup

    async def run(self) -> None:
        """Serve the session to its end."""
        try:
            self._mind = await self._backend.open(seed=self._seed)
            try:
                async with asyncio.TaskGroup() as self._tasks:
                    await self._serve()
            finally:
                await self._mind.close()
        except Exception:  # noqa: BLE001 - whatever a backend raises ends its session alone
            _log.exception("a session ended by an error of its backend")
            self._ending = _BROKEN
        finally:
            await self._transport.close(*(self._ending or (1000, "")))

    def stop(self, code: int = 1001, reason: str = "The server is shutting down.") -> None:
        """End the session: what is to be sent leaves, then the connection is closed."""
        if not self._ended.is_set():
            self._ending = (code, reason)
            self._ended.set()

    async def _serve(self) -> None:
        sender = self._tasks.create_task(self._send())
        workers = [self._tasks.create_task(self._read()), self._tasks.create_task(self._watch())]
        self._endpoint.open(now_ns())
        self._settle()
        await self._ended.wait()
        for task in workers:
            task.cancel()
        self._jobs.cancel_all()
        if self._ending:
            flushed = self._tasks.create_task(self._outbox.below(0))
            await asyncio.wait([sender, flushed], timeout=FLUSH_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
            flushed.cancel()
        sender.cancel()

    # --- the three loops ---

    async def _send(self) -> None:
        with self._ending_the_session():
            await self._outbox.drain(self._transport.send)

    async def _read(self) -> None:
        with self._ending_the_session():
            while True:
                message = await self._transport.receive()
                if isinstance(message, BinaryMessage):
                    self._endpoint.receive_binary(now_ns())
                else:
                    self._endpoint.receive(message, now_ns())
                self._settle()
                while self._appended:
                    await self._hear(self._appended.popleft())
                await self._outbox.below(READ_BELOW_BYTES)
                await self._jobs.room()

    async def _watch(self) -> None:
        """Wake the authority at its deadline, and when the user has been silent for too long."""
        while True:
            self._deadline_moved.clear()
            due_ns = self._deadline_ns
            with suppress(TimeoutError):
                async with asyncio.timeout_at(None if due_ns is None else due_ns / NS_PER_S):
                    await self._deadline_moved.wait()
                    continue
            if self._idle.due(now_ns()):
                self._time_out()
            self._endpoint.tick(now_ns())
            self._settle()

    def _time_out(self) -> None:
        end_ms = samples_to_ms(self._hearing.end_sample)
        start_ms = max(end_ms - self._idle.timeout_ms, samples_to_ms(self._hearing.free_from))
        self._idle.reset()
        self._endpoint.idle_timeout(start_ms, end_ms, now_ns())

    # --- what the user says ---

    async def _hear(self, appended: InputAppended) -> None:
        for slice_heard in self._hearing.listen(appended.audio, appended.format):
            for heard in slice_heard:
                self._tell_heard(heard)
            await asyncio.sleep(0)  # an append may hold minutes; others have their turn in between

    def _tell_heard(self, heard: Heard) -> None:
        match heard:
            case SpeechStarted(sample):
                self._idle.reset()
                self._endpoint.speech_started(samples_to_ms(sample), now_ns())
                self._settle()
            case Hear(frame):
                self._mind.hear(frame)
            case SpeechStopped(sample):
                self._endpoint.speech_stopped(samples_to_ms(sample), now_ns())
                self._settle()

    # --- what the authority asks for ---

    def _settle(self) -> None:
        """Carry out all actions, queue all messages, and note the next deadline. After every call of the endpoint."""
        while actions := tuple(self._endpoint.events()):
            for action in actions:
                self._act(action)
        for message in self._endpoint.outgoing():
            self._outbox.put(message)
        due = [at for at in (self._endpoint.deadline(), self._idle.deadline_ns) if at is not None]
        if min(due, default=None) != self._deadline_ns:
            self._deadline_ns = min(due, default=None)
            self._deadline_moved.set()

    def _act(self, action: Action) -> None:
        match action:
            case SessionChanged(session=session):
                self._configure(session)
            case InputAppended():
                self._appended.append(action)
            case InputCleared():
                self._hearing.forget()
                self._mind.forget()
            case InputCommitted():
                self._commit(action)
            case ResponseRequested(request=request):
                self._begin(request)
            case ResponseStopped(response_id=response_id, reason=reason):
                self._jobs.cancel(response_id)
                if response_id == self._answering and reason == "client_cancelled":
                    self._idle.response_done(now_ns(), 0)
            case CloseConnection(code=code, reason=reason):
                self.stop(code, reason)

    def _configure(self, session: Session) -> None:
        settings = turn_settings(session)
        self._hearing.configure(settings)
        self._idle.configure(settings.idle_timeout_ms if settings else None)
        self._mind.configure(session)

    def _commit(self, action: InputCommitted) -> None:
        if action.buffered and self._hearing.speaking:  # the client's own commit, in the middle of an utterance
            self._hearing.forget()
        decoder = PcmDecoder(wire_format(action.format.type))
        pcm = decoder.feed(action.audio) + decoder.flush()
        self._mind.committed(Utterance(item_id=action.item_id, audio=AudioFrame(pcm, at_ns=now_ns())))
        if action.transcribe:
            self._jobs.start(self._tasks, action.item_id, self._transcribe(action.item_id))

    # --- jobs of the backend ---

    def _begin(self, request: ResponseRequest) -> None:
        if not request.out_of_band:
            self._idle.reset()
            self._answering = request.response_id
        self._jobs.start(self._tasks, request.response_id, self._respond(request))

    async def _respond(self, request: ResponseRequest) -> None:
        voice = Voice(request.format)
        outputs = speak(self._mind, request, voice, self._outbox, ahead_s=self._ahead_s)
        async with aclosing(outputs):
            async for output in outputs:
                if isinstance(output, Outcome):
                    self._finish(request, output, voice)
                elif failure := self._produce(request, output):
                    self._finish(request, failure, voice)
                    return

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
        if not request.out_of_band:
            self._idle.response_done(now_ns(), voice.spoken_samples)
        self._settle()

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

    @contextmanager
    def _ending_the_session(self) -> Generator[None]:
        try:
            yield
        except (ConnectionLost, Closed) as error:
            _log.debug("connection over: %s", error)
            self._ended.set()
