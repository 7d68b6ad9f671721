"""Is each error judged by what it costs, and explained?"""

from __future__ import annotations

import pytest

from bareline.protocol.events import ErrorDetail, StatusError
from bareline.protocol.severity import CLOSE_CODES, ERROR_CODES, Severity, close_severity, explain, severity


def error(code: str | None, kind: str = "invalid_request_error") -> ErrorDetail:
    return ErrorDetail(type=kind, message="", code=code)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("conversation_already_has_active_response", Severity.HARMLESS),
        ("response_cancel_not_active", Severity.HARMLESS),
        ("cannot_update_voice", Severity.HARMLESS),
        ("input_audio_buffer_commit_empty", Severity.TURN_LOST),
        ("rate_limit_exceeded", Severity.TURN_LOST),
        ("server_error", Severity.TURN_LOST),
        ("insufficient_quota", Severity.CALL_LOST),
        ("invalid_api_key", Severity.CALL_LOST),
        ("session_expired", Severity.CALL_LOST),
        ("never_heard_of", Severity.HARMLESS),
        (None, Severity.HARMLESS),
    ],
)
def test_error_objects(code: str | None, expected: Severity) -> None:
    assert severity(error(code)) is expected


def test_unknown_codes_are_judged_by_their_type() -> None:
    assert severity(error(None, "server_error")) is Severity.TURN_LOST
    assert severity(error("new", "authentication_error")) is Severity.CALL_LOST


def test_failed_response_has_cost_the_turn_at_least() -> None:
    assert severity(StatusError(code="invalid_value")) is Severity.TURN_LOST
    assert severity(StatusError()) is Severity.TURN_LOST
    assert severity(StatusError(code="insufficient_quota")) is Severity.CALL_LOST


def test_every_close_is_the_calls_end_and_its_reason_explains_more_than_its_number() -> None:
    assert all(verdict.severity is Severity.CALL_LOST for verdict in CLOSE_CODES.values())
    assert severity(4999) is Severity.CALL_LOST
    assert "key" in close_severity(3000, "invalid_request_error.invalid_api_key").happened
    assert close_severity(4000, "invalid_request_error.invalid_model") == explain(error("invalid_model"))
    assert close_severity(1011, "x.server_error").severity is Severity.CALL_LOST


def test_everything_is_explained_in_a_sentence() -> None:
    for verdict in (*ERROR_CODES.values(), *CLOSE_CODES.values(), explain(error("new"))):
        assert verdict.happened.endswith(".")
        assert verdict.advice == "" or verdict.advice.endswith(".")
