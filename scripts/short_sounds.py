"""How long may an unsure sound over the assistant's voice last, by what it is taken for and how surely?

Prints what `InterruptionRules` has rounded (`_OTHER`, `_OTHER_MS`, `_LISTENED_MS`): lets the policy's recogniser hear
the short sounds of the corpus' development part, fits a logistic regression over reading, confidence and duration, and
tells the duration at its boundary, with the forms of each tenth left out in turn. Minutes; needs the extra `speech`.

    python scripts/short_sounds.py [scenes of each kind, default 400]
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from bareline.lab.turn_corpus.corpus import SceneKind, scenes
from bareline.speech.phrase_stt import PhraseSTT
from bareline.speech.silero import SileroVad
from bareline.testing.turns.memory import frames_of
from bareline.turns.interruption import Judgement, Overlap
from bareline.turns.overlap import OverlapWatch
from bareline.turns.overlap_words import ENGLISH

_SHORT_MS = 850
_HEARD_MS = 200
_FOLDS = 10
_RIDGE = 0.3
_HOLDS = (0.97, 0.95, 0.93, 0.9, 0.85)
_SURE = (0.0, 0.25, 0.5)


@dataclass(frozen=True)
class _Heard:
    form: str
    listener: bool
    acts: bool
    confidence: float
    seconds: float

    @property
    def features(self) -> tuple[float, ...]:
        return (self.acts, self.confidence, self.acts * self.confidence, self.seconds, 1.0)


class _Listening:
    """Decides nothing, and keeps what is known of the first sound when it has been over for a while."""

    def __init__(self) -> None:
        self.found: Overlap | None = None

    def judge(self, overlap: Overlap) -> Judgement:
        if self.found is None and overlap.silence_ms >= _HEARD_MS:
            self.found = overlap
        return Judgement("pause", "unknown", "only listening")


def main() -> None:
    """Hear, fit, print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    recogniser = PhraseSTT(ENGLISH.grammar())
    heard = [*_hear("interruption", count, recogniser), *_hear("backchannel", count, recogniser)]
    x = np.array([each.features for each in heard])
    y = np.array([float(each.listener) for each in heard])
    print(f"{len(heard)} short sounds, {int(y.sum())} of them listeners'")
    weights = _fit(x, y)
    print("weights (acts, confidence, both, seconds, 1):", np.round(weights, 2))
    scores = _left_out(heard, x, y)
    for holds in _HOLDS:
        bound = float(np.quantile(scores[y == 1], 1 - holds))
        yields = float(np.mean(scores[y == 0] < bound))
        print(
            f"holds {holds:.0%}: yields to {yields:.0%};", *(_lengths(weights, bound, acts) for acts in (False, True))
        )


def _hear(kind: SceneKind, count: int, recogniser: PhraseSTT) -> list[_Heard]:
    heard: list[_Heard] = []
    for scene in scenes("development", kinds=(kind,), share=count / 400):
        recording = scene.make()
        listening = _Listening()
        watch = OverlapWatch(listening, vad=SileroVad(), recogniser=recogniser)
        watch.playing(True, 0)
        for frame in frames_of(recording.pcm):
            watch.feed(frame)
        found = listening.found
        taken_for = ENGLISH.kind(found.words) if found is not None else "unknown"
        if found is not None and found.speech_ms < _SHORT_MS and taken_for != "unknown":
            listener, acts = kind == "backchannel", taken_for != "backchannel"
            sure, seconds = found.confidence or 0.0, found.speech_ms / 1000
            heard.append(_Heard(recording.labels.tags["says"], listener, acts, sure, seconds))
    return heard


def _left_out(heard: list[_Heard], x: Any, y: Any) -> Any:
    """Each sound's score by those that share no form with it."""
    forms = sorted({each.form for each in heard})
    random.Random(1).shuffle(forms)
    fold = {form: number % _FOLDS for number, form in enumerate(forms)}
    folds = np.array([fold[each.form] for each in heard])
    scores = np.zeros(len(heard))
    for number in range(_FOLDS):
        out = folds == number
        scores[out] = x[out] @ _fit(x[~out], y[~out])
    return scores


def _fit(x: Any, y: Any) -> Any:
    """Ridge logistic regression by Newton's method; both kinds count as much."""
    counts = np.where(y == 1, 0.5 / np.mean(y), 0.5 / (1 - np.mean(y)))
    ridge = _RIDGE * np.diag([*np.ones(x.shape[1] - 1), 0.0])
    weights = np.zeros(x.shape[1])
    for _ in range(30):
        likely = 1 / (1 + np.exp(-x @ weights))
        slope = x.T @ (counts * (y - likely)) - ridge @ weights
        weights += np.linalg.solve((x * (counts * likely * (1 - likely))[:, None]).T @ x + ridge, slope)
    return weights


def _lengths(weights: Any, bound: float, acts: bool) -> str:
    """The durations at the boundary, for several confidences."""
    acting, sure, both, second, one = weights
    at = [(acting * acts + (sure + both * acts) * c + one - bound) / -second * 1000 for c in _SURE]
    return f"{'other words' if acts else 'a listener'} {' '.join(f'{ms:.0f}' for ms in at)} ms;"


if __name__ == "__main__":
    main()
