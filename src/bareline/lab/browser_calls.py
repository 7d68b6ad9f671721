"""How does a browser hold a call whose key and tools stay here?

The browser's offer is passed on with the key, the answer goes back; sound and events then flow between browser and
service. The session is configured and the tools are run over a sideband (REALTIME.md 1.1, 2.1).
"""

from __future__ import annotations

import asyncio
import logging
import os
from dataclasses import dataclass, field
from typing import NamedTuple

from bareline.client.address import Address
from bareline.client.call import Call
from bareline.client.call_keywords import CallKeywords
from bareline.client.connect import connect
from bareline.client.http import post
from bareline.client.http_requests import hang_up
from bareline.client.line import Line
from bareline.errors import BarelineError, ConnectFailed
from bareline.protocol import events as ev
from bareline.protocol.signalling import (
    CallRequest,
    Credentials,
    auth_headers,
    build_call,
    call_id_from_location,
    http_url,
    parse_error_body,
    redact,
)
from bareline.tools import Toolbox

__all__ = ["CALLS_MAX", "BrowserCall", "BrowserCalls"]

CALLS_MAX = 8
"""Calls at a time; a page holds one, and a forgotten tab another."""
_ANSWER_WITHIN_S = 15.0
_HANG_UP_WITHIN_S = 3.0
_LEAVING_S = 1.0

_log = logging.getLogger(__name__)


class BrowserCall(NamedTuple):
    """What the browser needs to go on: the answer to its offer, and the call's id."""

    sdp: str
    call_id: str


@dataclass(slots=True)
class BrowserCalls:
    """The calls that browsers hold with the service at ``address``.

    ``session``: the keywords of each call's session. ``close()`` ends all calls; it may be called twice.
    """

    address: Address
    tools: Toolbox = field(default_factory=Toolbox)
    session: CallKeywords = field(default_factory=CallKeywords)
    _sidebands: dict[str, asyncio.Task[None]] = field(default_factory=dict[str, "asyncio.Task[None]"], init=False)

    async def open(self, offer: str, *, model: str, voice: str) -> BrowserCall:
        """Pass the offer on. Raises ``ConnectFailed``, with the HTTP status when the service refused.

        An answer without the call's id is none: tools could not run in that call, nor could anybody hang it up.
        """
        if len(self._sidebands) >= CALLS_MAX:
            raise ConnectFailed(f"there are {CALLS_MAX} calls already; hang one up", stage="offer", status=429)
        audio = ev.AudioConfig(output=ev.AudioOutputConfig(voice=voice))
        request = CallRequest(sdp=offer, session=ev.RealtimeSessionConfig(model=model, audio=audio))
        content_type, body = build_call(request)
        reply = await post(
            http_url(self.address.base_url, "/realtime/calls"),
            body,
            headers={"Content-Type": content_type, "Accept": "application/sdp", **auth_headers(self._credentials())},
            timeout_s=_ANSWER_WITHIN_S,
        )
        if reply.status not in (200, 201):
            raise ConnectFailed(self._reason(reply.status, reply.body), stage="offer", status=reply.status)
        call_id = call_id_from_location(reply.headers.get("location", ""))
        if call_id is None:
            raise ConnectFailed("the answer has no Location with the call's id", stage="offer", status=reply.status)
        running = asyncio.create_task(self._attend(call_id, voice), name=f"sideband {call_id}")
        self._sidebands[call_id] = running
        running.add_done_callback(lambda _: self._sidebands.pop(call_id, None))
        return BrowserCall(reply.body.decode(errors="replace"), call_id)

    async def hang_up(self, call_id: str) -> None:
        """End a call of ours; others are nobody's business here. A call that is over already is fine."""
        running = self._sidebands.get(call_id)
        if running is None:
            return
        running.cancel()
        await self._end(call_id)

    async def close(self) -> None:
        """Hang up whatever is still open."""
        open_calls = dict(self._sidebands)
        await asyncio.gather(*(self.hang_up(call_id) for call_id in open_calls))
        if open_calls:
            await asyncio.wait(open_calls.values())

    async def _attend(self, call_id: str, voice: str) -> None:
        """Configure the call and run its tools until it is over.

        When the sideband breaks the call is hung up: without tools it would go on as if nothing was, and a new
        sideband would not be told what it missed.
        """

        async def dial() -> Line:
            return await connect(base_url=self.address.base_url, api_key=self.address.api_key, call_id=call_id)

        call = Call(tools=self.tools, dial=dial, reconnect=None, **{**self.session, "barge_in": False, "voice": voice})
        try:
            async with call:
                _log.info("the tools of %s run here", call_id)
                await call.run()
        except BarelineError as error:
            await asyncio.sleep(_LEAVING_S)  # cancelled meanwhile if it was the page that ended the call
            _log.warning("the tools of %s do not run here any more, it is hung up: %s", call_id, error)
            await self._end(call_id)

    async def _end(self, call_id: str) -> None:
        try:
            await hang_up(
                call_id,
                base_url=self.address.base_url,
                api_key=self.address.api_key,
                timeout_s=_HANG_UP_WITHIN_S,
            )
        except BarelineError as error:
            _log.info("%s was not hung up: %s", call_id, error)

    def _credentials(self) -> Credentials:
        """As ``connect`` has them for the sideband."""
        project = os.environ.get("OPENAI_PROJECT_ID")
        return Credentials(key=self.address.api_key, organization=os.environ.get("OPENAI_ORG_ID"), project=project)

    def _reason(self, status: int, body: bytes) -> str:
        error = parse_error_body(body)
        message = getattr(error, "message", None) or f"the service answered with status {status}"
        return redact(message, self.address.api_key or "")
