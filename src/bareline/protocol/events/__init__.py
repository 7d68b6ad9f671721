"""Every event of the Realtime API as a frozen, typed value (GA: 11 client events, 46 server events).

A class is named after its wire name (``response.output_audio.delta`` is ``ResponseOutputAudioDelta``), a field like its
wire key. In requests an absent key (``UNSET``) keeps and ``None`` clears; in reports ``None`` stands for null and absent
alike. Received unions are open: ``UnknownEvent``, ``UnknownItem``, ``UnknownPart`` keep the value whole.
Source: REALTIME.md sections 5-8.
"""

from msgspec import UNSET, UnsetType

from bareline.protocol.events.client import *  # noqa: F403
from bareline.protocol.events.client import ClientEvent
from bareline.protocol.events.items import *  # noqa: F403
from bareline.protocol.events.response import *  # noqa: F403
from bareline.protocol.events.server import *  # noqa: F403
from bareline.protocol.events.server import ServerEvent, UnknownEvent
from bareline.protocol.events.session import *  # noqa: F403

__all__ = ["UNSET", "ClientEvent", "ServerEvent", "UnknownEvent", "UnsetType"]
