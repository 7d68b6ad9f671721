"""Addresses, keys, secrets, offers and refusals, as the official SDK, browsers and the service write them."""

from __future__ import annotations

import json

import pytest

from bareline.errors import ConfigurationError, RemoteProtocolError
from bareline.protocol import events, signalling
from bareline.protocol.refusal import Refusal
from bareline.protocol.signalling import (
    CallRequest,
    ClientSecret,
    ClientSecretRequest,
    Credentials,
    ExpiresAfter,
    Target,
    auth_headers,
    beta_disabled,
    build_call,
    build_client_secret,
    build_client_secret_request,
    build_error_body,
    call_id_from_location,
    call_location,
    close_of,
    http_status,
    http_url,
    invalid_api_key,
    invalid_model,
    key_kind,
    missing_model,
    offer_subprotocols,
    parse_call,
    parse_client_secret,
    parse_client_secret_request,
    parse_error_body,
    read_credentials,
    read_target,
    redact,
    secret_lifetime_s,
    select_subprotocol,
    session_expired,
    websocket_url,
)

SDP = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\n"


@pytest.mark.parametrize(
    ("base_url", "target", "query", "url"),
    [
        ("https://api.openai.com/v1", Target(model="m"), {}, "wss://api.openai.com/v1/realtime?model=m"),
        ("http://127.0.0.1:8080/v1/", Target(model="a b"), {}, "ws://127.0.0.1:8080/v1/realtime?model=a%20b"),
        ("https://h", Target(call_id="rtc_1"), {}, "wss://h/realtime?call_id=rtc_1"),
        ("wss://h/v1", Target(intent="transcription"), {}, "wss://h/v1/realtime?intent=transcription"),
        ("https://h/v1?api-version=2", Target(model="m"), {"a": "b"}, "wss://h/v1/realtime?api-version=2&a=b&model=m"),
        ("ws://[::1]:9/v1", Target(), {}, "ws://[::1]:9/v1/realtime"),
    ],
)
def test_the_websockets_address(base_url: str, target: Target, query: dict[str, str], url: str) -> None:
    assert websocket_url(base_url, target, query) == url


def test_the_https_address() -> None:
    assert http_url("wss://h/v1/", "/realtime/calls") == "https://h/v1/realtime/calls"
    assert http_url("http://h:1/v1?x=y", "/realtime/calls") == "http://h:1/v1/realtime/calls?x=y"


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "api.openai.com/v1",
        "ftp://h/v1",
        "https://",
        "https://[::1",
        "http://h:x/v1",
        "http://h:65536",
        "http://h:0",
    ],
)
def test_what_is_no_address_is_told_before_anything_starts(base_url: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url"):
        websocket_url(base_url, Target(model="m"))


def test_what_a_websocket_asks_for() -> None:
    assert read_target({"model": "m", "other": "x"}) == Target(model="m")
    assert read_target({"model": "", "intent": "transcription"}) == Target(intent="transcription")


def test_a_calls_location() -> None:
    assert call_location("rtc_1") == "/v1/realtime/calls/rtc_1"
    assert call_id_from_location(call_location("rtc_1")) == "rtc_1"
    assert call_id_from_location("https://h/v1/realtime/calls/rtc_2/?a=b") == "rtc_2"
    assert call_id_from_location("") is None
    assert call_id_from_location("http://[h/v1/realtime/calls/rtc_3") is None


def test_credentials_in_headers() -> None:
    who = Credentials(key="sk-1", organization="org", project="proj", safety_identifier="hash")
    headers = auth_headers(who)
    assert headers == {
        "Authorization": "Bearer sk-1",
        "OpenAI-Organization": "org",
        "OpenAI-Project": "proj",
        "OpenAI-Safety-Identifier": "hash",
    }
    assert read_credentials({name.lower(): value for name, value in headers.items()}) == who
    assert auth_headers(Credentials()) == {}


def test_credentials_in_subprotocols() -> None:
    who = Credentials(key="ek_1", organization="org", project="proj")
    offered = offer_subprotocols(who)
    assert offered == [
        "realtime",
        "openai-insecure-api-key.ek_1",
        "openai-organization.org",
        "openai-project.proj",
    ]
    assert read_credentials({}, offered) == who
    assert offer_subprotocols(Credentials()) == ["realtime"]


def test_a_header_wins_over_a_subprotocol() -> None:
    offered = ["realtime", "openai-insecure-api-key.ek_1", "openai-agents-sdk.0.20.0"]
    assert read_credentials({"Authorization": "bearer  sk-2"}, offered).key == "sk-2"
    assert read_credentials({"Authorization": "Basic abc"}, offered).key == "ek_1"
    assert read_credentials({"Authorization": "Bearer"}, ["openai-insecure-api-key."]).key is None


def test_only_the_subprotocol_realtime_is_ever_selected() -> None:
    assert select_subprotocol(["openai-insecure-api-key.k", "realtime"]) == "realtime"
    assert select_subprotocol(["openai-insecure-api-key.k"]) is None
    assert select_subprotocol([]) is None


@pytest.mark.parametrize(("key", "kind"), [("sk-proj-1", "server"), ("ek_1", "ephemeral"), ("local", "other")])
def test_kinds_of_keys(key: str, kind: str) -> None:
    assert key_kind(key) == kind


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Authorization: Bearer sk-proj-aB_3", "Authorization: Bearer ..."),
        ("authorization: bearer whatever-it.is==", "authorization: bearer ..."),
        ('{"value":"ek_0123abc","n":1}', '{"value":"ek_...","n":1}'),
        ("realtime, openai-insecure-api-key.my_key", "realtime, openai-insecure-api-key...."),
        ("task-list of risk-free ideas, week_1", "task-list of risk-free ideas, week_1"),
    ],
)
def test_keys_are_kept_out_of_sight(text: str, redacted: str) -> None:
    assert redact(text) == redacted


