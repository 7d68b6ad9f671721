"""With which words do people say that something was done, in each language?"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["CONCEPTS", "LANGUAGES", "ClaimLanguage", "Concept", "past_forms"]


@dataclass(frozen=True, slots=True)
class Concept:
    """One kind of effect: the verbs that tools are named by, and the past forms it is reported with.

    ``known``: "I have ..." is a claim even where no tool could do it.
    """

    verbs: frozenset[str]
    english: tuple[str, ...]
    german: tuple[str, ...]
    known: bool = True


@dataclass(frozen=True, slots=True)
class ClaimLanguage:
    """Patterns over one clause in small letters; ``FORMS`` stands for the past forms of the tools' verbs.

    ``own``: the speaker did it. ``state``: it is done, by whomever. ``thing``: the same of a thing that is named, which
    may be a report. ``bare``: a sentence that begins with the form. ``any_deed``: done, without saying what.
    ``opening``: words before the first clause that mean nothing. ``unreal``: before the form in its clause, it is no
    claim (negation, wish, future). ``supposed``: the same, anywhere before it in the sentence. ``reported``: before it,
    somebody else's words. ``by_others``: in its clause, somebody else's deed. ``recalled``: of an earlier time.
    ``joins``: between clauses. ``empty``: words that do not name what it was done to.
    """

    own: str
    state: str
    thing: str
    bare: str
    any_deed: str
    opening: re.Pattern[str]
    unreal: re.Pattern[str]
    supposed: re.Pattern[str]
    reported: re.Pattern[str]
    by_others: re.Pattern[str]
    recalled: re.Pattern[str]
    joins: re.Pattern[str]
    empty: frozenset[str]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _concept(verbs: str, english: str, german: str, *, known: bool = True) -> Concept:
    return Concept(_words(verbs), tuple(english.split(", ")), tuple(german.split(", ")), known)


CONCEPTS = (
    _concept(
        "delete remove erase wipe purge discard drop clear empty löschen löscht lösche loeschen entfernen entfernt",
        "deleted, removed, erased, wiped, purged, discarded, dropped, cleared, emptied, taken off, gone",
        "gelöscht, entfernt, geleert, weg",
    ),
    _concept(
        "cancel stornieren storniert absagen sagt kündigen",
        "cancelled, canceled, called off",
        "storniert, abgesagt, abbestellt, gekündigt",
    ),
    _concept(
        "create add make new note insert save register anlegen legt erstellen erstellt notieren",
        "created, added, noted, put, written down, set up, entered, saved, registered, inserted",
        "angelegt, erstellt, hinzugefügt, eingetragen, gesetzt, notiert, aufgenommen, aufgeschrieben, gespeichert",
        known=False,
    ),
    _concept(
        "update edit change modify adjust ändern ändert aktualisieren",
        "updated, changed, edited, modified, adjusted",
        "geändert, aktualisiert, angepasst, bearbeitet",
        known=False,
    ),
    _concept(
        "reschedule move postpone shift delay verschieben verschiebt verlegen",
        "rescheduled, moved, postponed, shifted, pushed back, delayed, changed",
        "verschoben, verlegt, umgebucht, geändert",
    ),
    _concept("schedule plan arrange planen", "scheduled, arranged, set up, planned", "eingeplant, angesetzt, geplant"),
    _concept(
        "complete finish check tick mark erledigen abhaken",
        "completed, finished, marked, checked off, ticked off, complete",
        "erledigt, abgehakt, abgeschlossen, markiert",
        known=False,
    ),
    _concept("book reserve buchen bucht reservieren", "booked, reserved", "gebucht, reserviert"),
    _concept(
        "order buy purchase place bestellen bestellt kaufen",
        "ordered, bought, purchased, placed",
        "bestellt, gekauft",
    ),
    _concept("pay bezahlen bezahlt zahlen", "paid, settled", "bezahlt, beglichen, gezahlt"),
    _concept("transfer wire überweisen", "transferred, wired", "überwiesen, übertragen"),
    _concept("refund reimburse erstatten", "refunded, reimbursed", "erstattet, zurückgezahlt"),
    _concept(
        "send email mail text message notify forward senden sendet schicken",
        "sent, emailed, mailed, texted, messaged, notified, forwarded",
        "gesendet, geschickt, verschickt, abgeschickt, gemailt, weitergeleitet, benachrichtigt",
    ),
    _concept("submit file einreichen", "submitted, filed", "eingereicht", known=False),
    _concept("publish post veröffentlichen", "published, posted", "veröffentlicht, gepostet", known=False),
    _concept("call dial phone ring anrufen", "called, dialled, dialed, phoned, rung", "angerufen", known=False),
    _concept("turn switch schalten", "turned, switched", "eingeschaltet, ausgeschaltet, geschaltet", known=False),
    _concept("set stellen", "set", "gestellt, eingestellt", known=False),
    _concept("write schreiben", "written, wrote", "geschrieben", known=False),
    _concept("give grant geben", "given, gave, granted", "gegeben, erteilt", known=False),
    _concept("take nehmen", "taken, took", "genommen", known=False),
)

_ADVERBS = r"(?:(?:now|just|already|also|successfully|all|then|both|finally|gone ahead and|went ahead and)\s+)*"
_IT = r"(?:it|that|this|they|those|these|everything|all of them|you)"

_ENGLISH = ClaimLanguage(
    own=rf"\b(?:i|we)(?:'ve|\s+have)?\s+{_ADVERBS}(?:FORMS)\b"
    rf"|\b(?:i|we)(?:'ve|\s+have)\s+(?:got\s+)?(?:it|that|this|them|everything|(?:your|the)\s+\w+)\s+{_ADVERBS}(?:FORMS)\b"
    r"|(?<=\w)\s+and\s+(?:then\s+|also\s+)?(?:FORMS)\b",
    state=rf"(?:\b(?:has|have)|'ve|'s)\s+{_ADVERBS}been\s+{_ADVERBS}(?:FORMS)\b"
    rf"|\b{_IT}(?:'s|'re|\s+(?:is|are|was|were))\s+{_ADVERBS}(?:FORMS)\b|\b(?:is|are)\s+now\s+(?:FORMS)\b",
    thing=rf"\b(?:your|the|that|both|all)\s+(?:\w+\s+){{0,3}}\w+(?:'s|\s+(?:is|are))\s+{_ADVERBS}(?:FORMS)\b"
    r"|^(?!you|he|she|they|who|what)\w+(?:\s+\w+)?\s+(?:FORMS)\s*[.!]*$",
    bare=r"^(?:FORMS)\b(?!.*\b(?:can|could|will|are|is|were|was|have|has|by)\b)",
    any_deed=r"^(?:all\s+)?done\b|\bconsider (?:it|that) done\b"
    r"|\b(?:that|it|this)(?:'s|\s+is|\s+has\s+been)\s+(?:all\s+|now\s+)*(?:done|taken care of|sorted)\b"
    r"|\b(?:i|we)(?:'ve|\s+have)\s+(?:just\s+|already\s+)?(?:done\s+(?:it|that|so)|taken care of)\b",
    opening=re.compile(
        r"(?:(?:ok|okay|sure|alright|all right|great|perfect|yes|right|certainly|of course|got it|no problem|and|so)\b"
        r"[\s,!.:-]*)+"
    ),
    unreal=re.compile(
        r"\b(?:not|never|nothing|none|neither|nor|without|unable|cannot|no|can|could|will|would|shall|should|may|might|"
        r"must|going to|gonna|about to|ready to|wants?|like|needs?|let|try|trying|to be|be|being|before|after|whether|"
        r"why|how|wish|hope|almost|nearly|as if|maybe|perhaps|probably|likely|nobody)\b|n't\b|'ll\b|'d\b"
    ),
    supposed=re.compile(
        r"\b(?:if|once|when|whenever|unless|until|as soon as|in case|suppose|imagine|say|says|tell me|let me know|"
        r"confirm|for example|for instance)\b"
    ),
    reported=re.compile(
        r"\byou(?:'ve| have)? (?:said|say|asked|told|wanted|mentioned|think|thought|wrote)\b|\baccording to\b"
        r"|\b(?:he|she|they|somebody|someone|the \w+) (?:said|says|wrote|told)\b"
    ),
    by_others=re.compile(
        r"\bby (?:him|her|them|you|somebody|someone|the (?:shop|store|airline|hotel|seller|sender|bank|customer))\b"
    ),
    recalled=re.compile(
        r"\b(?:yesterday|ago|earlier|previously|already|as i said|before|last (?:time|night|week|month|year|\w+day)|"
        r"this morning|on \w+day)\b"
    ),
    joins=re.compile(r"[,;:]|\s[-\u2013\u2014]+\s|\bbut\b|\bso\b|\band (?=(?:i|we|it|they|your|the|that)\b)"),
    empty=_words(
        "i we you it that this they them those these the a an your my our their is are was were has have been be and "
        "or of for to on in at from with now just already also all both everything done ve s re okay ok yes sure "
        "right great task tasks order email message appointment item entry list booking off down up for good too as "
        "well successfully then marked one thing things"
    ),
)

_GERMAN = ClaimLanguage(
    own=r"\b(?:ich|wir)\s+hab(?:e|en)?\b.*?\b(?:FORMS)\b|\bhab(?:e|en)?\s+(?:ich|wir)\b.*?\b(?:FORMS)\b",
    state=r"\b(?:es|das|dies|alles)\s+(?:ist|wurde)\b.*?\b(?:FORMS)\b|\bwurden?\b.*?\b(?:FORMS)\b",
    thing=r"\b(?:ist|sind)\b.*?\b(?:FORMS)\b|^(?!du|er|sie|ihr|wer)\w+(?:\s+\w+)?\s+(?:FORMS)\s*[.!]*$",
    bare=r"^(?:FORMS)\b"
    r"(?!.*\b(?:kann|können|wird|werden|ist|sind|hat|haben)\b)",
    any_deed=r"^(?:erledigt|schon gemacht)\b"
    r"|\b(?:das|es)\s+ist\s+(?:schon\s+|jetzt\s+)?(?:erledigt|gemacht)\b"
    r"|\b(?:das\s+)?hab(?:e|en)?\s+(?:ich|wir)\s+(?:schon\s+|gerade\s+)?(?:erledigt|gemacht)\b",
    opening=re.compile(r"(?:(?:ok|okay|gut|klar|alles klar|ja|gerne|natürlich|prima|super|so|und)\b[\s,!.:-]*)+"),
    unreal=re.compile(
        r"\b(?:nicht|kein\w*|nie|niemals|nichts|weder|ohne|kann|können|könnten?|werden?|wird|würden?|soll\w*|möchten?|"
        r"will|wollen|muss|müssen|darf|dürfen|lass\w*|fast|beinahe|vielleicht|wahrscheinlich|vermutlich|zu \w+en|"
        r"warum|wie)\b"
    ),
    supposed=re.compile(r"\b(?:wenn|falls|sobald|ob|sag|sagen sie|bevor|nachdem|zum beispiel)\b"),
    reported=re.compile(
        r"\b(?:du hast|sie haben|hast du|haben sie|er hat|sie hat)\b|\blaut\b"
        r"|\b(?:er|sie|jemand|der \w+|die \w+) (?:sagte|sagt|schrieb|meinte)\b"
    ),
    by_others=re.compile(r"\bvon (?:ihm|ihr|ihnen|dir|jemandem)\b"),
    recalled=re.compile(r"\b(?:gestern|vorgestern|vor \w+ \w+|früher|vorhin|bereits|schon|letzte\w*|heute früh)\b"),
    joins=re.compile(r"[,;:]|\s[-\u2013\u2014]+\s|\baber\b|\bund (?=(?:ich|wir|es|sie|das|die|der|dein\w*|ihr\w*)\b)"),
    empty=_words(
        "ich wir du sie es das die der den dem ein eine einen dein deine deinen ihr ihre ihren habe haben hab ist sind "
        "wurde wurden worden und oder von für zu auf in an aus mit jetzt gerade schon auch alles beide ja okay gut "
        "klar so aufgabe aufgaben termin bestellung nachricht mail eintrag liste hiermit bereits also"
    ),
)

LANGUAGES: tuple[tuple[str, ClaimLanguage], ...] = (("english", _ENGLISH), ("german", _GERMAN))
"""The field of ``Concept`` with the forms of a language, and its patterns."""


def past_forms(verb: str) -> tuple[str, ...]:
    """The regular past of an English verb that belongs to no concept."""
    if verb.endswith("e"):
        return (f"{verb}d",)
    if re.search(r"[^aeiou]y$", verb):
        return (f"{verb[:-1]}ied",)
    doubled = (f"{verb}{verb[-1]}ed",) if re.search(r"[^aeiou][aeiou][^aeiouwxy]$", verb) else ()
    return (f"{verb}ed", *doubled)
