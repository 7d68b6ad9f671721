"""What does a model say when chance decides?

``RandomPlan`` generates for ``EndpointPair``: speech, text and calls in interleaving items, quickly or slowly, whole,
cut short or failed. All of it within the contract of a generator, so that whatever goes wrong is the endpoints' doing.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from bareline.protocol.events import FunctionTool
from bareline.protocol.generation import (
    CallDelta,
    Completed,
    EndItem,
    Failed,
    Incomplete,
    Outcome,
    Output,
    ResponseRequest,
    SpeechDelta,
    TextDelta,
)
from bareline.units import ms_to_ns

__all__ = ["WORDS", "RandomPlan"]

WORDS = ("yes ", "no ", "maybe ", "grün ", "the ", "list ", "“quoted” ", "naïve ", "🎧 ", "a\nline ", "tomorrow ", "")
"""What is said in simulations: among it what is not ASCII, blank or empty."""

_BYTES_PER_MS = 48
_OUTCOMES: tuple[tuple[Outcome, int], ...] = (
    (Completed(), 80),
    (Incomplete(reason="max_output_tokens"), 5),
    (Incomplete(reason="content_filter"), 5),
    (Failed(code="server_error", message="The model is unwell."), 10),
)


class RandomPlan:
    """A ``Plan`` by seed; ``planned`` keeps what each response was to say."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(f"{seed}:plan")
        self.planned: dict[str, list[Output | Outcome]] = {}

    def __call__(self, request: ResponseRequest) -> Sequence[tuple[int, Output | Outcome]]:
        """Outputs and the outcome of one response, with the pauses before them."""
        chance = self._chance
        lines = [self._item(number, request) for number in range(chance.choice((0, 1, 1, 1, 2, 3)))]
        outputs: list[Output | Outcome] = []
        while any(lines):
            open_lines = [line for line in lines if line]
            outputs.append(chance.choice(open_lines[:2]).pop(0))
        outcomes, weights = zip(*_OUTCOMES, strict=True)
        outputs.append(chance.choices(outcomes, weights)[0])
        self.planned[request.response_id] = outputs
        slowest_ms = chance.choice((1, 20, 100, 800))
        return [(ms_to_ns(chance.randint(0, slowest_ms)), output) for output in outputs]

    def transcribe(self, item_id: str) -> Sequence[tuple[int, str | None]]:
        """A ``TranscriptPlan``: some words, sometimes a failure."""
        del item_id
        chance = self._chance
        words: list[str | None] = list(chance.choices(WORDS, k=chance.randint(0, 5)))
        if chance.random() < 0.2:
            words.append(None)
        return [(ms_to_ns(chance.randint(0, 400)), word) for word in words]

    def _item(self, number: int, request: ResponseRequest) -> list[Output]:
        chance = self._chance
        deltas: list[Output]
        names = [tool.name for tool in request.tools if isinstance(tool, FunctionTool) and tool.name]
        if names and chance.random() < 0.4:
            deltas = self._call(number, chance.choice(names))
        elif chance.random() < (0.9 if request.audio else 0.1):
            deltas = [self._speech(number) for _ in range(chance.randint(1, 8))]
        else:
            deltas = [TextDelta(item=number, text=chance.choice(WORDS)) for _ in range(chance.randint(1, 8))]
        return [*deltas, EndItem(item=number)] if chance.random() < 0.7 else deltas

    def _speech(self, number: int) -> Output:
        chance = self._chance
        audio = bytes(_BYTES_PER_MS * chance.choice((0, 20, 100, 333)))
        return SpeechDelta(item=number, transcript=chance.choice(WORDS), audio=audio)

    def _call(self, number: int, name: str) -> list[Output]:
        arguments = f'{{"n": {self._chance.randint(0, 99)}}}'
        middle = self._chance.randint(0, len(arguments))
        pieces = (arguments[:middle], arguments[middle:])
        return [
            CallDelta(item=number, name=name),
            *(CallDelta(item=number, arguments=piece) for piece in pieces),
        ]
