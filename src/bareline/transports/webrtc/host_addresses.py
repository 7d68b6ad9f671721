"""At which of this machine's addresses could the other side reach us?"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from aioice.ice import get_host_addresses

from bareline.errors import ConfigurationError

__all__ = ["HOST_ADDRESSES_MAX", "host_addresses"]

HOST_ADDRESSES_MAX = 12
"""Each address is a socket and as many checks as the other side has candidates."""


def host_addresses(chosen: Sequence[str] | None) -> list[str]:
    """``chosen`` by the caller, or this machine's own: not loopback unless there is nothing else, not link-local.

    Raises ``ConfigurationError`` for what is no IP address.
    """
    if chosen is not None:
        return [_checked(address) for address in chosen]
    found = dict.fromkeys(get_host_addresses(use_ipv4=True, use_ipv6=True))
    usable = [address for address in found if _usable(address)]
    return sorted(usable, key=lambda address: ":" in address)[:HOST_ADDRESSES_MAX] or ["127.0.0.1"]


def _checked(address: str) -> str:
    try:
        return str(ipaddress.ip_address(address))
    except ValueError as error:
        raise ConfigurationError(f"addresses holds {address!r}, which is no IP address of this machine") from error


def _usable(address: str) -> bool:
    ip = ipaddress.ip_address(address)
    return not (ip.is_loopback or ip.is_link_local or ip.is_unspecified or ip.is_multicast)
