"""How does an application hold a whole spoken conversation? (level 1)

``Call`` is the face of the parts; each part's own module says what it does and why. Written only with what level 0
offers to everybody.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self, Unpack

from bareline.client.asked_session import AskedSession
from bareline.client.budget import Budget, BudgetKeeper
from bareline.client.call_events import CallEvent, ToolArguments, UserSaid
from bareline.client.call_keywords import CallKeywords, split_keywords
from bareline.client.call_parts import compose
from bareline.client.call_tasks import CallTasks
from bareline.client.capture import Capture
from bareline.client.composing import CallOptions
from bareline.client.connect import DEFAULT_MODEL, connect
from bareline.client.connections import Connections
from bareline.client.feed import Feed
from bareline.client.image_policy import DEFAULT_IMAGES, ImagePolicy, ShownImage
from bareline.client.image_way import Sideband, sideband_of
from bareline.client.images import Detail, Images, Picture, Way
from bareline.client.line import Line
from bareline.client.parts import Parts
from bareline.client.reconnect import DEFAULT_RECONNECT, Dial, ReconnectPolicy
from bareline.client.session_settings import SessionKeywords
from bareline.client.sink_writer import FrameFilter
from bareline.client.tool_choices import tool_choices
from bareline.client.transcript import Transcript
from bareline.client.turn_choices import turn_choices
from bareline.client.usage import CallUsage
from bareline.clock import now_ns
from bareline.devices.contract import AudioSink, AudioSource
from bareline.errors import Closed, ConfigurationError
from bareline.ids import IdSource, RandomIds
from bareline.media.pixels import ImageFormat
from bareline.observe.record import Observer
from bareline.protocol import events as ev
from bareline.protocol.client_endpoint import Received
from bareline.protocol.conversation import Conversation
from bareline.protocol.media_playout import MediaLedger
from bareline.protocol.playout import PlayoutLedger
from bareline.tools import Proposal, Toolbox
from bareline.units import seconds_to_ns

__all__ = ["Call"]

_QUIET_S = 0.02


class Call:
    """A conversation with a realtime model: turns, playback, tools, interruptions and reconnection.

    ``async with Call(model=..., instructions=..., tools=...) as call: await call.run()``. Other keywords are those of
    ``CallKeywords``; ``ToolKeywords`` has those for tools. ``microphone`` and ``speaker`` stay the caller's to close.
    ``more_tools`` are tools that others run (MCP servers). ``input_filter`` and ``output_filter`` see every frame and
    give the one to use.
    ``images`` says which images the conversation keeps; ``None``: all.
    ``turns`` may be a ``TurnDetector``: turns are found on this side then. ``TurnKeywords`` has what else there is to
    choose about turns and interruptions.
    ``reconnect=None`` ends the call with its first connection. ``dial`` opens lines in another way than ``connect``.
    ``budget`` caps what the call costs, and says goodbye before its end.

    Entering raises ``ConfigurationError``, ``ConnectFailed``, ``ConnectionLost`` and ``CallLost``.
    """

    def __init__(
        self,
        *,
        microphone: AudioSource | None = None,
        speaker: AudioSink | None = None,
        tools: Toolbox | None = None,
        more_tools: Sequence[ev.Tool] = (),
        input_filter: FrameFilter | None = None,
        output_filter: FrameFilter | None = None,
        images: ImagePolicy | None = DEFAULT_IMAGES,
        reconnect: ReconnectPolicy | None = DEFAULT_RECONNECT,
        observer: Observer | None = None,
        ids: IdSource | None = None,
        dial: Dial | None = None,
        budget: Budget | None = None,
        **keywords: Unpack[CallKeywords],
    ) -> None:
        given = split_keywords(keywords)
        self._asked = AskedSession(given.session, more_tools, parts=lambda: self._parts)
        self._ids = ids or RandomIds()
        self._wire: Feed[Received] = Feed()
        self._tasks = CallTasks()
        self._budget, observer = self._keeping(budget, keywords.get("model"), dial, observer)
        options = CallOptions(
            toolbox=tools if tools is not None else Toolbox(),
            choices=tool_choices(given.tools, self),
            turns=turn_choices(given.turns, given.session.get("turns"), hears=microphone is not None),
            speaker=speaker,
            output_filter=output_filter,
            observer=observer,
            ids=self._ids,
        )
        self._parts, self._reactions = compose(
            options,
            spawn=self._tasks.spawn,
            tools_changed=self._asked.tools_changed,
            turns_changed=self._asked.protection_changed,
            asks=self._asked.asks_by_itself,
        )
        self._capture = self._listening(microphone, input_filter)
        self._connections = Connections(
            self._parts,
            self._reactions,
            self._capture,
            dial=dial or (lambda: connect(observer=observer, **given.connection)),
            config=self._asked.config,
            policy=reconnect,
            seen=self._wire.put,
        )
        self._images = self._showing(images, sideband_of(given.connection) if dial is None else None)

    # --- what is there to see -----------------------------------------------------------------------------------------

    @property
    def conversation(self) -> Conversation:
        """The conversation as the session of the moment knows it."""
        return self._connections.conversation

    @property
    def transcript(self) -> Transcript:
        """What was said, in order, by both sides, as far as it was heard; over all connections."""
        return self._parts.transcript

    @property
    def ledger(self) -> PlayoutLedger | MediaLedger:
        """What was received, decoded, queued, written and heard, as of now (D4)."""
        return self._parts.playback.ledger

    @property
    def usage(self) -> CallUsage:
        """Tokens so far."""
        return self._parts.usage

    @property
    def line(self) -> Line:
        """The line of the moment, for whatever this class does not offer. Raises ``Closed`` when there is none."""
        if self._connections.line is None:
            raise Closed("the call is not open")
        return self._connections.line

    @property
    def pending(self) -> tuple[Proposal, ...]:
        """Actions that wait for consent."""
        return self._parts.consent.pending

    @property
    def images(self) -> tuple[ShownImage, ...]:
        """The pictures that were shown and are in the conversation, oldest first, with what each costs."""
        return self._images.shown

    @property
    def malformed(self) -> int:
        """Messages of the server that were not the protocol; each was skipped."""
        return self._reactions.malformed

    def events(self) -> AsyncIterator[CallEvent]:
        """What happens in the call, from its beginning on; ends with the call."""
        return self._parts.feed.follow()

    def tool_arguments(self) -> AsyncIterator[ToolArguments]:
        """The arguments of tool calls from now on, piece by piece as the model writes them; ends with the call."""
        return self._parts.arguments.follow()

    def wire_events(self) -> AsyncIterator[Received]:
        """Every server event from now on, as it came; ends with the call."""
        return self._wire.follow()

    # --- what can be done ---------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Wait until the call is over. Raises ``CallLost``, and what a device, a filter or the like raised."""
        await self._tasks.wait()

    def send_text(self, text: str, *, respond: bool = True) -> None:
        """Say something as the user, in writing; by default an answer is asked for."""
        item_id = self._ids.new("item")
        item = ev.Message(id=item_id, role="user", content=[ev.InputText(text=text)])
        self._post(ev.ConversationItemCreate(item=item))
        self._parts.consent.user_spoke(item_id, text)
        self._parts.claims.user_spoke()
        self._parts.feed.put(UserSaid(at_ns=now_ns(), item_id=item_id, text=text))
        if respond:
            self._parts.responder.request(reason="text")

    async def show(
        self,
        picture: Picture,
        question: str = "",
        *,
        detail: Detail = "auto",
        respond: bool | None = None,
        image_format: ImageFormat = "auto",
        max_bytes: int | None = None,
        way: Way = "auto",
    ) -> ShownImage:
        """Show the model a picture, with a question of the user if there is one; it can be talked about from now on.

        It is made no larger than the service looks at with this ``detail`` (auto, low, high), and no larger than
        ``max_bytes`` (``IMAGE_MAX_BYTES`` unless given) once encoded (``image_format`` auto, png, jpeg). An answer is
        asked for when there is a question, unless ``respond`` says otherwise. Over WebRTC an image too large for the
        data channel takes a sideband; ``way`` line keeps it on the channel, smaller; ``way`` sideband insists.

        Returns when the service has it. Raises ``ConfigurationError`` for what is no picture, ``MissingExtra`` without
        Pillow where it is needed, ``TurnLost`` when the service refuses it, ``Closed``, and with ``way`` sideband
        ``TransportError``.
        """
        self._open()

        def ask() -> None:
            if question:
                self.send_text(question, respond=respond is not False)
            elif respond:
                self._open().responder.request(reason="image")

        return await self._images.show(
            picture, detail=detail, image_format=image_format, max_bytes=max_bytes, way=way, then=ask
        )

    def say(self, text: str, *, remember: bool = True, interruptible: bool = True) -> None:
        """Let the assistant say this. ``remember=False``: beside the conversation, which will not know of it.

        ``interruptible=False``: whatever the user says meanwhile, it is said to its end; only the application, with
        ``interrupt``, and the end of the call stop it.
        """
        parts = self._open()
        if interruptible:
            parts.responder.say(text, remember=remember)
        else:
            parts.protection.ask(lambda told: parts.responder.say(text, remember=remember, told=told))

    def uninterruptible(self) -> AbstractContextManager[None]:
        """A span, ``with call.uninterruptible(): ...``, during which the user interrupts nothing that is heard.

        What the user says meanwhile is answered afterwards.
        """
        return self._open().protection.span()

    def respond(self, config: ev.ResponseConfig | None = None) -> None:
        """Ask for a response; it waits until no other one is active."""
        self._open().responder.request(config, reason="application")

    def commit(self, *, respond: bool = True) -> None:
        """The user's turn is over (``turns="manual"``); by default an answer is asked for."""
        self._post(ev.InputAudioBufferCommit())
        if respond:
            self._parts.responder.request(reason="commit")

    def clear(self) -> None:
        """Forget the user's audio that is not committed."""
        self._post(ev.InputAudioBufferClear())

    def interrupt(self) -> bool:
        """Silence the assistant now, stop the tools that may be stopped, and let the server know.

        False when there was nothing to stop.
        """
        return self._open().interrupt(self.conversation, by="application", at_ns=now_ns(), server_cancels=False)

    def mute(self) -> None:
        """Send silence instead of the microphone's audio, at the same pace."""
        if self._capture is not None:
            self._capture.muted = True

    def unmute(self) -> None:
        """Send the microphone's audio again."""
        if self._capture is not None:
            self._capture.muted = False

    def update(self, **changes: Unpack[SessionKeywords]) -> None:
        """Change the session; a later connection has the changes too."""
        self._open()
        self._asked.update(changes)

    def use_tools(self, toolbox: Toolbox) -> None:
        """Offer the tools of this box from now on; what runs already, or waits for consent, is carried out as begun.

        Also to be called after tools were added to or removed from the box in use. Raises ``Closed``.
        """
        self._open().runner.toolbox = toolbox
        self._asked.tools_changed()

    def confirm(self, proposal_id: str) -> None:
        """Consent to a pending action for the user. Raises ``InvalidRequest`` when it does not wait any more."""
        self._open().consent.confirm(proposal_id)

    def decline(self, proposal_id: str) -> None:
        """Refuse a pending action. Raises ``InvalidRequest`` when it does not wait any more."""
        self._open().consent.decline(proposal_id)

    async def quiet(self, *, for_s: float = 1.0, after_microphone: bool = False) -> None:
        """Wait until nothing was said, asked for or done for so many seconds.

        ``after_microphone``: and the microphone's source, a recording for example, has come to its end.
        """
        quiet_since = now_ns()
        while not self._tasks.over and now_ns() - quiet_since < seconds_to_ns(for_s):
            await asyncio.sleep(_QUIET_S)
            if self._busy or (after_microphone and self._capture is not None and not self._capture.ended):
                quiet_since = now_ns()

    async def hang_up(self, reason: str = "hung up") -> None:
        """End the call; may be called twice. Tools under way are cancelled, what is not heard yet is dropped."""
        await self._tasks.end(reason)

    async def __aenter__(self) -> Self:
        parts = self._parts
        jobs = [parts.play, parts.consent.run, parts.responder.run, parts.filler.run, parts.claims.run]
        if self._capture is not None:
            jobs.append(self._capture.run)
        if self._budget is not None:
            jobs.append(self._budget.run)
        await self._tasks.begin(self._begin, jobs, self._connections.run, self._over)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.hang_up()
        if error is None:
            self._tasks.raise_failure()

    def _keeping(
        self, budget: Budget | None, model: str | None, dial: Dial | None, observer: Observer | None
    ) -> tuple[BudgetKeeper | None, Observer | None]:
        """Who keeps the budget, and who is to see the records."""
        if budget is None:
            return None, observer
        if dial is not None:
            raise ConfigurationError("a budget reads what the line reports, and a line of your own dial does not")
        keeper = BudgetKeeper(budget, model or DEFAULT_MODEL, self, saying=lambda: self._parts.protection.wanted)
        return keeper, keeper.beside(observer)

    def _listening(self, microphone: AudioSource | None, input_filter: FrameFilter | None) -> Capture | None:
        self._parts.turns.use(self._asked.detector)
        return Capture(microphone, input_filter=input_filter, ears=self._parts.ears) if microphone is not None else None

    async def _begin(self) -> None:
        await self._connections.open()
        if self._parts.recovery is not None:
            await self._parts.recovery.run()

    @property
    def _busy(self) -> bool:
        parts = self._parts
        made = self._reactions.user.speaking or parts.runner.busy or not parts.responder.idle
        return made or parts.playback.unheard

    def _showing(self, policy: ImagePolicy | None, sideband: Sideband | None) -> Images:
        return Images(
            self._parts,
            ids=self._ids,
            policy=policy,
            line=self._line,
            conversation=lambda: self.conversation,
            sideband=sideband,
        )

    def _line(self) -> Line:
        self._open()
        return self.line

    def _post(self, event: ev.ClientEvent) -> None:
        self._open().outbox.post(event)

    def _open(self) -> Parts:
        if self._connections.line is None or self._tasks.over:
            raise Closed("the call is not open")
        return self._parts

    async def _over(self, reason: str) -> None:
        try:
            await self._connections.close()
        finally:
            self._parts.close(reason)
            self._wire.close()
