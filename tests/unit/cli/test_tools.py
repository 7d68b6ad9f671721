"""``bareline tools lint`` says what is wrong with whose tools, in words or JSON, and never with a traceback."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bareline.cli.main import main
from bareline.tools.lint import RULES

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = [path for path in sorted(ROOT.glob("examples/*.py")) if "Toolbox(" in path.read_text(encoding="utf-8")]
GOOD = '"""Tells the time. Use when the user asks what time it is."""'
TOOLS = f"""
import bareline as bl
tools = bl.Toolbox()
also = tools
other = bl.Toolbox()

@tools.tool
def tell_time() -> str:
    {GOOD}

@other.tool
def delete_all() -> str:
    {GOOD}

def make() -> bl.Toolbox:
    return tools

def broken() -> bl.Toolbox:
    return [][0]

def twice() -> bl.Toolbox:
    return tools + other + tools + bl.Toolbox([])

def clash() -> bl.Toolbox:
    raise bl.errors.ConfigurationError("two of a name")
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    known = set(sys.modules)
    (tmp_path / "mine.py").write_text(TOOLS, encoding="utf-8")
    yield tmp_path
    for name in set(sys.modules) - known:
        if not name.startswith("bareline"):
            del sys.modules[name]


def run(*arguments: str) -> int:
    return main(["tools", "lint", *arguments])


def test_every_toolbox_of_a_module_is_checked_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("mine") == 1
    said = capsys.readouterr().out
    assert "tools: 1 tool, nothing to mend\n" in said
    assert "other: 1 tool, 1 error\n" in said
    assert "[destructive-unmarked]" in said
    assert "mine.py:" in said
    assert "also" not in said


@pytest.mark.parametrize(("named", "status"), [("tools", 0), ("other", 1), ("make", 0)])
def test_one_may_be_named_and_a_path_is_as_good_as_a_module(named: str, status: int) -> None:
    assert run(f"mine:{named}") == run(f"mine.py:{named}") == status


def test_a_file_belongs_to_the_packages_around_it(folder: Path) -> None:
    inner = folder / "shop" / "floor"
    inner.mkdir(parents=True)
    (folder / "shop" / "__init__.py").touch()
    (inner / "__init__.py").write_text("box = None", encoding="utf-8")
    (inner / "tools.py").write_text("from . import box\n" + TOOLS, encoding="utf-8")
    assert run(f"{inner / 'tools.py'}:tools") == 0


def test_findings_can_be_read_by_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("mine", "--json") == 1
    reports = json.loads(capsys.readouterr().out)
    assert [(report["toolbox"], report["tools"]) for report in reports] == [("tools", 1), ("other", 1)]
    (finding,) = reports[1]["findings"]
    assert (finding["rule"], finding["severity"], finding["tool"]) == ("destructive-unmarked", "error", "delete_all")
    assert finding["advice"]


def test_what_fails_is_the_users_to_say(folder: Path) -> None:
    warned = TOOLS.replace("Use when the user asks what time it is.", "It is the time of day.").replace(
        "delete", "tell"
    )
    (folder / "warned.py").write_text(warned, encoding="utf-8")
    statuses = [run("warned", "--fail-on", severity) for severity in ("error", "warning", "hint")]
    assert statuses == [0, 1, 1]


def test_findings_about_all_tools_stand_under_the_toolbox(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = "\n".join(f"tools.add(lambda: None, name='get_{chr(97 + n) * 3}')" for n in range(21))
    (folder / "many.py").write_text(f"import bareline as bl\ntools = bl.Toolbox()\n{lines}\n", encoding="utf-8")
    assert run("many") == 1
    assert "all of tools\n  warning  21 tools are offered at once" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("module", "content", "words"),
    [
        ("absent", None, "No module named 'absent'"),
        ("absent.py", None, "absent.py: there is no such file"),
        ("empty", "", "has no Toolbox at its top"),
        ("raising", "[][0]", "IndexError"),
        ("leaving", "import sys; sys.exit('bye')", "SystemExit: bye"),
        ("typo.py", "def (", "SyntaxError"),
        ("mine:absent", None, "the module has no 'absent'"),
        ("mine:GOOD", "", "the module has no 'GOOD'"),
        ("mine:bl", None, "is a module, not a Toolbox"),
        ("mine:broken", None, "IndexError: list index out of range"),
        ("mine:clash", None, "two of a name"),
    ],
)
def test_what_cannot_be_loaded_is_said_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], module: str, content: str | None, words: str
) -> None:
    if content:
        (folder / f"{module.removesuffix('.py')}.py").write_text(content, encoding="utf-8")
    if content == "" and ":" not in module:
        (folder / f"{module}.py").touch()
    assert run(module) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


def test_without_a_module_it_asks_for_one_and_lists_its_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 2
    assert "name a module" in capsys.readouterr().err
    assert run("--rules") == 0
    said = capsys.readouterr().out
    assert all(rule.id in said and rule.reason in said for rule in RULES)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_are_clean(example: Path) -> None:
    assert run(str(example), "--fail-on", "hint") == 0
