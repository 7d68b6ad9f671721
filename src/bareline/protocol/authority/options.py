"""What does a server decide for itself, where the specification leaves it open?

Each field is an open point (REALTIME.md section 20, and remarks marked as unverified), with its default.
"""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = ["ServerOptions"]

_INSTRUCTIONS = (
    "You are a friendly voice assistant. Speak in short, natural sentences, in the language of the user. Say so when "
    "you do not know something, and ask when you have not understood."
)


class ServerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How this server behaves.

    ``instructions``: what a session has before its first update. ``obfuscation``: padding strings on text-like deltas.
    ``tokens_per_minute``: the limit that ``rate_limits.updated`` reports (it is never enforced); ``None``: no such
    event. ``unknown_call_output``: what becomes of an output whose call is not in the conversation. ``busy_turn``: what
    becomes of a turn that ends while a response that may not be interrupted is active: answered after it, or not.
    ``truncated_transcript``: what retrieve shows for the transcript of truncated speech. ``truncated_before_done``:
    whether the server's own truncation (WebRTC) stands before the end of the response that it interrupts.
    ``errors_to``: who is told that a request was refused when a call has several connections (a sideband): the one that
    asked, or all. ``hangup_close_code``: with which code sidebands are closed when their call is over by a hang-up.
    ``audio_kept_bytes``: how much audio is kept for retrieve; that of the oldest items goes first.
    """

    instructions: str = _INSTRUCTIONS
    obfuscation: bool = True
    tokens_per_minute: int | None = 15_000_000
    unknown_call_output: Literal["refuse", "accept"] = "refuse"
    busy_turn: Literal["answer", "skip"] = "answer"
    truncated_transcript: str | None = None
    truncated_before_done: bool = True
    errors_to: Literal["cause", "all"] = "cause"
    hangup_close_code: int = 1000
    audio_kept_bytes: int = 16 * 1024 * 1024
