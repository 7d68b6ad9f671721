"""Does a store of executions keep its contract?"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec

from bareline.testing.conformance.requirement import ContractBroken, require
from bareline.tools.executions import Execution, ExecutionState, ExecutionStore

__all__ = ["EXECUTIONS", "OUTLIVING", "MakeStore", "Reopen"]

MakeStore = Callable[[], ExecutionStore]
Reopen = Callable[[], ExecutionStore]
"""Opens the same store again, however many others have it open."""

_AT_ONCE = 8
_EXECUTION = Execution(
    key="k1",
    tool="delete_task",
    arguments='{"title":"grüße 🎧"}',
    digest="d1",
    call_id="call_1",
    proposal_id="p_1",
    question="Delete grüße?",
    by="user",
    words="yes, do",
    begun_at_ns=1_795_000_000_000_000_001,
)
_LATER_NS = _EXECUTION.begun_at_ns + 5


def a_key_is_begun_once(make: MakeStore) -> None:
    """The first beginning may run, every other one is answered with what is known."""
    store = make()
    require(store.begin(_EXECUTION) is None, "a new key may run")
    require(store.begin(_EXECUTION) == _EXECUTION, "a key that has begun is told as it began")
    require(store.get("k1") == _EXECUTION, "what has begun is known, in all its fields")
    require(store.get("k2") is None, "of a key that never began nothing is known")


def an_end_is_remembered(make: MakeStore) -> None:
    """State, output and time of the end; the rest stays as it began."""
    store = make()
    for state in (ExecutionState.ANSWERED, ExecutionState.FAILED, ExecutionState.UNKNOWN):
        begun = _execution(f"k_{state}")
        store.begin(begun)
        store.end(begun.key, state, '{"status":"ok"}', _LATER_NS)
        known = store.begin(begun)
        require(known is not None, "a key that has ended does not run again")
        require(known == _ended(begun, state, '{"status":"ok"}'), f"an end as {state} is remembered, not {known}")


def a_second_end_is_ignored(make: MakeStore) -> None:
    """What was said first stays true; an end without a beginning makes nothing known."""
    store = make()
    store.begin(_EXECUTION)
    store.end("k1", ExecutionState.UNKNOWN, "first", _LATER_NS)
    store.end("k1", ExecutionState.ANSWERED, "second", _LATER_NS + 1)
    require(store.get("k1") == _ended(_EXECUTION, ExecutionState.UNKNOWN, "first"), "the first end stays")
    store.end("never", ExecutionState.ANSWERED, "", _LATER_NS)
    require(store.get("never") is None, "an end without a beginning is no execution")


def what_lives_is_not_unfinished(make: MakeStore) -> None:
    """What this opening began is running here, and nobody else's to finish."""
    store = make()
    store.begin(_EXECUTION)
    require(store.unfinished() == [], "what this opening began is not unfinished")


def what_ended_untold_is_told_once(make: MakeStore) -> None:
    """An end of which nobody was told is left to be told, until somebody was."""
    store = make()
    for key in ("k_2", "k_1"):
        store.begin(_execution(key))
        store.told(key)
        store.end(key, ExecutionState.ANSWERED, "done", _LATER_NS)
    untold = [_ended(_execution(key), ExecutionState.ANSWERED, "done") for key in ("k_2", "k_1")]
    require(store.unfinished() == untold, "what ended and nobody was told of is left, oldest first")
    store.told("k_2")
    store.told("k_2")
    require(store.unfinished() == untold[1:], "what was told is not left")


def of_many_threads_one_begins(make: MakeStore) -> None:
    """However many ask at once."""
    store = make()
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for number in range(20):
            known = list(threads.map(store.begin, [_execution(f"k_{number}")] * _AT_ONCE))
            require(known.count(None) == 1, f"one of {_AT_ONCE} threads may run, not {known.count(None)}")


def it_closes_twice(make: MakeStore) -> None:
    """A second close is nothing."""
    store = make()
    store.close()
    try:
        store.close()
    except Exception as error:
        raise ContractBroken(f"close may be called twice, but {error!r}") from error


def what_was_left_is_unfinished(reopen: Reopen) -> None:
    """Not ended, or not told, by one that is gone, oldest first."""
    gone = reopen()
    for number in (3, 1, 2):
        gone.begin(_execution(f"k_{number}"))
    for number in (1, 2):
        gone.end(f"k_{number}", ExecutionState.ANSWERED, "", _LATER_NS)
    gone.told("k_1")
    gone.close()
    left = [_execution("k_3"), _ended(_execution("k_2"), ExecutionState.ANSWERED, "")]
    found = reopen().unfinished()
    require(found == left, f"two were left, in this order, not {found}")


def one_finishes_what_was_left(reopen: Reopen) -> None:
    """It is told to one who lives, again if asked again, and to nobody else until that one is gone."""
    gone = reopen()
    gone.begin(_EXECUTION)
    first, second = reopen(), reopen()
    require(first.unfinished() == second.unfinished() == [], "nothing is left while its opening lives")
    gone.close()
    require(first.unfinished() == [_EXECUTION], "what was left is told to one who asks")
    require(first.unfinished() == [_EXECUTION], "and again, as long as it is not ended")
    require(second.unfinished() == [], "and to nobody else")
    first.close()
    require(second.unfinished() == [_EXECUTION], "until that one is gone too")
    second.end("k1", ExecutionState.UNKNOWN, "", _LATER_NS)
    second.told("k1")
    require(second.unfinished() == [], "what has ended and was told is left no more")


def all_openings_know_the_same(reopen: Reopen) -> None:
    """A key begun in one opening is known in all of them, and after all are closed."""
    first, second = reopen(), reopen()
    first.begin(_EXECUTION)
    require(second.begin(_EXECUTION) == _EXECUTION, "a key begun elsewhere does not run")
    second.end("k1", ExecutionState.ANSWERED, "done", _LATER_NS)
    first.close()
    second.close()
    known = reopen().get("k1")
    require(known == _ended(_EXECUTION, ExecutionState.ANSWERED, "done"), "an end outlives all openings")


EXECUTIONS: tuple[Callable[[MakeStore], None], ...] = (
    a_key_is_begun_once,
    an_end_is_remembered,
    a_second_end_is_ignored,
    what_lives_is_not_unfinished,
    what_ended_untold_is_told_once,
    of_many_threads_one_begins,
    it_closes_twice,
)

OUTLIVING: tuple[Callable[[Reopen], None], ...] = (
    what_was_left_is_unfinished,
    one_finishes_what_was_left,
    all_openings_know_the_same,
)
"""For stores that outlive their openings."""


def _execution(key: str) -> Execution:
    return Execution(key=key, tool="pay", arguments="{}", digest="d", call_id="call_1", begun_at_ns=1)


def _ended(begun: Execution, state: ExecutionState, output: str) -> Execution:
    return msgspec.structs.replace(begun, state=state, output=output, ended_at_ns=_LATER_NS)
