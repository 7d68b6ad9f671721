"""Does an implementation keep a contract?

One module per contract. Each holds its requirements as functions that take a factory of the thing under test, and a
tuple of all of them to parametrise a test with. A requirement that is not met raises ``ContractBroken``.
"""

from __future__ import annotations

from bareline.testing.conformance.requirement import ContractBroken, require

__all__ = ["ContractBroken", "require"]
