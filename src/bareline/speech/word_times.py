"""Which words sound in which samples, and how is speech cut into chunks that carry them?"""

from __future__ import annotations

import re
from bisect import bisect_right

from bareline.media.resample import Resampler
from bareline.media.synthesis import SpeechChunk, SpokenWord
from bareline.units import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ, ms_to_samples

__all__ = ["CHUNK_MAX_SAMPLES", "WordTimes", "spoken_tokens"]

CHUNK_MAX_SAMPLES = ms_to_samples(100)


def spoken_tokens(text: str) -> list[str]:
    """``text`` cut into words with what follows them; what cannot be spoken alone goes to the word before it.

    Joined they give ``text`` exactly.
    """
    pieces: list[str] = re.findall(r"\s*\S+\s*", text)
    tokens: list[str] = []
    for piece in pieces:
        if tokens and not (_speakable(piece) and _speakable(tokens[-1])):
            tokens[-1] += piece
        else:
            tokens.append(piece)
    return tokens


class WordTimes:
    """Takes an engine's audio (at ``rate_hz``) and its word events; gives chunks at 24 kHz with the words in them.

    The audio of a word is released when the next word begins, because only then its end is known. Words without an
    event of their own (engines join small words) share the time between their neighbours by length.
    """

    def __init__(self, text: str, rate_hz: int) -> None:
        self._tokens = spoken_tokens(text)
        self._starts = _running_sum([len(token) for token in self._tokens])
        self._rate_hz = rate_hz
        self._resampler = Resampler(rate_hz, SAMPLE_RATE_HZ, fast=True)
        self._audio = bytearray()
        self._released = 0
        self._token = 0
        self._token_sample = 0
        self._words: list[SpokenWord] = []

    def word(self, character: int, sample: int) -> list[SpeechChunk]:
        """The engine begins to speak what stands at ``character`` of the text, in ``sample`` of its audio."""
        token = bisect_right(self._starts, character) - 1
        if token <= self._token:
            return []
        self._settle(token, sample * SAMPLE_RATE_HZ // self._rate_hz)
        return self._release(self._token_sample)

    def audio(self, pcm: bytes) -> list[SpeechChunk]:
        """The engine's next samples (PCM16 mono)."""
        self._audio += self._resampler.feed(pcm)
        return self._release(self._token_sample)

    def finish(self) -> list[SpeechChunk]:
        """The engine has spoken: the rest."""
        self._audio += self._resampler.flush()
        end = self._released + len(self._audio) // BYTES_PER_SAMPLE
        self._settle(len(self._tokens), end)
        # An engine may announce words beyond its audio.
        self._words = [SpokenWord(w.text, min(w.first_sample, end), min(w.end_sample, end)) for w in self._words]
        return self._release(end, last=True)

    def _settle(self, until: int, sample: int) -> None:
        """Tokens before ``until`` end at ``sample`` at the latest."""
        lengths = _running_sum([len(token) for token in self._tokens[self._token : until]])
        begin, span = self._token_sample, max(0, sample - self._token_sample)
        times = [begin + span * length // max(1, lengths[-1]) for length in lengths]
        for index, token in enumerate(self._tokens[self._token : until]):
            self._words.append(SpokenWord(token, times[index], times[index + 1]))
        self._token, self._token_sample = until, times[-1]

    def _release(self, until: int, *, last: bool = False) -> list[SpeechChunk]:
        chunks: list[SpeechChunk] = []
        # One sample stays back, so that the last words have a chunk to ride on.
        until = min(until, self._released + len(self._audio) // BYTES_PER_SAMPLE - (not last))
        while self._released < until:
            end = min(until, self._released + CHUNK_MAX_SAMPLES)
            size = (end - self._released) * BYTES_PER_SAMPLE
            begun = sum(word.first_sample < end or (last and end == until) for word in self._words)
            chunks.append(SpeechChunk(bytes(self._audio[:size]), tuple(self._words[:begun])))
            del self._audio[:size], self._words[:begun]
            self._released = end
        return chunks


def _speakable(piece: str) -> bool:
    return re.search(r"\w", piece) is not None


def _running_sum(lengths: list[int]) -> list[int]:
    sums = [0]
    for length in lengths:
        sums.append(sums[-1] + length)
    return sums
