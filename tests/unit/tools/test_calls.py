"""A call goes requested, (confirming), running, one end; and nowhere else."""

from __future__ import annotations

import pytest

from bareline.errors import LocalProtocolError
from bareline.tools.calls import ENDS, TRANSITIONS, CallState, CallStep, next_state


def test_ends_are_ends() -> None:
    assert not [step for state, step in TRANSITIONS if state in ENDS]
    for state in ENDS:
        with pytest.raises(LocalProtocolError):
            next_state(state, CallStep.START)


def test_every_state_is_reached_and_every_other_one_is_left() -> None:
    assert set(TRANSITIONS.values()) | {CallState.REQUESTED} == set(CallState)
    assert {state for state, _ in TRANSITIONS} | ENDS == set(CallState)


def test_nothing_runs_twice_and_nothing_skips_the_run() -> None:
    assert next_state(CallState.CONFIRMING, CallStep.CONSENT) is CallState.RUNNING
    for state, step in ((CallState.RUNNING, CallStep.START), (CallState.REQUESTED, CallStep.ANSWER)):
        with pytest.raises(LocalProtocolError):
            next_state(state, step)
