"""Who keeps a call on the line: one connection after the other, until it is hung up or lost for good?"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Callable

from bareline.client.call_events import CallStarted, ErrorHappened, Reconnected
from bareline.client.capture import Capture
from bareline.client.line import Line
from bareline.client.media_playback import MediaPlayback
from bareline.client.parts import Parts
from bareline.client.reactions import Reactions
from bareline.client.reconnect import (
    Dial,
    ReconnectPolicy,
    Retold,
    open_session,
    retell,
    unanswered,
    worth_trying,
)
from bareline.clock import now_ns
from bareline.errors import CallLost, Closed, ConnectionLost, TransportError
from bareline.protocol import events as ev
from bareline.protocol.client_endpoint import Received
from bareline.protocol.conversation import Conversation, Lost
from bareline.protocol.severity import close_severity
from bareline.units import ns_to_ms, samples_to_ms

__all__ = ["Connections"]


class Connections:
    """Opens lines and pumps their events. ``seen`` gets every event for ``Call.wire_events``."""

    def __init__(
        self,
        parts: Parts,
        reactions: Reactions,
        capture: Capture | None,
        *,
        dial: Dial,
        config: Callable[[], ev.RealtimeSessionConfig],
        policy: ReconnectPolicy | None,
        seen: Callable[[Received], None],
    ) -> None:
        self.line: Line | None = None
        self.conversation = Conversation()
        self._parts = parts
        self._reactions = reactions
        self._capture = capture
        self._dial = dial
        self._config = config
        self._policy = policy
        self._seen = seen

    async def open(self) -> None:
        """The first connection. Raises as ``open_session`` does, and ``ConnectionLost``."""
        line = await open_session(self._dial, self._config(), self._take)
        self._continue_on(line)
        session = line.session
        known = session if isinstance(session, ev.RealtimeSession) else None
        self._parts.feed.put(
            CallStarted(at_ns=now_ns(), session_id=known.id if known else None, model=known.model if known else None)
        )

    async def run(self) -> str:
        """Follow the call over all its connections; returns why it ended. Raises ``CallLost``."""
        while self.line is not None:
            lost = await self._follow(self.line)
            if lost.code == 1000:
                await self._parts.playback.quiet()
                return lost.reason or "the server hung up"
            await self._again(lost)
        return "hung up"

    async def close(self) -> None:
        """Close the line of the moment; may be called twice."""
        if self.line is not None:
            await self.line.close()

    async def _follow(self, line: Line) -> ConnectionLost:
        """Until the connection is lost."""
        lost: Exception | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._parts.outbox.run(line))
                tasks.create_task(self._play(line))
                await line.follow(functools.partial(self._take, line=line))
        except* (ConnectionLost, Closed) as group:
            lost = group.exceptions[0]
        _obey_cancellation()
        return lost if isinstance(lost, ConnectionLost) else ConnectionLost("closed by this side", code=1000)

    async def _play(self, line: Line) -> None:
        """Hand the audio of a line that carries it to playback; how the line ends is heard of where events are read."""
        playback = self._parts.playback
        if isinstance(playback, MediaPlayback) and playback.has_sink:
            with contextlib.suppress(ConnectionLost, Closed):
                async for audio in line.audio():
                    playback.play(audio.frame)

    def _take(self, received: Received, line: Line) -> bool:
        """Whether something was begun that is not to wait for the events behind this one."""
        self._seen(received)  # first, so that who follows the wire is woken before the speaker's task
        conversation = line.conversation
        return conversation is not None and self._reactions.take(received, conversation)

    async def _again(self, lost: ConnectionLost) -> None:
        """A new connection, or ``CallLost``."""
        began_ns, policy = now_ns(), self._policy
        dropped = self._capture.dropped_samples if self._capture else 0
        self._disconnected()
        await self.close()
        unfinished = unanswered(self.conversation)
        if policy is None or not worth_trying(lost):
            raise self._given_up(lost)
        for attempt in range(1, policy.tries + 1):
            await asyncio.sleep(policy.delay_s(attempt))
            self._parts.journal.connection("reconnecting", attempt=attempt, reason=lost.reason, code=lost.code)
            try:
                retold, line = await self._reopened()
            except (TransportError, OSError) as error:
                self._parts.journal.connection("failed", attempt=attempt, error=str(error))
                continue
            if unfinished and not self._parts.runner.busy:  # the result of a tool brings the answer to all
                self._parts.responder.request(reason="reconnected")
            self._continue_on(line)
            self._tell(lost, attempt, began_ns, retold, dropped)
            return
        raise self._given_up(lost)

    async def _reopened(self) -> tuple[Retold, Line]:
        line = await open_session(self._dial, self._config(), self._take)
        try:
            return await retell(line, self.conversation, self._parts.transcript, self._take), line
        except BaseException:
            await line.close()
            raise

    def _disconnected(self) -> None:
        parts = self._parts
        parts.connection_lost()
        parts.responder.connection_lost()
        parts.runner.connection_lost()
        self._reactions.user.connection_lost()
        if self._capture is not None:
            self._capture.lost()

    def _continue_on(self, line: Line) -> None:
        self._parts.opened(carries_audio=line.carries_audio)
        self.line = line
        if line.conversation is not None:
            self.conversation = line.conversation
        self._parts.outbox.opened(line.message_max_bytes)
        self._parts.responder.reconnected()
        if self._capture is not None:
            self._capture.opened(line)

    def _tell(self, lost: ConnectionLost, attempts: int, began_ns: int, retold: Retold, dropped: int) -> None:
        audio_lost_ms = samples_to_ms(self._capture.dropped_samples - dropped) if self._capture else 0
        missing = retold.lost
        if self._reactions.user.speech_lost:
            missing = (
                *missing,
                Lost(self._reactions.user.speech_lost, "the user was speaking when the connection was lost"),
            )
            self._reactions.user.speech_lost = ""
        away_ms = ns_to_ms(now_ns() - began_ns)
        self._parts.journal.connection(
            "reconnected", attempts=attempts, away_ms=away_ms, items=retold.items, lost=[entry.why for entry in missing]
        )
        self._parts.feed.put(
            Reconnected(
                at_ns=now_ns(),
                reason=lost.reason or str(lost),
                attempts=attempts,
                away_ms=away_ms,
                lost=missing,
                audio_lost_ms=audio_lost_ms,
            )
        )

    def _given_up(self, lost: ConnectionLost) -> CallLost:
        error = self._reactions.last_error
        verdict = close_severity(lost.code, lost.reason)
        message = f"{verdict.happened} {verdict.advice}".strip()
        code = error.code if error else None
        self._parts.journal.connection("given_up", code=lost.code, reason=lost.reason)
        self._parts.feed.put(ErrorHappened(at_ns=now_ns(), severity="call", code=code, message=message))
        return CallLost(f"the call is lost: {message} ({lost})", code=code)


def _obey_cancellation() -> None:
    """A group that fails forgets that its task was cancelled meanwhile (CPython 3.11 and 3.12)."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
