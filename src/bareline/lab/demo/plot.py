"""What does a call of the demo need to know of its scene, and what does it leave to be judged?"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bareline.client.call_events import CallEvent
from bareline.lab.demo.script import Watch
from bareline.lab.demo.summary import MediaFigures
from bareline.lab.recording import HeardAudio
from bareline.lab.task_manager.tasks import TaskStore
from bareline.observe.record import TraceRecord
from bareline.testing.caller import SpokenUtterance
from bareline.testing.steps import Step
from bareline.tools import Toolbox
from bareline.turns import InterruptionRules, TurnProfile

__all__ = ["Played", "Plot"]

SummaryT_co = TypeVar("SummaryT_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What a call left. ``problems``: what went wrong while it was held; ``repeats``: sentences said again."""

    transport: str
    spoken: Sequence[SpokenUtterance]
    heard: Sequence[HeardAudio]
    events: Sequence[CallEvent]
    trace: Sequence[TraceRecord]
    problems: Sequence[str]
    repeats: int
    media: MediaFigures | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot(Generic[SummaryT_co]):
    """One scene as the seed drew it. ``keywords``: what the agent's session says to expect.

    ``limit_s``: a call that takes longer is not going to end well. ``interruptions`` of ``None``: the service judges
    them. ``judge`` sees the store as the call left it.
    """

    name: str
    seed: int
    today: datetime.date
    caller_voice: str
    agent_voice: str
    keywords: Sequence[str]
    limit_s: int
    turns: TurnProfile
    interruptions: InterruptionRules | None
    fill: Callable[[TaskStore], None]
    tools: Callable[[TaskStore], Toolbox]
    script: Callable[[Watch], Iterator[Step]]
    judge: Callable[[TaskStore, Played], SummaryT_co]
