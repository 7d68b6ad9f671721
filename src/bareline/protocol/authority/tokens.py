"""How many tokens is what was heard, said, shown and written?

Audio is counted as the service does: a token for 100 ms of the user and for 50 ms of the assistant, rounded down by
item (2.796 s of the user are 27; REALTIME.md section 12). Text has no tokeniser here: four characters are a token,
rounded up, and each item adds ``ITEM_TOKENS`` for what marks it. Images count by their size and detail. Of the context
the longest beginning that the previous response also had counts as cached; changed instructions or tools leave none of
it, and a changed item none from there on. The service caches in larger steps, so these figures are an upper estimate.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from bareline.protocol import events as ev
from bareline.protocol.authority.audio_ledger import AudioLedger
from bareline.protocol.entries import part_text
from bareline.protocol.generation import ResponseRequest
from bareline.protocol.images import image_tokens, size_in_data_uri

__all__ = ["ITEM_TOKENS", "Meter", "Tokens", "audio_tokens", "text_tokens", "transcript_usage", "usage"]

ITEM_TOKENS = 4
_CHARS_PER_TOKEN = 4
_USER_MS_PER_TOKEN = 100
_ASSISTANT_MS_PER_TOKEN = 50
_MS_PER_S = 1000
_BY_DURATION = ("whisper-1", "gpt-realtime-whisper")


class Tokens(NamedTuple):
    """Counts by modality."""

    text: int = 0
    audio: int = 0
    image: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.text + self.audio + self.image

    def plus(self, other: Tokens) -> Tokens:
        """Both together."""
        return Tokens(self.text + other.text, self.audio + other.audio, self.image + other.image)


class Meter:
    """Bills the responses of one session."""

    def __init__(self, audio: AudioLedger) -> None:
        self._audio = audio
        self._before: list[tuple[object, Tokens]] = []

    def context(self, request: ResponseRequest) -> tuple[Tokens, Tokens]:
        """What a response has as input, and how much of it the previous response had too."""
        tools = msgspec.json.encode(request.tools) if request.tools else b""
        head = text_tokens(request.instructions) + text_tokens(tools.decode())
        now: list[tuple[object, Tokens]] = [((request.instructions, tools), Tokens(text=head))]
        now += [(item.id or item, self._item(item)) for item in request.context]
        same = 0
        for one, other in zip(now, self._before, strict=False):
            if one != other:
                break
            same += 1
        self._before = now
        return _sum(tokens for _, tokens in now), _sum(tokens for _, tokens in now[:same])

    def _item(self, item: ev.Item) -> Tokens:
        match item:
            case ev.Message(role=role, content=content):
                heard_ms = self._audio.ms(item.id) if item.id else 0
                per_token = _ASSISTANT_MS_PER_TOKEN if role == "assistant" else _USER_MS_PER_TOKEN
                parts = _sum(_part(part) for part in content)
                return parts.plus(Tokens(text=ITEM_TOKENS, audio=heard_ms // per_token))
            case ev.FunctionCall(name=name, arguments=arguments):
                return Tokens(text=ITEM_TOKENS + text_tokens(name + arguments))
            case ev.FunctionCallOutput(output=output):
                return Tokens(text=ITEM_TOKENS + text_tokens(output))
            case _:  # pragma: no cover  (generators are given no other kind)
                return Tokens(text=ITEM_TOKENS)


def text_tokens(text: str) -> int:
    """Tokens of a text, estimated."""
    return -(-len(text) // _CHARS_PER_TOKEN)


def audio_tokens(ms: int) -> int:
    """Tokens of the assistant's speech."""
    return ms // _ASSISTANT_MS_PER_TOKEN


def usage(context: Tokens, cached: Tokens, output: Tokens) -> ev.Usage:
    """The bill of one response; every number is sent, since a null breaks agents-js (section 7)."""
    return ev.Usage(
        total_tokens=context.total + output.total,
        input_tokens=context.total,
        output_tokens=output.total,
        input_token_details=ev.InputTokens(
            text_tokens=context.text,
            audio_tokens=context.audio,
            image_tokens=context.image,
            cached_tokens=cached.total,
            cached_tokens_details=ev.CachedTokens(
                text_tokens=cached.text, audio_tokens=cached.audio, image_tokens=cached.image
            ),
        ),
        output_token_details=ev.OutputTokens(text_tokens=output.text, audio_tokens=output.audio),
    )


def transcript_usage(model: str | None, heard_ms: int, transcript: str) -> ev.TranscriptUsage:
    """The bill of one transcription: by whole seconds for the whisper models, by tokens for the others."""
    if model in _BY_DURATION:
        return ev.TranscriptUsage(type="duration", seconds=-(-heard_ms // _MS_PER_S))
    heard, written = heard_ms // _USER_MS_PER_TOKEN, text_tokens(transcript)
    return ev.TranscriptUsage(
        type="tokens",
        total_tokens=heard + written,
        input_tokens=heard,
        output_tokens=written,
        input_token_details=ev.TranscriptInputTokens(text_tokens=0, audio_tokens=heard),
    )


def _part(part: ev.Part) -> Tokens:
    match part:
        case ev.InputImage(image_url=url, detail=detail):
            size = size_in_data_uri(url)
            return Tokens(image=image_tokens(size.width, size.height, detail) if size is not None else 0)
        case ev.InputAudio():
            return Tokens()
        case _:
            return Tokens(text=text_tokens(part_text(part) or ""))


def _sum(counts: Iterable[Tokens]) -> Tokens:
    total = Tokens()
    for count in counts:
        total = total.plus(count)
    return total
