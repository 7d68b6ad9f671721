"""How does one get a server that understands tools and speaks, with no model and no network?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from bareline.media.synthesis import SpeechSynthesis
from bareline.server.backends.rules.entities import Knowledge
from bareline.server.backends.rules.grammar import grammar_for
from bareline.server.backends.rules.listening import Listening, Recogniser
from bareline.server.backends.rules.session import RulesSession
from bareline.server.backends.rules.toolset import Toolset

__all__ = ["RulesBackend"]


class RulesBackend:
    """The embedded default: rules over the session's own tools; a ``Backend`` (see ``bareline.server.backend``).

    ``synthesis``: the voice; without one, answers sound as a tone. ``recogniser``: gives a recogniser for a JSGF
    grammar; without one, spoken items count by the transcripts they bring. ``today``: the server's date, used when the
    instructions state none.
    """

    def __init__(
        self,
        *,
        synthesis: SpeechSynthesis | None = None,
        recogniser: Recogniser | None = None,
        today: Callable[[], date] | None = None,
    ) -> None:
        self._synthesis = synthesis
        self._recogniser = recogniser
        self._today = today or _server_date

    @classmethod
    def with_speech(cls, *, today: Callable[[], date] | None = None) -> RulesBackend:
        """With the engines of the ``speech`` extra. Raises ``MissingExtra`` when it is not installed."""
        from bareline.speech.espeak import EspeakSynthesis
        from bareline.speech.sphinx import GrammarSTT

        # Loaded before the first caller waits for it; the recogniser is kept for whoever asks next.
        GrammarSTT(grammar_for(Toolset(()), Knowledge(date.min), None))
        return cls(synthesis=EspeakSynthesis(), recogniser=GrammarSTT, today=today)

    async def open(self, *, seed: int) -> RulesSession:
        """A new session; nothing is drawn, so ``seed`` changes nothing."""
        del seed
        listening = Listening(self._recogniser)
        return RulesSession(listening=listening, synthesis=self._synthesis, today=self._today)

    async def close(self) -> None:
        """Let the voice go."""
        if self._synthesis is not None:
            await self._synthesis.close()


def _server_date() -> date:
    return datetime.now().astimezone().date()
