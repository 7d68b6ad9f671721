"""How does an application want its users to be asked?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from bareline.tools.consent_policy import EXPIRY_NS
from bareline.tools.consent_words import ENGLISH, ConsentWords

__all__ = ["ConfirmingPolicy", "ConsentSettings"]

ConfirmingPolicy = Literal["standing", "pending"]
"""``standing``: the confirming tools are always offered and refuse without a proposal. ``pending``: they are offered
only while something waits, which costs the prompt cache at each change (D6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentSettings:
    """What the application chose; as in ``Call``. ``today``: the day that dates are said from."""

    policy: ConfirmingPolicy = "standing"
    expiry_ns: int = EXPIRY_NS
    expiry_spoken: bool = False
    languages: tuple[ConsentWords, ...] = (ENGLISH,)
    today: Callable[[], dt.date] = field(default=dt.date.today)
