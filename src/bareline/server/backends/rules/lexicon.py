"""Which everyday words mean the same, whatever the tools are about?

English only. Nothing here knows an application: verbs by what they do, courtesy, consent, and nouns that people
exchange for each other.
"""

from __future__ import annotations

from bareline.server.backends.rules.words import phrase, singular, words_of

__all__ = [
    "FILLERS",
    "GLUE",
    "LEADS",
    "NOUNS",
    "SOCIAL",
    "TAILS",
    "VALUES",
    "VERBS",
    "VERB_PHRASES",
    "classes_of",
    "same_noun",
]

VERBS: dict[str, tuple[str, ...]] = {
    "show": (
        "show", "list", "read", "tell", "view", "see", "display", "give", "hear", "show me", "give me", "tell me",
        "read me", "read out", "go through", "what", "which", "what is", "what are", "do i have", "are there",
        "is there", "how many", "how is", "have i got",
    ),
    "find": ("find", "search", "search for", "look up", "look for", "check", "query", "lookup", "where is"),
    "create": (
        "create", "add", "make", "put", "remind me", "remind me to", "set up", "write down", "note", "note down",
        "record", "save", "insert", "register", "log", "remember", "i need", "i have to", "new",
    ),
    "remove": (
        "delete", "remove", "drop", "cancel", "erase", "discard", "get rid of", "throw away", "call off", "take off",
        "scrap",
    ),
    "complete": (
        "complete", "finish", "finished", "completed", "tick off", "check off", "close", "mark", "i am done with",
        "i finished", "i have finished", "i have done", "i did", "i completed",
    ),
    "update": (
        "update", "change", "modify", "edit", "move", "reschedule", "postpone", "rename", "adjust", "push", "shift",
        "delay",
    ),
    "order": (
        "order", "buy", "get", "purchase", "get me", "i want", "i would like", "i will have", "i will take",
        "can i get", "can i have", "could i have", "could i get", "i would like to order",
    ),
    "book": (
        "book", "reserve", "schedule", "arrange", "plan", "make", "set up", "i need", "i would like", "i want",
        "can i get", "can i have",
    ),
    "on": ("turn on", "switch on"),
    "off": ("turn off", "switch off"),
    "set": ("set", "adjust", "change", "turn", "put", "make", "dim", "brighten", "switch"),
    "start": ("start", "begin", "play", "launch", "resume", "run", "open"),
    "stop": ("stop", "end", "halt", "pause", "quit"),
    "clear": (
        "clear", "empty", "wipe", "reset", "delete all", "remove all", "delete everything", "remove everything",
        "cancel all", "cancel everything",
    ),
    "send": ("send", "email", "message", "text", "forward", "write to"),
    "confirm": ("confirm", "accept", "approve"),
    "decline": ("decline", "reject", "deny", "refuse", "dismiss"),
}  # fmt: skip
"""Classes of verbs; a phrase may stand in several."""

_NAMED = {
    "get": ("show", "find"), "fetch": ("show", "find"), "retrieve": ("show", "find"), "list": ("show",),
    "show": ("show",), "read": ("show",), "check": ("find", "show"), "find": ("find", "show"),
    "search": ("find", "show"), "lookup": ("find", "show"), "look": ("find", "show"), "query": ("find", "show"),
    "count": ("show",), "schedule": ("book", "create"), "book": ("book",), "reserve": ("book",),
    "make": ("create", "book"), "set": ("set", "update"), "turn": ("on", "off", "set"), "switch": ("on", "off", "set"),
    "toggle": ("on", "off", "set"), "mark": ("complete",), "reschedule": ("update",), "place": ("order",),
    "buy": ("order",), "order": ("order",), "purchase": ("order",), "cancel": ("remove",), "clear": ("clear",),
    "dim": ("set",), "control": ("set", "on", "off"), "returns": ("show",), "describe": ("show", "find"),
}  # fmt: skip
"""What a verb means as part of a tool's name or at the start of its description."""

VERB_PHRASES: dict[tuple[str, ...], frozenset[str]] = {
    said: frozenset(name for name, members in VERBS.items() if " ".join(said) in members)
    for said in {phrase(member) for members in VERBS.values() for member in members}
}

NOUNS: tuple[frozenset[str], ...] = (
    frozenset({"task", "todo", "to do", "item", "thing to do"}),
    frozenset({"appointment", "meeting", "booking"}),
    frozenset({"reservation", "booking"}),
    frozenset({"lamp", "light"}),
    frozenset({"song", "track"}),
    frozenset({"film", "movie"}),
    frozenset({"email", "mail", "message"}),
    frozenset({"shop", "store"}),
    frozenset({"client", "customer"}),
)
VALUES: tuple[frozenset[str], ...] = (
    frozenset({"done", "completed", "finished", "complete"}),
    frozenset({"pending", "open", "outstanding", "unfinished", "not done"}),
    frozenset({"all", "everything"}),
    frozenset({"high", "urgent"}),
    frozenset({"small", "little"}),
    frozenset({"large", "big"}),
    frozenset({"medium", "regular"}),
    frozenset({"on", "switched on"}),
    frozenset({"off", "switched off"}),
)
"""Spoken values that stand for each other, where an enumeration has only one of them."""

