"""Who is let in, and to which session?"""

from __future__ import annotations

import pytest

from bareline.ids import SeededIds
from bareline.protocol.events import RealtimeSessionConfig, TranscriptionSessionConfig
from bareline.protocol.refusal import Refusal
from bareline.protocol.signalling import Credentials, Target
from bareline.protocol.strict import check_session
from bareline.server.client_secrets import SECRETS_MAX, ClientSecrets, KnownSecret
from bareline.server.door import Door, SessionPlan, SidebandPlan
from bareline.server.models import Models

SERVER_KEY = Credentials(key="sk-anything")
MODEL = Target(model="gpt-realtime-2.1")


class Clock:
    """The wall clock of a test."""

    now_s = 1_000

    def __call__(self) -> int:
        return self.now_s


def a_door(*, api_key: str | None = None, models: Models | None = None, clock: Clock | None = None) -> Door:
    ids = SeededIds(1)
    return Door(
        ids=ids, models=models or Models(), secrets=ClientSecrets(ids), unix_s=clock or Clock(), api_key=api_key
    )


def code(result: object) -> str | None:
    assert isinstance(result, Refusal), result
    return result.code


def test_any_key_opens_a_session_unless_one_was_set() -> None:
    assert isinstance(a_door().plan(MODEL, SERVER_KEY, beta=False), SessionPlan)
    assert code(a_door(api_key="sk-mine").plan(MODEL, SERVER_KEY, beta=False)) == "invalid_api_key"
    assert isinstance(a_door(api_key="sk-anything").plan(MODEL, SERVER_KEY, beta=False), SessionPlan)


@pytest.mark.parametrize("key", [None, "", "ek_unknown"])
def test_a_missing_key_and_an_unknown_secret_are_refused(key: str | None) -> None:
    assert code(a_door().plan(MODEL, Credentials(key=key), beta=False)) == "invalid_api_key"


@pytest.mark.parametrize(
    ("target", "beta", "expected"),
    [
        (Target(), False, "missing_model"),
        (Target(model="gpt-4"), False, "invalid_model"),
        (MODEL, True, "beta_api_shape_disabled"),
    ],
)
def test_refusals_of_the_target(target: Target, beta: bool, expected: str) -> None:
    assert code(a_door().plan(target, SERVER_KEY, beta=beta)) == expected


def test_models_can_be_named_or_left_open() -> None:
    named, any_model = Models(["mine"]), Models(any_model=True)
    assert isinstance(a_door(models=named).plan(Target(model="mine"), SERVER_KEY, beta=False), SessionPlan)
    assert code(a_door(models=named).plan(MODEL, SERVER_KEY, beta=False)) == "invalid_model"
    assert isinstance(a_door(models=any_model).plan(Target(model="x"), SERVER_KEY, beta=False), SessionPlan)


def test_a_secret_reaches_every_call() -> None:
    """Both doors to a call: the sideband's, and the one that a hang-up passes."""
    door = a_door(api_key="sk-mine")
    secret = Credentials(key=door.secrets.mint(None, now_unix_s=1_000, lifetime_s=10).value)
    assert door.plan(Target(call_id="rtc_of_others"), secret, beta=False) == SidebandPlan("rtc_of_others")
    assert isinstance(door.check(secret), KnownSecret)


def test_a_secret_opens_sessions_until_it_expires_and_mints_none() -> None:
    clock = Clock()
    door = a_door(clock=clock, api_key="sk-mine")
    secret = Credentials(key=door.secrets.mint(None, now_unix_s=clock(), lifetime_s=10).value)
    for _ in range(2):
        assert isinstance(door.plan(MODEL, secret, beta=False), SessionPlan)
    assert code(door.check_server_key(secret)) == "invalid_api_key"
    clock.now_s += 10
    refusal = door.plan(MODEL, secret, beta=False)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "invalid_api_key"
    assert refusal.message.endswith("This client secret has expired: make a new one.")


def test_a_secret_brings_its_configuration_and_its_model() -> None:
    door = a_door()
    config = RealtimeSessionConfig(model="gpt-realtime", instructions="Be brief.")
    secret = door.secrets.mint(config, now_unix_s=1_000, lifetime_s=600)
    plan = door.plan(MODEL, Credentials(key=secret.value), beta=False)
    assert plan == SessionPlan(intent="realtime", model="gpt-realtime", initial=config)
    assert door.plan(Target(), Credentials(key=secret.value), beta=False) == plan


def test_transcription_is_asked_for_by_intent_or_by_the_secret() -> None:
    door = a_door()
    by_intent = door.plan(Target(intent="transcription"), SERVER_KEY, beta=False)
    assert by_intent == SessionPlan(intent="transcription", model="")
    config = TranscriptionSessionConfig()
    secret = door.secrets.mint(config, now_unix_s=1_000, lifetime_s=600)
    by_secret = door.plan(Target(), Credentials(key=secret.value), beta=False)
    assert by_secret == SessionPlan(intent="transcription", model="", initial=config)


