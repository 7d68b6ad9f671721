"""What is the service asked to leave to this side, where interruptions are judged or forbidden here?"""

from __future__ import annotations

from msgspec.structs import replace

from bareline.client.session_settings import Turns
from bareline.protocol import events as ev

__all__ = ["asks_by_itself", "held_turns", "restored_turns"]


def held_turns(turns: Turns, *, judged: bool, protected: bool) -> Turns:
    """The ``turns`` to ask for: the service finds turns, but does not interrupt, nor answer what is ``judged`` here.

    Turns that this side finds stay as they are, and so does what the service does by itself where nothing is held.
    """
    service = ev.ServerVad() if turns is None else turns
    if not isinstance(service, ev.ServerVad | ev.SemanticVad) or not (judged or protected):
        return turns
    if judged:
        return replace(service, interrupt_response=False, create_response=False)
    return replace(service, interrupt_response=False)


def restored_turns(turns: Turns, *, protected: bool) -> Turns:
    """What to tell a service that interrupts by itself when protection begins or ends; ``None``: nothing.

    Settings that are not sent stay as they are (REALTIME.md section 5), so what is allowed again is said.
    """
    service = ev.ServerVad() if turns is None else turns
    if not isinstance(service, ev.ServerVad | ev.SemanticVad):
        return None
    return replace(service, interrupt_response=not protected and service.interrupt_response is not False)


def asks_by_itself(turns: Turns) -> bool:
    """Whether the application wants each turn to be answered without asking for it."""
    return not isinstance(turns, ev.ServerVad | ev.SemanticVad) or turns.create_response is not False
