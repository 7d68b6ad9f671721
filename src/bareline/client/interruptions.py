"""What becomes of the assistant's voice in a call while somebody makes a sound?

The ears hand over every frame of the microphone; what the watch over both voices decides becomes playback, an
interruption, and events.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from bareline.client.call_events import CallEvent, OutputDucked, OutputPaused, OutputResumed
from bareline.client.journal import Journal
from bareline.client.local_ears import LocalEars
from bareline.client.media_playback import MediaPlayback
from bareline.client.playback import Playback
from bareline.clock import now_ns
from bareline.media.frames import AudioFrame
from bareline.turns.contract import Hypothesis, TurnDecision
from bareline.turns.interruption import OverlapKind
from bareline.turns.overlap import OutputChange, OverlapWatch

__all__ = ["DUCK_DB", "NOTHING", "PAUSE_MAX_S", "Interruptions"]

DUCK_DB = -15.0
"""A ducked voice is still understood, and clearly gives way."""
PAUSE_MAX_S = 5.0
"""A pause that nobody ends, because the microphone gives no more frames, ends by itself."""
NOTHING: frozenset[OverlapKind] = frozenset({"backchannel", "noise", "echo"})
"""What takes no turn: it is neither answered nor kept."""


class Interruptions:
    """Follows the ears. ``stop`` interrupts the assistant for good; ``saying`` tells its words of the moment.

    ``protected``: what is said at the moment is not to be interrupted; ``settled`` is called after every frame.
    """

    def __init__(
        self,
        watch: OverlapWatch,
        ears: LocalEars,
        journal: Journal,
        *,
        playback: Callable[[], Playback | MediaPlayback],
        saying: Callable[[], str],
        protected: Callable[[], bool],
        stop: Callable[[OutputChange, int], object],
        emit: Callable[[CallEvent], None],
    ) -> None:
        self.settled: Callable[[], None] = lambda: None
        self._watch = watch
        self._ears = ears
        self._journal = journal
        self._playback = playback
        self._saying = saying
        self._protected = protected
        self._stop = stop
        self._emit = emit
        self._playing = False
        self._overlapping = False
        self._words: Hypothesis | None = None
        self._limit: asyncio.TimerHandle | None = None

    def heard(self, frame: AudioFrame, decisions: Sequence[TurnDecision]) -> None:
        """The next frame of the microphone, and what a turn detector on this side has decided with it."""
        self._look(frame.first_sample)
        self._obey(self._watch.echo(self._ears.echo_share(), frame.first_sample))
        self._obey(self._watch.feed(frame))
        words = self._ears.hypothesis
        # Before the end of the turn that they belong to.
        if words is not None and words != self._words and not self._watch.understands:
            self._obey(self._watch.partial(words, self._watch.sample))
        self._words = words
        for decision in decisions:
            self._decided(decision)
        self.settled()

    def service_decided(self, kind: Literal["speech_started", "speech_stopped", "turn_ended"]) -> None:
        """The service's turn detection has decided. When it was is known only roughly; it is known now."""
        now = self._watch.sample
        self._decided(TurnDecision(kind, now, now, "the service decided"))

    def recognised(self, text: str) -> None:
        """The service has understood so much of what is being said."""
        self._obey(self._watch.partial(Hypothesis(text, 1.0), self._watch.sample))

    def turns_out(self, text: str) -> OverlapKind | None:
        """What the overlap before really was, now that its words are known; ``None`` when they change nothing."""
        changes = self._watch.late(Hypothesis(text, 1.0), self._watch.sample)
        self._obey(changes)
        return changes[-1].kind if changes else None

    def turn_kind(self) -> OverlapKind | None:
        """What the turn that has just ended amounts to; ``None``: not decided yet."""
        return self._watch.turn_kind()

    def takes_floor(self) -> bool:
        """Whether the turn that has just ended is to be answered."""
        kind = self._watch.turn_kind()
        return kind not in NOTHING and kind != "stop"

    def close(self) -> None:
        """Nobody is heard any more; may be called twice."""
        self._unlimited()

    def _look(self, sample: int) -> None:
        """Tell whether the assistant is heard; its words only where they matter, once in an overlap."""
        playing = self._ears.playing and not self._protected()
        overlapping = self._watch.overlapping
        if playing != self._playing or (overlapping and not self._overlapping):
            saying = self._saying() if playing and overlapping else ""
            self._obey(self._watch.playing(playing, sample, saying))
        self._playing, self._overlapping = playing, overlapping

    def _decided(self, decision: TurnDecision) -> None:
        """Whatever grid a detector decides on, it has decided by now."""
        known = min(decision.decided_at_sample, self._watch.sample)
        at = min(decision.at_sample, known)
        self._obey(self._watch.decided(replace(decision, at_sample=at, decided_at_sample=known)))

    def _obey(self, changes: Sequence[OutputChange]) -> None:
        for change in changes:
            self._change(change)

    def _change(self, change: OutputChange) -> None:
        playback, at_ns = self._playback(), now_ns()
        since_ns = self._ears.at_ns(change.at_sample)
        self._unlimited()
        match change.action:
            case "duck":
                playback.duck(DUCK_DB)
                self._emit(OutputDucked(at_ns=at_ns, since_ns=since_ns, kind=change.kind, reason=change.reason))
            case "pause":
                playback.pause()
                self._limit = asyncio.get_running_loop().call_later(PAUSE_MAX_S, self._go_on)
                self._emit(OutputPaused(at_ns=at_ns, since_ns=since_ns, kind=change.kind, reason=change.reason))
            case "resume":
                self._go_on()
                self._emit(OutputResumed(at_ns=at_ns, since_ns=since_ns, kind=change.kind, reason=change.reason))
            case "stop":
                self._stop(change, at_ns)
        self._journal.decision(
            change.action,
            change.reason,
            since_ns,
            kind=change.kind,
            decided_at_ns=self._ears.at_ns(change.decided_at_sample),
        )

    def _go_on(self) -> None:
        playback = self._playback()
        playback.duck(None)
        playback.resume()

    def _unlimited(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
