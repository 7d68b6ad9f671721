"""How does one response go from ``response.created`` to ``response.done``?"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bareline.errors import LocalProtocolError
from bareline.protocol import events as ev
from bareline.protocol.authority.mcp_offer import McpOffer
from bareline.protocol.authority.mcp_outputs import McpApprovalItem, McpCallItem
from bareline.protocol.authority.outputs import Delta, OutputItem, Place, begin
from bareline.protocol.authority.shared import Shared
from bareline.protocol.authority.tokens import Tokens, audio_tokens, text_tokens, usage
from bareline.protocol.generation import (
    CallDelta,
    Completed,
    EndItem,
    Failed,
    Incomplete,
    Outcome,
    Output,
    ResponseRequest,
    SpeechDelta,
    TextDelta,
)
from bareline.protocol.limits import OUTPUT_ITEMS_MAX
from bareline.protocol.session_formats import bytes_per_ms

__all__ = ["Cancelled", "GenerationRun"]

_CHARS_PER_TOKEN = 4
_MS_PER_TOKEN = 50


class Cancelled(msgspec.Struct, frozen=True):
    """The response was stopped: ``turn_detected`` or ``client_cancelled``."""

    reason: str


class GenerationRun:
    """One response under way: its items, its budget, its reports.

    ``context``: what the model is given, and how much of it was cached. ``offers``: what the generator may call and the
    server itself calls. ``outcome``: how the generator ended, while such calls are still under way; ``called``: one of
    them came to its end.
    """

    def __init__(
        self,
        shared: Shared,
        request: ResponseRequest,
        config: ev.ResponseConfig,
        context: tuple[Tokens, Tokens],
        offers: Mapping[str, McpOffer],
    ) -> None:
        self.request = request
        self.config = config
        self.outcome: Outcome | None = None
        self.called = False
        self._offers = offers
        self._shared = shared
        self._context, self._cached = context
        self._items: dict[int, OutputItem] = {}
        shared.out.emit(ev.ResponseCreated(response=self._report("in_progress", None, None)))

    def produce(self, output: Output) -> bool:
        """Say what was generated, as far as ``max_output_tokens`` allows; false when that is used up."""
        if isinstance(output, EndItem):
            if output.item in self._items:
                self._items[output.item].end("completed")
            return True
        delta = self._in_this_modality(output)
        known = self._items.get(delta.item)
        if known is not None and known.deleted:
            return True
        if known is not None and known.ended:
            raise LocalProtocolError(f"item {delta.item} of {self.request.response_id} has ended")
        room, fits = self._within_budget(delta)
        (known or self._begin(delta)).grow(room)
        return fits

    def call(self, offer: McpOffer, arguments: str, approval_request_id: str) -> None:
        """Make a call that was approved."""
        index = len(self._items)
        item = self._items[index] = McpCallItem(Place(self._shared, self.request, index), offer, approval_request_id)
        item.grow(CallDelta(item=index, name=offer.name, arguments=arguments))
        item.end("completed")

    def settle(self, item_id: str, output: str | None, error: ev.McpError | None) -> bool:
        """A call of the server came to its end; false when none of this id is under way here."""
        for item in self._items.values():
            if isinstance(item, McpCallItem) and item.id == item_id and item.waits:
                self.called = True
                item.settle(output, error)
                return True
        return False

    def waits(self) -> bool:
        """All items are whole; whether a call of the server is still under way."""
        for _, item in sorted(self._items.items()):
            item.end("completed")
        return any(isinstance(item, McpCallItem) and item.waits for item in self._items.values())

    def end_item(self, item_id: str) -> None:
        """The client deletes this item: it ends here, and what comes for it is dropped."""
        for item in self._items.values():
            if item.id == item_id and not self.request.out_of_band:
                item.end("incomplete")
                item.deleted = True

    def end(self, outcome: Outcome | Cancelled) -> ev.Usage:
        """Say the done chain of what is open, and ``response.done``; returns the bill."""
        for _, item in sorted(self._items.items()):
            item.end("completed" if isinstance(outcome, Completed) else "incomplete")
        bill = usage(self._context, self._cached, self._spent())
        self._shared.out.emit(ev.ResponseDone(response=self._report(*_status(outcome), bill)))
        return bill

    def _begin(self, delta: Delta) -> OutputItem:
        if len(self._items) >= OUTPUT_ITEMS_MAX:
            raise LocalProtocolError(f"a response has at most {OUTPUT_ITEMS_MAX} items")
        request = self.request
        place = Place(self._shared, request, delta.item)
        offer = self._offers.get(delta.name) if isinstance(delta, CallDelta) else None
        if offer is None:
            item = begin(place, delta)
        else:
            item = McpApprovalItem(place, offer) if offer.approval else McpCallItem(place, offer)
        self._items[delta.item] = item
        return item

    def _in_this_modality(self, delta: Delta) -> Delta:
        """Speech in a response of text is read: its transcript."""
        if isinstance(delta, SpeechDelta) and not self.request.audio:
            return TextDelta(item=delta.item, text=delta.transcript, phase=delta.phase)
        return delta

    def _spent(self) -> Tokens:
        items = self._items.values()
        sounded = sum(audio_tokens(item.sounded_bytes // bytes_per_ms(self.request.format)) for item in items)
        return Tokens(text=sum(text_tokens(item.text) for item in items), audio=sounded)

    def _within_budget(self, delta: Delta) -> tuple[Delta, bool]:
        """The part of the delta that the budget allows, and whether that is all of it."""
        most = self.request.max_output_tokens
        if isinstance(most, str):
            return delta, True
        room = max(0, most - self._spent().total)
        match delta:
            case TextDelta(text=text):
                kept = text[: room * _CHARS_PER_TOKEN]
                return msgspec.structs.replace(delta, text=kept), kept == text
            case CallDelta(arguments=arguments):
                kept = arguments[: room * _CHARS_PER_TOKEN]
                return msgspec.structs.replace(delta, arguments=kept), kept == arguments
            case SpeechDelta(transcript=transcript, audio=audio):  # pragma: no branch  (the union is closed)
                kept = transcript[: room * _CHARS_PER_TOKEN]
                room -= text_tokens(kept)
                sound = audio[: room * _MS_PER_TOKEN * bytes_per_ms(self.request.format)]
                fits = kept == transcript and sound == audio
                return msgspec.structs.replace(delta, transcript=kept, audio=sound), fits

    def _report(self, status: str, details: ev.StatusDetails | None, bill: ev.Usage | None) -> ev.Response:
        request, shared = self.request, self._shared
        return ev.Response(
            id=request.response_id,
            status=status,
            status_details=details,
            output=[item.item for _, item in sorted(self._items.items()) if item.begun],
            conversation_id=None if request.out_of_band else shared.conversation_id,
            output_modalities=["audio" if request.audio else "text"],
            max_output_tokens=request.max_output_tokens,
            audio=ev.ResponseAudio(output=ev.ResponseAudioOutput(format=request.format, voice=request.voice)),
            usage=bill,
            metadata=request.metadata,
        )


def _status(outcome: Outcome | Cancelled) -> tuple[str, ev.StatusDetails | None]:
    match outcome:
        case Completed():
            return "completed", None
        case Incomplete(reason=reason):
            return "incomplete", ev.StatusDetails(type="incomplete", reason=reason)
        case Cancelled(reason=reason):
            return "cancelled", ev.StatusDetails(type="cancelled", reason=reason)
        case Failed(code=code, message=message, type=kind):  # pragma: no branch  (the union is closed)
            return "failed", ev.StatusDetails(
                type="failed", error=ev.StatusError(type=kind, code=code, message=message)
            )
