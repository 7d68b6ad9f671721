"""Who decides in ``bareline talk`` when the user's turn begins: the service, a key, or a wake word?"""

from __future__ import annotations

from typing import Any

from bareline.cli.talk_view import TalkView
from bareline.errors import ConfigurationError
from bareline.turns import PushToTalk, Spotted, WakeSpotter, WakeWord
from bareline.turns.silence import SilenceTurnDetector

__all__ = ["turn_keywords"]


def turn_keywords(*, push_to_talk: bool, wake_word: str | None, view: TalkView) -> dict[str, Any]:
    """Keywords of ``Call``; none for the service. Raises ``ConfigurationError``, ``MissingExtra``."""
    if push_to_talk and wake_word:
        raise ConfigurationError("either --push-to-talk or --wake-word")
    if push_to_talk:
        return {"turns": PushToTalk()}
    if wake_word is None:
        return {}
    from bareline.speech.silero import SileroVad

    def woken(spotted: Spotted) -> None:
        view.notice(f"“{spotted.phrase}”: listening.")

    view.notice(f"Nothing is sent before you say “{wake_word}”.")
    return {"turns": WakeWord(_spotter(wake_word), SilenceTurnDetector(SileroVad()), woken=woken)}


def _spotter(wanted: str) -> WakeSpotter:
    """A trained model where there is one for these words, else the spotter of any phrase."""
    from bareline.speech.phrase_spotter import PhraseSpotter
    from bareline.speech.wake_words import READY_WAKE_WORDS, ReadyWakeWord

    name = "_".join(wanted.lower().replace("_", " ").split())
    return ReadyWakeWord(name) if name in READY_WAKE_WORDS else PhraseSpotter([wanted])
