"""Which tokens does each response of such a call bill?

Every response bills all that was said before it, and what the prompt cache serves of it is cheaper. What the assistant
has just said was never input before, so no cache has it the first time. A context that outgrows its model loses its
oldest items each turn, and with them the cache of all but the prompt (REALTIME.md 12).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from bareline.lab.cost_profile import CallProfile
from bareline.observe.prices import Price

__all__ = ["ITEM_TOKENS", "WRITTEN_TOKENS_PER_MINUTE", "BilledResponse", "Context", "played", "room_tokens"]

WRITTEN_TOKENS_PER_MINUTE = 200
"""Of speech at 150 words a minute, three words to four tokens."""
ITEM_TOKENS = 4
"""What marks an item in the context (docs say tokens of content and a few more; the built-in server counts 4)."""
_S_PER_MINUTE = 60
_ARGUMENTS = 10
"""The model writes a tenth of what a tool call adds; the rest is the result."""


_ENDLESS_TOKENS = 1_000_000_000


class Context(NamedTuple):
    """Input tokens by modality."""

    text: int = 0
    audio: int = 0
    image: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self)

    def plus(self, *, text: int = 0, audio: int = 0, image: int = 0) -> Context:
        """With more in it."""
        return Context(self.text + text, self.audio + audio, self.image + image)


class BilledResponse(NamedTuple):
    """One response: its input, how much of that came from the cache, what was generated, and whether a tool runs."""

    context: Context
    cached: Context
    written: int
    spoken: int
    asks_tool: bool


class _Speech(NamedTuple):
    """Tokens of a voice in one turn, or in the whole call."""

    audio: int
    text: int


def played(profile: CallProfile, price: Price, *, by_voice: bool = True) -> Iterator[BilledResponse]:
    """All responses of the call, in order; ``by_voice`` false: in a cascade, where the model reads and writes."""
    limit = room_tokens(price)
    user, assistant = _speech(profile, price, by_voice=by_voice)
    arguments = _Speech(0, profile.tool_tokens // _ARGUMENTS)
    context, before = Context(text=profile.prompt_tokens), Context()
    for turn in range(profile.turns):
        heard = _portion(user, turn, profile.turns)
        said = _portion(assistant, turn, profile.turns)
        images = _spread(profile.images, turn, profile.turns)
        context = context.plus(text=heard.text + ITEM_TOKENS, audio=heard.audio, image=images * profile.image_tokens)
        if _spread(profile.changes, turn, profile.turns):
            before = Context()
        for _ in range(_spread(profile.tool_calls, turn, profile.turns)):
            asked = _billed(context, before, profile, limit, said=arguments, asks_tool=True)
            yield asked
            before = asked.context
            context = context.plus(text=profile.tool_tokens + 2 * ITEM_TOKENS)
        answer = _billed(context, before, profile, limit, said=said)
        yield answer
        before = answer.context
        kept = 1 - profile.unheard_share
        context = context.plus(text=int(said.text * kept) + ITEM_TOKENS, audio=int(said.audio * kept))


def room_tokens(price: Price) -> int:
    """How long a context this model takes: its window without what it may say; practically endless if not known."""
    return price.context_tokens - price.max_output_tokens if price.context_tokens else _ENDLESS_TOKENS


def _billed(
    context: Context,
    before: Context,
    profile: CallProfile,
    limit: int,
    *,
    said: _Speech,
    asks_tool: bool = False,
) -> BilledResponse:
    """``before``: the context of the response before, which the cache may have."""
    if context.total > limit:
        context = _shortened(context, profile.prompt_tokens, limit)
        before = Context(text=min(before.text, profile.prompt_tokens))
    cached = Context(*(int(min(had, has) * profile.cache_share) for had, has in zip(before, context, strict=True)))
    return BilledResponse(context, cached, said.text, said.audio, asks_tool)


def _shortened(context: Context, prompt_tokens: int, limit: int) -> Context:
    """The oldest items gone, the prompt kept; what is left is of the same kinds as before."""
    share = (limit - prompt_tokens) / (context.total - prompt_tokens)
    written = context.text - prompt_tokens
    return Context(prompt_tokens + int(written * share), int(context.audio * share), int(context.image * share))


def _speech(profile: CallProfile, price: Price, *, by_voice: bool) -> tuple[_Speech, _Speech]:
    minutes = (profile.user_minutes, profile.assistant_minutes)
    written = [round(each * WRITTEN_TOKENS_PER_MINUTE) for each in minutes]
    if not by_voice:
        return _Speech(0, written[0]), _Speech(0, written[1])
    rates = (price.user_tokens_per_s, price.assistant_tokens_per_s)
    user, assistant = (round(each * _S_PER_MINUTE * rate) for each, rate in zip(minutes, rates, strict=True))
    return _Speech(user, 0), _Speech(assistant, written[1])


def _portion(speech: _Speech, turn: int, turns: int) -> _Speech:
    return _Speech(_spread(speech.audio, turn, turns), _spread(speech.text, turn, turns))


def _spread(total: int, turn: int, turns: int) -> int:
    """What falls on this turn of ``total`` spread evenly; all turns together are ``total``."""
    return total * (turn + 1) // turns - total * turn // turns
