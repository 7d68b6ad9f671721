"""Is any server's schema one flat object for a model, and are arguments judged by the schema itself?"""

from __future__ import annotations

from typing import Any

import pytest

from bareline.mcp.schemas import flat_schema, schema_reader
from bareline.tools.arguments import Arguments, InvalidArguments

pytest.importorskip("jsonschema", reason="it comes with the optional part 'mcp'")


def test_references_are_written_out_and_types_within_themselves_left_open() -> None:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Arguments",
        "type": "object",
        "$defs": {
            "Node": {
                "type": "object",
                "title": "Node",
                "properties": {"title": {"type": "string"}, "child": {"$ref": "#/$defs/Node"}},
            },
            "a/b": {"enum": ["title"]},
        },
        "properties": {
            "node": {"$ref": "#/$defs/Node", "description": "The first."},
            "kind": {"$ref": "#/$defs/a~1b"},
            "far": {"$ref": "https://example.com/schema"},
            "gone": {"$ref": "#/$defs/nowhere"},
        },
        "required": ["node"],
        "additionalProperties": False,
    }
    assert flat_schema(schema) == {
        "type": "object",
        "properties": {
            "node": {
                "type": "object",
                "description": "The first.",
                "properties": {"title": {"type": "string"}, "child": {}},
            },
            "kind": {"enum": ["title"]},
            "far": {},
            "gone": {},
        },
        "required": ["node"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize("key", ["anyOf", "oneOf"])
def test_alternatives_at_the_top_are_merged(key: str) -> None:
    text, number = {"type": "string"}, {"type": "integer"}
    schema: dict[str, Any] = {
        key: [
            {"properties": {"id": text, "name": text}, "required": ["id", "name"]},
            {"properties": {"id": text, "size": number}, "required": ["id", "size"]},
        ],
        "allOf": [{"properties": {"note": text}, "required": ["note"]}],
    }
    flat = flat_schema(schema)
    assert sorted(flat["properties"]) == ["id", "name", "note", "size"]
    assert flat["required"] == ["note", "id"]
    assert flat_schema({}) == {"type": "object", "properties": {}, "required": []}


@pytest.mark.parametrize(
    ("given", "kind", "understood"),
    [
        ('"2"', "integer", 2),
        ('"2.5"', "number", 2.5),
        ('"TRUE"', "boolean", True),
        ('"no"', "boolean", None),
        ('"x"', "integer", None),
    ],
)
def test_what_was_written_as_a_string_is_understood_where_nothing_else_fits(
    given: str, kind: str, understood: Any
) -> None:
    read = schema_reader({"type": "object", "properties": {"a": {"type": kind}, "b": True}})
    found = read(f'{{"a": {given}, "c": "2"}}')
    if understood is None:
        assert isinstance(found, InvalidArguments)
        assert found.field == "a"
    else:
        assert isinstance(found, Arguments)
        assert found.values == {"a": understood, "c": "2"}


def test_a_schema_that_is_none_leaves_the_judgement_to_the_server() -> None:
    assert isinstance(schema_reader({"type": "thing"})('{"a": 1}'), Arguments)
    assert isinstance(schema_reader({"$ref": "https://example.com/schema"})('{"a": 1}'), Arguments)
    assert isinstance(schema_reader({"properties": 7})("{}"), Arguments)


def test_no_text_means_no_arguments() -> None:
    found = schema_reader({"type": "object", "required": ["a"], "properties": {"a": {}}})("")
    assert found == InvalidArguments("'a' is a required property", "a", {})
