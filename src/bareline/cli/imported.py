"""Which object of the user's own does ``MODULE:NAME`` mean?"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from bareline.errors import ConfigurationError

__all__ = ["imported"]


def imported(option: str, source: str) -> object:
    """``NAME`` of ``MODULE``, which may lie where the command was started; ``option`` stood before it.

    Raises ``ConfigurationError`` when the module cannot be imported, whatever it raised, or has no such name.
    """
    module, _, name = source.rpartition(":")
    if not module or not name:
        raise ConfigurationError(f"{option}{source}: expected MODULE:NAME")
    sys.path.insert(0, str(Path.cwd()))  # a command, unlike ``python -m``, does not look there
    try:
        return getattr(importlib.import_module(module), name)
    except Exception as error:  # a module of the user's own may raise anything
        raise ConfigurationError(f"{option}{source}: {type(error).__name__}: {error}") from error
