"""How does a test say what the model answers, in a few lines?"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from bareline.media.frames import AudioFrame
from bareline.media.synthesis import SpeechSynthesis
from bareline.protocol.events import Session
from bareline.protocol.generation import Outcome, Output, ResponseRequest, SpeechDelta
from bareline.server.backend import BackendSession, Utterance

__all__ = ["FunctionBackend", "spoken"]

Respond = Callable[[ResponseRequest], AsyncIterator[Output | Outcome]]
Transcribe = Callable[[Utterance], AsyncIterator[str]]


class FunctionBackend:
    """A ``Backend`` made of one or two async generator functions.

    ``respond`` generates every response; ``transcribe`` gives the increments of an utterance's transcript (none
    without it). ``requests`` and ``utterances`` keep what came, of all sessions.
    """

    def __init__(self, respond: Respond, *, transcribe: Transcribe | None = None) -> None:
        self.respond = respond
        self.transcribe = transcribe
        self.requests: list[ResponseRequest] = []
        self.utterances: list[Utterance] = []

    async def open(self, *, seed: int) -> BackendSession:
        """A session that keeps nothing of its own."""
        del seed
        return _FunctionSession(self)

    async def close(self) -> None:
        """Nothing to free."""


async def spoken(synthesis: SpeechSynthesis, text: str, *, voice: str, item: int = 0) -> AsyncIterator[SpeechDelta]:
    """``text`` as a response speaks it: each chunk of audio with the words that begin in it."""
    async for chunk in synthesis.speak(text, voice=voice):
        yield SpeechDelta(item=item, transcript="".join(word.text for word in chunk.words), audio=chunk.pcm)


class _FunctionSession:
    def __init__(self, backend: FunctionBackend) -> None:
        self._backend = backend
        self._committed: dict[str, Utterance] = {}

    def configure(self, session: Session) -> None:
        """Whatever the session is, the function answers."""

    def hear(self, frame: AudioFrame) -> None:
        """Utterances come whole, when they are committed."""

    def forget(self) -> None:
        """Nothing was kept."""

    def committed(self, utterance: Utterance) -> None:
        self._backend.utterances.append(utterance)
        self._committed[utterance.item_id] = utterance

    async def transcribe(self, item_id: str) -> AsyncIterator[str]:
        utterance = self._committed.pop(item_id, None)
        if utterance is not None and self._backend.transcribe is not None:
            async for text in self._backend.transcribe(utterance):
                yield text

    def respond(self, request: ResponseRequest) -> AsyncIterator[Output | Outcome]:
        self._backend.requests.append(request)
        return self._backend.respond(request)

    async def close(self) -> None:
        self._committed.clear()
