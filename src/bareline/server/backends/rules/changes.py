"""The user wants the proposed thing done to another thing: to which?"""

from __future__ import annotations

from dataclasses import dataclass

from bareline.server.backends.rules.entities import Knowledge, value_for
from bareline.server.backends.rules.memory import Call, Draft
from bareline.server.backends.rules.mentions import mentions_of
from bareline.server.backends.rules.schema import Json
from bareline.server.backends.rules.slots import Slot
from bareline.server.backends.rules.toolset import Toolset
from bareline.server.backends.rules.understanding import Said

__all__ = ["Change", "change_of_mind"]


@dataclass(frozen=True, slots=True)
class Change:
    """The same once more without the thing, the slot that names it, and the values that may be meant."""

    draft: Draft
    slot: Slot
    values: tuple[Json, ...]


def change_of_mind(
    call: Call | None, toolset: Toolset, known: Knowledge, offered: tuple[str, ...], said: Said | None = None
) -> Change | None:
    """What ``said`` names in place of the thing in ``call``; without words, whatever else was to be chosen from.

    That is what was ``offered`` to the user, else the last list. ``None`` when the call names nothing, or the words
    name nothing else.
    """
    tool = toolset.named(call.name) if call is not None else None
    slot = tool.naming if tool is not None else None
    if call is None or tool is None or slot is None:
        return None
    now = call.arguments.get(slot.name)
    if said is not None:
        mentions = [found for found in mentions_of(slot, said.words, known, tool.nouns) if found.value != now]
        longest = sorted(mentions, key=lambda found: found.end - found.start, reverse=True)
        others = [found.value for found in longest[:1]]
    elif now in offered:
        others = [name for name in offered if name != now]
    else:
        told = [value_for(slot, entity, tool.nouns) for entity in known.listed]
        others = [value for value in told if value is not None and value != now]
    if said is not None and not others:
        return None
    kept = {name: value for name, value in call.arguments.items() if name != slot.name}
    return Change(Draft(tool, kept), slot, tuple(others))