FILLERS = frozenset(
    {"um", "uh", "er", "erm", "well", "so", "okay", "ok", "oh", "hey", "actually", "just", "then", "now"}
)
LEADS = tuple(
    phrase(text)
    for text in (
        "could you please", "can you please", "would you please", "could you", "can you", "would you", "will you",
        "please", "i would like you to", "i want you to", "i would like to", "i want to", "i need to", "i need you to",
        "let us", "let me", "may i", "can i", "could i", "help me", "go ahead and", "i think", "and",
    )
)  # fmt: skip
TAILS = tuple(
    phrase(text)
    for text in ("please", "for me", "thanks", "thank you", "right now", "if you can", "if possible", "too", "as well")
)
GLUE = frozenset(
    words_of(
        "a an the my your our to for of on in at by with and as from is are it that this me i do have be called "
        "named titled due some any one ones new another upcoming current there list up down please you we us was "
        "were about into out will would has which what who whose it's not all so get got want need like extra"
    )
)
"""Words that carry no content of their own when an utterance is judged by how much of it was understood."""

SOCIAL: dict[str, tuple[str, ...]] = {
    "yes": (
        "yes", "yes please", "yeah", "yep", "yup", "sure", "correct", "right", "that is right", "that is correct",
        "exactly", "of course", "go ahead", "do it", "yes do it", "yes go ahead", "please do", "absolutely",
        "definitely", "yes that is right", "yes i am sure", "i am sure", "sounds good", "confirm", "ok", "okay",
    ),
    "no": (
        "no", "nope", "nah", "no thanks", "no thank you", "that is wrong", "that is not right", "wrong", "do not",
        "don't", "don't do it", "do not do it", "no don't", "no that is wrong", "not really", "incorrect", "keep it",
        "no keep it", "no don't do it",
    ),
    "cancel": (
        "never mind", "nevermind", "okay stop", "okay never mind", "please stop", "okay okay stop", "forget it",
        "forget that", "stop", "cancel", "cancel that", "leave it", "leave it alone", "no never mind", "scratch that",
        "drop it", "stop it", "no forget it", "be quiet",
    ),
    "hello": ("hello", "hi", "hey", "hi there", "hello there", "good morning", "good afternoon", "good evening"),
    "goodbye": (
        "goodbye", "good bye", "bye", "bye bye", "see you", "see you later", "that is all", "that will be all",
        "that is all for today", "i am done", "that is everything", "thanks bye", "thank you goodbye",
        "thanks goodbye", "thank you bye", "no that is all", "that is all thanks", "that is all thank you",
        "that is all goodbye", "thanks that is all", "thank you that is all", "have a nice day",
        "thank you that is all goodbye", "thanks that is all goodbye", "no that is all thank you", "good night",
    ),
    "thanks": ("thanks", "thank you", "thank you very much", "thanks a lot", "great thanks", "great", "perfect",
               "great thank you", "perfect thank you", "cool", "good", "nice", "wonderful"),
    "repeat": (
        "repeat", "repeat that", "say that again", "pardon", "what did you say", "come again", "sorry",
        "could you repeat that", "can you repeat that", "please repeat that", "again", "once more", "say it again",
        "excuse me",
    ),
    "help": (
        "help", "what can you do", "who are you", "what are you", "what can i say", "what can i do", "how do you work",
        "are you a robot", "are you human", "are you a language model", "are you an ai", "how can you help me",
        "what can you do for me", "what do you do",
    ),
    "listening": ("mm hmm", "mhm", "uh huh", "mm", "hmm"),
    "other": (
        "the other one", "no the other one", "the other", "no the other", "not that one the other one",
        "no not that one the other one", "i meant the other one", "no i meant the other one", "not this one",
        "not that one", "no not that one",
    ),
    "wait": ("wait", "hold on", "one moment", "wait a moment", "one second", "just a second", "hang on"),
}  # fmt: skip
"""What people say to any assistant, as whole utterances."""


def classes_of(verb: str) -> tuple[str, ...]:
    """The classes of a verb of a tool's name; a verb nobody knows is a class of its own."""
    if verb in _NAMED:
        return _NAMED[verb]
    known = VERB_PHRASES.get((verb,)) or VERB_PHRASES.get((singular(verb),)) or VERB_PHRASES.get((verb[:-1],))
    return tuple(sorted(known)) if known else (verb,)


def same_noun(noun: str) -> frozenset[str]:
    """Nouns in the singular that people use for ``noun``, itself included."""
    return frozenset({noun}).union(*(group for group in NOUNS if noun in group))
