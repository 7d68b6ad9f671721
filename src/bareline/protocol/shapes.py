"""What do the event types say about themselves, for code that walks any of them?

The open unions of received values have one member that stands for all types this version does not know; it is told by
its tag, which no peer sends (and if one does, it is an unknown type like any other).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

__all__ = ["OPEN_PREFIX", "holds_open", "object_shapes", "open_shape", "shape_of", "union_members"]

OPEN_PREFIX = "bareline."
"""Tags of the members that stand for unknown types begin with this."""


@cache
def shape_of(kind: Any) -> inspect.Type:
    """The shape of a type: a struct, or a union of structs."""
    return inspect.type_info(kind)


def union_members(shape: inspect.Type) -> tuple[inspect.Type, ...]:
    """The members of a union; of anything else, itself alone."""
    return tuple(shape.types) if isinstance(shape, inspect.UnionType) else (shape,)


def object_shapes(shape: inspect.Type) -> dict[object, inspect.StructType]:
    """The structs that a JSON object here can be, by tag (``None`` for one without), the open member left out."""
    return {
        member.tag: member
        for member in union_members(shape)
        if isinstance(member, inspect.StructType) and not _is_open(member)
    }


def open_shape(shape: inspect.Type) -> inspect.StructType | None:
    """The member that stands for unknown types, if this union is open."""
    return next((m for m in union_members(shape) if isinstance(m, inspect.StructType) and _is_open(m)), None)


@cache
def holds_open(kind: type[msgspec.Struct]) -> bool:
    """Whether a value of this type can hold a member of an unknown type, at any depth."""
    return _holds_open(shape_of(kind))


def _holds_open(shape: inspect.Type) -> bool:
    if open_shape(shape) is not None:
        return True
    match shape:
        case inspect.UnionType(types=types):
            return any(_holds_open(member) for member in types)
        case inspect.ListType(item_type=item):
            return _holds_open(item)
        case inspect.StructType(fields=fields):
            return any(_holds_open(field.type) for field in fields)
        case _:
            return False


def _is_open(shape: inspect.StructType) -> bool:
    return isinstance(shape.tag, str) and shape.tag.startswith(OPEN_PREFIX)
