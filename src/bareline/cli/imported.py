"""Which object or module of the user's own does an option or argument mean?"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

from bareline.errors import ConfigurationError

__all__ = ["imported", "imported_module"]


def imported(option: str, source: str) -> object:
    """``NAME`` of ``MODULE``, which may lie where the command was started; ``option`` stood before it.

    Raises ``ConfigurationError`` when the module cannot be imported, whatever it raised, or has no such name.
    """
    module, _, name = source.rpartition(":")
    if not module or not name:
        raise ConfigurationError(f"{option}{source}: expected MODULE:NAME")
    found = imported_module(f"{option}{source}", module)
    try:
        return getattr(found, name)
    except AttributeError as error:
        raise ConfigurationError(f"{option}{source}: {type(error).__name__}: {error}") from error


def imported_module(written: str, source: str) -> ModuleType:
    """A module by its dotted name, or by the path of its file (which belongs to the packages around it).

    ``written`` is what the user wrote. Raises ``ConfigurationError`` when it cannot be imported, whatever it raised.
    """
    name = _name_of(written, Path(source)) if source.endswith(".py") else source
    sys.path.insert(0, str(Path.cwd()))  # a command, unlike ``python -m``, does not look there
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # a module of the user's own may raise anything
        raise ConfigurationError(f"{written}: {type(error).__name__}: {error}") from error


def _name_of(written: str, path: Path) -> str:
    """The module's dotted name; its root folder is where it is looked for first."""
    if not path.is_file():
        raise ConfigurationError(f"{written}: there is no such file")
    path = path.resolve()
    parts, folder = [path.stem], path.parent
    while (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    sys.path.insert(0, str(folder))
    return ".".join(parts)
