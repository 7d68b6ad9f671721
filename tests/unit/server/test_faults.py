"""How is what shall go wrong written down?"""

from __future__ import annotations

import pytest

from bareline.errors import ConfigurationError
from bareline.server.faults import ERRORS, SERVICE_FAULT_FORMS, Faults, read_faults
from bareline.transports.faults import FAULT_FORMS, Close, Stall
from bareline.units import NS_PER_MS, NS_PER_S


def test_faults_of_the_service_and_of_the_connection_mix() -> None:
    faults = read_faults("stall=600ms@5s, error=quota@response:2, expire@1.5m, close=1001@10s, refuse=503@connection:1")
    assert faults.connection == (
        Stall(at_ns=5 * NS_PER_S, for_ns=600 * NS_PER_MS),
        Close(at_ns=10 * NS_PER_S, code=1001),
    )
    assert faults.responses == ((2, ERRORS["quota"]),)
    assert faults.expire_s == 90
    assert [faults.status_for(number) for number in (1, 2)] == [503, None]


def test_without_a_number_every_one_is_meant() -> None:
    faults = read_faults("refuse=429,error=server")
    assert {faults.status_for(number) for number in range(1, 9)} == {429}
    assert faults.responses == ((None, ERRORS["server"]),)


def test_nothing_is_wrong_by_default() -> None:
    assert read_faults("") == Faults()


@pytest.mark.parametrize("form", [*FAULT_FORMS, *SERVICE_FAULT_FORMS])
def test_every_documented_form_is_read(form: str) -> None:
    assert read_faults(form) != Faults()


@pytest.mark.parametrize(
    "wrong",
    [
        "error=nothing",
        "expire@soon",
        "refuse=200",
        "loss=x",
        "error=quota@response:x",
        "error=quota@response:0",
        "refuse=503@connection:0",
    ],
)
def test_what_is_wrong_is_named_with_all_forms(wrong: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_faults(f"cut@3s,{wrong}")
    assert wrong in str(caught.value)
    assert SERVICE_FAULT_FORMS[0] in str(caught.value)
    assert FAULT_FORMS[0] in str(caught.value)
