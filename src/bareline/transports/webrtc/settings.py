"""What may a caller decide about a WebRTC connection?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["CodecName", "IceServer", "SdpHook", "WebRtcSettings"]

CodecName = Literal["opus", "pcmu", "pcma"]

SdpHook = Callable[[Literal["offer", "answer"], Literal["local", "remote"], str], str]
"""Sees every description (which kind, whose, its text) before it is used, and gives the text to use."""


@dataclass(frozen=True, slots=True)
class IceServer:
    """A STUN or TURN server: ``stun:host:port``, ``turn:host:port?transport=udp|tcp``, ``turns:host:port``."""

    url: str
    username: str | None = None
    credential: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRtcSettings:
    """How to connect; the defaults need no server but the one called.

    ``addresses``: local addresses to use, in place of all of this machine's (``["127.0.0.1"]`` for loopback).
    ``ice_servers``: none by default. ``relay_only``: use relayed candidates only. ``codecs``: offered or accepted, in
    order of preference. ``dtx``: send nothing while the user is silent. ``bitrate_bps``: of Opus. ``sdp_hook`` sees and
    may change each description. ``verify_turn_certificate``: of ``turns:`` servers.
    """

    addresses: Sequence[str] | None = None
    ice_servers: Sequence[IceServer] = ()
    relay_only: bool = False
    codecs: Sequence[CodecName] = ("opus", "pcmu", "pcma")
    dtx: bool = False
    bitrate_bps: int = 32_000
    sdp_hook: SdpHook | None = None
    verify_turn_certificate: bool = True
