"""What makes a voice agent testable: virtual time, bad networks, callers, servers in process, conformance kits.

The names below are loaded when first used; kits are in ``bareline.testing.conformance``. See
``docs/reference/testing.md``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bareline.testing.caller import SimulatedCaller as SimulatedCaller
    from bareline.testing.function_backend import FunctionBackend as FunctionBackend
    from bareline.testing.function_backend import spoken as spoken
    from bareline.testing.in_process import InProcessServer as InProcessServer
    from bareline.testing.link import SeededLink as SeededLink
    from bareline.testing.link import link_pair as link_pair
    from bareline.testing.media_link import media_link_pair as media_link_pair
    from bareline.testing.pair import EndpointPair as EndpointPair
    from bareline.testing.proxy import ImpairedProxy as ImpairedProxy
    from bareline.testing.server_thread import ServerThread as ServerThread
    from bareline.testing.simulation import simulate as simulate
    from bareline.testing.steps import Decide as Decide
    from bareline.testing.steps import HangUp as HangUp
    from bareline.testing.steps import InterruptAfter as InterruptAfter
    from bareline.testing.steps import Pause as Pause
    from bareline.testing.steps import Play as Play
    from bareline.testing.steps import Say as Say
    from bareline.testing.steps import WaitForAgent as WaitForAgent
    from bareline.testing.tones import ToneSynthesis as ToneSynthesis
    from bareline.testing.turns.lock import check_turns as check_turns
    from bareline.testing.turns.replay import Contender as Contender
    from bareline.testing.virtual import run_virtual as run_virtual

_HOME = {
    "Contender": "turns.replay",
    "Decide": "steps",
    "EndpointPair": "pair",
    "FunctionBackend": "function_backend",
    "HangUp": "steps",
    "ImpairedProxy": "proxy",
    "InProcessServer": "in_process",
    "InterruptAfter": "steps",
    "Pause": "steps",
    "Play": "steps",
    "Say": "steps",
    "SeededLink": "link",
    "ServerThread": "server_thread",
    "SimulatedCaller": "caller",
    "ToneSynthesis": "tones",
    "WaitForAgent": "steps",
    "check_turns": "turns.lock",
    "link_pair": "link",
    "media_link_pair": "media_link",
    "run_virtual": "virtual",
    "simulate": "simulation",
    "spoken": "function_backend",
}
"""Public name to the module of this package that holds it."""

__all__ = [*_HOME]  # noqa: PLE0604  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'bareline.testing' has no attribute '{name}'")
    value = getattr(importlib.import_module(f"bareline.testing.{home}"), name)
    globals()[name] = value
    return value
