"""Where does a tool call stand, and what may happen to it next?

One table (D6): requested → (confirming) → running → exactly one end.
"""

from __future__ import annotations

from enum import StrEnum

from bareline.errors import LocalProtocolError

__all__ = ["ENDS", "TRANSITIONS", "CallState", "CallStep", "next_state"]


class CallState(StrEnum):
    """The states. ``unknown``: it was stopped between effect and record, so nobody knows whether it happened."""

    REQUESTED = "requested"
    CONFIRMING = "confirming"
    RUNNING = "running"
    ANSWERED = "answered"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    __hash__ = str.__hash__


class CallStep(StrEnum):
    """What happens to a call."""

    PROPOSE = "propose"
    CONSENT = "consent"
    WITHDRAW = "withdraw"
    START = "start"
    ANSWER = "answer"
    FAIL = "fail"
    TIME_OUT = "time_out"
    CANCEL = "cancel"
    LOSE = "lose"

    __hash__ = str.__hash__


ENDS = frozenset({CallState.ANSWERED, CallState.FAILED, CallState.TIMED_OUT, CallState.CANCELLED, CallState.UNKNOWN})

TRANSITIONS: dict[tuple[CallState, CallStep], CallState] = {
    (CallState.REQUESTED, CallStep.PROPOSE): CallState.CONFIRMING,
    (CallState.REQUESTED, CallStep.START): CallState.RUNNING,
    (CallState.REQUESTED, CallStep.FAIL): CallState.FAILED,
    (CallState.REQUESTED, CallStep.CANCEL): CallState.CANCELLED,
    (CallState.CONFIRMING, CallStep.CONSENT): CallState.RUNNING,
    (CallState.CONFIRMING, CallStep.WITHDRAW): CallState.CANCELLED,
    (CallState.CONFIRMING, CallStep.CANCEL): CallState.CANCELLED,
    (CallState.RUNNING, CallStep.ANSWER): CallState.ANSWERED,
    (CallState.RUNNING, CallStep.FAIL): CallState.FAILED,
    (CallState.RUNNING, CallStep.TIME_OUT): CallState.TIMED_OUT,
    (CallState.RUNNING, CallStep.CANCEL): CallState.CANCELLED,
    (CallState.RUNNING, CallStep.LOSE): CallState.UNKNOWN,
}


def next_state(state: CallState, step: CallStep) -> CallState:
    """Where ``step`` leads. Raises ``LocalProtocolError`` for a step the table does not have."""
    following = TRANSITIONS.get((state, step))
    if following is None:
        raise LocalProtocolError(f"a tool call that is {state} cannot {step}")
    return following
