"""Does the code keep to the house style where a machine can tell?"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PEERS = ROOT / "src" / "bareline" / "lab" / "peers" / "programs"
"""Programs as the peers' own documentation would write them; nobody imports them."""
SOURCES = sorted({*(ROOT / "src" / "bareline").rglob("*.py")} - {*PEERS.glob("*/scene.py")})
MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 60
BANNED_WORDS = ("manager", "helper", "utils", "util", "handler", "base")
"""Words that name no concept. ``base64`` and ``base_url`` are other people's names."""
ALLOWED_NAMES = {
    "base_url",
    "base_exception",
    "b64decode",
    "BaseException",
    "add_signal_handler",
    "remove_signal_handler",
}
TEXT_FILES = [
    path
    for pattern in ("*.md", "docs/**/*.md", "src/**/*.py", "tests/**/*.py", "examples/**/*.py", "scripts/*", ".ci/*")
    for path in ROOT.glob(pattern)
    if path.is_file()
]
FOREIGN_TEXT = re.compile(r"/work/|pypi\.org|files\.pythonhosted|registry\.npmjs|deb\.debian\.org", re.IGNORECASE)


def defined_names(tree: ast.AST) -> list[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return [node.name for node in ast.walk(tree) if isinstance(node, kinds)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_file_and_functions_have_a_readable_size(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MAX_FILE_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= MAX_FUNCTION_LINES, f"{node.name} has {length} lines"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_says_what_it_answers_and_what_it_exports(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstring = ast.get_docstring(tree)
    assert docstring, "no module docstring"
    if path.name != "__init__.py":
        names = {
            ast.unparse(node.target if isinstance(node, ast.AnnAssign) else node.targets[0])
            for node in tree.body
            if isinstance(node, ast.Assign | ast.AnnAssign)
        }
        assert "__all__" in names, "no __all__"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_names_are_words_of_the_glossary(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for name in [path.stem, *defined_names(tree)]:
        if name in ALLOWED_NAMES:
            continue
        words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)
        assert not {word.lower() for word in words} & set(BANNED_WORDS), f"{name} names no concept"


@pytest.mark.parametrize("path", TEXT_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_text_speaks_of_the_project_alone(path: Path) -> None:
    if path == Path(__file__):
        return
    found = FOREIGN_TEXT.search(path.read_text(encoding="utf-8", errors="replace"))
    assert not found, f"speaks of {found.group() if found else ''}"


def test_public_docstrings_exist() -> None:
    missing = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in SOURCES
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("_")
        and not any("overload" in ast.unparse(decorator) for decorator in node.decorator_list)
        and not ast.get_docstring(node)
    ]
    assert not missing
