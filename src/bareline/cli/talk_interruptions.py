"""Who judges, when somebody speaks over the assistant, and what is needed for it?"""

from __future__ import annotations

from typing import Any

from bareline.cli.talk_view import TalkView
from bareline.errors import MissingExtra
from bareline.turns import InterruptionRules

__all__ = ["INTERRUPTIONS", "interruption_keywords"]

INTERRUPTIONS = ("balanced", "patient", "eager", "service")
"""Rules of this side, or the service, which takes every sound for an interruption."""
_RULES = {
    "balanced": InterruptionRules.balanced,
    "patient": InterruptionRules.patient,
    "eager": InterruptionRules.eager,
}


def interruption_keywords(wanted: str | None, view: TalkView) -> dict[str, Any]:
    """Keywords of ``Call``; none for the service. Without being asked for, rules need the speech extra to be there.

    Raises ``MissingExtra`` when they were asked for and it is not.
    """
    if wanted == "service":
        return {}
    rules = _RULES[wanted or "balanced"]()
    try:
        from bareline.speech.phrase_stt import PhraseSTT
        from bareline.speech.silero import SileroVad

        return {"interruptions": rules, "ears": SileroVad(), "overlap_recogniser": PhraseSTT(rules.words.grammar())}
    except MissingExtra as missing:
        if wanted is not None:
            raise
        view.notice(f"The service judges interruptions: {missing}")
        return {}
