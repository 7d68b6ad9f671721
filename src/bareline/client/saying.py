"""What is the assistant saying at this moment, to the end of the sentence as far as that is known?"""

from __future__ import annotations

import re

from bareline.client.media_playback import MediaPlayback
from bareline.client.playback import Playback
from bareline.client.transcript import Transcript

__all__ = ["saying"]

_SENTENCE_END = re.compile(r"[.?!…](?=\s|$)")


def saying(transcript: Transcript, playback: Playback | MediaPlayback) -> str:
    """The words heard so far of the part that sounds, and those that end their sentence; empty when none does.

    Whoever answers a question has often understood it before its last word.
    """
    sounding = playback.sounding
    if not sounding:
        return ""
    item_id, index = sounding[-1]
    entry, position = transcript.entry(item_id), playback.ledger.position(item_id, index)
    part = entry.parts.get(index) if entry is not None else None
    if part is None or position is None:
        return ""
    if isinstance(playback, MediaPlayback):
        heard = part.beginning(playback.chars(position.heard))
    else:
        heard = part.until(position.heard, finished=position.finished)
    end = _SENTENCE_END.search(part.text, max(0, len(heard) - 1))
    return part.text[: end.end()] if end is not None else part.text
