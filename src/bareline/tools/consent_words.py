"""Did the user's words say yes, or no, to the question they were asked?

Only as much as can be told from words alone: a clear no is believed, whatever the model reports; a clear yes confirms
nothing by itself; everything else is the model's to understand. In doubt between yes and no it is a no: to be asked
once more costs less than what cannot be taken back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["ENGLISH", "FRENCH", "GERMAN", "SPANISH", "Answer", "ConsentWords", "judge", "last_clear"]

Answer = Literal["yes", "no", "unclear"]

_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[.,;:!?…\u2014\u2013]")  # dashes end a clause
_STOPS = frozenset(".,;:!?…\u2014\u2013")

Run = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConsentWords:
    """What yes and no sound like in one language; all in lower case, words separated by blanks.

    ``yes``: words of agreement. ``no``: words that refuse where a clause begins or ends ("no" in "no, wait", not in
    "the one with no date"). ``against``: phrases that refuse wherever they stand, unless the question has them.
    ``doubts``: refuse where nothing in the same words agrees ("don't", but not "yes, don't worry him"). ``harmless``:
    phrases that only look like a no ("no problem"). ``leaders``: what may stand before a word of ``no``.
    """

    yes: tuple[str, ...]
    no: tuple[str, ...]
    against: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()
    leaders: tuple[str, ...] = ()


ENGLISH = ConsentWords(
    yes=(
        *("yes", "yeah", "yep", "yup", "sure", "ok", "okay", "right", "correct", "exactly", "please", "absolutely"),
        *("definitely", "certainly", "of course", "go ahead", "do it", "do that", "go on", "that's fine", "confirm"),
        *("confirmed", "agreed", "sounds good", "aye", "uh huh", "mhm", "by all means"),
    ),
    no=("no", "nope", "nah", "nay", "negative", "nuh uh", "uh uh"),
    against=(
        *("stop", "wait", "hold on", "hang on", "never mind", "nevermind", "forget it", "leave it", "abort", "no way"),
        *("not that one", "not this one", "not those", "the other one", "the other ones", "another one", "wrong one"),
        *("not yet", "not now", "not really", "of course not", "absolutely not", "certainly not", "definitely not"),
        *("please don't", "please do not", "changed my mind", "i said no", "rather not", "not sure", "don't do it"),
        *("do not do it", "don't do that", "do not do that", "don't you dare", "that's wrong", "that's not right"),
        *("that is not right", "not correct", "not right", "not okay", "not ok"),
    ),
    doubts=("don't", "do not", "dont", "not", "never", "cancel", "keep it", "keep them", "shouldn't", "wrong"),
    harmless=(
        *("no problem", "no problems", "no worries", "no doubt", "no question", "no rush", "no objection", "no matter"),
        *("no objections", "no need to wait", "no need to ask", "no need to worry", "why not", "not a problem"),
        *("don't worry", "do not worry", "don't mind", "do not mind", "can't wait", "cannot wait", "don't stop"),
        *("don't wait", "do not wait", "i'm not stopping you", "if not now", "right now", "no longer", "no more"),
    ),
    leaders=(
        *("uh", "um", "er", "erm", "hm", "hmm", "mm", "oh", "ah", "well", "actually", "sorry", "but", "and", "so"),
        *("then", "maybe", "hey", "god", "gosh", "i", "think", "said", "say", "mean", "i'd", "guess", "the", "answer"),
        *("is", "that's", "a", "just", "thanks", "thank", "you"),
    ),
)

GERMAN = ConsentWords(
    yes=("ja", "jawohl", "jo", "genau", "gerne", "klar", "natürlich", "sicher", "okay", "ok", "mach das", "mach es"),
    no=("nein", "nee", "ne", "nö", "no"),
    against=(
        *("stopp", "stop", "halt", "warte", "moment", "vergiss es", "lass es", "lass das", "auf keinen fall"),
        *("das andere", "die andere", "den anderen", "der andere", "noch nicht", "jetzt nicht", "lieber nicht"),
        *("bitte nicht", "nicht das", "nicht die", "nicht den", "abbrechen", "natürlich nicht"),
    ),
    doubts=("nicht", "kein", "keine", "keinen", "falsch"),
    harmless=("kein problem", "keine sorge", "warum nicht", "wieso nicht", "keine frage", "kein thema"),
    leaders=(
        "äh",
        "ähm",
        "hm",
        "oh",
        "ach",
        "also",
        "aber",
        "und",
        "na",
        "naja",
        "sorry",
        "eigentlich",
        "ich",
        "sagte",
    ),
)

FRENCH = ConsentWords(
    yes=("oui", "ouais", "d'accord", "bien sûr", "vas y", "allez y", "exactement", "parfait", "ok", "okay"),
    no=("non", "nan", "no"),
    against=(
        *("arrête", "arrêtez", "stop", "attends", "attendez", "laisse tomber", "laissez tomber", "l'autre"),
        *("pas celui là", "pas celle là", "pas encore", "pas maintenant", "surtout pas", "jamais de la vie"),
        *("bien sûr que non", "pas question"),
    ),
    doubts=("pas", "jamais", "annule", "annulez"),
    harmless=("pas de problème", "pas de souci", "pourquoi pas", "pas de doute"),
    leaders=("euh", "ah", "oh", "ben", "bah", "alors", "mais", "et", "en", "fait", "pardon", "désolé", "désolée"),
)

SPANISH = ConsentWords(
    yes=("sí", "si", "claro", "vale", "de acuerdo", "por supuesto", "adelante", "exacto", "correcto", "ok", "okay"),
    no=("no", "nop", "nunca"),
    against=(
        *("pare", "espera", "espere", "déjalo", "déjelo", "olvídalo", "olvídelo", "el otro", "la otra"),
        *("todavía no", "aún no", "ahora no", "ese no", "esa no", "claro que no", "por supuesto que no", "mejor no"),
    ),
    doubts=("no", "cancela", "cancele", "cancelar"),
    harmless=("no hay problema", "por qué no", "cómo no", "no te preocupes", "no se preocupe", "sin duda"),
    leaders=("eh", "ah", "oh", "pues", "bueno", "pero", "y", "perdón", "perdona", "en", "realidad"),
)


def judge(words: str, languages: Sequence[ConsentWords] = (ENGLISH,), question: str = "") -> Answer:
    """What the user's words mean as the answer to ``question``; a no in any of the languages is a no."""
    found = [_judged(_tokens(words), language, _tokens(question)) for language in languages]
    return "no" if "no" in found else "yes" if "yes" in found else "unclear"


