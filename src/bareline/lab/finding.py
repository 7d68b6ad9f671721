"""What does one look of ``bareline doctor`` bring?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding", "Verdict"]

Verdict = Literal["ok", "missing", "wrong", "skipped"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``advice``: what to do, unless it is well."""

    subject: str
    verdict: Verdict
    detail: str
    advice: str = ""
