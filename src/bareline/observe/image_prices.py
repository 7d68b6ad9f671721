"""What does an image cost, before it is sent?

By the shipped prices; check them before you bill anybody.
"""

from __future__ import annotations

from typing import NamedTuple

from bareline.observe.charges import MILLION
from bareline.observe.prices import shipped_prices
from bareline.protocol.images import image_tokens

__all__ = ["ImageCost", "image_cost"]


class ImageCost(NamedTuple):
    """``tokens`` are in the context of every response; US dollars the first time, and later from the prompt cache.

    ``None``: the price for this model is not known here.
    """

    tokens: int
    usd: float | None
    usd_cached: float | None


def image_cost(width: int, height: int, *, detail: str | None = None, model: str | None = None) -> ImageCost:
    """An estimate for an image of this size in pixels; ``detail`` auto, low or high.

    Images larger than the service looks at cost what the shrunk image costs, so this holds before shrinking too.
    """
    tokens = image_tokens(width, height, detail)
    price = shipped_prices().find(model or "")
    if price is None or price.image is None:
        return ImageCost(tokens, None, None)
    cached = price.image.input if price.image.cached is None else price.image.cached
    return ImageCost(tokens, float(tokens * price.image.input / MILLION), float(tokens * cached / MILLION))
