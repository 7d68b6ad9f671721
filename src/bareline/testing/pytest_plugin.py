"""How does a user's own pytest suite get virtual time, seeds and a server?

Loaded by the ``pytest11`` entry point of that name, or with ``-p bareline.testing.pytest_plugin``.

- ``@pytest.mark.virtual`` runs an ``async def`` test in virtual time (``limit_s=``, ``leftovers=`` as in
  ``run_virtual``).
- ``virtual`` is ``run_virtual``, for plain tests.
- ``seed`` is a number of its own for every test, the same in every run; ``--bareline-seed`` sets it. It is printed when
  the test fails.
- ``in_process_server`` is ``InProcessServer``: the server over a simulated link, in virtual time too.
- ``local_server(backend)`` starts the server on a real port of 127.0.0.1 for the length of the test, in a thread of its
  own, and gives its base URL: for unmodified SDKs and synchronous code.
"""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from bareline.testing.virtual import run_virtual

if TYPE_CHECKING:  # a suite that uses none of it pays for none of it
    from bareline.server.backend import Backend
    from bareline.server.serve import RealtimeServer
    from bareline.testing.in_process import InProcessServer

__all__ = [
    "in_process_server",
    "local_server",
    "pytest_addoption",
    "pytest_configure",
    "pytest_pyfunc_call",
    "pytest_runtest_makereport",
    "seed",
    "virtual",
]

_SEED = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option ``--bareline-seed``."""
    parser.getgroup("bareline").addoption(
        "--bareline-seed", type=int, default=None, help="the number that the fixture 'seed' gives to every test"
    )


def pytest_configure(config: pytest.Config) -> None:
    """The marker ``virtual``."""
    config.addinivalue_line("markers", "virtual(limit_s, leftovers): run this async test in virtual time")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run marked async tests on the virtual loop."""
    marker = pyfuncitem.get_closest_marker("virtual")
    if marker is None or not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    arguments = {name: value for name, value in pyfuncitem.funcargs.items() if name in names}
    run_virtual(pyfuncitem.obj(**arguments), **marker.kwargs)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Print the seed of a failed test."""
    report = yield
    chosen = item.stash.get(_SEED, None)
    if report.failed and chosen is not None:
        report.sections.append(("bareline", f"seed {chosen}: run again with --bareline-seed={chosen}"))
    return report


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """A seed for this test: of its own and stable, or the one of ``--bareline-seed``."""
    given: int | None = request.config.getoption("--bareline-seed")
    chosen = zlib.crc32(request.node.nodeid.encode()) if given is None else given
    request.node.stash[_SEED] = chosen
    return chosen


@pytest.fixture
def in_process_server() -> type[InProcessServer]:
    """``bareline.testing.in_process.InProcessServer``."""
    from bareline.testing.in_process import InProcessServer

    return InProcessServer


@pytest.fixture
def local_server() -> Iterator[Callable[[Backend | Callable[[], RealtimeServer]], str]]:
    """Starts servers in threads, and stops them after the test."""
    from bareline.testing.server_thread import ServerThread

    with ExitStack() as servers:
        yield lambda make: servers.enter_context(ServerThread(make)).url


@pytest.fixture
def virtual() -> Callable[..., Any]:
    """``bareline.testing.virtual.run_virtual``."""
    return run_virtual
