"""What do the words say that somebody speaks over the assistant?

Only what short words tell by themselves. Lists for English are here; other languages are other ``OverlapWords``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from bareline.turns.interruption import OverlapKind

__all__ = ["ENGLISH", "OverlapWords", "repeats", "tokens"]

Run = tuple[str, ...]

_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_APOSTROPHE = "\u2019"
_ECHO_WORDS_MIN = 3
_LED_WEIGHT = 0.05
"""How much rarer two of the phrases in a row are expected than one: together they fit almost anything."""


def tokens(text: str) -> Run:
    """The words of a text, in lower case, without punctuation; "mm-hmm" is two."""
    return tuple(_TOKEN.findall(text.lower().replace(_APOSTROPHE, "'")))


def repeats(words: str, saying: str) -> bool:
    """Whether ``words`` (three at least) stand in ``saying`` just so: then they are the assistant's own."""
    said, heard = tokens(saying), tokens(words)
    return len(heard) >= _ECHO_WORDS_MIN and _first(heard, said) is not None


@dataclass(frozen=True)
class OverlapWords:
    """The words of one language that tell what an overlap is; all in lower case, words separated by blanks.

    ``backchannels``: all of it, and the listener only listens. ``stops``: all of it, and no more than a stop is wanted.
    ``refusals``: all of it, and what was said is wrong, or not wanted. ``polite``: may stand with any of them, and
    means nothing alone. ``corrections``: what was said is changed, where the words begin so; ``redirections``: wherever
    they stand, another matter is wanted; ``questions``: the words begin so.

    The rest is for ``grammar``. ``vague``: what sounds like something else to whoever listens for short phrases alone,
    so that it is left out. ``courtesies``: those of ``polite`` that go with a command. ``leaders``: listeners' words
    that often stand before others of them (empty: any single one).
    """

    backchannels: tuple[str, ...]
    stops: tuple[str, ...]
    refusals: tuple[str, ...]
    corrections: tuple[str, ...]
    redirections: tuple[str, ...]
    questions: tuple[str, ...]
    polite: tuple[str, ...] = ()
    vague: tuple[str, ...] = ()
    courtesies: tuple[str, ...] = ()
    leaders: tuple[str, ...] = ()

    def kind(self, words: str) -> OverlapKind:
        """What the words alone make of it; "unknown" while there is nothing but hesitation, or half a phrase."""
        heard = tokens(words)
        if self._covered(heard, self._polite):
            return "unknown"
        if self._covered(heard, self._backchannels | self._polite):
            return "backchannel"
        if self._covered(heard, self._stops | self._backchannels | self._polite | self._refusals):
            return "stop" if self._has(heard, self._stops) else "correction"
        return self._taking_the_floor(words, heard)

    def grammar(self) -> str:
        """A JSGF grammar of what is short and tells something by itself: for a recogniser of overlaps.

        Either all of it is a listener's, or none: of the readings the likeliest one is to be found.
        """
        vague = _runs(self.vague)
        listening, acting = self._backchannels - vague, (self._stops | self._refusals) - vague
        leaders = _runs(self.leaders) or _single(listening)
        return (
            "#JSGF V1.0; grammar overlap;"
            f" <listened> = {_alternatives(listening)};"
            f" <listening> = /1/ <listened> | /{_LED_WEIGHT}/ ({_alternatives(leaders)}) <listened>;"
            f" <act> = {_alternatives(acting)};"
            f" <acting> = /1/ {self._courteous('<act>')} | /{_LED_WEIGHT}/ ({_alternatives(_single(acting))}) <act>;"
            " public <overlap> = /1/ <listening> | /1/ <acting>;"
        )

    def _courteous(self, phrase: str) -> str:
        if not self.courtesies:
            return phrase
        courtesy = " | ".join(self.courtesies)
        return f"[{courtesy}] {phrase} [{courtesy}]"

    def _taking_the_floor(self, words: str, heard: Run) -> OverlapKind:
        if self._has(heard, self._redirections):
            return "redirection"
        told = self._without_leaders(heard)
        if any(_begins(told, run) for run in self._corrections | self._refusals):
            return "correction"
        if words.rstrip().endswith("?") or any(_begins(told, run) for run in self._questions):
            return "question"
        return "unknown" if self._begun(heard) else "turn"

    def _begun(self, heard: Run) -> bool:
        """Whether they may go on to be a phrase that is known: "uh" on its way to "uh-huh"."""
        known = self._backchannels | self._stops | self._refusals
        reached = self._reached(heard, known | self._polite)
        return any(_begins(run, heard[start:]) for start in reached for run in known)

    def _without_leaders(self, heard: Run) -> Run:
        """What follows a "yes, but"."""
        while run := next((run for run in self._backchannels | self._polite if _begins(heard, run)), None):
            heard = heard[len(run) :]
        return heard

    def _covered(self, heard: Run, runs: frozenset[Run]) -> bool:
        """Whether the words are these runs, one after the other, and nothing else."""
        return len(heard) in self._reached(heard, runs)

    def _reached(self, heard: Run, runs: frozenset[Run]) -> set[int]:
        """How many of the words can be these runs, one after the other."""
        reached = {0}
        for start in range(len(heard)):
            if start in reached:
                reached |= {start + len(run) for run in runs if heard[start : start + len(run)] == run}
        return reached

    def _has(self, heard: Run, runs: frozenset[Run]) -> bool:
        return any(_first(run, heard) is not None for run in runs)

    @cached_property
    def _backchannels(self) -> frozenset[Run]:
        return _runs(self.backchannels)

    @cached_property
    def _stops(self) -> frozenset[Run]:
        return _runs(self.stops)

    @cached_property
    def _polite(self) -> frozenset[Run]:
        return _runs(self.polite)

    @cached_property
    def _corrections(self) -> frozenset[Run]:
        return _runs(self.corrections)

    @cached_property
    def _refusals(self) -> frozenset[Run]:
        return _runs(self.refusals)

    @cached_property
    def _redirections(self) -> frozenset[Run]:
        return _runs(self.redirections)

    @cached_property
    def _questions(self) -> frozenset[Run]:
        return _runs(self.questions)


