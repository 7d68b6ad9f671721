"""How far apart are places where callers and services are, as the network goes?

Round trips between data centres of one cloud, as published; a caller's own line comes on top. Old figures, but the
cables have not become shorter. A trace of your own call has your own round trip, and ``rtt=`` takes any.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import NamedTuple

from bareline.errors import ConfigurationError

__all__ = ["REGIONS", "REGIONS_SOURCE", "RegionTrip", "region_round_trip"]

REGIONS_SOURCE = (
    "averages between AWS regions, April 2017: "
    "https://acomputerscientistlearnsaws.blogspot.com/2017/04/aws-regions.html, read 2026-11-23"
)
WITHIN_MS = 2.0
"""Within one region; a few data centres of one city."""
_EXAMPLE = "eu-central:us-east"

REGIONS: dict[str, str] = {
    "us-east": "Virginia",
    "us-west": "Oregon",
    "eu-west": "Ireland",
    "eu-central": "Frankfurt",
    "ap-northeast": "Tokyo",
    "ap-southeast": "Singapore",
    "ap-sydney": "Sydney",
}
_TRIPS: dict[frozenset[str], float] = {
    frozenset(pair): ms
    for *pair, ms in (
        ("us-east", "us-west", 87),
        ("us-east", "eu-west", 81),
        ("us-east", "eu-central", 89),
        ("us-east", "ap-northeast", 145),
        ("us-east", "ap-southeast", 217),
        ("us-east", "ap-sydney", 230),
        ("us-west", "eu-west", 137),
        ("us-west", "eu-central", 160),
        ("us-west", "ap-northeast", 89),
        ("us-west", "ap-southeast", 161),
        ("us-west", "ap-sydney", 162),
        ("eu-west", "eu-central", 20),
        ("eu-west", "ap-northeast", 212),
        ("eu-west", "ap-southeast", 239),
        ("eu-west", "ap-sydney", 310),
        ("eu-central", "ap-northeast", 237),
        ("eu-central", "ap-southeast", 326),
        ("eu-central", "ap-sydney", 324),
        ("ap-northeast", "ap-southeast", 74),
        ("ap-northeast", "ap-sydney", 104),
        ("ap-southeast", "ap-sydney", 175),
    )
}


class RegionTrip(NamedTuple):
    """A round trip between two places, and who says so."""

    here: str
    there: str
    ms: float
    source: str


def region_round_trip(pair: str) -> RegionTrip:
    """For ``FROM:TO``, two names of ``REGIONS``. Raises ``ConfigurationError`` naming what is close."""
    here, colon, there = pair.partition(":")
    if not colon:
        raise ConfigurationError(f"region {pair}: say where the caller is and where the service is, as {_EXAMPLE}")
    for name in (here, there):
        if name not in REGIONS:
            close = get_close_matches(name, REGIONS, n=1)
            hint = f"do you mean {close[0]}? " if close else ""
            raise ConfigurationError(f"region {name} is not known; {hint}There are {', '.join(REGIONS)}")
    source = REGIONS_SOURCE if here != there else "within a city"
    ms = WITHIN_MS if here == there else _TRIPS[frozenset((here, there))]
    return RegionTrip(REGIONS[here], REGIONS[there], ms, source)
