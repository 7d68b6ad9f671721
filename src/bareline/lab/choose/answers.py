"""What did the user answer, in a file, and what is wrong with it?

A file is TOML (``.toml``) or JSON (``.json``): a table ``answers`` of question and answer, and a ``name`` for the
project if wanted. Questions that are left out are ``unknown``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

import msgspec

from bareline.errors import ConfigurationError
from bareline.lab.choose.knowledge import UNKNOWN, Knowledge, Question, shipped_knowledge

__all__ = ["AnswerSheet", "answer_file", "read_answers"]

_MAX_BYTES = 100_000


class AnswerSheet(msgspec.Struct, frozen=True):
    """The answers by question, ``unknown`` ones left out, and what the project is called."""

    answers: dict[str, str] = {}
    name: str = ""


def read_answers(path: Path, knowledge: Knowledge | None = None) -> AnswerSheet:
    """The answers in this file. Raises ``ConfigurationError`` naming file, line and what would be right."""
    knowledge = knowledge or shipped_knowledge()
    text, found = _decoded(path)
    _refuse_unknown(path, text, found, ("name", "answers"), "no field of a file of answers")
    name, answers = found.get("name", ""), found.get("answers", {})
    if not isinstance(name, str):
        raise _wrong(path, text, "name", "the name must be text")
    if not isinstance(answers, dict):
        raise _wrong(path, text, "answers", 'answers must be a table: question = "answer"')
    given = cast("dict[str, Any]", answers)
    _refuse_unknown(path, text, given, tuple(question.id for question in knowledge.questions), "no question")
    for question in knowledge.questions:
        if question.id in given and given[question.id] not in question.values:
            raise _wrong(path, text, question.id, _not_an_answer(question, given[question.id]))
    return AnswerSheet({key: value for key, value in given.items() if value != UNKNOWN}, name)


def answer_file(answers: Mapping[str, str], name: str = "", knowledge: Knowledge | None = None) -> str:
    """A file of answers in TOML, with every question and all that may be answered as comments."""
    lines = ["# Answers for: bareline choose --answers FILE", f"name = {_quoted(name)}", "", "[answers]"]
    for question in (knowledge or shipped_knowledge()).questions:
        lines += ["", f"# {question.topic}: {question.ask}"]
        lines += [f"#   {answer.id}: {answer.text}" for answer in question.choices]
        lines.append(f'{question.id} = "{answers.get(question.id, UNKNOWN)}"')
    return "\n".join(lines) + "\n"


def _decoded(path: Path) -> tuple[str, dict[str, Any]]:
    if path.suffix not in (".toml", ".json"):
        raise ConfigurationError(f"{path}: answers are read from a .toml or a .json file")
    try:
        data = path.read_bytes()
        if len(data) > _MAX_BYTES:
            raise ConfigurationError(f"{path}: too long for a file of answers")
        text = data.decode("utf-8")
        found: Any = tomllib.loads(text) if path.suffix == ".toml" else msgspec.json.decode(data)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:  # of either format, and of UTF-8
        raise ConfigurationError(f"{path}: {error}") from error
    if not isinstance(found, dict):
        raise ConfigurationError(f'{path}: answers are an object: {{"answers": {{"providers": "openai"}}}}')
    return text, cast("dict[str, Any]", found)


def _refuse_unknown(path: Path, text: str, given: dict[str, Any], known: tuple[str, ...], what: str) -> None:
    for key in given:
        if key not in known:
            close = get_close_matches(key, known, n=1)
            hint = f"do you mean {close[0]}?" if close else f"known are {', '.join(known)}"
            raise _wrong(path, text, key, f"'{key}' is {what}; {hint}")


def _not_an_answer(question: Question, value: object) -> str:
    close = get_close_matches(value, question.values, n=1) if isinstance(value, str) else []
    hint = f"do you mean {close[0]}? It takes" if close else "it takes"
    said = f"'{value}'" if isinstance(value, str) else msgspec.json.encode(value).decode()[:40]
    return f"{said} is no answer to '{question.id}'; {hint} {', '.join(question.values)}"


def _wrong(path: Path, text: str, key: str, words: str) -> ConfigurationError:
    found = re.search(rf'^[^#\n]*?"?\b{re.escape(key)}\b"?\s*[=:\]]', text, re.MULTILINE)
    line = f"{text.count(chr(10), 0, found.end()) + 1}:" if found else ""
    return ConfigurationError(f"{path}:{line} {words}")


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()  # a JSON string is a TOML string
