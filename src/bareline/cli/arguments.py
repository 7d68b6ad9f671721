"""Which texts on the command line are numbers, and within which bounds?"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

__all__ = ["count", "number"]


def count(text: str) -> int:
    """A whole number from 1 on. Raises ``ArgumentTypeError``."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 on")
    return int(text)


def number(text: str, what: str, *, fits: Callable[[float], bool]) -> float:
    """A number that ``fits``. Raises ``ArgumentTypeError``, which says ``what`` it is not."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if math.isnan(value) or not fits(value):
        raise argparse.ArgumentTypeError(f"'{text}' is not {what}")
    return value
