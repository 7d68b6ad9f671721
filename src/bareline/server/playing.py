"""How does generated audio leave a session whose server plays, and how does the authority learn what was played?"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing

from bareline.protocol.actions import OutputAppended, OutputDropped
from bareline.protocol.server_endpoint import ServerEndpoint
from bareline.server.playout import Drained, Due, Playout, Started
from bareline.transports.contract import MediaTransport

__all__ = ["Playing"]


class Playing:
    """The output side of one session over ``media``.

    ``heard`` is called with a response when all that will be heard of it was; ``settle`` after every call of the
    endpoint.
    """

    def __init__(
        self,
        media: MediaTransport,
        playout: Playout,
        endpoint: ServerEndpoint,
        *,
        heard: Callable[[str], None],
        settle: Callable[[], None],
    ) -> None:
        self._media = media
        self._playout = playout
        self._endpoint = endpoint
        self._heard = heard
        self._settle = settle

    async def run(self) -> None:
        """Play for ever; raises what ``send_audio`` raises."""
        async with aclosing(self._playout.steps()) as steps:
            async for step in steps:
                match step:
                    case Due(response_id, frame, played_ms):
                        await self._media.send_audio(frame)
                        self._endpoint.output_played(response_id, played_ms)
                    case Started(response_id):
                        self._endpoint.output_started(response_id)
                        self._settle()
                    case Drained(response_id):
                        self._endpoint.output_stopped(response_id)
                        self._heard(response_id)
                        self._settle()

    def act(self, action: OutputAppended | OutputDropped) -> None:
        """Queue or drop."""
        if isinstance(action, OutputAppended):
            self._playout.append(action.response_id, action.audio)
        else:
            self._playout.drop(action.response_id)
            self._heard(action.response_id)
