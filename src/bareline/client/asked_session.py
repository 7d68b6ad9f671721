"""Which session does a call ask for, now and on its next connection?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bareline.client.held_turns import asks_by_itself, held_turns, restored_turns
from bareline.client.parts import Parts
from bareline.client.session_settings import SessionKeywords, Turns, detector_of, session_config
from bareline.protocol import events as ev
from bareline.turns.contract import TurnDetector

__all__ = ["AskedSession"]


class AskedSession:
    """What the application chose of the session, the tools of the moment, and what is held on this side.

    ``more_tools`` are tools that others run. Changes are posted to the outbox of ``parts`` at once.
    """

    def __init__(self, keywords: SessionKeywords, more_tools: Sequence[ev.Tool], *, parts: Callable[[], Parts]) -> None:
        self._keywords = keywords
        self._more_tools = tuple(more_tools)
        self._parts = parts

    @property
    def detector(self) -> TurnDetector | None:
        """What finds turns on this side, if anything does."""
        return detector_of(self._keywords.get("turns"))

    def config(self) -> ev.RealtimeSessionConfig:
        """The whole session, as a new connection asks for it."""
        parts = self._parts()
        tools = [*parts.runner.toolbox.definitions(), *parts.consent.definitions(), *self._more_tools]
        return session_config({**self._keywords, "turns": self._service_turns()}, tools)

    def asks_by_itself(self) -> bool:
        """Whether the application wants each turn to be answered without asking for it."""
        return asks_by_itself(self._keywords.get("turns"))

    def update(self, changes: SessionKeywords) -> None:
        """Change it. Raises ``ConfigurationError`` for what no session has; nothing is changed then."""
        session_config(changes)
        parts = self._parts()
        self._keywords.update(changes)
        turns = changes.get("turns")
        if turns is not None:
            changes["turns"] = self._service_turns()
        parts.outbox.post(ev.SessionUpdate(session=session_config(changes)))
        if turns is not None:
            parts.turns.use(detector_of(turns))
            if parts.pace is not None:
                parts.pace.turns_changed()

    def tools_changed(self) -> None:
        """Other tools are offered than before."""
        self._parts().outbox.post(ev.SessionUpdate(session=session_config({}, self.config().tools)))

    def protection_changed(self) -> None:
        """Protection began or ended: a service that interrupts by itself has to know."""
        parts = self._parts()
        turns = restored_turns(self._keywords.get("turns"), protected=parts.protection.wanted)
        if parts.judging is None and turns is not None:
            parts.outbox.post(ev.SessionUpdate(session=session_config({"turns": turns})))

    def _service_turns(self) -> Turns:
        """What the service is asked to do about turns, as far as it is not done here."""
        parts = self._parts()
        return held_turns(
            self._keywords.get("turns"), judged=parts.judging is not None, protected=parts.protection.wanted
        )
