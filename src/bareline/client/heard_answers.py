"""What did the user say to a question, as far as it is known, and is it worth waiting for more?

A transcript often comes after the model's report of what it says (REALTIME.md 10.12): the report waits for it, for a
short time and beside the events.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from bareline.client.journal import Journal
from bareline.client.transcript import Transcript
from bareline.tools.consent_words import Answer, ConsentWords, last_clear
from bareline.tools.proposals import Proposal
from bareline.units import NS_PER_MS, NS_PER_S

__all__ = ["TRANSCRIPT_WAIT_NS", "HeardAnswers"]

TRANSCRIPT_WAIT_NS = 400 * NS_PER_MS
"""How long a report of the user's yes waits for the words it was given in."""
_REMEMBERED = 64

T = TypeVar("T")


class HeardAnswers:
    """The words of one call's answers. ``transcribes``: whether the session gives transcripts of what the user says."""

    def __init__(
        self,
        transcript: Transcript,
        journal: Journal,
        languages: Sequence[ConsentWords],
        *,
        transcribes: Callable[[], bool],
    ) -> None:
        self._transcript = transcript
        self._journal = journal
        self._languages = languages
        self._transcribes = transcribes
        self._written: OrderedDict[str, str] = OrderedDict()
        self._acted_on: OrderedDict[str, Proposal] = OrderedDict()
        self._news = asyncio.Event()

    def wrote(self, item_id: str, text: str) -> None:
        """The user said this in writing."""
        _remember(self._written, item_id, text)

    def transcribed(self, item_id: str) -> None:
        """The words of an item are known now, or never will be; words too late to count are traced."""
        self._news.set()
        proposal = self._acted_on.pop(item_id, None)
        if proposal is not None and self.answer(proposal) == "no":
            self._journal.decision("consent_doubted", "a no came too late", **self._told(proposal))

    def unknown(self, proposal: Proposal) -> bool:
        """Whether words of an answer are still to come."""
        return self._transcribes() and any(not self._final(item_id) for item_id in proposal.answers)

    async def known(self, proposal: Proposal) -> None:
        """Wait until they are known, but not long."""
        try:
            async with asyncio.timeout(TRANSCRIPT_WAIT_NS / NS_PER_S):
                while self.unknown(proposal):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            self._journal.decision("words_unknown", "no transcript in time", proposal_id=proposal.id)

    def words(self, proposal: Proposal) -> str:
        """What was said since the question."""
        return " ".join(text for item_id in proposal.answers if (text := self._text(item_id)))

    def answer(self, proposal: Proposal) -> Answer:
        """What the words mean, as far as words alone tell."""
        return last_clear(map(self._text, proposal.answers), self._languages, proposal.question)

    def acted_on(self, proposal: Proposal) -> None:
        """The action is carried out; of words that are not known yet, a no is to be noticed."""
        if self._transcribes():
            for item_id in proposal.answers:
                if not self._final(item_id):
                    _remember(self._acted_on, item_id, proposal)

    def _told(self, proposal: Proposal) -> dict[str, Any]:
        return {"proposal_id": proposal.id, "words": self.words(proposal)}

    def _text(self, item_id: str) -> str:
        entry = self._transcript.entry(item_id)
        return self._written.get(item_id) or (entry.text if entry is not None else "")

    def _final(self, item_id: str) -> bool:
        entry = self._transcript.entry(item_id)
        return item_id in self._written or (entry is not None and entry.final)


def _remember(known: OrderedDict[str, T], key: str, value: T) -> None:
    known[key] = value
    if len(known) > _REMEMBERED:
        known.popitem(last=False)
