"""What does a tool's JSON Schema say, as far as a conversation can use it?"""

from __future__ import annotations

from typing import TypeAlias, cast

import msgspec

from bareline.protocol.events.tools import FunctionTool

__all__ = ["Json", "Schema", "read_schema", "resolved"]

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None

_DEPTH_MAX = 8


class Schema(
    msgspec.Struct, frozen=True, rename={"ref": "$ref", "any_of": "anyOf", "one_of": "oneOf", "defs": "$defs"}
):
    """The keywords that matter; the others are dropped. A schema that is ill-formed reads as empty."""

    type: str | list[str] | None = None
    enum: list[str | int | float | bool | None] | None = None
    const: str | int | float | bool | None = None
    format: str | None = None
    pattern: str | None = None
    description: str = ""
    examples: list[str | int | float | bool | None] | None = None
    minimum: float | None = None
    maximum: float | None = None
    items: Schema | None = None
    any_of: list[Schema] | None = None
    one_of: list[Schema] | None = None
    properties: dict[str, Schema] | None = None
    required: list[str] | None = None
    ref: str | None = None
    defs: dict[str, Schema] | None = None

    @property
    def kind(self) -> str:
        """The one type that is not null; empty when none is given."""
        named = self.type if isinstance(self.type, list) else [self.type or ""]
        return next((name for name in named if name != "null"), "")


def read_schema(tool: FunctionTool) -> Schema:
    """The schema of a tool's arguments."""
    try:
        return msgspec.convert(cast("Json", tool.parameters) or {}, Schema, strict=False)
    except msgspec.ValidationError:
        return Schema()


def resolved(schema: Schema, root: Schema) -> Schema:
    """``schema`` with its reference followed and an optional (``anyOf`` with null) reduced to what it may be."""
    found = schema
    for _ in range(_DEPTH_MAX):
        options = [option for option in found.any_of or found.one_of or [] if option.type != "null"]
        if found.ref is not None:
            target = (root.defs or {}).get(found.ref.rpartition("/")[2], Schema())
        elif len(options) == 1:
            target = options[0]
        elif options and all(option.const is not None for option in options):
            target = msgspec.structs.replace(found, enum=[option.const for option in options], any_of=None, one_of=None)
        else:
            return found
        found = msgspec.structs.replace(target, description=found.description or target.description)
    return found
