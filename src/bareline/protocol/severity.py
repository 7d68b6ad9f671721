"""How bad is an error: is anything lost, one answer, or the call? And what can its user do about it?

Most errors leave the session open (REALTIME.md section 11); what is not in the table is judged by its type. An error
never ends a call by itself: the end of the connection does.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from bareline.protocol.events import ErrorDetail, StatusError

__all__ = ["CLOSE_CODES", "ERROR_CODES", "Severity", "Verdict", "close_severity", "explain", "severity"]


class Severity(StrEnum):
    """``harmless``: nothing is lost. ``turn_lost``: this answer will not come. ``call_lost``: the call is over."""

    HARMLESS = "harmless"
    TURN_LOST = "turn_lost"
    CALL_LOST = "call_lost"


class Verdict(NamedTuple):
    """How bad it is, what happened and what to do, in words for people."""

    severity: Severity
    happened: str
    advice: str = ""


_H, _T, _C = Severity.HARMLESS, Severity.TURN_LOST, Severity.CALL_LOST
_OUR_MISTAKE = "The message was not understood and changed nothing; check it with connect(checks=True)."
_KEY_ADVICE = (
    "Set OPENAI_API_KEY. If it was a client secret (ek_...): they expire, 10 minutes after they were made unless asked "
    "otherwise; mint a new one."
)

ERROR_CODES: dict[str, Verdict] = {
    "conversation_already_has_active_response": Verdict(
        _H, "An answer was asked for while another was under way.", "Wait for response.done, or let Call queue it."
    ),
    "response_cancel_not_active": Verdict(_H, "There was nothing left to cancel."),
    "input_audio_buffer_commit_empty": Verdict(
        _T, "Less than 100 ms of speech was committed.", "Send audio before the commit, in the session's format."
    ),
    "item_delete_invalid_item_id": Verdict(_H, "The item to delete was gone already."),
    "item_retrieve_invalid_item_id": Verdict(_H, "The item asked for does not exist."),
    "item_truncate_invalid_item_id": Verdict(_H, "The item to truncate does not exist."),
    "unsupported_content_type": Verdict(_H, "Only audio of the assistant can be truncated."),
    "cannot_update_voice": Verdict(
        _H, "The voice cannot change once the assistant has spoken; the whole update was refused.", "Start a new call."
    ),
    "invalid_value": Verdict(_H, "A value was refused.", _OUR_MISTAKE),
    "invalid_json": Verdict(_H, "A message was not JSON.", _OUR_MISTAKE),
    "invalid_event": Verdict(_H, "A message was no event.", _OUR_MISTAKE),
    "invalid_type": Verdict(_H, "A value had the wrong type.", _OUR_MISTAKE),
    "unknown_parameter": Verdict(_H, "A key is unknown to the service.", _OUR_MISTAKE),
    "missing_required_parameter": Verdict(_H, "A required key is missing.", _OUR_MISTAKE),
    "string_above_max_length": Verdict(_H, "A text was too long.", "Ids may have 32 characters."),
    "rate_limit_exceeded": Verdict(_T, "The rate limit is reached.", "Wait a little, then ask again."),
    "inference_rate_limit_exceeded": Verdict(_T, "The rate limit is reached.", "Wait a little, then ask again."),
    "server_error": Verdict(_T, "The model failed.", "Ask again; it is not your fault."),
    "content_filter": Verdict(_T, "The answer was withheld by the content filter."),
    "mcp_list_tools_failed": Verdict(
        _T, "The tools of an MCP server could not be listed.", "The message says why; bareline serve has --mcp-host."
    ),
    "insufficient_quota": Verdict(_C, "The quota is used up.", "Check the plan and the billing of this key."),
    "credit_balance_exhausted": Verdict(_C, "The credit is used up.", "Add credit to the account of this key."),
    "billing_hard_limit_reached": Verdict(_C, "The billing limit is reached.", "Raise the limit of the account."),
    "account_deactivated": Verdict(_C, "The account is deactivated.", "Ask the service why."),
    "invalid_api_key": Verdict(_C, "The key is wrong.", _KEY_ADVICE),
    "missing_model": Verdict(_C, "No model was named.", "Pass model= to connect or Call."),
    "invalid_model": Verdict(_C, "The model does not exist, or this key may not use it.", "Check model=."),
    "beta_api_shape_disabled": Verdict(_C, "The beta of this protocol is gone.", "Drop the header OpenAI-Beta."),
    "session_expired": Verdict(_C, "The session reached its longest duration.", "Reconnect; Call does it by itself."),
}
"""Code of an error object to its verdict."""

CLOSE_CODES: dict[int, Verdict] = {
    1000: Verdict(_C, "The server ended the call."),
    1001: Verdict(_C, "The server went away, or the session reached its longest duration.", "Reconnect."),
    1002: Verdict(_C, "The two sides disagree about WebSocket.", "Look for a proxy in between."),
    1005: Verdict(_C, "The server ended the call without saying why.", "Reconnect."),
    1006: Verdict(_C, "The connection broke.", "Check the network, and reconnect."),
    1007: Verdict(_C, "A message was not text.", _OUR_MISTAKE),
    1008: Verdict(_C, "The server refused what was sent.", _OUR_MISTAKE),
    1009: Verdict(_C, "A message was too large.", "Send audio and images in smaller pieces."),
    1011: Verdict(_C, "The server failed.", "Reconnect."),
    1012: Verdict(_C, "The server restarts.", "Reconnect."),
    1013: Verdict(_C, "The server is overloaded.", "Reconnect after a while."),
    1015: Verdict(_C, "The encryption failed.", "Check certificates and clock."),
    3000: Verdict(_C, "The key was not accepted.", _KEY_ADVICE),
    4000: Verdict(_C, "The request was not accepted.", "Check the model and the query."),
}
"""Close code to its verdict; a code that is not here is a lost call without advice."""

_BY_TYPE = {
    "server_error": ERROR_CODES["server_error"],
    "rate_limit_error": ERROR_CODES["rate_limit_exceeded"],
    "tokens": ERROR_CODES["rate_limit_exceeded"],
    "requests": ERROR_CODES["rate_limit_exceeded"],
    "authentication_error": ERROR_CODES["invalid_api_key"],
}
_UNKNOWN = Verdict(_H, "The service reports a problem and keeps the call open.")
_UNKNOWN_CLOSE = Verdict(_C, "The server ended the call.")


def severity(error: ErrorDetail | StatusError | int) -> Severity:
    """How bad an error object, the error of a failed response, or a close code is."""
    return explain(error).severity


def close_severity(code: int, reason: str = "") -> Verdict:
    """The verdict on a close. The service's reason ``<type>.<code>`` says more than the number."""
    by_reason = ERROR_CODES.get(reason.rpartition(".")[2])
    if by_reason is not None:
        return by_reason._replace(severity=_C)
    return CLOSE_CODES.get(code, _UNKNOWN_CLOSE)


def explain(error: ErrorDetail | StatusError | int) -> Verdict:
    """What happened and what to do. The error of a failed response has cost at least the turn."""
    if isinstance(error, int):
        return close_severity(error)
    verdict = ERROR_CODES.get(error.code or "") or _BY_TYPE.get(error.type or "", _UNKNOWN)
    if isinstance(error, StatusError) and verdict.severity is _H:
        return verdict._replace(severity=_T)
    return verdict
