"""What did the user say, in each of the utterances that became items?"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable

from bareline.media.frames import AudioFrame
from bareline.protocol.events import InputAudio
from bareline.server.backend import Utterance
from bareline.server.backends.rules.entities import Knowledge
from bareline.server.backends.rules.grammar import grammar_for
from bareline.server.backends.rules.memory import Expecting, Heard
from bareline.server.backends.rules.toolset import Toolset
from bareline.turns.contract import Hypothesis, StreamingSTT
from bareline.units import BYTES_PER_SAMPLE, ms_to_samples

__all__ = ["HEARD_MAX", "Listening", "Recogniser"]

HEARD_MAX = 64
"""Utterances whose words, or whose audio, are kept for a later question."""
_SLICE_SAMPLES = ms_to_samples(100)
_UNHEARD = Heard("", 0.0, spoken=True)

Recogniser = Callable[[str], StreamingSTT]
"""Gives a recogniser for a grammar (JSGF text). Asked for again whenever the grammar changes."""


class Listening:
    """Recognition of one session. Without a recogniser nothing is understood, and spoken items rely on transcripts."""

    def __init__(self, recogniser: Recogniser | None) -> None:
        self._recogniser = recogniser
        self._grammar = ""
        self._stt: StreamingSTT | None = None
        self._stt_grammar = ""
        self._under_way = False
        self._words: dict[str, Heard] = {}
        self._audio: dict[str, AudioFrame] = {}
        self._lock = asyncio.Lock()

    def expect(self, toolset: Toolset, known: Knowledge, expecting: Expecting | None) -> None:
        """What may be said from the next utterance on. Cheap; ``prepare`` does the work."""
        if self._recogniser is not None:
            self._grammar = grammar_for(toolset, known, expecting)

    def prepare(self) -> None:
        """Make the recogniser ready for what is expected (some 50 ms when that has changed), unless it is in use."""
        if not self._under_way:
            self._ready()

    def hear(self, frame: AudioFrame) -> None:
        """The next frame of the utterance under way."""
        stt = self._stt if self._under_way else self._ready()
        if stt is not None:
            self._under_way = True
            stt.feed(frame)

    def partial(self) -> Hypothesis | None:
        """The words of the utterance under way, as far as they are known."""
        return self._stt.partial() if self._under_way and self._stt is not None else None

    def forget(self) -> None:
        """Drop the utterance under way."""
        if self._under_way and self._stt is not None:
            self._stt.reset()
        self._under_way = False

    def committed(self, utterance: Utterance) -> None:
        """Keep the words of the utterance, or its audio when nothing was heard of it yet."""
        if self._under_way and self._stt is not None:
            _keep(self._words, utterance.item_id, _heard(self._stt))
            self._under_way = False
        else:
            _keep(self._audio, utterance.item_id, utterance.audio)

    async def heard(self, item_id: str, part: InputAudio | None = None) -> Heard | None:
        """The words of an item; ``part`` may bring its audio. None when there is neither audio nor a recogniser."""
        async with self._lock:
            if item_id not in self._words:
                audio = self._audio.pop(item_id, None) or _audio_of(part)
                if audio is None or self._recogniser is None:
                    return None if self._recogniser is None or part is None or part.transcript else _UNHEARD
                _keep(self._words, item_id, await self._recognise(audio))
            return self._words[item_id]

    def close(self) -> None:
        """Let the recogniser go."""
        self._stt = None
        self._recogniser = None
        self._under_way = False

    def _ready(self) -> StreamingSTT | None:
        """The recogniser for the present grammar."""
        if self._recogniser is not None and (self._stt is None or self._stt_grammar != self._grammar) and self._grammar:
            # The old one goes first: recognisers may be kept for the next who asks.
            self._stt = None
            self._stt = self._recogniser(self._grammar)
            self._stt_grammar = self._grammar
        return self._stt

    async def _recognise(self, audio: AudioFrame) -> Heard:
        """Recognise whole audio in slices, on a recogniser of its own, so that others are heard meanwhile."""
        if self._recogniser is None or not self._grammar:
            return _UNHEARD
        stt = self._recogniser(self._grammar) if self._under_way else self._ready()
        if stt is None:
            return _UNHEARD
        size = _SLICE_SAMPLES * BYTES_PER_SAMPLE
        for at in range(0, len(audio.pcm), size):
            stt.feed(AudioFrame(audio.pcm[at : at + size], audio.first_sample + at // BYTES_PER_SAMPLE))
            await asyncio.sleep(0)
        return _heard(stt)


def _heard(stt: StreamingSTT) -> Heard:
    found = stt.finish()
    return Heard(found.text, found.confidence if found.text else 0.0, spoken=True)


def _keep(store: dict[str, Heard] | dict[str, AudioFrame], key: str, value: Heard | AudioFrame) -> None:
    store[key] = value  # type: ignore[assignment]
    if len(store) > HEARD_MAX:
        del store[next(iter(store))]


def _audio_of(part: InputAudio | None) -> AudioFrame | None:
    if part is None or not isinstance(part.audio, str):
        return None
    try:
        pcm = base64.b64decode(part.audio, validate=True)
    except binascii.Error:
        return None
    return AudioFrame(pcm[: len(pcm) // BYTES_PER_SAMPLE * BYTES_PER_SAMPLE])
