"""How does a program talk events and audio over one open connection, with nothing decided for it? (level 0)"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sized
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self, cast

from bareline.client.audio_tap import AudioTap, OutputAudio
from bareline.client.one_reader import OneReader
from bareline.client.path_trace import PathTrace, path_record
from bareline.client.shared_audio import SharedAudio
from bareline.client.trace_events import received_record, sent_audio_record, sent_raw_record, sent_record
from bareline.clock import now_ns
from bareline.errors import Closed, ConfigurationError, ConnectionLost, RemoteProtocolError
from bareline.media.frames import AudioFrame
from bareline.observe.record import Observer, TraceRecord
from bareline.protocol.client_endpoint import ClientEndpoint, Received
from bareline.protocol.conversation import Conversation
from bareline.protocol.events import (
    ClientEvent,
    ResponseCreated,
    ResponseOutputAudioDelta,
    ServerEvent,
    Session,
)
from bareline.protocol.limits import MESSAGE_MAX_BYTES
from bareline.protocol.session_formats import input_format, is_pcm, output_format
from bareline.transports.contract import ForwardingTransport, MediaTransport, PromptTransport, Transport, TransportInfo

if TYPE_CHECKING:
    from bareline.transports.webrtc.stats import WebRtcStats

__all__ = ["EVENT_BACKLOG_MAX", "Line"]

EVENT_BACKLOG_MAX = 4096
"""Events read on behalf of ``audio()`` that nobody has taken yet. Beyond, audio waits for whoever iterates events; if
nobody ever did, the oldest are dropped and counted."""


class Line:
    """One open connection to a realtime server.

    ``async for event in line`` gives typed server events; an unknown one arrives whole as ``UnknownEvent``, a malformed
    one as a ``RemoteProtocolError`` entry that ends nothing. The iteration ends after our ``close`` and raises
    ``ConnectionLost`` when the other side is gone, whatever its close code. ``audio()`` may run beside it in another
    task. Nothing runs in the background: events are read when somebody asks for one, and a program that does not ask
    slows the server down.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        endpoint: ClientEndpoint | None = None,
        observer: Observer | None = None,
        after_close: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.dropped_events = 0
        self._transport = transport
        self._media = transport if isinstance(transport, MediaTransport) else None
        self._prompt = transport if isinstance(transport, PromptTransport) else None
        self._heard = SharedAudio(self._media) if self._media is not None else None
        self._endpoint = endpoint if endpoint is not None else ClientEndpoint()
        self._observer = observer
        self._path = PathTrace(observer) if observer is not None else None
        self._after_close = after_close
        self._taps: list[AudioTap] = []
        self._backlog: deque[Received] = deque()
        self._room = asyncio.Event()
        self._room.set()
        self._reader = OneReader()
        self._events_wanted = False
        self._known: Session | None = None
        self._takes_pcm = True
        self._closed = False
        self._note("opened", {"transport": transport.info.kind, "address": transport.info.address})

    @property
    def info(self) -> TransportInfo:
        """What this connects to, and over what."""
        return self._transport.info

    @property
    def carries_audio(self) -> bool:
        """Whether audio travels beside the events, as media (WebRTC)."""
        return self._media is not None

    @property
    def message_max_bytes(self) -> int:
        """The largest message that may be sent: the other side's limit on WebRTC, elsewhere the service's own."""
        told = cast("int | None", getattr(self._transport, "max_message_bytes", None))
        return told or MESSAGE_MAX_BYTES

    @property
    def call_id(self) -> str | None:
        """The call's name at the service, by which a sideband finds it; ``None`` on a WebSocket."""
        return cast("str | None", getattr(self._transport, "call_id", None))

    @property
    def session(self) -> Session | None:
        """The session as the server last reported it; ``None`` before its first event was read."""
        return self._endpoint.session

    def stats(self) -> WebRtcStats | None:
        """What the transport counts: path, round trip, loss, concealment (WebRTC); ``None`` where it counts nothing."""
        counted = getattr(self._transport, "stats", None)
        return cast("WebRtcStats | None", counted() if callable(counted) else None)

    @property
    def conversation(self) -> Conversation | None:
        """What was said and done so far, as far as it was read; ``None`` when opened with ``fold=False``."""
        return self._endpoint.conversation

    async def send(self, event: ClientEvent) -> None:
        """Send one event.

        Raises ``LocalProtocolError`` (with ``checks``) before anything is sent, ``ConnectionLost``, ``Closed``.
        """
        message = self._endpoint.encoded(event)
        if self._observer is not None:
            self._observer.observe(sent_record(event, now_ns()))
        await self._transport.send(message)

    def send_at_once(self, event: ClientEvent) -> bool:
        """Send one event if that takes no waiting, nothing refuses it and no other one is being sent; else False."""
        if (
            self._prompt is None
            or self._endpoint.checks
            or not self._prompt.send_at_once(self._endpoint.encoded(event))
        ):
            return False
        if self._observer is not None:
            self._observer.observe(sent_record(event, now_ns()))
        return True

    async def send_raw(self, message: bytes | str) -> None:
        """Send a message as it is: for what this version does not know, and for what is wrong on purpose."""
        raw = message.encode() if isinstance(message, str) else message
        if self._observer is not None:
            self._observer.observe(sent_raw_record(raw, now_ns()))
        await self._transport.send(raw)

    async def send_audio(self, audio: AudioFrame | bytes) -> None:
        """Send the user's audio: as ``input_audio_buffer.append``, or as media where the transport carries it.

        Bytes are in the session's input format (PCM16 24 kHz for media); a frame needs that format to be
        ``audio/pcm`` and is refused with ``ConfigurationError`` otherwise.
        """
        path = self._path if isinstance(audio, AudioFrame) else None
        given_ns = now_ns() if path is not None else 0
        if self._media is not None:
            await self._media.send_audio(audio if isinstance(audio, AudioFrame) else AudioFrame(audio))
        else:
            wire = audio if isinstance(audio, bytes) else self._pcm_of(audio)
            message = self._endpoint.encoded_audio(wire)
            if self._observer is not None:
                self._observer.observe(sent_audio_record(wire, now_ns()))
            await self._transport.send(message)
        if path is not None and isinstance(audio, AudioFrame):
            path.sent(audio, given_ns=given_ns, sent_ns=now_ns())

    async def receive(self) -> ServerEvent | RemoteProtocolError:
        """The next event. Safe to cancel. Raises ``ConnectionLost`` and ``Closed``."""
        return (await self.received()).event

    async def received(self) -> Received:
        """The next event with its message as it came and when. Safe to cancel."""
        self._events_wanted = True
        backlog = self._backlog
        while not backlog:
            if not self._reader.busy:
                return await self._read()
            await self._reader.may_read(backlog)
        if not self._room.is_set():
            self._room.set()
        return backlog.popleft()

    async def follow(self, take: Callable[[Received], bool | None]) -> NoReturn:
        """Give every event to ``take`` the moment it arrives, which spares waking a task for each: instead of
        ``received``, until it is cancelled. When ``take`` returns True, other tasks get their turn before the next
        event, even if that has arrived too. Raises as ``received`` does, and what ``take`` raises."""
        transport = self._transport
        if not isinstance(transport, ForwardingTransport):
            while True:
                if take(await self.received()):
                    await asyncio.sleep(0)

        while self._backlog or self._reader.busy:
            take(await self.received())

        def take_in(message: bytes) -> bool | None:
            pause = take(self._understood(message))
            self._reader.wake()
            return pause

        self._events_wanted = True
        try:
            with self._reader:
                await transport.forward(take_in)
        except ConnectionLost as lost:
            self._note_lost(lost)
            raise

    async def __aiter__(self) -> AsyncIterator[ServerEvent | RemoteProtocolError]:
        while True:
            try:
                event = (await self.received()).event
            except Closed:
                return
            yield event

    def audio(self) -> AsyncIterator[OutputAudio]:
        """The assistant's audio from now on, as frames; ends after our ``close``, raises ``ConnectionLost``.

        Each call gives an iterator of its own. Raises ``ConfigurationError`` when the session speaks G.711.
        """
        if self._heard is not None:
            return self._heard.follow()
        tap = AudioTap()
        self._taps.append(tap)
        return self._audio_of_events(tap)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection (and the built-in server that was started for it); may be called twice."""
        if not self._closed:
            self._closed = True
            self._note("closed", {"code": code, "reason": reason})
        self._room.set()
        try:
            await self._transport.close(code, reason)
        finally:
            after_close, self._after_close = self._after_close, None
            if after_close is not None:
                await after_close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def _pcm_of(self, frame: AudioFrame) -> bytes:
        session = self._endpoint.session
        if session is not self._known:  # it says so once for thousands of frames
            self._known, self._takes_pcm = session, is_pcm(input_format(session))
        if not self._takes_pcm:
            raise ConfigurationError("the session takes G.711: send bytes in that format, or set it to audio/pcm")
        return frame.pcm

    async def _audio_of_events(self, tap: AudioTap) -> AsyncIterator[OutputAudio]:
        try:
            while True:
                while not tap.ready:
                    await self._make_room()
                    await self._read_until(tap.ready)
                    if not is_pcm(output_format(self.session)):
                        raise ConfigurationError("audio() gives PCM: set the session's output format to audio/pcm")
                yield tap.take()
        except Closed:
            return
        finally:
            self._taps.remove(tap)

    async def _make_room(self) -> None:
        if len(self._backlog) < EVENT_BACKLOG_MAX:
            return
        if self._events_wanted:
            self._room.clear()
            await self._room.wait()
        else:
            self._backlog.popleft()
            self.dropped_events += 1

    async def _read_until(self, wanted: Sized) -> None:
        """Read one message, unless another task's reading fills ``wanted`` first."""
        if await self._reader.may_read(wanted):
            self._backlog.append(await self._read())

    async def _read(self) -> Received:
        try:
            with self._reader:
                message = await self._transport.receive()
        except ConnectionLost as lost:
            self._note_lost(lost)
            raise
        return self._understood(message)

    def _understood(self, message: bytes) -> Received:
        """The event, seen by the observer and by whoever follows the audio."""
        received = self._endpoint.understood(message, now_ns())
        if self._observer is not None:
            self._observer.observe(received_record(received))
            if isinstance(received.event, ResponseCreated):
                self._note_path(self._observer)
        if self._taps and isinstance(received.event, ResponseOutputAudioDelta):
            for tap in self._taps:
                tap.push(received.event, received.at_ns)
        return received

    def _note_lost(self, lost: ConnectionLost) -> None:
        self._note("lost", {"code": lost.code, "reason": lost.reason})

    def _note_path(self, observer: Observer) -> None:
        round_trip_ns = cast("int | None", getattr(self._transport, "round_trip_ns", None))
        record = path_record(now_ns(), self.stats(), round_trip_ns)
        if record is not None:
            observer.observe(record)

    def _note(self, name: str, data: dict[str, str | int]) -> None:
        if self._observer is not None:
            self._observer.observe(TraceRecord(at_ns=now_ns(), kind="connection", name=name, data=dict(data)))