def last_clear(turns: Iterable[str], languages: Sequence[ConsentWords] = (ENGLISH,), question: str = "") -> Answer:
    """What several turns mean together: the last one that is clear counts, as people correct themselves."""
    last: Answer = "unclear"
    for turn in turns:
        answer = judge(turn, languages, question)
        last = last if answer == "unclear" else answer
    return last


def _judged(tokens: Run, language: ConsentWords, question: Run) -> Answer:
    said = _without(tokens, _runs(language.harmless))
    asked = _pairs(question)
    agreed = any(True for _ in _places(said, _runs(language.yes)))
    if _refused(said, language) or _said_against(said, language.against, question, asked):
        return "no"
    if agreed:
        return "yes"
    return "no" if _said_against(said, language.doubts, question, asked) else "unclear"


def _refused(said: Run, language: ConsentWords) -> bool:
    """Whether a word that means no stands where it answers: at the beginning or the end of a clause."""
    before = _STOPS.union(language.leaders, *_runs(language.yes), *_runs(language.no))
    for start, end in _places(said, _runs(language.no)):
        if start == 0 or said[start - 1] in before or end == len(said) or said[end] in _STOPS:
            return True
    return False


def _said_against(said: Run, phrases: tuple[str, ...], question: Run, asked: frozenset[Run]) -> bool:
    """Whether a phrase is the user's own, not a piece of the question said again ("yes, stop it")."""
    for start, end in _places(said, _runs(phrases)):
        repeated = any(pair in asked for pair in _pairs(said[max(0, start - 1) : end + 1]))
        if not repeated and said[start:end] not in set(_windows(question, end - start)):
            return True
    return False


def _tokens(text: str) -> Run:
    plain = text.casefold().replace("\u2019", "'").replace("-", " ")
    return tuple(_TOKEN.findall(plain))


def _runs(phrases: tuple[str, ...]) -> list[Run]:
    """Longest first, so that "not a problem" is found before "not"."""
    return sorted((tuple(phrase.split()) for phrase in phrases), key=len, reverse=True)


def _places(said: Run, runs: list[Run]) -> Iterator[tuple[int, int]]:
    for start in range(len(said)):
        for run in runs:
            if said[start : start + len(run)] == run:
                yield start, start + len(run)
                break


def _without(said: Run, runs: list[Run]) -> Run:
    """The words with a full stop in place of each of these runs."""
    kept: list[str] = []
    skipped_to = 0
    places = dict(_places(said, runs))
    for index, token in enumerate(said):
        if index in places and index >= skipped_to:
            skipped_to = places[index]
            kept.append(".")
        elif index >= skipped_to:
            kept.append(token)
    return tuple(kept)


def _windows(tokens: Run, length: int) -> Iterator[Run]:
    return (tokens[start : start + length] for start in range(len(tokens) - length + 1))


def _pairs(tokens: Run) -> frozenset[Run]:
    return frozenset(_windows(tokens, 2))
