"""How does a kit say that a requirement is not met?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from typing import TypeVar

__all__ = ["ContractBroken", "raises", "require", "within"]

E = TypeVar("E", bound=Exception)


class ContractBroken(AssertionError):
    """A requirement of a contract is not met; the message is the requirement and what was seen."""


def require(met: bool, requirement: str) -> None:
    """Raise ``ContractBroken`` unless the requirement is met."""
    if not met:
        raise ContractBroken(requirement)


@asynccontextmanager
async def within(seconds: float, requirement: str) -> AsyncGenerator[None]:
    """Require that the block is done in time."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise ContractBroken(f"{requirement}: still waiting after {seconds:g} s") from None


async def raises(waiting: Awaitable[object], expected: type[E], requirement: str, *, within_s: float = 5.0) -> E:
    """Require that ``waiting`` ends with an ``expected`` error in time, and return the error."""
    try:
        async with within(within_s, requirement):
            result = await waiting
    except expected as error:
        return error
    raise ContractBroken(f"{requirement}: no error, but {result!r:.80}")
