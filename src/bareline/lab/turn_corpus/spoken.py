"""What do people say to an assistant for the household, and where may they pause?

In a form, ``|`` stands where a speaker may stop to think, ``||`` where what was said so far could have been all. Words
in braces are drawn from the lists. Forms of the two parts share no wording beyond what the matter itself demands.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from bareline.testing.turns.labels import Part

__all__ = ["SpokenPart", "SpokenTurn", "household_turn", "open_turn"]

_ITEMS = (
    *("milk", "bread", "butter", "eggs", "rice", "apples", "bananas", "coffee", "sugar", "cheese", "yogurt", "honey"),
    *("tomatoes", "potatoes", "onions", "carrots", "olive oil", "orange juice", "paper towels", "dish soap"),
    *("chicken", "salmon", "garlic", "lemons", "flour", "cereal"),
)
_CHORES = (
    *("water the plants", "call the dentist", "pay the rent", "feed the cat", "take out the trash", "book a table"),
    *("wash the car", "clean the kitchen", "return the books", "buy stamps", "charge the camera", "walk the dog"),
)
_DAYS = ("today", "tomorrow", "on monday", "on tuesday", "on wednesday", "on thursday", "on friday", "on saturday")
_TIMES = ("at nine", "at noon", "at five", "at eight thirty", "at seven in the evening", "at ten in the morning")
_MINUTES = ("five", "ten", "twelve", "fifteen", "twenty", "thirty", "forty five")
_ROOMS = ("kitchen", "bedroom", "bathroom", "hall", "living room", "garage")
_LISTS = {
    "item": _ITEMS,
    "chore": _CHORES,
    "day": _DAYS,
    "time": _TIMES,
    "minutes": _MINUTES,
    "room": _ROOMS,
}

_HOUSEHOLD: dict[Part, dict[str, tuple[str, ...]]] = {
    "development": {
        "complete": (
            "add {item} || {day}",
            "add {item} to the shopping list || for {day}",
            "remind me to {chore} || {day}",
            "remind me to {chore} {day} || {time}",
            "put {item} on the shopping list || please",
            "turn on the light || in the {room}",
        ),
        "incomplete": (
            "add | {item} to the shopping list",
            "remind me to | {chore} {day}",
            "set a timer for | {minutes} minutes",
            "turn off the | {room} light",
            "delete | {item} from the shopping list",
            "turn on | the lights in the {room}",
            "start a timer | for {minutes} minutes",
            "read me | my shopping list",
        ),
        "plain": (
            "show me the shopping list",
            "turn the {room} lights off",
            "set a timer for {minutes} minutes",
            "add {item} {day}",
            "remind me to {chore} {day} {time}",
            "turn off the {room} light",
            "remove {item} from the shopping list",
        ),
    },
    "held_out": {
        "complete": (
            "i need {item} || for {day}",
            "create a reminder to {chore} || {day}",
            "could you add {item} || to the shopping list",
            "can you remind me to {chore} || {time}",
            "switch on the light || in the {room}",
            "please add {item} || {day}",
        ),
        "incomplete": (
            "could you put | {item} on the shopping list",
            "i want to set a timer | for {minutes} minutes",
            "please remind me | to {chore} {day}",
            "take {item} | off the shopping list",
            "can you turn on | the {room} light",
            "please switch off | the lights in the {room}",
            "can you start | a timer for {minutes} minutes",
            "could you tell me | what is on my list",
        ),
        "plain": (
            "what is on the shopping list",
            "please switch the {room} light off",
            "start a timer for {minutes} minutes",
            "please remind me to {chore} {day}",
            "could you turn on the {room} light",
            "can you delete {item} from the shopping list",
            "read me the shopping list",
        ),
    },
}
_SHARES = (("complete", 0.36), ("incomplete", 0.28), ("plain", 0.36))

_OPENERS = {
    "development": ("well", "i think", "so", "the thing is", "honestly", "last year"),
    "held_out": ("to be fair", "as far as i know", "back then", "you see", "in the end", "most of the time"),
}
_CLAUSES = {
    "development": (
        "we took the early train to the coast",
        "my brother wanted to keep the old piano",
        "the garden needs a lot more water than it used to",
        "nobody told us about the new opening hours",
        "the children were playing outside until it got dark",
        "i could not find the receipt for the washing machine",
        "she moved to a smaller place near the station",
        "it took three weeks before anyone answered",
    ),
    "held_out": (
        "the neighbours complained about the noise again",
        "our flight was delayed for almost six hours",
        "he never liked the colour of that kitchen",
        "the second half of the book is much better",
        "they promised to send somebody on thursday",
        "the road over the mountain was closed by snow",
        "my doctor says that i should walk every day",
        "we ended up paying twice for the same room",
    ),
}
_LINKS = {
    "development": ("and", "but", "because", "so"),
    "held_out": ("and then", "although", "which means that", "or maybe"),
}
_HESITATIONS = {"development": ("um", "uh"), "held_out": ("er", "hmm")}


@dataclass(frozen=True, slots=True)
class SpokenPart:
    """Words spoken in one go. ``complete``: together with all before they could be the whole turn."""

    text: str
    complete: bool


@dataclass(frozen=True, slots=True)
class SpokenTurn:
    """A turn; the speaker pauses between its parts."""

    parts: tuple[SpokenPart, ...]

    @property
    def text(self) -> str:
        """All its words."""
        return " ".join(part.text for part in self.parts)


def household_turn(chance: random.Random, part: Part) -> SpokenTurn:
    """A request in the known domain: more than a third pause after words that could have been all, more than a
    quarter elsewhere."""
    kind = chance.choices([name for name, _ in _SHARES], [weight for _, weight in _SHARES])[0]
    form = chance.choice(_HOUSEHOLD[part][kind])
    drawn = {name: chance.choice(words) for name, words in _LISTS.items()}
    if " for {day}" in form:
        drawn["day"] = drawn["day"].removeprefix("on ")
    filled = form.format(**drawn)
    whole = [piece.strip() for piece in filled.split("||")]
    parts: list[SpokenPart] = []
    for piece in whole:
        spoken = [words.strip() for words in piece.split("|")]
        parts += [SpokenPart(words, complete=False) for words in spoken[:-1]]
        parts.append(SpokenPart(spoken[-1], complete=True))
    return SpokenTurn(tuple(parts))


def open_turn(chance: random.Random, part: Part) -> SpokenTurn:
    """Open speech: one to three clauses, with pauses between them, within them, and after words that promise more."""
    clauses = chance.sample(_CLAUSES[part], chance.choice((1, 1, 2, 2, 3)))
    parts: list[SpokenPart] = []
    for number, clause in enumerate(clauses):
        lead = chance.choice(_LINKS[part]) if number else chance.choice((*_OPENERS[part], ""))
        parts += _clause_parts(chance, part, lead, clause)
    return SpokenTurn(tuple(parts))


def _clause_parts(chance: random.Random, part: Part, lead: str, clause: str) -> list[SpokenPart]:
    words = clause.split()
    where = chance.random()
    hesitation = chance.choice(_HESITATIONS[part])
    if where < 0.2 and lead:
        return [SpokenPart(lead, complete=False), SpokenPart(clause, complete=True)]
    if where < 0.35:
        cut = chance.randrange(2, len(words) - 1)
        before = " ".join(filter(None, (lead, *words[:cut])))
        return [SpokenPart(before, complete=False), SpokenPart(" ".join(words[cut:]), complete=True)]
    if where < 0.5:
        cut = chance.randrange(2, len(words) - 1)
        before = " ".join(filter(None, (lead, *words[:cut], hesitation)))
        return [SpokenPart(before, complete=False), SpokenPart(" ".join(words[cut:]), complete=True)]
    return [SpokenPart(" ".join(filter(None, (lead, clause))), complete=True)]
