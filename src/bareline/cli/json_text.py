"""How does a report look to another program?"""

from __future__ import annotations

import msgspec

__all__ = ["json_text"]

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def json_text(report: object) -> str:
    """JSON that people can read too; amounts of money are numbers."""
    return msgspec.json.format(_ENCODER.encode(report), indent=2).decode()
