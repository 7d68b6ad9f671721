"""Writes the files of examples/task_manager that the package has as well: the demo runs the same code.

``python scripts/task_manager_example.py``, after src/bareline/lab/task_manager has changed.
"""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["copies", "main"]

_ROOT = Path(__file__).parents[1]
_PACKAGE = _ROOT / "src" / "bareline" / "lab" / "task_manager"
_EXAMPLE = _ROOT / "examples" / "task_manager"
_OWN = re.compile(r"^from bareline\.lab\.task_manager\.(\w+ import .*)\n", re.MULTILINE)
_LAST_IMPORT = re.compile(r"^from bareline\..*\n(?!from )", re.MULTILINE)


def copies() -> dict[Path, str]:
    """The text of every copied file."""
    sources = (path for path in sorted(_PACKAGE.glob("*.py")) if path.name != "__init__.py")
    return {_EXAMPLE / path.name: _copied(path.read_text(encoding="utf-8")) for path in sources}


def main() -> None:
    """Write the files."""
    for path, text in copies().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(_ROOT))


def _copied(text: str) -> str:
    """The same with imports from beside; they stand last."""
    own = "".join(f"from {names}\n" for names in _OWN.findall(text))
    text = _OWN.sub("", text)
    return _LAST_IMPORT.sub(lambda found: found.group() + own, text, count=1)


if __name__ == "__main__":
    main()
