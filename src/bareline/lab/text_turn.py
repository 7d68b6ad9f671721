"""Does a line answer a written turn, and how soon?"""

from __future__ import annotations

from bareline.client.line import Line
from bareline.clock import now_ns
from bareline.errors import ServiceError
from bareline.protocol import events as ev
from bareline.units import ns_to_ms

__all__ = ["text_turn"]


async def text_turn(line: Line, text: str) -> int:
    """Milliseconds from the question to the end of its answer. Raises ``ServiceError``."""
    started = now_ns()
    item = ev.Message(role="user", content=[ev.InputText(text=text)])
    await line.send(ev.ConversationItemCreate(item=item))
    await line.send(ev.ResponseCreate(response=ev.ResponseConfig(output_modalities=["text"])))
    async for event in line:
        if isinstance(event, ev.Error):
            raise ServiceError(event.error.message, code=event.error.code)
        if isinstance(event, ev.ResponseDone):
            if event.response.status == "failed":
                raise _failure(event.response)
            break
    return ns_to_ms(now_ns() - started)


def _failure(response: ev.Response) -> ServiceError:
    error = response.status_details.error if response.status_details else None
    if error is None:
        return ServiceError("the response failed, and the service does not say why")
    return ServiceError(error.message or f"the response failed ({error.code or error.type})", code=error.code)
