"""Are the generated pages current, and does the page on traces name everything that is written?"""

from __future__ import annotations

import ast
import re
import runpy
from pathlib import Path

import pytest

from bareline.observe.record import RECORD_KINDS
from bareline.protocol.severity import Severity
from bareline.tools.calls import CallState

_KINDS = {"decision", "connection", "note", "playout", "tool", "error"}


def test_the_page_of_commands_is_what_its_script_writes(root):
    script = runpy.run_path(str(root / "scripts" / "command_line_reference.py"))
    page = root / "docs" / "reference" / "command-line.md"
    assert page.read_text(encoding="utf-8") == script["page"](), "run python scripts/command_line_reference.py"


def test_the_page_of_choose_is_what_its_script_writes(root):
    script = runpy.run_path(str(root / "scripts" / "choose_reference.py"))
    page = root / "docs" / "reference" / "choose-rules.md"
    assert page.read_text(encoding="utf-8") == script["page"](), "run python scripts/choose_reference.py"


@pytest.fixture
def trace_page(root: Path) -> dict[str, str]:
    """The page by section; a heading may name several kinds."""
    text = (root / "docs" / "reference" / "trace.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    return {kind: body for title, body in sections for kind in title.split(", ")}


def written(root: Path) -> list[tuple[str, str | None, str, set[str]]]:
    """Kind, name (None: it is no constant), place and keys of every record that the client's code writes."""
    found: list[tuple[str, str | None, str, set[str]]] = []
    for path in sorted((root / "src" / "bareline" / "client").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and (kind := kind_of(node)):
                name = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
                keys = {keyword.arg for keyword in node.keywords if keyword.arg} | dict_keys(node)
                found.append((kind, name, f"{path.name}:{node.lineno}", keys))
    return found


def kind_of(call: ast.Call) -> str | None:
    """The kind of record a call makes, if it makes one."""
    match call.func:
        case ast.Attribute(attr=attr, value=ast.Attribute(attr="journal" | "_journal")) if attr in _KINDS:
            return attr
        case ast.Attribute(attr="_note", value=ast.Name(id="self")) if len(call.args) == 2:
            return "connection"
        case ast.Attribute(attr="settle" | "step") if any(
            keyword.arg in ("detail", "question") for keyword in call.keywords
        ):
            return "tool"
        case _:
            return None


def dict_keys(call: ast.Call) -> set[str]:
    """Keys of a literal mapping among the arguments."""
    literals = [argument for argument in call.args if isinstance(argument, ast.Dict)]
    return {key.value for literal in literals for key in literal.keys if isinstance(key, ast.Constant)}


def test_every_kind_and_name_that_is_written_is_on_the_page(root, trace_page):
    assert set(RECORD_KINDS) <= set(trace_page)
    records = written(root)
    assert {kind for kind, *_ in records} == _KINDS
    for kind, name, place, keys in records:
        section = trace_page[kind]
        assert name is None or f"`{name}`" in section, f"{place}: {kind} '{name}' is not on the page"
        missing = {key for key in keys if f"`{key}`" not in section}
        assert not missing, f"{place}: {kind} has {missing}, which the page does not name"


def test_states_and_severities_are_on_the_page(trace_page):
    assert all(f"`{state}`" in trace_page["tool"] for state in CallState)
    assert all(f"`{severity}`" in trace_page["error"] for severity in Severity)


def test_the_five_counts_and_the_recorders_own_records_are_on_the_page(trace_page):
    counts = ("received", "decoded", "queued", "written", "heard", "audio_end_ms", "delete")
    assert all(f"`{count}`" in trace_page["playout"] for count in counts)
    assert "`records_dropped`" in trace_page["note"]
    assert "`bareline-trace`" in trace_page["header"]
