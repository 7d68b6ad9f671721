"""What do models and products cost, who said so, and when was it read?

``prices.json`` beside this module is the data: US dollars, a source and a date with each entry. Prices change without
notice: check them before you bill anybody, and give a file of your own where yours differ.
"""

from __future__ import annotations

import re
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal

import msgspec

from bareline.errors import ConfigurationError

__all__ = ["Modality", "Pipeline", "Price", "PriceKind", "PriceList", "TokenPrices", "load_prices", "shipped_prices"]

Modality = Literal["text", "audio", "image"]
PriceKind = Literal["realtime", "live", "transcription", "translation", "language", "speech", "product"]

_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")
_NOTHING = Decimal(0)


class TokenPrices(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """US dollars for a million tokens of one modality. ``cached`` absent: cached input costs what fresh input does."""

    input: Decimal = _NOTHING
    cached: Decimal | None = None
    output: Decimal = _NOTHING


class Price(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The price of one model or product.

    ``kind``: realtime bills tokens of each response, live the connected minute; transcription, language and speech are
    the parts of a cascade; product is a platform ``around`` a pipeline. ``usd_per_minute`` is of audio, or of
    connection for live ones and products. ``backend``: the language model that does a live one's work, billed apart.
    ``ends``: the last day of the model (ISO), where it is known.
    """

    model: str
    kind: PriceKind
    source: str
    read: str
    aliases: tuple[str, ...] = ()
    text: TokenPrices | None = None
    audio: TokenPrices | None = None
    image: TokenPrices | None = None
    usd_per_minute: Decimal | None = None
    usd_per_standby_minute: Decimal | None = None
    usd_per_million_characters: Decimal | None = None
    user_tokens_per_s: int = 0
    assistant_tokens_per_s: int = 0
    context_tokens: int = 0
    max_output_tokens: int = 0
    backend: str = ""
    around: str = ""
    ends: str = ""
    shut_down: bool = False
    note: str = ""

    def of(self, modality: Modality) -> TokenPrices:
        """The token prices of this modality; nothing where the model has no price for it."""
        found: TokenPrices | None = {"text": self.text, "audio": self.audio, "image": self.image}[modality]
        return found or TokenPrices()


class Pipeline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A cascade: three models by name."""

    name: str
    transcription: str
    language: str
    speech: str


class PriceList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All prices, and the pipelines that estimates compare."""

    models: tuple[Price, ...]
    pipelines: tuple[Pipeline, ...] = ()

    def find(self, model: str) -> Price | None:
        """The price of a model by its name, an alias, or the name of a dated snapshot (``gpt-realtime-2025-08-28``)."""
        undated = _SNAPSHOT.sub("", model)
        for name in (model, undated):
            for price in self.models:
                if name == price.model or name in price.aliases:
                    return price
        return None

    def of(self, model: str) -> Price:
        """As ``find``; raises ``ConfigurationError`` naming what is close."""
        found = self.find(model)
        if found is None:
            close = get_close_matches(model, [price.model for price in self.models], n=3)
            hint = f"; do you mean {', '.join(close)}?" if close else ""
            raise ConfigurationError(f"no price is known for '{model}'{hint}")
        return found


@cache
def shipped_prices() -> PriceList:
    """The prices that came with this package."""
    return msgspec.json.decode(resources.files("bareline.observe").joinpath("prices.json").read_bytes(), type=PriceList)


def load_prices(path: Path | str | None = None) -> PriceList:
    """The shipped prices, with the entries of the file at ``path`` (the same format) before them.

    Raises ``ConfigurationError`` for a file that cannot be read or is not a price list.
    """
    shipped = shipped_prices()
    if path is None:
        return shipped
    try:
        own = msgspec.json.decode(Path(path).read_bytes(), type=PriceList)
    except OSError as error:
        raise ConfigurationError(f"the prices {path} cannot be read: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise ConfigurationError(f"{path} is not a price list: {error}") from error
    known = {price.model for price in own.models}
    names = {pipeline.name for pipeline in own.pipelines}
    return PriceList(
        models=own.models + tuple(price for price in shipped.models if price.model not in known),
        pipelines=own.pipelines + tuple(each for each in shipped.pipelines if each.name not in names),
    )
