"""Which functions may a model call, with what schema, effect and consent?"""

from bareline.tools.calls import CallState, CallStep, next_state
from bareline.tools.confirmation import Confirmations
from bareline.tools.consent_policy import Approval, AskPerson, Confirm, ConsentRule, Forbid
from bareline.tools.consent_words import ConsentWords
from bareline.tools.context import CancellationScope, ToolContext
from bareline.tools.durations import Durations
from bareline.tools.executions import Execution, ExecutionState, ExecutionStore
from bareline.tools.ladder import Clip, FillerLadder, ModelLine, Spoken, Stage
from bareline.tools.phrases import Phrases
from bareline.tools.proposals import Consent, ConsentBy, Proposal, Refusal
from bareline.tools.retry import RetryPolicy
from bareline.tools.similar import not_found
from bareline.tools.tool import Effect, Tool
from bareline.tools.toolbox import Toolbox

__all__ = [
    "Approval",
    "AskPerson",
    "CallState",
    "CallStep",
    "CancellationScope",
    "Clip",
    "Confirm",
    "Confirmations",
    "Consent",
    "ConsentBy",
    "ConsentRule",
    "ConsentWords",
    "Durations",
    "Effect",
    "Execution",
    "ExecutionState",
    "ExecutionStore",
    "FillerLadder",
    "Forbid",
    "ModelLine",
    "Phrases",
    "Proposal",
    "Refusal",
    "RetryPolicy",
    "Spoken",
    "Stage",
    "Tool",
    "ToolContext",
    "Toolbox",
    "next_state",
    "not_found",
]
