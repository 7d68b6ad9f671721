"""What are the fields of a multipart form?

A small reader and writer of ``multipart/form-data``: SDKs send typed parts, browsers untyped ones, either with or
without a file name. Source: REALTIME.md 1.1.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

import msgspec

from bareline.protocol.limits import FORM_MAX_PARTS

__all__ = ["Field", "read_form", "write_form"]

_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]+)"|([^\s;"]+))', re.IGNORECASE)
_NAME = re.compile(
    rb'^content-disposition:\s*form-data\b.*?;\s*name=(?:"([^"]*)"|([^\s;"]+))', re.IGNORECASE | re.MULTILINE
)


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a form."""

    name: str
    value: bytes
    content_type: str | None = None


def write_form(fields: Iterable[Field]) -> tuple[str, bytes]:
    """The ``Content-Type`` and the body of a form. The boundary is made of the content, so equal forms are equal."""
    fields = list(fields)
    digest = hashlib.sha256(b"\0".join(field.value for field in fields)).hexdigest()
    boundary = f"bareline-{digest[:32]}"
    lines: list[bytes] = []
    for field in fields:
        lines += [f"--{boundary}".encode(), f'Content-Disposition: form-data; name="{field.name}"'.encode()]
        lines += [f"Content-Type: {field.content_type}".encode()] if field.content_type else []
        lines += [b"", field.value]
    lines += [f"--{boundary}--".encode(), b""]
    return f"multipart/form-data; boundary={boundary}", b"\r\n".join(lines)


def read_form(content_type: str, body: bytes) -> list[Field] | None:
    """The fields of a form in their order, or None if this is no form (or one of too many parts)."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        return None
    mark = b"--" + (found[1] or found[2]).encode()
    parts = (b"\r\n" + body).split(b"\r\n" + mark)
    if len(parts) < 2 or len(parts) > FORM_MAX_PARTS + 2 or not parts[-1].startswith(b"--"):
        return None
    fields = [_read_part(part) for part in parts[1:-1]]
    whole = [field for field in fields if field is not None]
    return whole if len(whole) == len(fields) else None


def _read_part(part: bytes) -> Field | None:
    head, gap, value = part.partition(b"\r\n\r\n")
    found = _NAME.search(head.lstrip())
    if not gap or found is None:
        return None
    name = found[1] if found[1] is not None else found[2]
    return Field(name=name.decode(errors="replace"), value=value)