def test_a_known_key_is_kept_out_of_sight_wherever_it_stands() -> None:
    assert redact("url?key=hunter22&x", "hunter22") == "url?key=...&x"
    assert redact("an a in a word", "a") == "an a in a word"
    assert "hunter22" not in repr(Credentials(key="hunter22"))
    assert repr(Credentials()) == "Credentials(key=None, organization=None, project=None)"


def test_a_client_secret_is_asked_for() -> None:
    request = ClientSecretRequest(
        expires_after=ExpiresAfter(seconds=60), session=events.RealtimeSessionConfig(model="gpt-realtime-2.1")
    )
    body = build_client_secret_request(request)
    assert json.loads(body) == {
        "expires_after": {"anchor": "created_at", "seconds": 60},
        "session": {"type": "realtime", "model": "gpt-realtime-2.1"},
    }
    assert parse_client_secret_request(body) == request
    assert secret_lifetime_s(request) == 60


@pytest.mark.parametrize("body", [b"", b"{}", b'{"expires_after":{"anchor":"created_at"}}'])
def test_a_client_secret_lives_ten_minutes_by_default(body: bytes) -> None:
    request = parse_client_secret_request(body)
    assert isinstance(request, ClientSecretRequest)
    assert secret_lifetime_s(request) == 600


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        (b"{", "invalid_json", None),
        (b"[]", "invalid_event", None),
        (b'{"expires_after":{"seconds":9}}', "integer_below_min_value", "expires_after.seconds"),
        (b'{"expires_after":{"seconds":7201}}', "integer_above_max_value", "expires_after.seconds"),
        (b'{"expires_after":{"anchor":"now"}}', "invalid_value", "expires_after.anchor"),
        (b'{"session":{"type":"realtime","voice":"ash"}}', "unknown_parameter", "session.voice"),
        (b'{"session":{}}', "missing_required_parameter", "session.type"),
        (b'{"model":"x"}', "unknown_parameter", "model"),
    ],
)
def test_a_client_secret_is_refused(body: bytes, code: str, param: str | None) -> None:
    found = parse_client_secret_request(body)
    assert isinstance(found, Refusal)
    assert (found.code, found.param) == (code, param)


def test_a_client_secret_comes_back() -> None:
    session = events.RealtimeSession(object="realtime.session", id="sess_1", expires_at=0)
    secret = ClientSecret(value="ek_1", expires_at=1_760_000_000, session=session)
    assert parse_client_secret(build_client_secret(secret)) == secret
    later = parse_client_secret(b'{"value":"ek_1","expires_at":5,"session":{"type":"dream"},"more":1}')
    assert later == ClientSecret(value="ek_1", expires_at=5, session=events.UnknownSession({"type": "dream"}))


def test_a_broken_secret_does_not_appear_in_the_message() -> None:
    error = parse_client_secret(b'{"value":"ek_very_secret"}')
    assert isinstance(error, RemoteProtocolError)
    assert "secret" not in str(error)


def test_an_offer_travels_raw_or_with_a_session() -> None:
    assert build_call(CallRequest(sdp=SDP)) == ("application/sdp", SDP.encode())
    request = CallRequest(sdp=SDP, session=events.RealtimeSessionConfig(instructions="Grüß Gott.\r\n--"))
    content_type, body = build_call(request)
    assert content_type.startswith("multipart/form-data; boundary=")
    assert parse_call(content_type, body) == request
    assert parse_call("application/sdp; charset=utf-8", SDP.encode()) == CallRequest(sdp=SDP)


