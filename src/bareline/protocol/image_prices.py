"""What does an image cost, before it is sent?

Prices of the service's model pages as read on 2026-11-22 (REALTIME.md section 16); check them before you bill anybody.
"""

from __future__ import annotations

from typing import NamedTuple

from bareline.protocol.images import image_tokens

__all__ = ["ImageCost", "image_cost"]

_USD_PER_MILLION = {"mini": (0.80, 0.08), "": (5.00, 0.50)}
"""Fresh and cached input tokens of images, by what the model's name holds."""
_MILLION = 1_000_000


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
    prices = _prices(model or "")
    if prices is None:
        return ImageCost(tokens, None, None)
    fresh, cached = prices
    return ImageCost(tokens, tokens * fresh / _MILLION, tokens * cached / _MILLION)


def _prices(model: str) -> tuple[float, float] | None:
    """Only realtime models that talk take images."""
    if not model.startswith("gpt-realtime") or "whisper" in model or "translate" in model:
        return None
    return next(price for mark, price in _USD_PER_MILLION.items() if mark in model)
