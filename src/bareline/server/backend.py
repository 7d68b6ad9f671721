"""What makes the server answer, and how does one write one's own?

A backend is a factory of sessions; a session hears the user's audio, transcribes it when asked, and generates
responses. Conformance kit: ``bareline.testing.conformance.backend``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from bareline.media.frames import AudioFrame
from bareline.protocol.events.session import Session
from bareline.protocol.generation import Outcome, Output, ResponseRequest
from bareline.turns.contract import Hypothesis

__all__ = ["Backend", "BackendSession", "Recognising", "Utterance"]


@dataclass(frozen=True, slots=True)
class Utterance:
    """A committed stretch of the user's speech: the item it became, and its audio (24 kHz, with prefix and silence)."""

    item_id: str
    audio: AudioFrame


class BackendSession(Protocol):
    """The backend's side of one session.

    Contract: all methods are called from one event loop. ``configure`` comes first and after each session change.
    ``hear`` gets the frames of an utterance under way (from the prefix on) and must be quick; ``forget`` drops it;
    ``committed`` ends it, and may come without any ``hear`` (manual turns). ``transcribe`` is asked at most once per
    committed item and yields increments. ``respond`` yields outputs and, last, one ``Outcome`` (none means
    ``Completed``); it is cancelled by closing the iterator. An exception from ``respond`` becomes a failed response,
    one from ``transcribe`` a failed transcription; neither ends the session.
    """

    def configure(self, session: Session) -> None:
        """The effective session."""
        ...

    def hear(self, frame: AudioFrame) -> None:
        """The next frame of the utterance under way."""
        ...

    def forget(self) -> None:
        """The utterance under way is not going to be committed."""
        ...

    def committed(self, utterance: Utterance) -> None:
        """The utterance became an item of the conversation."""
        ...

    def transcribe(self, item_id: str) -> AsyncIterator[str]:
        """Increments of the transcript of a committed item."""
        ...

    def respond(self, request: ResponseRequest) -> AsyncIterator[Output | Outcome]:
        """Generate one response."""
        ...

    async def close(self) -> None:
        """The session is over; may be called twice."""
        ...


@runtime_checkable
class Recognising(Protocol):
    """What a ``BackendSession`` may offer beside: the words of the utterance under way, for ``semantic_vad``."""

    def partial(self) -> Hypothesis | None:
        """The best guess at what was heard so far, quickly and without changing it; None: no words yet."""
        ...


class Backend(Protocol):
    """Makes sessions. ``seed`` makes what it draws reproducible."""

    async def open(self, *, seed: int) -> BackendSession:
        """A new session."""
        ...

    async def close(self) -> None:
        """The server stops; may be called twice."""
        ...
