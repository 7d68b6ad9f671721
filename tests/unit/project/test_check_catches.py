"""Do the checks of scripts/check fail when a rule is broken?"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent
TIDY = (str(BIN / "pytest"), "-p", "no:cacheprovider", "tests/unit/project/test_tidy.py")
LONG = "\n".join(f"    x = {number}" for number in range(70))

BREAKS = {
    "a type that does not fit": ("units.py", 'wrong: int = "text"\n', ("pyright", "src/bareline/units.py")),
    "an unused import": ("units.py", "import json\n", ("ruff", "check", "src/bareline/units.py")),
    "bad formatting": ("units.py", "x  =  1\n", ("ruff", "format", "--check", "src/bareline/units.py")),
    "a clock in the core": ("protocol/limits.py", "import time\n", ("lint-imports",)),
    "a lower layer that imports a higher one": ("media/frames.py", "import bareline.client\n", ("lint-imports",)),
    "siblings that import each other": ("media/frames.py", "import bareline.protocol\n", ("lint-imports",)),
    "a long function": ("units.py", f"def long() -> None:\n{LONG}\n", TIDY),
    "a name that names nothing": ("units.py", "class UnitManager:\n    '''Says nothing.'''\n", TIDY),
    "a public name without words": ("units.py", "def silent() -> None: ...\n", TIDY),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("project")
    for name in ("src", "tests/unit/project"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    (copy / ".venv").symlink_to(BIN.parent)
    return copy


def run(project: Path, command: tuple[str, ...]) -> int:
    program = command[0] if "/" in command[0] else str(BIN / command[0])
    environment = {**os.environ, "PYTHONPATH": str(project / "src")}
    return subprocess.run(
        [program, *command[1:]], cwd=project, env=environment, capture_output=True, check=False
    ).returncode


@pytest.mark.slow
@pytest.mark.parametrize("rule", BREAKS)
def test_a_broken_rule_is_caught(project: Path, rule: str) -> None:
    name, addition, command = BREAKS[rule]
    path = project / "src" / "bareline" / name
    original = path.read_text(encoding="utf-8")
    assert run(project, command) == 0, "the check fails before the rule is broken"
    path.write_text(original + addition, encoding="utf-8")
    try:
        assert run(project, command) != 0
    finally:
        path.write_text(original, encoding="utf-8")
