"""Which events does an MCP call, or the question whether it may be made, cause in a response?

Source: REALTIME.md section 10.11. The call is made by the driver (``McpCallRequested``); the response waits for it.
"""

from __future__ import annotations

from bareline.errors import LocalProtocolError
from bareline.protocol import events as ev
from bareline.protocol.actions import McpCallRequested, McpCallStopped
from bareline.protocol.authority.mcp_offer import McpOffer
from bareline.protocol.authority.outputs import Delta, OutputItem, Place, Status
from bareline.protocol.generation import CallDelta

__all__ = ["McpApprovalItem", "McpCallItem"]

_CUT_OFF = "The call was not made: the response ended before its arguments did."
_INTERRUPTED = "The response was interrupted while the call ran; it is not known whether it took effect."


class McpCallItem(OutputItem):
    """A call that the server makes itself. ``waits``: it is under way."""

    def __init__(self, place: Place, offer: McpOffer, approval_request_id: str | None = None) -> None:
        super().__init__(place)
        self.waits = False
        self._offer = offer
        self._approval_request_id = approval_request_id
        self._output: str | None = None
        self._error: ev.McpError | None = None
        self._open()

    def grow(self, delta: Delta) -> None:
        if not isinstance(delta, CallDelta) or self.waits:
            raise LocalProtocolError(f"no more can be said of the call in item {delta.item}")
        place = self._place
        if delta.arguments:
            place.shared.out.emit(
                ev.ResponseMcpCallArgumentsDelta(
                    response_id=place.response_id,
                    item_id=self.id,
                    output_index=place.output_index,
                    delta=delta.arguments,
                    obfuscation=place.shared.out.padding(delta.arguments),
                )
            )
            self._pieces.append(delta.arguments)

    def end(self, status: Status) -> None:
        """The arguments are whole, and the call is made; or the response ends, and with it the call."""
        if self.ended or (self.waits and status == "completed"):
            return
        if status == "completed":
            self._ask()
            return
        if self.waits:
            self._place.shared.out.act(McpCallStopped(item_id=self.id))
        words = _INTERRUPTED if self.waits else _CUT_OFF
        self.settle(None, ev.McpError(type="tool_execution_error", message=words))

    def settle(self, output: str | None, error: ev.McpError | None) -> None:
        """The call came to its end."""
        place = self._place
        self.waits, self._output, self._error = False, output, error
        kind = ev.ResponseMcpCallCompleted if error is None else ev.ResponseMcpCallFailed
        place.shared.out.emit(kind(item_id=self.id, output_index=place.output_index))
        super().end("completed")

    def _ask(self) -> None:
        place, out, offer = self._place, self._place.shared.out, self._offer
        out.emit(
            ev.ResponseMcpCallArgumentsDone(
                response_id=place.response_id,
                item_id=self.id,
                output_index=place.output_index,
                arguments=self.text,
            )
        )
        out.emit(ev.ResponseMcpCallInProgress(item_id=self.id, output_index=place.output_index))
        self.waits = True
        out.act(
            McpCallRequested(
                item_id=self.id, server_label=offer.server_label, name=offer.name, arguments=self.text or "{}"
            )
        )

    def _as_item(self, status: str) -> ev.Item:  # noqa: ARG002  (an MCP call has none)
        return ev.McpCall(
            id=self.id,
            server_label=self._offer.server_label,
            name=self._offer.name,
            arguments=self.text if self.ended else "",
            output=self._output,
            approval_request_id=self._approval_request_id,
            error=self._error,
        )

    def _end_part(self) -> None:
        """It has none."""


class McpApprovalItem(OutputItem):
    """The question whether a call may be made. It is there when the arguments are whole, or not at all."""

    def __init__(self, place: Place, offer: McpOffer) -> None:
        super().__init__(place)
        self._offer = offer

    def grow(self, delta: Delta) -> None:
        if not isinstance(delta, CallDelta):
            raise LocalProtocolError(f"{type(delta).__name__} for item {delta.item}, which is of another kind")
        self._pieces.append(delta.arguments)

    def end(self, status: Status) -> None:
        if self.ended:
            return
        if status == "incomplete":
            self.ended = self.deleted = True
            return
        self._open()
        self._place.shared.approvals[self.id] = (self._offer, self.text)
        super().end(status)

    def _as_item(self, status: str) -> ev.Item:  # noqa: ARG002  (it has none)
        offer = self._offer
        return ev.McpApprovalRequest(
            id=self.id, server_label=offer.server_label, name=offer.name, arguments=self.text or "{}"
        )

    def _end_part(self) -> None:
        """It has none."""
