"""How does a kit say that a requirement is not met?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

__all__ = ["ContractBroken", "raises", "require"]

E = TypeVar("E", bound=Exception)


class ContractBroken(AssertionError):
    """A requirement of a contract is not met; the message is the requirement and what was seen."""


def require(met: bool, requirement: str) -> None:
    """Raise ``ContractBroken`` unless the requirement is met."""
    if not met:
        raise ContractBroken(requirement)


async def raises(waiting: Awaitable[object], expected: type[E], requirement: str, *, within_s: float = 5.0) -> E:
    """Require that ``waiting`` ends with an ``expected`` error in time, and return the error."""
    try:
        async with asyncio.timeout(within_s):
            result = await waiting
    except expected as error:
        return error
    except TimeoutError:
        raise ContractBroken(f"{requirement}: it still waits after {within_s:g} s") from None
    raise ContractBroken(f"{requirement}: no error, but {result!r:.80}")
