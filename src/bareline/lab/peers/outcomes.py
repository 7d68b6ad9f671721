"""What did the application get when something failed?"""

from __future__ import annotations

from bareline.lab.peers.heard import heard_pieces
from bareline.lab.peers.report import Outcome, Verdict
from bareline.lab.peers.visit import Visit

__all__ = ["outcome_of"]

_WORDS_MAX = 110


def outcome_of(visit: Visit) -> Outcome:
    """In words, from what the program printed, how it ended, and whether the user was answered afterwards."""
    ended: str = visit.seen["ended"]
    answered = _answered_again(visit)
    told = " ".join(visit.printed.split())[:_WORDS_MAX]
    if answered and visit.passed["connections"] > 1:
        return _outcome(visit, "reconnected", "it connects again by itself, and the next question is answered", told)
    if answered:
        return _outcome(visit, "goes on", "the next question is answered", told)
    if ended.startswith("raised"):
        return _outcome(visit, "raised", f"the call ends with {ended.removeprefix('raised ')[:_WORDS_MAX]}", told)
    if ended == "returned":
        words = "the loop of events ends" if told else "the loop of events ends without a word"
        return _outcome(visit, "told" if told else "silent", words, told)
    words = "it runs on, and the next question is not answered"
    return _outcome(visit, "told" if told else "dead", words, told)


def _outcome(visit: Visit, verdict: Verdict, words: str, told: str) -> Outcome:
    with_told = f"{words}; the application is told: {told}" if told else words
    return Outcome(visit.peer.name, visit.scene.name, verdict, with_told)


def _answered_again(visit: Visit) -> bool:
    """Whether something was heard of a response that began after the user's second utterance."""
    says: list[int | None] = visit.seen["says"]
    again = says[1] if len(says) > 1 else None
    if again is None:
        return False
    created = [at for at, way, _, kind, _ in visit.passed["events"] if kind == "response.created" and way != "up"]
    last = max((at for at in created if at > again), default=None)
    return last is not None and any(piece.begin_ns > last for piece in heard_pieces(visit))
