"""What happens in each scene: what the server says, what the user does, what goes wrong?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["QUICK_SCENES", "SCENES", "Scene"]

Step = tuple[str, int]
Kind = Literal["talk", "crowd", "tool", "barge-in", "failure"]

_GREETING, _INTERRUPTION = 0, 1
"""The user's two utterances, as ``plan`` reads them aloud."""
_FIRST = (("played", 3_300), ("say", _INTERRUPTION))
"""Late enough for LiveKit Agents, which leaves the user unheard during the first three seconds of output."""
_SECOND = (("played", 900), ("say", _INTERRUPTION))


@dataclass(frozen=True, slots=True)
class Scene:
    """One scene. ``script``: what the built-in server plays (its script backend); ``steps``: what the user does.

    ``faults`` are those of ``bareline serve``; ``rules`` what the tap does to the answer. ``limit_s``: how long it may
    take beside the start. ``over``: the transports on which it can take place.
    """

    name: str
    title: str
    kind: Kind
    script: str
    steps: tuple[Step, ...]
    limit_s: float = 30.0
    sessions: int = 1
    faults: str = ""
    rules: Mapping[str, Any] = field(default_factory=dict[str, Any])
    over: tuple[str, ...] = ("websocket", "webrtc")


def _script(*items_ms: int, rate: float, chunk_ms: int = 20) -> str:
    items = "".join(f"\n  - tone_ms: {ms}" for ms in items_ms)
    return f"timing: {{rate: {rate}, chunk_ms: {chunk_ms}}}\nturns: []\notherwise:{items}\n"


_TOOL_SCRIPT = """timing: {rate: 4, chunk_ms: 20}
turns:
  - when: {output_of: get_time}
    times: 2
    do:
      - {call: get_time, arguments: {city: Paris}}
  - when: {response: 1}
    do:
      - {call: get_time, arguments: {city: Paris}}
otherwise:
  - tone_ms: 400
"""

_AFTER = (("say", _GREETING), ("played", 500), ("wait", 5_000), ("say", _INTERRUPTION), ("played", 500))
"""The user goes on after what went wrong, and hears something if the call still lives."""

SCENES = (
    Scene(
        "talk",
        "the user asks, the assistant speaks for four seconds",
        "talk",
        _script(6_000, rate=0.9),
        (("say", _GREETING), ("played", 300), *(("window", 1_000),) * 3),
    ),
    Scene(
        "barge-in",
        "the user speaks over an answer that came faster than it is heard, twice",
        "barge-in",
        _script(9_000, rate=3, chunk_ms=50),
        (("say", _GREETING), *_FIRST, *_SECOND, ("wait", 300)),
    ),
    Scene(
        "barge-in after a stall",
        "the same, 600 ms after the network stood still for 600 ms",
        "barge-in",
        _script(9_000, rate=1.15, chunk_ms=20),
        (("say", _GREETING), *_FIRST, *_SECOND, ("wait", 300)),
        rules={"stall_ms": 600, "after_ms": 500},
        over=("websocket",),
    ),
    Scene(
        "barge-in, two items",
        "the answer has two audio items, the user speaks over the first",
        "barge-in",
        _script(5_000, 6_000, rate=6, chunk_ms=50),
        (("say", _GREETING), *_FIRST, *_SECOND, ("wait", 300)),
    ),
    Scene(
        "tool",
        "the assistant calls a tool three times in a row",
        "tool",
        _TOOL_SCRIPT,
        (("say", _GREETING), ("tools", 3), ("wait", 500)),
    ),
    Scene(
        "ten sessions",
        "ten calls in one process, all of them talking",
        "crowd",
        _script(9_000, rate=0.9),
        (("say", _GREETING), ("played", 1_500), *(("window", 1_000),) * 4),
        limit_s=45.0,
        sessions=10,
    ),
    Scene(
        "error event",
        "the service sends an error event in the middle of an answer",
        "failure",
        _script(3_000, rate=1.5),
        _AFTER,
        rules={"error": True, "after_ms": 500},
        over=("websocket",),
    ),
    Scene(
        "end of session",
        "the session reaches its limit: session_expired, then close 1001",
        "failure",
        _script(6_000, rate=1.15),
        _AFTER,
        faults="expire@6s",
    ),
    Scene(
        "lost connection",
        "the connection breaks without a word",
        "failure",
        _script(6_000, rate=1.15),
        _AFTER,
        faults="abort@6s",
    ),
)
QUICK_SCENES = ("talk", "barge-in")
"""What ``--quick`` runs."""
