"""What does the JSON Schema of a tool's arguments look like to a model?

Flat: references are written out, titles dropped, an optional value is simply not required.
"""

from __future__ import annotations

from typing import Any

import msgspec

from bareline.tools.flat_schema import flat_schema
from bareline.tools.foreign_types import schema_hook

__all__ = ["schema_of"]


def schema_of(arguments: type[msgspec.Struct], descriptions: dict[str, str]) -> dict[str, Any]:
    """The schema of ``arguments``; ``descriptions`` fills in what the type itself does not describe.

    Raises ``ConfigurationError`` for a type that contains itself.
    """
    (root,), components = msgspec.json.schema_components([arguments], schema_hook=schema_hook, ref_template="{name}")
    whole: dict[str, Any] = flat_schema(root, components)
    properties: dict[str, Any] = whole.get("properties", {})
    for name, schema in properties.items():
        properties[name] = _described(schema, descriptions.get(name))
    return {
        "type": "object",
        "properties": properties,
        "required": whole.get("required", []),
        "additionalProperties": False,
    }


def _described(schema: dict[str, Any], description: str | None) -> dict[str, Any]:
    return schema if not description or "description" in schema else {**schema, "description": description}
