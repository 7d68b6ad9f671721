"""What is said while the assistant speaks: listeners' sounds, and the many ways to take the floor?

The two parts share no form.
"""

from __future__ import annotations

import random

from bareline.lab.turn_corpus.short_forms import RARER_BACKCHANNELS, SHORT_INTERRUPTIONS
from bareline.testing.turns.labels import Part, TurnKind

__all__ = ["backchannel", "interruption", "saying"]

_BACKCHANNELS: dict[Part, tuple[str, ...]] = {
    "development": ("mm-hmm", "uh-huh", "yeah", "okay", "right", "mhm", "yes", "oh", "ah", "good"),
    "held_out": ("sure", "I see", "got it", "hmm", "aha", "alright", "oh okay", "yep", "great", "of course"),
}
_SPELLED = {"mm-hmm": "[[mm'hm]]", "mhm": "[[m'hm]]", "hmm": "[[h'm:]]", "uh-huh": "[[V'hV]]", "aha": "[[a'ha:]]"}
"""Sounds that are no words, in espeak-ng's phonemes."""
_INTERRUPTIONS: dict[Part, dict[TurnKind, tuple[str, ...]]] = {
    "development": {
        "stop": ("stop", "stop it", "wait", "hold on", "be quiet please", "stop talking"),
        "correction": (
            "no I meant tuesday",
            "no not that one",
            "I said fifteen minutes not fifty",
            "no that is the wrong address",
        ),
        "redirection": (
            "let's talk about something else",
            "actually tell me about the weather",
            "forget that and show me my appointments",
            "can we go back to the first one",
        ),
        "question": ("what time is that", "how much does it cost", "who told you that", "is it far from here"),
        "turn": ("I already know all of that", "we did that yesterday afternoon", "my sister has one of those too"),
    },
    "held_out": {
        "stop": ("hang on", "that's enough", "shut up", "quiet", "pause for a moment", "hold it"),
        "correction": (
            "that's wrong it was the blue one",
            "wait I wanted two of them",
            "no no the other street",
            "sorry I meant in the morning",
        ),
        "redirection": (
            "never mind I want to order a taxi",
            "skip this and read me the news",
            "I would rather hear about the hotel",
            "instead of that call my office",
        ),
        "question": ("when does it close", "which one is cheaper", "why is that", "could you say the name again"),
        "turn": ("she told me the same thing", "I have been there twice already", "that sounds expensive to me"),
    },
}
_SAYINGS = (
    "Your shopping list has seven entries. The first one is milk, then bread, then two kinds of cheese, then apples.",
    "There are three hotels near the station. The first one costs ninety euros a night and has a small garden.",
    "The meeting was moved from Tuesday to Thursday at four, in the large room on the second floor.",
    "Tomorrow will be mostly cloudy, with some rain in the afternoon and up to fourteen degrees.",
    "I have found two flights. One leaves at seven in the morning, the other one shortly before noon.",
)


_RARER_SHARE = 0.25
_SHORT_SHARE = 0.5
"""So much of the development part has forms of its own lists of many."""


def backchannel(chance: random.Random, part: Part, *, phonemes: bool) -> tuple[str, str]:
    """A listener's sound: its name, and how it is given to a voice (``phonemes``: the voice takes espeak-ng's)."""
    rarer = part == "development" and chance.random() < _RARER_SHARE
    name = chance.choice(RARER_BACKCHANNELS if rarer else _BACKCHANNELS[part])
    return name, _SPELLED.get(name, name) if phonemes else name


def interruption(chance: random.Random, part: Part) -> tuple[TurnKind, str]:
    """What takes the floor: every kind as often."""
    kind = chance.choice(tuple(_INTERRUPTIONS[part]))
    short = part == "development" and chance.random() < _SHORT_SHARE
    return kind, chance.choice((SHORT_INTERRUPTIONS if short else _INTERRUPTIONS[part])[kind])


def saying(chance: random.Random) -> str:
    """What the assistant says meanwhile."""
    return chance.choice(_SAYINGS)
