"""Which responses are under way, which may begin, and how do they stop?

Source: REALTIME.md sections 9, 10.6-10.9 and 11.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar, cast

import msgspec

from bareline.protocol import events as ev
from bareline.protocol.actions import ResponseRequested, ResponseStopped
from bareline.protocol.authority.generation_run import Cancelled, GenerationRun
from bareline.protocol.authority.items import Items
from bareline.protocol.authority.mcp_lists import McpLists
from bareline.protocol.authority.mcp_offer import McpOffer
from bareline.protocol.authority.mcp_told import told_as_calls
from bareline.protocol.authority.rates import Rates
from bareline.protocol.authority.session_rules import given_voice, voice_refusal
from bareline.protocol.authority.shared import Shared
from bareline.protocol.authority.tokens import Meter
from bareline.protocol.generation import Completed, Failed, Incomplete, Outcome, Output, ResponseRequest
from bareline.protocol.limits import MCP_ROUNDS_MAX, RESPONSES_BESIDE_MAX
from bareline.protocol.refusal import Refusal, unsupported
from bareline.protocol.states import FloorEvent, FloorState, ItemState, Refused
from bareline.protocol.tables import FLOOR

__all__ = ["Responses"]

T = TypeVar("T")


class Responses:
    """The active response of the conversation and those beside it."""

    def __init__(self, shared: Shared, items: Items, lists: McpLists) -> None:
        self._shared = shared
        self._items = items
        self._lists = lists
        self._approved: list[tuple[str, McpOffer, str]] = []
        self._denied = False
        self._rounds = 0
        self._meter = Meter(shared.audio)
        self._rates = Rates(shared.options.tokens_per_minute)
        self._floor = FLOOR.initial
        self._active_id: str | None = None
        self._turn_waits = False
        self._runs: dict[str, GenerationRun] = {}

    @property
    def taken(self) -> bool:
        """Whether the conversation has an active response."""
        return self._floor is FloorState.TAKEN

    def create(self, config: ev.ResponseConfig | None, now_ns: int) -> Refusal | None:  # noqa: ARG002
        """Begin what the client asks for."""
        self._rounds = 0
        return self._create(config or ev.ResponseConfig())

    def _create(self, config: ev.ResponseConfig) -> Refusal | None:
        beside = config.conversation == "none"
        refusal = self._refusal(config, beside=beside)
        if refusal is not None:
            return refusal
        context = self._context(config)
        if isinstance(context, Refusal):
            return context
        self._lists.follow(config.tools or ())
        request, offers = self._request(config, context, beside=beside)
        self._begin(request, offers, config)
        self._shared.out.act(ResponseRequested(request=request))
        return None

    def approve(self, response: ev.McpApprovalResponse) -> None:
        """The client answered whether an MCP call may be made: make it, or let the model say that it was not."""
        offer, arguments = self._shared.approvals.pop(response.approval_request_id)
        if response.approve:
            self._approved.append((response.approval_request_id, offer, arguments))
        else:
            self._denied = True
        if not self.taken:
            self._follow_up()

    def answer_turn(self, now_ns: int) -> None:
        """A turn of the user is over: begin a response, or after the active one."""
        if self.taken:
            self._turn_waits = self._shared.options.busy_turn == "answer"
        else:
            self.create(None, now_ns)

    def cancel(self, response_id: str | None, now_ns: int) -> Refusal | None:
        """Stop what the client names; without a name, the conversation's active response."""
        named = response_id or self._active_id
        if named is None or named == self._active_id or named not in self._runs:
            floor = self._floor if named == self._active_id else FLOOR.initial
            step = FLOOR.step(floor, FloorEvent.CANCEL)
            if isinstance(step, Refused) or named is None:
                code = step.code if isinstance(step, Refused) else None
                return Refusal(code=code, message="Cancellation failed: no active response found")
        self._stop(named, Cancelled("client_cancelled"), FloorEvent.CANCEL, now_ns)
        return None

    def interrupt(self, now_ns: int) -> None:
        """The user speaks: stop the active response; those beside it go on (10.9)."""
        self._turn_waits = False
        if self._active_id is not None:
            self._stop(self._active_id, Cancelled("turn_detected"), FloorEvent.BARGE_IN, now_ns)

    def produce(self, response_id: str, output: Output, now_ns: int) -> None:
        """Say what was generated; stops the response when its tokens are used up."""
        run = self._runs.get(response_id)
        if run is not None and not run.produce(output):
            self._stop(response_id, Incomplete(reason="max_output_tokens"), FloorEvent.DONE, now_ns)

    def finish(self, response_id: str, outcome: Outcome, now_ns: int) -> None:
        """The generator is done; what the server itself has to call for it may not be."""
        run = self._runs.get(response_id)
        if run is None:
            return
        if isinstance(outcome, Completed) and run.waits():
            run.outcome = outcome
        else:
            self._end(response_id, outcome, FloorEvent.DONE, now_ns)

    def called(self, item_id: str, output: str | None, error: ev.McpError | None, now_ns: int) -> None:
        """An MCP call came to its end. Ignored when nobody waits for it."""
        for response_id, run in list(self._runs.items()):
            if run.settle(item_id, output, error):
                self._finish(response_id, run, now_ns)

    def end_item(self, item_id: str, now_ns: int) -> None:
        """The client deletes an item that may be under way."""
        for response_id, run in list(self._runs.items()):
            run.end_item(item_id)
            self._finish(response_id, run, now_ns)

    def stop_all(self, outcome: Failed, now_ns: int) -> None:
        """The session ends: so do all responses, and nothing follows."""
        self._turn_waits = self._denied = False
        self._approved.clear()
        self._rounds = MCP_ROUNDS_MAX
        for response_id in list(self._runs):
            self._stop(response_id, outcome, FloorEvent.DONE, now_ns)

    def _stop(self, response_id: str, outcome: Cancelled | Incomplete | Failed, event: FloorEvent, now_ns: int) -> None:
        reason = "session_ended" if isinstance(outcome, Failed) else outcome.reason
        self._shared.out.act(ResponseStopped(response_id=response_id, reason=reason))
        self._end(response_id, outcome, event, now_ns)

    def _finish(self, response_id: str, run: GenerationRun, now_ns: int) -> None:
        """The generator was done before; so is the response, when its last call is."""
        if run.outcome is not None and not run.waits():
            self._end(response_id, run.outcome, FloorEvent.DONE, now_ns)

    def _end(self, response_id: str, outcome: Outcome | Cancelled, event: FloorEvent, now_ns: int) -> None:
        run = self._runs.pop(response_id)
        bill = run.end(outcome)
        limits = self._rates.after(bill.total_tokens, now_ns)
        if limits is not None:
            self._shared.out.emit(ev.RateLimitsUpdated(rate_limits=[limits]))
        if response_id != self._active_id:
            return
        self._active_id = None
        self._floor = FLOOR.after(self._floor, event)
        self._items.release()
        if self._approved or self._denied:
            self._follow_up()
        elif self._turn_waits:
            self._turn_waits = False
            self.create(None, now_ns)
        elif run.called and isinstance(outcome, Completed):
            self._continue(run)

    def _continue(self, run: GenerationRun) -> None:
        """The model goes on with what its calls gave (10.11); no choice of tools may make it call for ever."""
        if self._rounds < MCP_ROUNDS_MAX:
            self._rounds += 1
            chosen = "none" if run.config.tool_choice == "none" else "auto"
            self._create(msgspec.structs.replace(run.config, input=ev.UNSET, tool_choice=chosen))

    def _follow_up(self) -> None:
        """Make the calls that were approved, or say that none was."""
        approved, self._approved = self._approved, []
        self._denied = self._turn_waits = False
        config = ev.ResponseConfig()
        if not approved:
            self._create(config)
            return
        items = self._shared.conversation.items
        request, offers = self._request(config, [entry.item for entry in items], beside=False)
        run = self._begin(request, offers, config)
        run.outcome = Completed()
        for request_id, offer, arguments in approved:
            run.call(offer, arguments, request_id)

    def _begin(
        self, request: ResponseRequest, offers: Mapping[str, McpOffer], config: ev.ResponseConfig
    ) -> GenerationRun:
        if not request.out_of_band:
            self._floor = FLOOR.after(self._floor, FloorEvent.CREATE)
            self._active_id = request.response_id
        run = GenerationRun(self._shared, request, config, self._meter.context(request), offers)
        self._runs[request.response_id] = run
        return run

    def _refusal(self, config: ev.ResponseConfig, *, beside: bool) -> Refusal | None:
        if beside:
            most = RESPONSES_BESIDE_MAX
            full = len(self._runs) - self.taken >= most
            return unsupported("response", f"{most} out-of-band responses are active already") if full else None
        step = FLOOR.step(self._floor, FloorEvent.CREATE)
        if isinstance(step, Refused):
            message = (
                f"Conversation already has an active response in progress: {self._active_id}. "
                "Wait until the response is finished before creating a new one."
            )
            return Refusal(code=step.code, message=message)
        return voice_refusal(self._shared, given_voice(config.audio), "response.audio.output.voice")

    def _context(self, config: ev.ResponseConfig) -> tuple[ev.Item, ...] | Refusal:
        """The items that the model is given; those still growing are not among them."""
        if isinstance(config.input, ev.UnsetType):
            known = self._shared.conversation.items
            return tuple(entry.item for entry in known if entry.state is not ItemState.IN_PROGRESS)
        context: list[ev.Item] = []
        for index, item in enumerate(config.input):
            if not isinstance(item, ev.ItemReference):
                context.append(item)
                continue
            entry = self._shared.conversation.item(item.id)
            if entry is None or not entry.in_conversation:
                return unsupported(f"response.input[{index}].id", f"the item with id '{item.id}' does not exist")
            context.append(entry.item)
        return tuple(context)

    def _request(
        self, config: ev.ResponseConfig, context: Sequence[ev.Item], *, beside: bool
    ) -> tuple[ResponseRequest, dict[str, McpOffer]]:
        """All that a generator is told; and which of the names it may call are those of MCP tools."""
        session = cast("ev.RealtimeSession", self._shared.session)  # others are refused before
        output = session.audio.output if session.audio else None
        settings = output if isinstance(output, ev.SessionAudioOutput) else ev.SessionAudioOutput()
        modalities = _asked(config.output_modalities, session.output_modalities)
        asked = _asked(config.tools, session.tools) or ()
        if beside:  # what it called would be no part of the conversation, and nothing could follow it
            asked = [tool for tool in asked if not isinstance(tool, ev.McpTool)]
        tools, offers = self._lists.offers(asked)
        request = ResponseRequest(
            response_id=self._shared.ids.new("resp"),
            context=told_as_calls(context),
            instructions=_asked(config.instructions, session.instructions) or "",
            tools=tools,
            tool_choice=_chosen(_asked(config.tool_choice, session.tool_choice) or "auto", offers),
            audio=modalities != ["text"],
            voice=given_voice(config.audio) or settings.voice or "alloy",
            format=self._shared.output_format
            if self._shared.media
            else _format_asked(config.audio) or self._shared.output_format,
            speed=settings.speed or 1.0,
            max_output_tokens=_asked(config.max_output_tokens, session.max_output_tokens) or "inf",
            out_of_band=beside,
            metadata=config.metadata or None,
        )
        return request, offers


def _chosen(choice: ev.ToolChoice, offers: Mapping[str, McpOffer]) -> ev.ToolChoice:
    """A named tool of an MCP server by the name that the generator knows it by."""
    if not isinstance(choice, ev.ToolChoiceMcp):
        return choice
    named = (
        name for name, offer in offers.items() if (offer.server_label, offer.name) == (choice.server_label, choice.name)
    )
    found = next(named, None)
    return ev.ToolChoiceFunction(name=found) if found is not None else "required"


def _format_asked(audio: ev.ResponseAudioConfig | ev.UnsetType | None) -> ev.AudioFormat | None:
    output = audio.output if isinstance(audio, ev.ResponseAudioConfig) else None
    asked = output.format if isinstance(output, ev.ResponseAudioOutputConfig) else None
    return asked if isinstance(asked, ev.AudioFormat) else None


def _asked(asked: T | ev.UnsetType | None, otherwise: T) -> T:
    return otherwise if isinstance(asked, ev.UnsetType) or asked is None else asked
