"""A backend for the interop suite: it does what the instructions of the response say, so that each test says it.

``text: WORDS``, ``speech: SECONDS``, ``call: NAME ARGUMENTS``, ``long`` (speech without an end); after a function's
output it says that output; anything else is answered with a second of speech.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from bareline.media.frames import AudioFrame
from bareline.protocol.events import FunctionCallOutput, Session
from bareline.protocol.generation import CallDelta, Outcome, Output, ResponseRequest, SpeechDelta, TextDelta
from bareline.server.backend import Utterance

SECOND = (b"\x00\x10" * 60 + b"\x00\xf0" * 60) * 200
"""A square wave of 200 Hz, an eighth of full scale: its level survives every codec."""


class Answering:
    """Backend and session in one: it keeps nothing."""

    async def open(self, *, seed: int) -> Answering:
        return self

    async def close(self) -> None:
        pass

    def configure(self, session: Session) -> None:
        pass

    def hear(self, frame: AudioFrame) -> None:
        pass

    def forget(self) -> None:
        pass

    def committed(self, utterance: Utterance) -> None:
        pass

    async def transcribe(self, item_id: str) -> AsyncIterator[str]:
        for piece in ("what ", "was ", "said"):
            yield piece

    async def respond(self, request: ResponseRequest) -> AsyncIterator[Output | Outcome]:
        kind, _, rest = request.instructions.partition(": ")
        last = request.context[-1] if request.context else None
        if isinstance(last, FunctionCallOutput):
            yield (
                TextDelta(text=last.output) if not request.audio else SpeechDelta(transcript=last.output, audio=SECOND)
            )
        elif kind == "text":
            for word in rest.split():
                yield TextDelta(text=f"{word} ")
        elif kind == "call":
            name, _, arguments = rest.partition(" ")
            yield CallDelta(name=name)
            for start in range(0, len(arguments), 8):
                yield CallDelta(arguments=arguments[start : start + 8])
        elif kind == "long":
            while True:
                yield SpeechDelta(transcript="on and on ", audio=SECOND[: len(SECOND) // 2])
                await asyncio.sleep(0.1)
        else:
            for _ in range(int(rest) if kind == "speech" else 1):
                yield SpeechDelta(transcript="All right. ", audio=SECOND)
