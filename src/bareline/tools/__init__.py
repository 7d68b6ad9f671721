"""Which functions may a model call, with what schema, effect and consent?"""

from bareline.tools.calls import CallState, CallStep, next_state
from bareline.tools.confirmation import Confirmations, Consent, Proposal, Refusal
from bareline.tools.context import ToolContext
from bareline.tools.toolbox import Effect, Tool, Toolbox

__all__ = [
    "CallState",
    "CallStep",
    "Confirmations",
    "Consent",
    "Effect",
    "Proposal",
    "Refusal",
    "Tool",
    "ToolContext",
    "Toolbox",
    "next_state",
]
