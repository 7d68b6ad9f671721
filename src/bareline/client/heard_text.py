"""Which words of a transcript had been heard when so many samples had been heard?

The protocol ties no word to a time. Servers that send each stretch of text with its audio give anchors; a service whose
text runs ahead gives none that help, so the share of the audio bounds the share of the text as well. Both are taken,
the lesser counts, and a word begun is a word not heard.
"""

from __future__ import annotations

__all__ = ["HeardText"]

_SPEECH_CHARS_PER_S = 25
"""Faster than anybody speaks; bounds the text while its audio is still incomplete."""
_SAMPLES_PER_S = 24_000


class HeardText:
    """The text and audio of one content part as they came, in characters and samples at 24 kHz."""

    __slots__ = ("_anchors", "_pieces", "_whole", "chars", "samples")

    def __init__(self) -> None:
        self.chars = 0
        self.samples = 0
        self._pieces: list[str] = []
        self._whole: str | None = None
        self._anchors: list[tuple[int, int]] = []

    @property
    def text(self) -> str:
        """All text so far."""
        return "".join(self._pieces) if self._whole is None else self._whole

    def said(self, delta: str) -> None:
        """More text."""
        self._pieces.append(delta)
        self.chars += len(delta)

    def whole(self, text: str) -> None:
        """The final text."""
        self._whole = text
        self.chars = len(text)

    def sounded(self, samples: int) -> None:
        """More audio: it says at most the text that is known by now, beginning where the audio before it ended."""
        anchors = self._anchors
        if len(anchors) < 2 or not anchors[-2][1] == anchors[-1][1] == self.chars:  # else it is like the one before
            anchors.append((self.samples, self.chars))
        self.samples += samples

    def until(self, heard_samples: int, *, finished: bool) -> str:
        """Whole words heard by ``heard_samples``; ``finished``: all audio of the part has come."""
        if finished and heard_samples >= self.samples:
            return self.text
        return _whole_words(self.text, min(self._anchored(heard_samples), self._share(heard_samples, finished)))

    def beginning(self, chars: int) -> str:
        """Whole words within the first ``chars``."""
        return _whole_words(self.text, chars)

    def _anchored(self, heard: int) -> int:
        """Between anchors the text of one stretch spreads evenly over its audio."""
        before = 0
        for index, (first, chars) in enumerate(self._anchors):
            end = self._anchors[index + 1][0] if index + 1 < len(self._anchors) else self.samples
            if heard < end:
                return before + (chars - before) * max(0, heard - first) // max(1, end - first)
            before = chars
        return self.chars

    def _share(self, heard: int, finished: bool) -> int:
        if finished:
            return self.chars * heard // self.samples
        return min(heard * _SPEECH_CHARS_PER_S // _SAMPLES_PER_S, self.chars)


def _whole_words(text: str, chars: int) -> str:
    if chars >= len(text):
        return text
    kept = text[:chars]
    if not text[chars].isspace():
        kept = kept[: max(kept.rfind(" "), kept.rfind("\n")) + 1]
    return kept.rstrip()
