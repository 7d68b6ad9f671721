"""What should become of the assistant's voice while somebody else makes a sound, and who decides it?

The contract between whoever watches both sides (``OverlapWatch``) and an interruption policy: a policy is asked again
and again while the overlap lasts, sees what is known of it by then, and keeps nothing itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

__all__ = ["InterruptionPolicy", "Judgement", "Output", "Overlap", "OverlapKind"]

OverlapKind = Literal[
    "unknown", "backchannel", "stop", "correction", "redirection", "question", "turn", "noise", "echo"
]
"""What the sound was: too early to say; a listener's sound; no more than a stop; a change to what was said; another
matter; a question; speech that takes the floor in any other way; no speech; the assistant's own voice."""

Output = Literal["play", "duck", "pause", "stop"]
"""What becomes of the assistant's voice: it goes on, more quietly, waits (nothing is lost), or ends for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """What is known so far of a sound during the assistant's speech. Times in ms, on the microphone's stream.

    ``since_ms``: since it began. ``speech_ms``: how much of that was speech. ``silence_ms``: since it was last heard, 0
    while it lasts. ``detected``: a turn detector has found speech, and ``turn_over``: ended the turn. ``level_dbfs``:
    its mean level, ``floor_dbfs`` that of the silence before and ``usual_dbfs`` that of the user's turns, where they
    are known. ``probability``: mean speech probability (0-1); ``None`` where nobody judges it.
    ``echo``: how well the sound is explained by the assistant's own (0-1), where a loudspeaker is heard and somebody
    knows. ``words``: what was
    recognised so far, and ``confidence`` how surely (0-1): 0 where somebody listened and understood nothing, ``None``
    where nobody listened, or does not say. ``saying``: what the assistant was
    saying when it began, to the end of the sentence where that is known; ``heard_ms``: for how long it had been heard
    by then. ``again_ms``: since an earlier sound came to nothing and the voice went on; ``None``: long ago.
    ``doubted``: that one was taken for a listener's although nobody understood it. ``ducked`` and ``paused`` tell what
    the policy's earlier answers have led to.
    """

    since_ms: int
    speech_ms: int
    silence_ms: int = 0
    detected: bool = False
    turn_over: bool = False
    level_dbfs: float | None = None
    floor_dbfs: float | None = None
    usual_dbfs: float | None = None
    probability: float | None = None
    echo: float | None = None
    words: str = ""
    confidence: float | None = None
    saying: str = ""
    heard_ms: int | None = None
    again_ms: int | None = None
    doubted: bool = False
    ducked: bool = False
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """A policy's answer: what becomes of the voice, what the sound is taken for, and why, in words."""

    output: Output
    kind: OverlapKind
    reason: str


class InterruptionPolicy(Protocol):
    """Was that an interruption?

    Contract: ``judge`` is a function of the overlap alone (the same evidence, the same answer); it is asked at the
    onset, with every 20 ms of the microphone's audio, with every change of the words, and when the turn is over; after
    "stop" it is asked once more, when the turn is over, and only the kind of that answer counts ("wait" may go on to be
    a correction); "play" after silence ends the overlap, and the voice goes on at the sample where it paused. Words
    that come late are asked about once more.
    """

    def judge(self, overlap: Overlap) -> Judgement:
        """What to do now."""
        ...
