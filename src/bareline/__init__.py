"""Bareline: the direct line to realtime voice models.

The names below are loaded when first used, so that importing the package pulls in no transport (D2).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from bareline.version import __version__ as __version__

if TYPE_CHECKING:
    from bareline import errors as errors
    from bareline import turns as turns
    from bareline.client import call_events as call_events
    from bareline.client.budget import Budget as Budget
    from bareline.client.call import Call as Call
    from bareline.client.http_requests import hang_up as hang_up
    from bareline.client.http_requests import mint_client_secret as mint_client_secret
    from bareline.client.image_policy import KeepImages as KeepImages
    from bareline.client.line import Line as Line
    from bareline.client.reconnect import ReconnectPolicy as ReconnectPolicy
    from bareline.devices import CallbackSink as CallbackSink
    from bareline.devices import FileSource as FileSource
    from bareline.devices import IterSource as IterSource
    from bareline.devices import NullSink as NullSink
    from bareline.devices import QueueSource as QueueSource
    from bareline.devices import SilenceSource as SilenceSource
    from bareline.devices import ToneSource as ToneSource
    from bareline.devices import WavSink as WavSink
    from bareline.devices.echo_control import EchoControl as EchoControl
    from bareline.devices.echo_control import EchoState as EchoState
    from bareline.devices.microphone import Microphone as Microphone
    from bareline.devices.screens import screen as screen
    from bareline.devices.speaker import Speaker as Speaker
    from bareline.local import connect as connect
    from bareline.mcp import mcp_http as mcp_http
    from bareline.mcp import mcp_stdio as mcp_stdio
    from bareline.media.frames import AudioFrame as AudioFrame
    from bareline.media.pixels import Pixels as Pixels
    from bareline.observe.cost_meter import CostMeter as CostMeter
    from bareline.observe.image_prices import image_cost as image_cost
    from bareline.observe.recorder import Observers as Observers
    from bareline.observe.recorder import Recorder as Recorder
    from bareline.observe.recorder import Records as Records
    from bareline.observe.recorder import read_trace as read_trace
    from bareline.protocol import events as events
    from bareline.server.backends.rules import RulesBackend as RulesBackend
    from bareline.server.backends.script import ScriptBackend as ScriptBackend
    from bareline.server.serve import RealtimeServer as RealtimeServer
    from bareline.store.execution_file import ExecutionFile as ExecutionFile
    from bareline.tools import Approval as Approval
    from bareline.tools import AskPerson as AskPerson
    from bareline.tools import CancellationScope as CancellationScope
    from bareline.tools import Clip as Clip
    from bareline.tools import Confirm as Confirm
    from bareline.tools import Durations as Durations
    from bareline.tools import FillerLadder as FillerLadder
    from bareline.tools import Forbid as Forbid
    from bareline.tools import ModelLine as ModelLine
    from bareline.tools import Phrases as Phrases
    from bareline.tools import RetryPolicy as RetryPolicy
    from bareline.tools import Spoken as Spoken
    from bareline.tools import Stage as Stage
    from bareline.tools import Toolbox as Toolbox
    from bareline.tools import ToolContext as ToolContext
    from bareline.tools import not_found as not_found
    from bareline.transports.webrtc.settings import IceServer as IceServer
    from bareline.transports.webrtc.settings import WebRtcSettings as WebRtcSettings

_HOME = {
    "KeepImages": "bareline.client.image_policy",
    "Pixels": "bareline.media.pixels",
    "Budget": "bareline.client.budget",
    "CostMeter": "bareline.observe.cost_meter",
    "image_cost": "bareline.observe.image_prices",
    "screen": "bareline.devices.screens",
    "Stage": "bareline.tools",
    "Spoken": "bareline.tools",
    "RetryPolicy": "bareline.tools",
    "Phrases": "bareline.tools",
    "ModelLine": "bareline.tools",
    "Forbid": "bareline.tools",
    "FillerLadder": "bareline.tools",
    "ExecutionFile": "bareline.store.execution_file",
    "Durations": "bareline.tools",
    "Confirm": "bareline.tools",
    "Clip": "bareline.tools",
    "CancellationScope": "bareline.tools",
    "AskPerson": "bareline.tools",
    "Approval": "bareline.tools",
    "AudioFrame": "bareline.media.frames",
    "Call": "bareline.client.call",
    "CallbackSink": "bareline.devices",
    "EchoControl": "bareline.devices.echo_control",
    "EchoState": "bareline.devices.echo_control",
    "FileSource": "bareline.devices",
    "IterSource": "bareline.devices",
    "IceServer": "bareline.transports.webrtc.settings",
    "Line": "bareline.client.line",
    "Microphone": "bareline.devices.microphone",
    "NullSink": "bareline.devices",
    "Observers": "bareline.observe.recorder",
    "QueueSource": "bareline.devices",
    "RealtimeServer": "bareline.server.serve",
    "ReconnectPolicy": "bareline.client.reconnect",
    "Recorder": "bareline.observe.recorder",
    "Records": "bareline.observe.recorder",
    "RulesBackend": "bareline.server.backends.rules",
    "ScriptBackend": "bareline.server.backends.script",
    "SilenceSource": "bareline.devices",
    "Speaker": "bareline.devices.speaker",
    "ToneSource": "bareline.devices",
    "ToolContext": "bareline.tools",
    "Toolbox": "bareline.tools",
    "WavSink": "bareline.devices",
    "WebRtcSettings": "bareline.transports.webrtc.settings",
    "call_events": "bareline.client.call_events",
    "connect": "bareline.local",
    "errors": "bareline.errors",
    "events": "bareline.protocol.events",
    "hang_up": "bareline.client.http_requests",
    "mcp_http": "bareline.mcp",
    "mcp_stdio": "bareline.mcp",
    "not_found": "bareline.tools",
    "mint_client_secret": "bareline.client.http_requests",
    "read_trace": "bareline.observe.recorder",
    "turns": "bareline.turns",
}
"""Public name to the module that holds it (or that it is)."""

__all__ = ["__version__", *_HOME]  # noqa: PLE0604  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'bareline' has no attribute '{name}'")
    importlib.import_module("bareline.local")  # so that "local" is a server, whatever is used first
    module = importlib.import_module(home)
    value = module if home.rpartition(".")[2] == name else getattr(module, name)
    globals()[name] = value
    return value
