"""Is the model told what a tool says, and nothing of what went wrong behind it?"""

from __future__ import annotations

import pytest

from bareline.errors import InvalidRequest, Permanent, Temporary
from bareline.mcp.replies import FAILURE_MAX_CHARS, gone, refused, reply_value
from bareline.mcp.values import ServerGone, ServerRefused, ToolReply


def test_errors_of_the_protocol_keep_their_inside_to_themselves() -> None:
    internal = refused(ServerRefused(-32603, "Traceback: /srv/desk.py line 7"), "add")
    assert isinstance(internal, Permanent)
    assert (str(internal), internal.say) == ("the server of 'add' could not carry it out", "That did not work.")
    invalid = refused(ServerRefused(-32602, "a must be positive"), "add")
    assert isinstance(invalid, InvalidRequest)
    assert str(invalid) == "a must be positive"


def test_a_server_that_is_gone_is_temporary_unless_it_may_have_done_something() -> None:
    sent = ServerGone("10.0.0.7 reset", sent=True)
    assert isinstance(gone(sent, "add", "read"), Temporary)
    assert isinstance(gone(ServerGone("10.0.0.7 refused"), "delete", "irreversible"), Temporary)
    unknown = gone(sent, "delete", "irreversible")
    assert isinstance(unknown, Permanent)
    assert "10.0.0.7" not in str(unknown)


def test_values_are_structured_text_or_a_note_on_what_was_left_out() -> None:
    assert reply_value(ToolReply("0", {"result": 0})) == 0
    assert reply_value(ToolReply("", {"result": 1, "unit": "m"})) == {"result": 1, "unit": "m"}
    assert reply_value(ToolReply("five", {"result": "five"})) == "five"
    assert reply_value(ToolReply("")) is None
    left = "The tool also gave an image (2 times), a sound, which cannot be said and was left out."
    assert reply_value(ToolReply("", left_out=("an image (2 times)", "a sound"))) == {"note": left}
    assert reply_value(ToolReply("two", left_out=("an image (2 times)", "a sound"))) == {"result": "two", "note": left}


def test_a_failure_without_words_and_one_with_too_many() -> None:
    with pytest.raises(Permanent, match="did not say why"):
        reply_value(ToolReply("", failed=True))
    with pytest.raises(Permanent) as caught:
        reply_value(ToolReply("x" * 9_000, failed=True))
    assert len(str(caught.value)) == FAILURE_MAX_CHARS
