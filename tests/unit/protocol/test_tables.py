"""Are the tables total, is every state reachable, and does the reference show them as they are?"""

from __future__ import annotations

from pathlib import Path

import pytest

from bareline.protocol.states import Refused
from bareline.protocol.tables import CALL, FLOOR, INPUT_BUFFER, ITEM, TABLES

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "states.md"
HEAD = """# States

What may follow what, drawn from the tables that the code steps through (`bareline.protocol.tables`). A row is an event,
a column the state it meets; the cell is the state after it, or the code of the refusal.
"""


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_state_answers_every_event(table) -> None:
    states, happenings = type(table.initial), {event for _, event in table.rows}
    assert set(table.rows) == {(state, event) for state in states for event in type(next(iter(happenings)))}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_state_can_be_reached(table) -> None:
    reached = {table.initial}
    while True:
        more = {n for (s, _), n in table.rows.items() if s in reached and not isinstance(n, Refused)} - reached
        if not more:
            break
        reached |= more
    assert reached == set(type(table.initial))


def test_refusals_use_the_codes_of_the_service() -> None:
    codes = {n.code for table in TABLES for n in table.rows.values() if isinstance(n, Refused)}
    assert codes == {
        "conversation_already_has_active_response",
        "input_audio_buffer_commit_empty",
        "invalid_tool_call_id",
        "invalid_value",
        "item_delete_invalid_item_id",
        "item_retrieve_invalid_item_id",
        "item_truncate_invalid_item_id",
        "response_cancel_not_active",
    }


def test_a_refused_step_is_no_step_for_a_fact() -> None:
    for table in (FLOOR, ITEM, INPUT_BUFFER, CALL):
        for (state, event), following in table.rows.items():
            expected = state if isinstance(following, Refused) else following
            assert table.step(state, event) == following
            assert table.after(state, event) == expected


def test_the_reference_is_current() -> None:
    drawn = "\n".join([HEAD, *(line for table in TABLES for line in [*table.drawn(), ""])])
    assert REFERENCE.read_text() == drawn, "docs/reference/states.md differs from the tables: write `drawn` to it"
