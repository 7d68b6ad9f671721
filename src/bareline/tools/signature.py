"""Which arguments does a Python function take, as a type that JSON can be converted to?"""

from __future__ import annotations

import dataclasses
import datetime
import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from bareline.errors import ConfigurationError
from bareline.tools.context import ToolContext
from bareline.tools.foreign_types import field_default, foreign, is_foreign, schema_hook

__all__ = ["Signature", "place_of", "read_signature"]

_VARIADIC = {
    inspect.Parameter.VAR_POSITIONAL: "takes any number of arguments",
    inspect.Parameter.VAR_KEYWORD: "takes any keyword",
    inspect.Parameter.POSITIONAL_ONLY: "is positional-only",
}


_SAYS_ITS_FORMAT: dict[Any, Any] = {
    datetime.time: Annotated[datetime.time, msgspec.Meta(extra_json_schema={"format": "time"})],
    datetime.datetime: Annotated[datetime.datetime, msgspec.Meta(extra_json_schema={"format": "date-time"})],
}
"""msgspec names the format of times only when they are bound to have, or not to have, a zone."""


@dataclass(frozen=True, slots=True)
class Signature:
    """``arguments``: a struct with one field per parameter. ``context``: the parameter that wants a ``ToolContext``."""

    arguments: type[msgspec.Struct]
    context: str | None


def read_signature(function: Callable[..., object]) -> Signature:
    """Read the parameters of a function or a bound method.

    Raises ``ConfigurationError`` naming the function, the parameter and its file and line when a model could not call
    it: ``*args``, ``**kwargs``, positional-only parameters, missing or unresolvable hints, types without a JSON form.
    """
    hints = _hints(function)
    fields: list[tuple[str, Any, Any]] = []
    context: str | None = None
    for parameter in inspect.signature(function).parameters.values():
        refused = _VARIADIC.get(parameter.kind)
        if refused:
            raise _unsupported(function, parameter.name, f"{refused}; a model needs named, typed parameters")
        if parameter.name not in hints:
            raise _unsupported(function, parameter.name, "has no type hint; write one, such as 'title: str'")
        if _is_context(hints[parameter.name]):
            context = parameter.name
        else:
            fields.append((parameter.name, *_field(parameter, hints[parameter.name])))
    return Signature(_struct(function, fields), context)


def place_of(function: Callable[..., object]) -> str:
    """``name (file:line)``, for messages to the author of the tool."""
    code = getattr(inspect.unwrap(getattr(function, "__func__", function)), "__code__", None)
    name = getattr(function, "__qualname__", repr(function))
    return f"{name} ({code.co_filename}:{code.co_firstlineno})" if code else str(name)


def _hints(function: Callable[..., object]) -> dict[str, Any]:
    """Resolved hints of the parameters; the return hint may name what only a type checker can see."""
    inner: Any = inspect.unwrap(getattr(function, "__func__", function))
    if not isinstance(inner, types.FunctionType):
        raise ConfigurationError(f"a tool must be a function or a bound method, not {function!r}")
    written = {name: hint for name, hint in inspect.get_annotations(inner).items() if name != "return"}
    resolved: dict[str, Any] = {}
    for name, hint in written.items():
        try:
            alone = types.SimpleNamespace(__annotations__={name: hint})
            resolved |= typing.get_type_hints(alone, globalns=inner.__globals__, include_extras=True)
        except (NameError, AttributeError, SyntaxError, TypeError) as error:
            advice = "types used by tools must be importable at run time, at the top of the module"
            raise _unsupported(
                function, name, f"has a type hint that cannot be resolved ({error}); {advice}"
            ) from error
    return resolved


def _is_context(hint: Any) -> bool:
    return hint is ToolContext or ToolContext in typing.get_args(hint)


def _field(parameter: inspect.Parameter, hint: Any) -> tuple[Any, Any]:
    """Type and default; ``title: str = pydantic.Field(...)`` annotates and may have a default of its own."""
    is_field, default = field_default(parameter.default)
    if is_field:
        hint = Annotated[hint, parameter.default]
    return _formatted(hint), _default(default)


def _formatted(hint: Any) -> Any:
    """The hint with formats of times and plain descriptions as msgspec has them, or as pydantic's."""
    if is_foreign(hint):
        return hint
    if typing.get_origin(hint) is Annotated:
        return _described(hint)
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return typing.Union[tuple(_formatted(option) for option in typing.get_args(hint))]  # noqa: UP007 (built here)
    if typing.get_origin(hint) is list:
        return list[_formatted(typing.get_args(hint)[0])]
    return _SAYS_ITS_FORMAT.get(hint, hint) if isinstance(hint, type) else hint


def _described(hint: Any) -> Any:
    """``Annotated[str, "what it is"]`` and ``Annotated[str, Doc("what it is")]`` describe."""
    inner, *metadata = typing.get_args(hint)
    inner = _formatted(inner)
    for entry in metadata:
        words = entry if isinstance(entry, str) else getattr(entry, "documentation", None)
        inner = Annotated[inner, msgspec.Meta(description=words) if isinstance(words, str) else entry]
    return inner


def _default(value: Any) -> Any:
    if value is inspect.Parameter.empty or value is dataclasses.MISSING:
        return msgspec.NODEFAULT
    if isinstance(value, list | dict | set | bytearray):
        return msgspec.field(default_factory=typing.cast("Any", value).copy)
    try:
        msgspec.to_builtins(value)
    except TypeError:  # a schema cannot show it; the parameter is simply not required
        return msgspec.field(default_factory=lambda: value)
    return value


def _struct(function: Callable[..., object], fields: list[tuple[str, Any, Any]]) -> type[msgspec.Struct]:
    built: list[tuple[str, Any, Any]] = []
    for name, hint, default in fields:
        try:
            carried = foreign(hint) if is_foreign(hint) else hint
            msgspec.json.schema_components([carried], schema_hook=schema_hook)
        except (TypeError, RecursionError, NameError, ConfigurationError) as error:
            raise _unsupported(function, name, f"has a type that JSON cannot carry: {error}") from error
        built.append((name, carried, default))
    name = getattr(function, "__name__", "tool")
    return msgspec.defstruct(f"{name}_arguments", built, kw_only=True, forbid_unknown_fields=True)


def _unsupported(function: Callable[..., object], parameter: str, why: str) -> ConfigurationError:
    return ConfigurationError(f"tool {place_of(function)}: parameter '{parameter}' {why}")
