"""In which sentences is a user, or the model that speaks to them, told what became of a tool call?

All of them are data, so that a call can be held in another language: ``Call(phrases=GERMAN)``, or one's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["ENGLISH", "GERMAN", "Phrases", "Told"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One outcome. ``message``: what happened, to the model. ``say``: a short sentence for the user.

    ``offer``: what to offer next, to the model. ``retry``: whether the model may call again unasked. Words in braces
    are filled in; a translation has the same.
    """

    message: str
    say: str
    offer: str
    retry: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """Every sentence of one language. ``dataclasses.replace(ENGLISH, ...)`` changes some.

    The messages of errors that a tool raises on purpose go first; those of ``not_found`` to ``permanent`` stand in for
    an error without words. ``exhausted``: all attempts failed. ``not_recorded``: the store of executions refused it.
    ``cut``: a result too long for the conversation. ``too_large``: one that no connection carries. ``untellable``: the
    tool worked, its result has no JSON form.
    """

    language: str
    internal: Told
    timed_out: Told
    unknown: Told
    cancelled: Told
    not_found: Told
    invalid_request: Told
    temporary: Told
    rate_limited: Told
    exhausted: Told
    denied: Told
    permanent: Told
    failed: Told
    invalid_arguments: Told
    unknown_tool: Told
    too_large: Told
    not_recorded: Told
    untellable: str
    cut: str
    did_you_mean: str
    not_found_wanted: str
    again_in: str
    second: str
    seconds: str
    minutes: str
    alternatives: str
    """Two names, the first of which may be a list with commas."""
    claim_correction: str
    """To the model, when it said that something was done which was not."""

    def either(self, names: Sequence[str]) -> str:
        """Names as alternatives: "A", "A or B", "A, B or C"."""
        if len(names) < 2:
            return "".join(names)
        return self.alternatives.format(first=", ".join(names[:-1]), last=names[-1])

    def duration(self, ms: int) -> str:
        """A wait as it is spoken: whole seconds, from a minute and a half on whole minutes, never less than it is."""
        seconds = max(1, -(-ms // 1_000))
        if seconds <= 90:
            return self.second if seconds == 1 else self.seconds.format(count=seconds)
        return self.minutes.format(count=-(-seconds // 60))


ENGLISH = Phrases(
    language="en",
    internal=Told(
        message="The tool failed for a reason of its own.",
        say="Something went wrong on my side.",
        offer="Offer to try once more, or to do something else. Do not guess what went wrong.",
    ),
    timed_out=Told(
        message="There was no answer within {timeout}.",
        say="That is taking too long.",
        offer="Offer to try again, or later.",
    ),
    unknown=Told(
        message="It did not answer in time, and it is not known whether it took effect. Do not repeat it; say so.",
        say="I cannot tell whether that worked.",
        offer="Offer to check, with a tool that only reads, before anything is repeated.",
    ),
    cancelled=Told(
        message="It was stopped, because the user interrupted or does not want it any more. It gave no result.",
        say="I have stopped that.",
        offer="Go on with what the user wants now.",
    ),
    not_found=Told(
        message="What was asked for does not exist.",
        say="I couldn't find that.",
        offer="Offer the suggestions if there are any, else ask for another name or offer to say what there is.",
    ),
    invalid_request=Told(
        message="The request cannot be carried out as it is.",
        say="That doesn't quite work.",
        offer="Ask the user for what is wrong or missing.",
    ),
    temporary=Told(
        message="It does not work at the moment.",
        say="That isn't working right now.",
        offer="Try again, or offer to do so later.",
        retry=True,
    ),
    rate_limited=Told(
        message="Too much was asked for in too short a time.",
        say="I have asked for too much in a short time.",
        offer="Do not try again before the wait is over; offer to do so then.",
    ),
    exhausted=Told(
        message="It was tried {attempts} times and failed each time.",
        say="I have tried several times, but it isn't working right now.",
        offer="Do not try again by yourself; offer to do so later, or to do something else.",
    ),
    denied=Told(
        message="That is not allowed here.",
        say="I'm not allowed to do that.",
        offer="Do not try another way to the same end. Offer what is allowed.",
    ),
    permanent=Told(
        message="It will not work, however often it is tried.",
        say="That isn't possible.",
        offer="Do not try again. Offer something else.",
    ),
    failed=Told(
        message="It did not work.",
        say="That didn't work.",
        offer="Offer something else.",
    ),
    invalid_arguments=Told(
        message="The arguments were not accepted: {problem}. Nothing was done.",
        say="Let me put that differently.",
        offer="Mend the arguments and call again; ask the user only for what you do not know.",
        retry=True,
    ),
    unknown_tool=Told(
        message="There is no tool '{name}'. Nothing was done.",
        say="I can't do that.",
        offer="Use a tool that there is, or say what you can do.",
        retry=True,
    ),
    too_large=Told(
        message="The tool worked, but its result of {size} kB cannot be sent: {limit} kB are the limit. Do not repeat "
        "it as it was.",
        say="That is more than I can take in at once.",
        offer="Offer to look for less: one thing, a shorter time, or the first few.",
    ),
    not_recorded=Told(
        message="It was not carried out: it could not be noted beforehand, and it must not happen twice.",
        say="Something went wrong on my side. I have not done it.",
        offer="Offer to try again in a moment.",
    ),
    untellable="The tool worked, but its result cannot be told.",
    cut="The result has {size} characters and was cut; ask for less, or for one thing.",
    did_you_mean="Did you mean {names}?",
    not_found_wanted="I couldn't find {wanted}.",
    again_in="I can try again in {wait}.",
    second="one second",
    seconds="{count} seconds",
    minutes="{count} minutes",
    alternatives="{first} or {last}",
    claim_correction="You said \u201c{claim}\u201d, but no tool has done that. Correct it now in one short sentence, "
    "and then do it with the tool if the user wants it.",
)

GERMAN = Phrases(
    language="de",
    internal=Told(
        message="Das Werkzeug ist aus einem inneren Grund gescheitert.",
        say="Bei mir ist etwas schiefgegangen.",
        offer="Biete an, es noch einmal zu versuchen oder etwas anderes zu tun. Rate nicht, woran es lag.",
    ),
    timed_out=Told(
        message="Nach {timeout} gab es noch keine Antwort.",
        say="Das dauert zu lange.",
        offer="Biete an, es noch einmal oder später zu versuchen.",
    ),
    unknown=Told(
        message="Es kam nicht rechtzeitig eine Antwort, und es ist nicht bekannt, ob es gewirkt hat. Wiederhole es "
        "nicht; sage es so.",
        say="Ich kann nicht sagen, ob das geklappt hat.",
        offer="Biete an nachzusehen, mit einem Werkzeug, das nur liest, bevor etwas wiederholt wird.",
    ),
    cancelled=Told(
        message="Es wurde abgebrochen, weil der Benutzer unterbrochen hat oder es nicht mehr will. Es gibt kein "
        "Ergebnis.",
        say="Ich habe das abgebrochen.",
        offer="Mach mit dem weiter, was der Benutzer jetzt will.",
    ),
    not_found=Told(
        message="Was verlangt wurde, gibt es nicht.",
        say="Das habe ich nicht gefunden.",
        offer="Biete die Vorschläge an, wenn es welche gibt; sonst frage nach einem anderen Namen oder biete an zu "
        "sagen, was es gibt.",
    ),
    invalid_request=Told(
        message="Die Bitte lässt sich so nicht ausführen.",
        say="So geht das nicht ganz.",
        offer="Frage den Benutzer nach dem, was falsch ist oder fehlt.",
    ),
    temporary=Told(
        message="Es geht im Augenblick nicht.",
        say="Das geht gerade nicht.",
        offer="Versuche es noch einmal, oder biete es für später an.",
        retry=True,
    ),
    rate_limited=Told(
        message="Es wurde in zu kurzer Zeit zu viel verlangt.",
        say="Ich habe in kurzer Zeit zu viel abgefragt.",
        offer="Versuche es nicht, bevor die Wartezeit um ist; biete es für dann an.",
    ),
    exhausted=Told(
        message="Es wurde {attempts} Mal versucht und ist jedes Mal gescheitert.",
        say="Ich habe es mehrmals versucht, aber es geht gerade nicht.",
        offer="Versuche es nicht von dir aus; biete es für später an oder etwas anderes.",
    ),
    denied=Told(
        message="Das ist hier nicht erlaubt.",
        say="Das darf ich nicht.",
        offer="Suche keinen anderen Weg zum selben Ziel. Biete an, was erlaubt ist.",
    ),
    permanent=Told(
        message="Es wird nicht gehen, so oft man es auch versucht.",
        say="Das ist nicht möglich.",
        offer="Versuche es nicht noch einmal. Biete etwas anderes an.",
    ),
    failed=Told(
        message="Es hat nicht geklappt.",
        say="Das hat nicht geklappt.",
        offer="Biete etwas anderes an.",
    ),
    invalid_arguments=Told(
        message="Die Argumente wurden nicht angenommen: {problem}. Nichts wurde getan.",
        say="Ich versuche es anders.",
        offer="Verbessere die Argumente und rufe noch einmal auf; frage den Benutzer nur nach dem, was du nicht weißt.",
        retry=True,
    ),
    unknown_tool=Told(
        message="Es gibt kein Werkzeug '{name}'. Nichts wurde getan.",
        say="Das kann ich nicht.",
        offer="Nimm ein Werkzeug, das es gibt, oder sage, was du kannst.",
        retry=True,
    ),
    too_large=Told(
        message="Das Werkzeug hat gewirkt, aber sein Ergebnis von {size} kB lässt sich nicht senden: {limit} kB sind "
        "die Grenze. Wiederhole es nicht so, wie es war.",
        say="Das ist mehr, als ich auf einmal aufnehmen kann.",
        offer="Biete an, nach weniger zu suchen: nach einer Sache, einer kürzeren Zeit oder den ersten paar.",
    ),
    not_recorded=Told(
        message="Es wurde nicht ausgeführt: es ließ sich vorher nicht festhalten, und es darf nicht zweimal geschehen.",
        say="Bei mir ist etwas schiefgegangen. Ich habe es nicht getan.",
        offer="Biete an, es gleich noch einmal zu versuchen.",
    ),
    untellable="Das Werkzeug hat gewirkt, aber sein Ergebnis lässt sich nicht sagen.",
    cut="Das Ergebnis hat {size} Zeichen und wurde gekürzt; frage nach weniger oder nach einer Sache.",
    did_you_mean="Meinst du {names}?",
    not_found_wanted="Ich habe {wanted} nicht gefunden.",
    again_in="Ich kann es in {wait} noch einmal versuchen.",
    second="einer Sekunde",
    seconds="{count} Sekunden",
    minutes="{count} Minuten",
    alternatives="{first} oder {last}",
    claim_correction="Du hast gesagt: \u201e{claim}\u201c, aber kein Werkzeug hat das getan. Berichtige es jetzt in "
    "einem kurzen Satz, und tu es dann mit dem Werkzeug, wenn der Benutzer es will.",
)
