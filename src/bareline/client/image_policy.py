"""Which of the images shown so far does the conversation keep?

Every image is billed again with every response, and stays in the way of the context's limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bareline.observe.image_prices import ImageCost

__all__ = ["DEFAULT_IMAGES", "ImagePolicy", "KeepImages", "ShownImage"]


@dataclass(frozen=True, slots=True)
class ShownImage:
    """An image in the conversation.

    ``way``: line or sideband, what it was sent through; ``cost``: an estimate for each response that has it in its
    context.
    """

    item_id: str
    format: str
    width: int
    height: int
    size_bytes: int
    detail: str
    cost: ImageCost
    way: str = "line"


class ImagePolicy(Protocol):
    """Says which images go. Pure: called after each new one, never for one that is gone."""

    def evict(self, shown: Sequence[ShownImage]) -> Sequence[ShownImage]:
        """Those to be deleted, of all that are in the conversation, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class KeepImages:
    """Beyond ``most`` images or ``most_tokens`` the oldest go, until ``keep`` images and half the tokens are left.

    Several at once, since what follows a deleted item has to be read anew by the model, at the price of uncached
    tokens: that is to happen seldom. The newest image always stays.
    """

    most: int = 8
    keep: int = 4
    most_tokens: int = 8_000

    def evict(self, shown: Sequence[ShownImage]) -> Sequence[ShownImage]:
        """The oldest that are too many."""
        if len(shown) <= self.most and _tokens(shown) <= self.most_tokens:
            return ()
        kept = list(shown)
        while len(kept) > 1 and (len(kept) > self.keep or _tokens(kept) > self.most_tokens // 2):
            del kept[0]
        return shown[: len(shown) - len(kept)]


DEFAULT_IMAGES = KeepImages()


def _tokens(shown: Sequence[ShownImage]) -> int:
    return sum(image.cost.tokens for image in shown)
