"""What is told to the authority and to the backend of what the user says?"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import aclosing

from bareline.clock import now_ns
from bareline.media.convert import PcmDecoder
from bareline.media.formats import wire_format
from bareline.media.frames import AudioFrame
from bareline.protocol.actions import InputAppended, InputCleared, InputCommitted
from bareline.protocol.events import Session
from bareline.protocol.server_endpoint import ServerEndpoint
from bareline.server.backend import BackendSession, Recognising, Utterance
from bareline.server.hearing import Hear, Hearing, SpeechStarted, SpeechStopped
from bareline.server.idle import IdleClock
from bareline.server.media_input import listen_to
from bareline.server.turn_settings import noise_reduction, turn_settings
from bareline.transports.contract import MediaTransport
from bareline.turns.contract import VoiceActivity
from bareline.units import BYTES_PER_MS, BYTES_PER_SAMPLE, samples_to_ms

__all__ = ["Listening"]

_PIECE_BYTES = 60 * BYTES_PER_MS
"""What the backend hears at once: recognising it takes a few milliseconds, and the beginning of an utterance, with the
prefix before it, is ten times as long. A server that stands still meanwhile would lose audio of the same moment."""


class Listening:
    """The input side of one session. ``settle`` is called after every call of the endpoint."""

    def __init__(
        self,
        mind: BackendSession,
        endpoint: ServerEndpoint,
        *,
        voice_activity: Callable[[], VoiceActivity],
        idle: IdleClock,
        settle: Callable[[], None],
    ) -> None:
        self._mind = mind
        self._endpoint = endpoint
        self._hearing = Hearing(voice_activity, words=mind.partial if isinstance(mind, Recognising) else None)
        self._idle = idle
        self._settle = settle
        self._appended: deque[InputAppended] = deque()
        self._filtered = b""
        self._unheard: deque[AudioFrame] = deque()
        self._turn = asyncio.Lock()

    def configure(self, session: Session) -> None:
        """The session has changed."""
        settings = turn_settings(session)
        if settings is None and self._hearing.speaking:
            self._forget()  # what is committed by hand is more than what was heard of it
        self._hearing.configure(settings, noise_reduction(session))
        self._idle.configure(settings.idle_timeout_ms if settings else None)

    def act(self, action: InputAppended | InputCleared | InputCommitted) -> None:
        """Take more audio, for ``catch_up``; or the input buffer was emptied; or it became an item."""
        match action:
            case InputAppended():
                self._appended.append(action)
            case InputCleared():
                self._hearing.forget()
                self._forget()
            case InputCommitted():
                self._commit(action)

    async def run(self, media: MediaTransport) -> None:
        """Hear what comes beside the events, for ever; raises what ``receive_audio`` raises."""
        async with aclosing(listen_to(media)) as pieces:
            async for pcm in pieces:
                self._endpoint.hear(pcm, now_ns())
                self._settle()
                await self.catch_up()

    async def catch_up(self) -> None:
        """Listen to what was appended; in its order, whoever asks."""
        async with self._turn:
            while self._appended:
                await self._hear(self._appended.popleft())

    def time_out(self) -> None:
        """The user has been silent for too long."""
        end_ms = samples_to_ms(self._hearing.end_sample)
        start_ms = max(end_ms - self._idle.timeout_ms, samples_to_ms(self._hearing.free_from))
        self._idle.reset()
        self._endpoint.idle_timeout(start_ms, end_ms, now_ns())

    def _forget(self) -> None:
        self._unheard.clear()
        self._mind.forget()

    def _commit(self, action: InputCommitted) -> None:
        while self._unheard:
            self._mind.hear(self._unheard.popleft())
        if action.buffered and self._hearing.speaking:  # the client's own commit, in the middle of an utterance
            self._hearing.forget()
        decoder = PcmDecoder(wire_format(action.format.type))
        pcm = decoder.feed(action.audio) + decoder.flush()
        if action.buffered:
            pcm = self._filtered or self._hearing.without_noise(pcm)
        self._mind.committed(Utterance(item_id=action.item_id, audio=AudioFrame(pcm, at_ns=now_ns())))

    async def _hear(self, appended: InputAppended) -> None:
        for slice_heard in self._hearing.listen(appended.audio, appended.format):
            for heard in slice_heard:
                if isinstance(heard, Hear):
                    await self._let_hear(heard.frame)
                else:
                    self._tell(heard)
            await asyncio.sleep(0)  # an append may hold minutes; others have their turn in between

    async def _let_hear(self, frame: AudioFrame) -> None:
        """Give the backend a frame, piece by piece; others have their turn in between."""
        for at in range(0, len(frame.pcm), _PIECE_BYTES):
            first = frame.first_sample + at // BYTES_PER_SAMPLE
            self._unheard.append(AudioFrame(frame.pcm[at : at + _PIECE_BYTES], first, frame.at_ns))
        while self._unheard:
            self._mind.hear(self._unheard.popleft())
            if self._unheard:
                await asyncio.sleep(0)

    def _tell(self, heard: SpeechStarted | SpeechStopped) -> None:
        match heard:
            case SpeechStarted(sample):
                self._endpoint.speech_started(samples_to_ms(sample), now_ns())
                self._settle()
                self._idle.reset()
            case SpeechStopped(sample, filtered):
                self._filtered = filtered
                self._endpoint.speech_stopped(samples_to_ms(sample), now_ns())
                self._settle()
                self._filtered = b""
