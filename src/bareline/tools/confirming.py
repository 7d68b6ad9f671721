"""Through which functions does the model report the user's answer?"""

from __future__ import annotations

import msgspec

from bareline.protocol.events import FunctionTool
from bareline.tools.toolbox import CONFIRM_ACTION, DECLINE_ACTION

__all__ = ["confirming_tools", "proposal_named"]


def confirming_tools() -> list[FunctionTool]:
    """The two functions."""
    argument = {"proposal_id": {"type": "string", "description": "The proposal_id of the question that was answered."}}
    parameters = {
        "type": "object",
        "properties": argument,
        "required": ["proposal_id"],
        "additionalProperties": False,
    }
    return [
        FunctionTool(
            name=CONFIRM_ACTION,
            description="Carry out the action that waits for consent. Only after the user clearly said yes to it.",
            parameters=parameters,
        ),
        FunctionTool(
            name=DECLINE_ACTION,
            description="Drop the action that waits for consent: the user said no, or wants something else.",
            parameters=parameters,
        ),
    ]


def proposal_named(text: str) -> str:
    """The proposal_id in the arguments of a confirming tool; empty when there is none."""
    try:
        return msgspec.json.decode(text or "{}", type=_Named).proposal_id
    except msgspec.MsgspecError:
        return ""


class _Named(msgspec.Struct):
    proposal_id: str = ""
