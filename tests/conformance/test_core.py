"""Do endpoints, the ledger and the observers keep their contracts?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bareline.ids import SeededIds
from bareline.observe.recorder import Observers, Recorder, Records
from bareline.protocol.client_endpoint import ClientEndpoint
from bareline.protocol.playout import PlayoutLedger
from bareline.protocol.server_endpoint import ServerEndpoint
from bareline.testing.conformance.endpoint import ENDPOINT, MakeEndpoint
from bareline.testing.conformance.observer import OBSERVER, MakeObserver
from bareline.testing.conformance.playout import PLAYOUT, MakeLedger


def server(**options) -> ServerEndpoint:  # type: ignore[no-untyped-def]
    endpoint = ServerEndpoint(ids=SeededIds(1), model="gpt-realtime", opened_unix_s=0, **options)
    endpoint.open(0)
    return endpoint


ENDPOINTS: dict[str, MakeEndpoint] = {
    "client": ClientEndpoint,
    "client without fold": lambda: ClientEndpoint(fold=False),
    "client with checks": lambda: ClientEndpoint(checks=True),
    "server": server,
    "server of a transcription": lambda: server(intent="transcription"),
    "server with media": lambda: server(media=True),
}


@pytest.mark.parametrize("check", ENDPOINT, ids=lambda check: check.__name__)
@pytest.mark.parametrize("make", ENDPOINTS.values(), ids=ENDPOINTS.keys())
def test_endpoints(make: MakeEndpoint, check: Callable[[MakeEndpoint], None]) -> None:
    check(make)


@pytest.mark.parametrize("check", PLAYOUT, ids=lambda check: check.__name__)
def test_the_ledger(check: Callable[[MakeLedger], None]) -> None:
    check(PlayoutLedger)


@pytest.mark.parametrize("check", OBSERVER, ids=lambda check: check.__name__)
@pytest.mark.parametrize("make", [Records, Observers, lambda: Observers(Records(), Records())])
def test_observers(make: MakeObserver, check: Callable[[MakeObserver], None]) -> None:
    check(make)


@pytest.mark.parametrize("check", OBSERVER, ids=lambda check: check.__name__)
def test_the_recorder(check: Callable[[MakeObserver], None], tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "trace.jsonl", at_ns=0, header={})
    check(lambda: recorder)
    recorder.close()