def test_secrets_are_bounded_and_never_shown() -> None:
    secrets = ClientSecrets(SeededIds(2))
    values = [secrets.mint(None, now_unix_s=0, lifetime_s=600).value for _ in range(SECRETS_MAX + 1)]
    assert secrets.find(values[0], now_unix_s=1) is None
    found = secrets.find(values[-1], now_unix_s=1)
    assert isinstance(found, KnownSecret)
    assert values[-1] not in repr(found)


def test_expired_secrets_make_room() -> None:
    secrets = ClientSecrets(SeededIds(3))
    lasting = secrets.mint(None, now_unix_s=0, lifetime_s=7200)
    for _ in range(SECRETS_MAX - 1):
        secrets.mint(None, now_unix_s=0, lifetime_s=10)
    secrets.mint(None, now_unix_s=20, lifetime_s=10)
    assert secrets.find(lasting.value, now_unix_s=21) is not None


def test_a_call_is_named_by_its_id_and_the_key_is_looked_at_all_the_same() -> None:
    target = Target(call_id="rtc_u2_x", model="gpt-4")
    assert a_door().plan(target, SERVER_KEY, beta=False) == SidebandPlan("rtc_u2_x")
    assert code(a_door(api_key="sk-mine").plan(target, SERVER_KEY, beta=False)) == "invalid_api_key"


# --- calls ------------------------------------------------------------------------------------------------------------


def config(**settings) -> RealtimeSessionConfig:
    checked = check_session({"type": "realtime", **settings})
    assert isinstance(checked, RealtimeSessionConfig), checked
    return checked


@pytest.mark.parametrize(
    ("asked", "address", "model"),
    [
        (None, None, "gpt-realtime-2.1"),
        (None, "gpt-realtime", "gpt-realtime"),
        (config(model="gpt-realtime-mini"), "gpt-realtime", "gpt-realtime-mini"),
    ],
)
def test_a_call_has_the_model_that_it_asks_for_or_the_default(asked, address, model) -> None:
    plan = a_door().plan_call(asked, SERVER_KEY, model=address)
    assert plan == SessionPlan("realtime", model, asked)


def test_a_call_starts_with_what_its_secret_says_and_its_request_laid_over_it() -> None:
    door = a_door()
    detection = {"type": "server_vad", "threshold": 0.7, "silence_duration_ms": 300}
    bound = config(model="gpt-realtime", instructions="Bound.", audio={"input": {"turn_detection": detection}})
    key = Credentials(key=door.secrets.mint(bound, now_unix_s=1_000, lifetime_s=600).value)
    assert door.plan_call(None, key, model=None) == SessionPlan("realtime", "gpt-realtime", bound)
    asked = config(
        model="gpt-realtime-2.1", audio={"input": {"turn_detection": {"type": "server_vad", "threshold": 0.4}}}
    )
    plan = door.plan_call(asked, key, model="gpt-realtime-2.1")
    assert isinstance(plan, SessionPlan)
    both = {"type": "server_vad", "threshold": 0.4, "silence_duration_ms": 300}
    assert plan.initial == config(
        model="gpt-realtime", instructions="Bound.", audio={"input": {"turn_detection": both}}
    )
    assert plan.model == "gpt-realtime"
    other = config(audio={"input": {"turn_detection": {"type": "semantic_vad", "eagerness": "low"}}})
    plan = door.plan_call(other, key, model=None)
    assert isinstance(plan, SessionPlan)
    assert plan.initial.audio.input.turn_detection.eagerness == "low"


def test_a_call_of_transcription() -> None:
    door = a_door()
    bound = TranscriptionSessionConfig()
    key = Credentials(key=door.secrets.mint(bound, now_unix_s=1_000, lifetime_s=600).value)
    assert door.plan_call(None, key, model=None) == SessionPlan("transcription", "", bound)
    assert door.plan_call(bound, SERVER_KEY, model=None) == SessionPlan("transcription", "", bound)


def test_refusals_of_a_call() -> None:
    door = a_door()
    key = Credentials(key=door.secrets.mint(TranscriptionSessionConfig(), now_unix_s=1_000, lifetime_s=600).value)
    assert code(door.plan_call(config(), key, model=None)) == "invalid_value"
    assert code(door.plan_call(config(model="gpt-4"), SERVER_KEY, model=None)) == "invalid_model"
    assert code(door.plan_call(None, SERVER_KEY, model="gpt-4")) == "invalid_model"
    assert code(door.plan_call(None, Credentials(key=None), model=None)) == "invalid_api_key"
