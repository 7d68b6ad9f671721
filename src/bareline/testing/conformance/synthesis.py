"""Does a voice keep the contract of ``SpeechSynthesis``?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bareline.errors import ConfigurationError
from bareline.media.synthesis import SpeechChunk, SpeechSynthesis
from bareline.testing.conformance.requirement import raises, require
from bareline.units import BYTES_PER_SAMPLE, ms_to_samples

__all__ = ["SYNTHESIS", "MakeSynthesis"]

MakeSynthesis = Callable[[], SpeechSynthesis]

_TEXTS = (
    "Hello.",
    "  Two blanks first,  and some   inside; then nothing ",
    "Your appointment is on March 3rd at 10:30, isn't it? “Yes”, she said: £5.20!",
    "grüße aus Köln",
)
_CHUNK_MAX_BYTES = ms_to_samples(200) * BYTES_PER_SAMPLE


async def chunks_are_short_and_whole(make: MakeSynthesis) -> None:
    """At most 200 ms each, whole samples, and all together a second or so for a sentence."""
    engine = make()
    for text in _TEXTS:
        chunks = await _speak(engine, text)
        require(
            all(len(chunk.pcm) <= _CHUNK_MAX_BYTES for chunk in chunks), f"no chunk is longer than 200 ms: {text!r}"
        )
        require(all(len(chunk.pcm) % 2 == 0 for chunk in chunks), "chunks hold whole samples")
        require(any(any(chunk.pcm) for chunk in chunks), f"there is something to hear: {text!r}")
    await engine.close()


async def the_words_joined_are_the_text(make: MakeSynthesis) -> None:
    """Exactly; in order; each where it sounds, in the chunk that holds its beginning or an earlier one."""
    engine = make()
    for text in _TEXTS:
        chunks = await _speak(engine, text)
        words = [word for chunk in chunks for word in chunk.words]
        require("".join(word.text for word in words) == text, f"words joined give {text!r}, not {words}")
        total = sum(len(chunk.pcm) for chunk in chunks) // BYTES_PER_SAMPLE
        ends = [0]
        for word in words:
            require(ends[-1] <= word.first_sample <= word.end_sample <= total, f"words sound one after another: {word}")
            ends.append(word.first_sample)
        _words_are_on_time(chunks)
    await engine.close()


async def the_same_again_is_the_same(make: MakeSynthesis) -> None:
    """Text, voice and speed decide the samples, also in a new engine."""
    engine, other = make(), make()
    voice = engine.voices[-1]
    first = await _speak(engine, _TEXTS[2], voice)
    require(await _speak(engine, _TEXTS[2], voice) == first, "the same text gives the same samples")
    require(await _speak(other, _TEXTS[2], voice) == first, "a new engine gives the same samples")
    await engine.close()
    await other.close()


async def two_utterances_at_once_are_as_one_by_one(make: MakeSynthesis) -> None:
    """They do not disturb each other."""
    engine = make()
    alone = [await _speak(engine, text) for text in _TEXTS[:3]]
    together = await asyncio.gather(*(_speak(engine, text) for text in _TEXTS[:3]))
    require(together == alone, "two utterances may be spoken at once")
    await engine.close()


async def slower_is_longer(make: MakeSynthesis) -> None:
    """Over the range of ``speed``."""
    engine = make()
    voice = engine.voices[0]
    lengths = [
        sum(len(chunk.pcm) for chunk in [chunk async for chunk in engine.speak(_TEXTS[2], voice=voice, speed=speed)])
        for speed in (0.25, 1.0, 1.5)
    ]
    require(lengths == sorted(lengths, reverse=True), f"slower speech is longer: {lengths}")
    require(lengths[0] > 2 * lengths[1], f"a quarter of the speed is far longer: {lengths}")
    await engine.close()


async def leaving_early_harms_nobody(make: MakeSynthesis) -> None:
    """The engine speaks on for others, and the same way."""
    engine = make()
    whole = await _speak(engine, _TEXTS[2])
    for _ in range(3):
        speech = engine.speak(_TEXTS[2], voice=engine.voices[0])
        await anext(speech)
        await speech.aclose()  # type: ignore[attr-defined]  # generators have it; iterators without it need none
        require(await _speak(engine, _TEXTS[2]) == whole, "leaving an iteration early changes nothing for the next one")
    await engine.close()


async def empty_text_gives_nothing(make: MakeSynthesis) -> None:
    """Blanks are empty, too."""
    engine = make()
    require(await _speak(engine, "") == [], "empty text gives nothing")
    require(await _speak(engine, " ") == [], "blank text gives nothing")
    await engine.close()


async def an_unknown_voice_is_refused(make: MakeSynthesis) -> None:
    """With ``ConfigurationError``; the known ones all speak."""
    engine = make()
    await raises(_speak(engine, "Hello.", "no-such-voice"), ConfigurationError, "an unknown voice is refused")
    for voice in engine.voices:
        require(bool(await _speak(engine, "Hello.", voice)), f"{voice} speaks")
    await engine.close()


async def close_may_be_called_twice(make: MakeSynthesis) -> None:
    """Before, between and after use; no task is left."""
    before = asyncio.all_tasks()
    engine = make()
    await _speak(engine, "Hello.")
    await engine.close()
    await engine.close()
    require(not asyncio.all_tasks() - before, "close leaves no task behind")


SYNTHESIS: tuple[Callable[[MakeSynthesis], Awaitable[None]], ...] = (
    chunks_are_short_and_whole,
    the_words_joined_are_the_text,
    the_same_again_is_the_same,
    two_utterances_at_once_are_as_one_by_one,
    slower_is_longer,
    leaving_early_harms_nobody,
    empty_text_gives_nothing,
    an_unknown_voice_is_refused,
    close_may_be_called_twice,
)


async def _speak(engine: SpeechSynthesis, text: str, voice: str | None = None) -> list[SpeechChunk]:
    return [chunk async for chunk in engine.speak(text, voice=voice or engine.voices[0])]


def _words_are_on_time(chunks: list[SpeechChunk]) -> None:
    start = 0
    waiting = [word for chunk in chunks for word in chunk.words]
    for chunk in chunks:
        end = start + len(chunk.pcm) // BYTES_PER_SAMPLE
        waiting = waiting[len(chunk.words) :]
        late = [word for word in waiting if word.first_sample < end and word.end_sample > word.first_sample]
        require(not late, f"a word comes no later than its audio: {late} after the chunk up to {end}")
        start = end
