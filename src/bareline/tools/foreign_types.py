"""How do types that bring their own schema and validation, those of pydantic, become parameters of a tool?

The one place that imports pydantic, and only when a tool's hints already do: it is no dependency. A hint that mentions
it is pydantic's as a whole; a model inside a msgspec struct or a ``TypedDict`` is pydantic's alone.
"""

from __future__ import annotations

import dataclasses
import sys
import typing
from typing import Any, ClassVar

import msgspec

from bareline.errors import ConfigurationError
from bareline.tools.flat_schema import flat_schema

__all__ = ["Foreign", "dec_hook", "enc_hook", "field_default", "foreign", "is_foreign", "problems_of", "schema_hook"]

_PACKAGES = ("pydantic", "pydantic_core", "annotated_types")


class Foreign:
    """A value of a hint that pydantic reads. Each hint has a class of its own, with its ``adapter``."""

    adapter: ClassVar[Any]

    def __init__(self, value: Any) -> None:
        self.value = value


def is_foreign(hint: Any) -> bool:
    """Whether the hint mentions pydantic, in its arguments, its annotations or the fields of a dataclass."""
    return "pydantic" in sys.modules and _mentions(hint, ())


def foreign(hint: Any) -> type[Foreign]:
    """The type through which msgspec carries a hint of pydantic's. Raises ``ConfigurationError``."""
    return type("Foreign", (Foreign,), {"adapter": _adapter(hint)})


def field_default(value: Any) -> tuple[bool, Any]:
    """Whether this default of a parameter is pydantic's ``Field(...)``, and the default that it holds."""
    if "pydantic" not in sys.modules:
        return False, value
    from pydantic.fields import FieldInfo
    from pydantic_core import PydanticUndefined

    if not isinstance(value, FieldInfo):
        return False, value
    default = value.get_default(call_default_factory=True, validated_data={})
    return True, dataclasses.MISSING if default is PydanticUndefined else default


def schema_hook(kind: type) -> dict[str, Any]:
    """The schema of a type that msgspec does not know. Raises ``NotImplementedError`` for one that nobody knows."""
    if not is_foreign(kind) and not issubclass(kind, Foreign):
        raise NotImplementedError
    from pydantic import PydanticUserError

    try:
        schema: dict[str, Any] = _adapter_of(kind).json_schema()
    except PydanticUserError as error:
        raise _unfit(error) from error
    return flat_schema(schema, schema.get("$defs", {}))


def dec_hook(kind: type, value: Any) -> Any:
    """The value of such a type. Raises pydantic's ``ValidationError``, a ``ValueError``."""
    found = _adapter_of(kind).validate_json(msgspec.json.encode(value))
    return kind(found) if issubclass(kind, Foreign) else found


def enc_hook(value: Any) -> Any:
    """What JSON makes of a value that msgspec does not know; of anything unknown, its text."""
    if isinstance(value, Foreign):
        return value.adapter.dump_python(value.value, mode="json")
    dump = getattr(value, "model_dump", None)
    return dump(mode="json") if callable(dump) and not isinstance(value, type) else str(value)


def problems_of(error: BaseException | None) -> list[tuple[tuple[str | int, ...], str, Any]]:
    """Path, message and value of each problem, when ``error`` is pydantic's; else none."""
    listed = getattr(error, "errors", None)
    if error is None or not callable(listed) or type(error).__module__.partition(".")[0] not in _PACKAGES:
        return []
    entries = typing.cast("list[dict[str, Any]]", listed(include_url=False))
    return [(tuple(entry["loc"]), str(entry["msg"]), entry["input"]) for entry in entries]


def _adapter_of(kind: type) -> Any:
    return kind.adapter if issubclass(kind, Foreign) else _adapter(kind)


def _adapter(hint: Any) -> Any:
    from pydantic import PydanticUserError, TypeAdapter

    try:
        return TypeAdapter(hint)
    except PydanticUserError as error:
        raise _unfit(error) from error


def _unfit(error: Exception) -> ConfigurationError:
    return ConfigurationError(str(error).splitlines()[0])


def _mentions(hint: Any, inside: tuple[Any, ...]) -> bool:
    if hint in inside:
        return False
    if isinstance(hint, type) and _of_pydantic(typing.cast("type[object]", hint)):
        return True
    if typing.get_origin(hint) is typing.Annotated:
        inner, *metadata = typing.get_args(hint)
        return any(_of_pydantic(entry.__class__) for entry in metadata) or _mentions(inner, (*inside, hint))
    parts = [*typing.get_args(hint), *_field_hints(hint)]
    return any(_mentions(part, (*inside, hint)) for part in parts if not isinstance(part, str | int))


def _of_pydantic(kind: type[object]) -> bool:
    """A class of pydantic's, one that derives from it, or a dataclass that it made."""
    return "__pydantic_validator__" in vars(kind) or any(
        entry.__module__.partition(".")[0] in _PACKAGES for entry in kind.__mro__
    )


def _field_hints(hint: Any) -> list[Any]:
    if not (isinstance(hint, type) and dataclasses.is_dataclass(hint)):
        return []
    try:
        return list(typing.get_type_hints(hint, include_extras=True).values())
    except NameError:  # named where the whole type is read
        return []
