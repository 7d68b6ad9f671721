"""Which scenes are there?"""

from __future__ import annotations

import datetime

from bareline.errors import ConfigurationError
from bareline.lab.demo.plot import Played, Plot
from bareline.lab.demo.scene import PHRASES, draw_scene
from bareline.lab.demo.script import caller_script
from bareline.lab.demo.summary import DemoSummary, summarise, unmet_in_trace
from bareline.lab.demo.tools_judge import ToolsSummary, judge_tools
from bareline.lab.demo.tools_scene import KEYWORDS, draw_tools_scene
from bareline.lab.demo.tools_script import tools_script
from bareline.lab.task_manager.places import PlaceDirectory
from bareline.lab.task_manager.tasks import TaskStore
from bareline.lab.task_manager.tools import all_tools
from bareline.turns import InterruptionRules, ServerVad
from bareline.units import NS_PER_S

__all__ = ["SCENES", "draw_plot"]

SCENES = ("call", "tools")
_CALL_LIMIT_S = 150
_TOOLS_LIMIT_S = 400
EXPIRY_S = 7
"""How long a question waits in the scene about tools: short, since the caller is to outwait it."""


def draw_plot(scene: str, seed: int, today: datetime.date) -> Plot[DemoSummary] | Plot[ToolsSummary]:
    """The scene of that name for a call that takes place on ``today``. Raises ``ConfigurationError``."""
    if scene == "call":
        return _call(seed, today)
    if scene == "tools":
        return _tools(seed, today)
    raise ConfigurationError(f"there is no scene '{scene}'; there are: {', '.join(SCENES)}")


def _call(seed: int, today: datetime.date) -> Plot[DemoSummary]:
    scene = draw_scene(seed, today)

    def judge(store: TaskStore, played: Played) -> DemoSummary:
        return summarise(
            scene=scene,
            transport=played.transport,
            spoken=played.spoken,
            heard=played.heard,
            events=played.events,
            repeats=played.repeats,
            trace=played.trace,
            unmet=[*played.problems, *scene.unmet(store), *unmet_in_trace(scene, played.trace)],
            media=played.media,
        )

    return Plot(
        name="call",
        seed=seed,
        today=today,
        caller_voice=scene.caller_voice,
        agent_voice=scene.agent_voice,
        keywords=PHRASES,
        limit_s=_CALL_LIMIT_S,
        turns=ServerVad.balanced(),
        interruptions=InterruptionRules.balanced(),
        fill=scene.fill,
        tools=lambda store: all_tools(store, PlaceDirectory()),
        script=lambda watch: caller_script(scene, watch),
        judge=judge,
    )


def _tools(seed: int, today: datetime.date) -> Plot[ToolsSummary]:
    scene = draw_tools_scene(seed, today)
    return Plot(
        name="tools",
        seed=seed,
        today=today,
        caller_voice=scene.caller_voice,
        agent_voice=scene.agent_voice,
        keywords=KEYWORDS,
        limit_s=_TOOLS_LIMIT_S,
        turns=ServerVad.balanced(),
        interruptions=None,
        fill=scene.fill,
        tools=lambda store: all_tools(store, PlaceDirectory(busy=[scene.busy]), expiry_ns=EXPIRY_S * NS_PER_S),
        script=lambda watch: tools_script(scene, watch, outwait_ms=(EXPIRY_S + 3) * 1_000),
        judge=lambda store, played: judge_tools(scene, store, played),
    )
