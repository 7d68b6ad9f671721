"""Which peers take part, and how is each one found and started?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal

from bareline.errors import ConfigurationError

__all__ = ["FLOOR", "PEERS", "PROGRAMS", "Peer", "choose_peers"]

PROGRAMS = Path(str(resources.files("bareline.lab.peers"))) / "programs"
"""A folder for each peer's program and requirements."""
FLOOR = "raw"
"""The peer that ratios are to: websockets and json."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One way to hold the call. ``imports`` is what its program imports of it; ``distribution`` names its version."""

    name: str
    title: str
    distribution: str
    imports: str
    runtime: Literal["python", "node"] = "python"
    transport: Literal["websocket", "webrtc"] = "websocket"

    @property
    def folder(self) -> Path:
        """Its program and requirements."""
        return PROGRAMS / self.name

    @property
    def program(self) -> Path:
        """What is run."""
        return self.folder / ("scene.py" if self.runtime == "python" else "scene.mjs")


PEERS = (
    Peer(FLOOR, "raw loop (websockets, json)", "websockets", "import websockets.asyncio.client, json"),
    Peer(
        "bareline-websocket", "Bareline, WebSocket", "bareline", "import bareline; bareline.Call, bareline.IterSource"
    ),
    Peer(
        "bareline-webrtc",
        "Bareline, WebRTC",
        "bareline",
        "import bareline; bareline.Call, bareline.IterSource",
        transport="webrtc",
    ),
    Peer("openai", "openai", "openai", "from openai import AsyncOpenAI"),
    Peer(
        "openai-agents",
        "OpenAI Agents SDK",
        "openai-agents",
        "from agents.realtime import RealtimeAgent, RealtimeRunner",
    ),
    Peer(
        "livekit-agents",
        "LiveKit Agents",
        "livekit-agents",
        "from livekit.agents import Agent, AgentSession; from livekit.plugins import openai",
    ),
    Peer(
        "pipecat",
        "Pipecat",
        "pipecat-ai",
        "from pipecat.pipeline.pipeline import Pipeline; from pipecat.services.openai.realtime.llm import "
        "OpenAIRealtimeLLMService",
    ),
    Peer(
        "pydantic-ai",
        "Pydantic AI",
        "pydantic-ai-slim",
        "from pydantic_ai import Agent; from pydantic_ai.realtime.openai import OpenAIRealtimeModel",
    ),
    Peer(
        "agents-realtime",
        "@openai/agents-realtime",
        "@openai/agents-realtime",
        "@openai/agents-realtime",
        runtime="node",
    ),
)


def choose_peers(names: Collection[str]) -> tuple[Peer, ...]:
    """These peers, and the floor before them; all when none is named. Raises ``ConfigurationError``."""
    known = {peer.name: peer for peer in PEERS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ConfigurationError(f"there is no peer '{unknown[0]}'; there are: {', '.join(known)}")
    wanted = {FLOOR, *(names or known)}
    return tuple(peer for peer in PEERS if peer.name in wanted)
