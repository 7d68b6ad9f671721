"""What can be said of an image without understanding it: what is it, how large, and which colours has it mainly?"""

from __future__ import annotations

import asyncio
from base64 import b64decode

from bareline.errors import ConfigurationError
from bareline.protocol.events import InputImage, Item, Message
from bareline.protocol.images import size_in_data_uri
from bareline.server.backends.rules.entities import Knowledge
from bareline.server.backends.rules.memory import Heard
from bareline.server.backends.rules.toolset import Toolset
from bareline.server.backends.rules.understanding import ACCEPTED, intents, read
from bareline.server.backends.rules.words import joined

__all__ = ["SIGHT_PHRASES", "describe", "sight"]

SIGHT_PHRASES = (
    "what do you see",
    "what can you see",
    "what is in the ( picture | image | photo )",
    "describe the ( picture | image | photo )",
    "what color is it",
    "which colors do you see",
    "how big is the ( picture | image | photo )",
)
"""What may be asked by ear (JSGF)."""

_NOUNS = frozenset({"picture", "image", "photo", "photograph", "screenshot", "drawing", "screen", "pictures", "images"})
_LOOKING = frozenset({"see", "seeing", "describe", "showing"})
_POINTING = (("what", "is", "this"), ("what", "is", "that"), ("what", "is", "it"), ("look", "at"))
_ASKING = frozenset({"what", "which", "how", "tell", "describe", "see", "look", "is", "are", "show", "read", "explain"})
_COLOURS = frozenset({"colour", "colours", "color", "colors"})
_SIZE = frozenset({"big", "large", "size", "wide", "high", "pixels", "resolution"})
_FORMAT = frozenset({"format", "png", "jpeg"})
_CERTAIN = 0.05
"""Below this confidence nothing heard is taken for a question about an image."""
_PIXELS_MAX = 50_000_000
_DESCRIBED_MAX = 3
_NONE = "I have not been shown a picture yet."
_MUCH = 0.5


async def sight(context: tuple[Item, ...], heard: Heard, toolset: Toolset, known: Knowledge) -> str | None:
    """The answer to a question about what was shown, or to a picture without a word; ``None`` when it is neither."""
    words = read(heard.text).words
    fresh = _since_the_last_answer(context)
    if not words:
        return await _all_described(fresh, words) if fresh else None
    about = bool(_NOUNS & set(words)) and bool(_ASKING & set(words))
    pointed = _looks(words)
    if heard.confidence < _CERTAIN or not (about or pointed):
        return None
    if not (fresh and pointed) and _for_a_tool(heard, toolset, known):
        return None
    shown = fresh or _images(context)[-1:]
    if shown:
        return await _all_described(shown, words)
    return _NONE if about or _LOOKING & set(words) else None


async def describe(image: InputImage, words: tuple[str, ...] = ()) -> str:
    """The image in a sentence or two: all of it, or what is asked for in ``words``."""
    size = size_in_data_uri(image.image_url)
    if size is None:
        return "I cannot read that picture."
    asked = set(words)
    if asked & _SIZE:
        return f"It is {size.width} by {size.height} pixels."
    if asked & _FORMAT:
        return f"It is a {size.format.upper()} image."
    colours = await _colours(image) if size.width * size.height <= _PIXELS_MAX else ""
    if asked & _COLOURS:
        return f"It is {colours}." if colours else "I cannot tell its colors."
    which = f", {colours}" if colours else ""
    return f"It is a {size.format.upper()} image, {size.width} by {size.height} pixels{which}."


async def _all_described(images: list[InputImage], words: tuple[str, ...]) -> str:
    told = [await describe(image, words) for image in images[-_DESCRIBED_MAX:]]
    if len(told) == 1:
        limits = "" if set(words) & (_COLOURS | _SIZE | _FORMAT) else " What it shows I cannot tell."
        return told[0] + limits
    return " ".join(f"Picture {number}: {text}" for number, text in enumerate(told, 1))


def _looks(words: tuple[str, ...]) -> bool:
    """Whether something is to be looked at that has no name; only sense with an image at hand."""
    pointed = any(words[: len(start)] == start for start in _POINTING)
    return pointed or bool(_LOOKING & set(words)) or (bool(_COLOURS & set(words)) and "it" in words)


def _for_a_tool(heard: Heard, toolset: Toolset, known: Knowledge) -> bool:
    ranked = intents(read(heard.text), toolset, known)
    return bool(ranked) and ranked[0].score >= ACCEPTED


def _images(context: tuple[Item, ...]) -> list[InputImage]:
    return [
        part
        for item in context
        if isinstance(item, Message) and item.role == "user"
        for part in item.content
        if isinstance(part, InputImage)
    ]


def _since_the_last_answer(context: tuple[Item, ...]) -> list[InputImage]:
    answers = [at for at, item in enumerate(context) if isinstance(item, Message) and item.role == "assistant"]
    return _images(context[answers[-1] + 1 :] if answers else context)


async def _colours(image: InputImage) -> str:
    """Mainly white, with some blue; empty where Pillow is missing or cannot read it."""
    data = b64decode((image.image_url or "").partition(",")[2])
    try:
        from bareline.media.pictures import main_colours

        found = await asyncio.to_thread(main_colours, data)
    except ConfigurationError:
        return ""
    (first, share), others = found[0], [name for name, _ in found[1:]]
    if not others:
        return f"all {first}"
    return f"mainly {first}, with some {joined(others)}" if share >= _MUCH else joined([first, *others])
