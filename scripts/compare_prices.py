"""Holds the shipped prices against genai-prices, a maintained collection that covers realtime audio.

Run ``python scripts/compare_prices.py`` where ``genai-prices`` is installed (it is no dependency of the package: it
brings pydantic and an HTTP client). Prints each difference; exit status 1 when there is one.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from decimal import Decimal
from importlib.metadata import version
from typing import Any

from genai_prices.data_snapshot import get_snapshot

from bareline.observe.prices import Price, shipped_prices

FIELDS = {
    ("text", "input"): "input_mtok",
    ("text", "cached"): "cache_read_mtok",
    ("text", "output"): "output_mtok",
    ("audio", "input"): "input_audio_mtok",
    ("audio", "cached"): "cache_audio_read_mtok",
    ("audio", "output"): "output_audio_mtok",
    ("image", "input"): "input_image_mtok",
    ("image", "cached"): "cache_image_read_mtok",
}


def main() -> int:
    """Compare every model that both know."""
    compared, differences = 0, []
    for price in shipped_prices().models:
        theirs = known_there(price)
        if theirs is not None:
            compared += 1
            differences += [f"{price.model}: {line}" for line in differing(price, theirs)]
    print("\n".join(differences) or "no difference")
    print(f"{compared} models compared with genai-prices {version('genai-prices')}")
    return 1 if differences else 0


def known_there(price: Price) -> Any | None:
    """Their prices of this model on this day."""
    try:
        _, model = get_snapshot().find_provider_model(price.model, None, None, None)
    except LookupError:
        return None
    return model.get_prices(datetime.now(UTC))


def differing(price: Price, theirs: Any) -> list[str]:
    """What the two say differently, in dollars a million tokens or a minute."""
    found: list[str] = []
    for (modality, direction), name in FIELDS.items():
        ours = getattr(getattr(price, modality), direction, None)
        other = amount(getattr(theirs, name, None))
        if other is not None and ours != other:
            found.append(f"{modality} {direction} {ours}, there {other}")
    hour = amount(getattr(theirs, "audio_hours", None))
    if hour is not None and price.usd_per_minute is not None and hour != price.usd_per_minute * 60:
        found.append(f"{price.usd_per_minute} a minute, there {hour / 60}")
    return found


def amount(value: Any) -> Decimal | None:
    """A price of theirs, without the surcharge for long contexts."""
    return getattr(value, "base", value)


if __name__ == "__main__":
    sys.exit(main())