MANY_PARTS = b'--x\r\nContent-Disposition: form-data; name="sdp"\r\n\r\nv=0\r\n' * 17 + b"--x--"
BROWSER = (
    "------WebKitFormBoundaryX\r\n"
    'Content-Disposition: form-data; name="sdp"\r\n\r\n' + SDP + "\r\n"
    "------WebKitFormBoundaryX\r\n"
    'content-disposition: form-data; filename="name.json"; name="session"\r\ncontent-type: application/json\r\n\r\n'
    '{"type":"realtime"}\r\n'
    "------WebKitFormBoundaryX--\r\n"
)


def test_a_browsers_form_is_read() -> None:
    found = parse_call('multipart/form-data; boundary="----WebKitFormBoundaryX"', BROWSER.encode())
    assert found == CallRequest(sdp=SDP, session=events.RealtimeSessionConfig())
    preamble = parse_call(
        "Multipart/Form-Data; charset=x; boundary=----WebKitFormBoundaryX", b"hello\r\n" + BROWSER.encode()
    )
    assert preamble == found


@pytest.mark.parametrize(
    ("old", "new", "code", "param"),
    [
        ('name="sdp"', 'name="offer"', "unknown_parameter", "offer"),
        ('name="sdp"', 'name="session"', "missing_required_parameter", "sdp"),
        ("v=0", "v=9", "invalid_value", "sdp"),
        ('{"type":"realtime"}', "{", "invalid_json", "session"),
        ('{"type":"realtime"}', '{"type":"realtime","x":1}', "unknown_parameter", "session.x"),
        ("X--", "X", "invalid_multipart_form_data", None),
        ('; name="sdp"\r\n\r\n', "\r\n\r\n", "invalid_multipart_form_data", None),
        ('name="sdp"\r\n\r\n', 'name="sdp"\r\n', "invalid_multipart_form_data", None),
    ],
)
def test_a_form_is_refused(old: str, new: str, code: str, param: str | None) -> None:
    found = parse_call("multipart/form-data; boundary=----WebKitFormBoundaryX", BROWSER.replace(old, new).encode())
    assert isinstance(found, Refusal)
    assert (found.code, found.param) == (code, param)


@pytest.mark.parametrize(
    ("content_type", "body", "code"),
    [
        ("application/json", b"{}", "unsupported_content_type"),
        ("", b"", "unsupported_content_type"),
        ("application/sdp", b"", "invalid_value"),
        ("application/sdp", b"v=0\xff", "invalid_value"),
        ("multipart/form-data", b"", "invalid_multipart_form_data"),
        ("multipart/form-data; boundary=x", b"--x--", "missing_required_parameter"),
        ("multipart/form-data; boundary=x", MANY_PARTS, "invalid_multipart_form_data"),
    ],
)
def test_what_is_no_offer_is_refused(content_type: str, body: bytes, code: str) -> None:
    found = parse_call(content_type, body)
    assert isinstance(found, Refusal)
    assert found.code == code


@pytest.mark.parametrize(
    ("found", "close"),
    [
        (invalid_api_key("sk-wrong-key-1234"), (3000, "invalid_request_error.invalid_api_key")),
        (missing_model(), (4000, "invalid_request_error.missing_model")),
        (invalid_model("gpt-2"), (4000, "invalid_request_error.invalid_model")),
        (beta_disabled(), (4000, "invalid_request_error.beta_api_shape_disabled")),
        (session_expired(), (1001, "Your session hit the maximum duration of 60 minutes.")),
        (Refusal(code="invalid_value", message=""), None),
        (Refusal(code=None, message=""), None),
    ],
)
def test_what_ends_a_connection_and_how(found: Refusal, close: tuple[int, str] | None) -> None:
    assert close_of(found) == close


def test_a_wrong_key_is_hardly_quoted() -> None:
    assert invalid_api_key("sk-wrong-key-1234").message == "Incorrect API key provided: ...1234."
    assert "short" not in invalid_api_key("short").message
    assert "didn't provide" in invalid_api_key(None).message
    assert invalid_model('x"y').message.startswith('Model "x"y" is not supported')


def test_a_refusal_over_http() -> None:
    body = build_error_body(missing_model())
    error = json.loads(body)["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert parse_error_body(body) == missing_model().detail()
    assert (http_status(missing_model()), http_status(invalid_api_key("x"))) == (400, 401)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"error":5}', b'{"error":null}', b'"error"', b"[" * 5000]
)
def test_a_body_without_an_error_holds_none(body: bytes) -> None:
    assert parse_error_body(body) is None


def test_a_strange_error_is_still_an_error() -> None:
    assert parse_error_body(b'{"error":"no"}') == events.ErrorDetail(type="unknown", message="no")
    assert parse_error_body(b'{"error":{"code":404,"message":"gone"}}') == events.ErrorDetail(
        type="unknown", message="gone"
    )


def test_a_name_that_is_not_there_is_told_like_any_other() -> None:
    with pytest.raises(AttributeError, match=r"'bareline\.protocol\.signalling' has no attribute 'nothing'"):
        _ = signalling.nothing