def _runs(phrases: tuple[str, ...]) -> frozenset[Run]:
    return frozenset(tokens(phrase) for phrase in phrases)


def _single(runs: frozenset[Run]) -> frozenset[Run]:
    return frozenset(run for run in runs if len(run) == 1)


def _alternatives(runs: frozenset[Run]) -> str:
    return " | ".join(sorted(" ".join(run) for run in runs))


def _begins(heard: Run, run: Run) -> bool:
    return heard[: len(run)] == run


def _first(run: Run, within: Run) -> int | None:
    """Where a run begins in these words."""
    starts = range(len(within) - len(run) + 1)
    return next((start for start in starts if within[start : start + len(run)] == run), None)


ENGLISH = OverlapWords(
    backchannels=(
        *("mm", "mm-hmm", "mhm", "mmhm", "mm-mm", "hmm", "hm", "uh-huh", "aha", "ah", "oh", "ooh", "wow", "huh"),
        *("yes", "yeah", "yep", "yup", "ok", "okay", "right", "sure", "true", "exactly", "indeed", "absolutely"),
        *("good", "great", "nice", "cool", "fine", "perfect", "lovely", "interesting", "really", "alright"),
        *("i see", "got it", "of course", "makes sense", "that makes sense", "oh really", "i know", "i understand"),
        *("go on", "go ahead", "sounds good", "fair enough", "no problem", "thanks", "thank you", "definitely"),
        *("that's right", "that's true", "that's good", "very good", "very nice", "amazing", "gotcha", "understood"),
        *("all right", "sounds great", "that's great", "no kidding", "i bet"),
    ),
    stops=(
        *("stop", "stop it", "stop that", "stop talking", "wait", "wait a minute", "wait a second", "wait a moment"),
        *("hold on", "hold it", "hang on", "one moment", "just a moment", "one second", "just a second", "one sec"),
        *("pause", "enough", "that's enough", "quiet", "be quiet", "shut up", "silence", "hush", "never mind"),
        *("nevermind", "cancel", "cancel that", "that's all", "that will do", "quit", "let me think", "hold up"),
        *("stop now", "stop there", "no more", "not now", "cut it out", "time out", "mute", "halt", "leave it"),
        *("give me a second", "give me a minute", "hang on a second", "hold on a second", "enough of that"),
    ),
    refusals=("no", "no no", "nope", "nah", "wrong", "that's wrong", "not that", "i don't think so"),
    corrections=(
        *("not", "actually", "sorry", "i mean", "i meant", "i said", "i didn't", "rather", "instead", "don't"),
        *("that's not", "that is not", "it's not", "make it", "make that", "scratch that", "correction", "do not"),
        *("i don't", "i do not", "i'd rather", "i would rather", "the other"),
    ),
    redirections=(
        *("let's talk about", "talk about something", "tell me about", "something else", "change the subject"),
        *("different question", "another question", "next question", "another topic", "different topic", "skip that"),
        *("skip this", "forget that", "forget it", "forget about", "move on", "moving on", "by the way", "switch to"),
        *("go back to", "let's go to", "what about", "how about"),
    ),
    questions=(
        *("what", "what's", "who", "who's", "where", "where's", "when", "why", "how", "how's", "which", "whose"),
        *("can you", "can i", "could you", "could i", "would you", "would it", "will you", "will it", "do you"),
        *("do i", "does", "did", "is it", "is that", "is there", "are you", "are there", "have you", "has", "should i"),
        *("may i", "was it", "were", "am i", "isn't", "aren't", "doesn't", "didn't"),
    ),
    polite=("please", "um", "uh", "er", "erm", "and", "but", "so", "well", "just", "now", "hey", "like"),
    vague=(
        *("ooh", "huh", "mm", "hm", "fine", "thanks", "pause", "quit", "hush", "silence"),
        *("hold up", "that will do", "nope", "nah", "mute", "halt", "leave it", "i bet", "no kidding", "gotcha"),
        *("give me a second", "give me a minute"),
    ),
    courtesies=("please",),
    leaders=("oh", "ah", "yeah", "yes", "okay", "ok"),
)
"""What English speakers say over somebody who talks."""
