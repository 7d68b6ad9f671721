"""Do links lead somewhere, does code compile and import what exists, and do commands parse?"""

from __future__ import annotations

import ast
import importlib
import re
import shlex
import textwrap

import pytest

from bareline.cli.main import make_parser
from bareline.errors import ConfigurationError
from bareline.server.faults import read_faults

_OTHERS = ("openai", "pytest", "agents", "livekit", "pipecat")
"""Packages of others, which a page may import."""
_SAMPLES = {"--fault": "cut@1s", "--session-limit": "1m", "--port": "0", "--backend": "rules", "--wav": "a.wav"}
"""Values for options that are named without one."""


def anchors(text: str) -> set[str]:
    """The anchors of the headings of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        other = (page.parent / path).resolve() if path else page
        assert other.exists(), f"{target} does not exist"
        if anchor:
            assert anchor in anchors(other.read_text(encoding="utf-8")), f"{target}: no such heading"


def test_every_page_is_in_the_index(root):
    index = root / "docs" / "index.md"
    linked = {(index.parent / target).resolve() for target in re.findall(r"\]\(([^)#\s]+)", index.read_text("utf-8"))}
    missing = [page.name for page in (root / "docs").rglob("*.md") if page != index and page.resolve() not in linked]
    assert missing == [], "docs/index.md does not lead to these"


def test_python_compiles_and_imports_what_exists(page_blocks):
    for block in page_blocks:
        if block.language != "python":
            continue
        tree = ast.parse(textwrap.dedent(block.text), filename=f"{block.page.name}:{block.line}")
        ast.increment_lineno(tree, block.line)
        compile(tree, block.page.name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        for node in ast.walk(tree):
            check_import(node, f"{block.page.name}:{getattr(node, 'lineno', 0)}")


def test_the_tutorial_shows_what_the_examples_run(root):
    page = root / "docs" / "tutorial" / "first-agent.md"
    shown = re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    run = "".join(example.read_text(encoding="utf-8") for example in (root / "examples").rglob("*.py"))
    assert shown
    assert [text for text in shown if text not in run] == []


def check_import(node: ast.AST, place: str) -> None:
    """What is imported, or named as ``bl.something``, is there."""
    match node:
        case ast.ImportFrom(module=str(module), names=names) if module.split(".")[0] == "bareline":
            found = importlib.import_module(module)
            for name in names:
                assert hasattr(found, name.name), f"{place}: {module} has no {name.name}"
        case ast.Import(names=names):
            for name in names:
                if not name.name.startswith(_OTHERS):
                    importlib.import_module(name.name)
        case ast.Attribute(value=ast.Name(id="bl"), attr=attr):
            assert hasattr(importlib.import_module("bareline"), attr), f"{place}: bl has no {attr}"
        case ast.Attribute(value=ast.Name(id="ev") | ast.Attribute(value=ast.Name(id="bl"), attr="events"), attr=attr):
            assert hasattr(importlib.import_module("bareline.protocol.events"), attr), f"{place}: no event {attr}"
        case _:
            pass


def commands(text: str) -> list[str]:
    """The ``bareline`` commands of a console block or of inline code."""
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    found = [
        re.search(r"^(?:\$ )?(?:.*\| )?(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?bareline (?!\w+: )(.*)$", line)
        for line in lines
    ]
    return [match[1].partition(" #")[0].partition(" >")[0] for match in found if match]


def parses(command: str) -> bool:
    """Whether the real parser takes the command; ``...`` stands for more."""
    arguments = [argument for argument in shlex.split(command) if argument not in ("...", "…")]
    try:
        given = make_parser().parse_args(arguments)
        read_faults(",".join(getattr(given, "fault", [])))
    except SystemExit as end:
        return end.code == 0
    except ConfigurationError:
        return False
    return True


def test_commands_parse(page_blocks, capsys):
    for block in page_blocks:
        if block.language in ("console", "bash", "sh"):
            for command in commands(block.text):
                assert parses(command), f"{block.page.name}:{block.line}: bareline {command}: {capsys.readouterr().err}"


def test_inline_commands_parse(page, capsys):
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for code in re.findall(r"`bareline ([a-z][^`]*)`", text):
        if "[-h]" not in code:  # a line of usage
            assert parses(whole(code)), f"`bareline {code}`: {capsys.readouterr().err}"


def whole(command: str) -> str:
    """A command that was named in passing, with what it cannot do without."""
    command = re.sub(r" (\.\.\.|…|TEXT|FAULT)$", "", command)
    option = command.rpartition(" ")[2]
    if option in _SAMPLES:
        command += f" {_SAMPLES[option]}"
    return command


@pytest.mark.parametrize(
    "wrong", ["serve --prot 1", "dance", "talk --wav", "serve --session-limit soon", "serve --fault flood@1s"]
)
def test_a_wrong_command_would_be_found(wrong, capsys):
    assert not parses(wrong)
    capsys.readouterr()
