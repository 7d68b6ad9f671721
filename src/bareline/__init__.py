"""Bareline: the direct line to realtime voice models.

The names below are loaded when first used, so that importing the package pulls in no transport (D2).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bareline.client.line import Line as Line
    from bareline.local import connect as connect
    from bareline.protocol import events as events

__version__ = "0.1.0"

_HOME = {
    "Line": "bareline.client.line",
    "connect": "bareline.local",
    "events": "bareline.protocol.events",
}
"""Public name to the module that holds it (or that it is)."""

__all__ = ["Line", "__version__", "connect", "events"]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'bareline' has no attribute '{name}'")
    module = importlib.import_module(home)
    value = module if home.rpartition(".")[2] == name else getattr(module, name)
    globals()[name] = value
    return value
