"""Does a contender decide the same however the audio is split?"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bareline.media.frames import AudioFrame
from bareline.testing.conformance.split import frames, odd_frames
from bareline.testing.turns.recordings import Recording
from bareline.testing.turns.replay import Contender
from bareline.turns.contract import TurnDecision, VoiceActivity
from bareline.turns.listener import TurnListener
from bareline.turns.overlap import OutputChange, OverlapWatch

__all__ = ["any_split_decides_the_same"]


def any_split_decides_the_same(
    recording: Recording, contender: Contender, vad: Callable[[], VoiceActivity], seed: int = 0
) -> bool:
    """Whether frames of 20 ms and frames of any length lead to the same decisions, and to the same changes of the
    assistant's voice, which is heard all the time."""
    whole = _decide(contender, vad, frames(recording.pcm))
    return whole == _decide(contender, vad, odd_frames(recording.pcm, seed))


def _decide(
    contender: Contender, vad: Callable[[], VoiceActivity], audio: Iterable[AudioFrame]
) -> tuple[list[TurnDecision], list[OutputChange]]:
    recogniser = contender.recogniser() if contender.recogniser is not None else None
    listener = TurnListener(contender.detector(vad()), recogniser=recogniser)
    watch = None
    if contender.policy is not None:
        words = contender.overlap_recogniser() if contender.overlap_recogniser is not None else None
        watch = OverlapWatch(contender.policy, vad=vad(), recogniser=words)
        watch.playing(True, 0)
    decisions: list[TurnDecision] = []
    changes: list[OutputChange] = []
    for frame in audio:
        decisions += listener.feed(frame)
        if watch is not None:
            changes += watch.feed(frame)
    return decisions, changes
