"""What did the user of a visit really hear, when did it fall silent, and what does the service believe of it?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from bareline.lab.peers.visit import Visit
from bareline.units import BYTES_PER_MS

__all__ = ["Piece", "barge_ins", "heard_pieces", "truncation_errors_ms"]

_GAP_NS = 150_000_000
"""Silence longer than this ends a stretch of speech."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch that sounded, and the item it belongs to; empty where the samples do not say."""

    begin_ns: int
    end_ns: int
    item_id: str


def heard_pieces(visit: Visit) -> list[Piece]:
    """All that sounded, in order: what was cleared before it sounded is left out."""
    frames: list[tuple[str, int]] = visit.passed["frames"]
    chunks: list[tuple[int, int, int, bool]] = visit.seen["chunks"]
    clears: list[tuple[int, int]] = visit.seen["clears"]
    pieces: list[Piece] = []
    item_id = ""
    for index, (begin, end, number, loud) in enumerate(chunks):
        if number >= 0 and frames:
            item_id = frames[number][0] if number < len(frames) else ""
        cut = min((at for at, before in clears if index < before), default=end)
        if loud and min(end, cut) > begin:
            pieces.append(Piece(begin, min(end, cut), item_id))
    return pieces


def barge_ins(visit: Visit) -> list[tuple[int, int]]:
    """For each interruption, when the user's first loud sample was spoken and when the assistant fell silent."""
    pieces = heard_pieces(visit)
    found: list[tuple[int, int]] = []
    for said in visit.seen["says"][1:]:
        if said is None:
            continue
        around = [piece for piece in pieces if piece.end_ns > said]
        if around and around[0].begin_ns <= said:
            ends = (now.end_ns for now, after in pairwise(around) if after.begin_ns - now.end_ns > _GAP_NS)
            found.append((said, next(ends, around[-1].end_ns)))
    return found


def truncation_errors_ms(visit: Visit) -> list[float]:
    """For each interruption: what the service was told the user heard of the response, minus what was heard."""
    pieces = heard_pieces(visit)
    claimed, response_of = _claimed_ms(visit), _responses(visit)
    errors: list[float] = []
    for said, silent in barge_ins(visit):
        if visit.peer.transport == "webrtc":
            response, sounded = _since_started(visit, pieces, said, silent)
        else:
            response = response_of.get(next(piece for piece in pieces if piece.end_ns > said).item_id, "")
            sounded = [piece for piece in pieces if response_of.get(piece.item_id) == response]
        heard_ns = sum(piece.end_ns - piece.begin_ns for piece in sounded)
        of_response = [item for item, owner in response_of.items() if owner == response]
        if of_response:
            errors.append(sum(claimed.get(item, 0.0) for item in of_response) - heard_ns / 1e6)
    return errors


def _responses(visit: Visit) -> dict[str, str]:
    """The response of each item that one made."""
    return {
        data["item_id"]: data["response_id"]
        for _, _, _, kind, data in visit.passed["events"]
        if kind == "response.output_item.added"
    }


def _since_started(visit: Visit, pieces: list[Piece], said: int, silent: int) -> tuple[str, list[Piece]]:
    """Where samples do not say whose they are: the response that was begun last, and all that sounded since."""
    started = [
        (at, data["response_id"])
        for at, _, _, kind, data in visit.passed["events"]
        if kind == "output_audio_buffer.started" and at < said
    ]
    begun, response = max(started, default=(0, ""))
    return response, [piece for piece in pieces if begun <= piece.begin_ns < silent]


def _claimed_ms(visit: Visit) -> dict[str, float]:
    """What each item holds by the service's books: all that was sent, unless it was truncated."""
    claimed: dict[str, float] = {}
    for item_id, size in visit.passed["frames"]:
        claimed[item_id] = claimed.get(item_id, 0.0) + size / BYTES_PER_MS
    for _, _, _, kind, data in visit.passed["events"]:
        if kind == "conversation.item.truncated":
            claimed[data["item_id"]] = float(data["audio_end_ms"])
        elif kind == "conversation.item.deleted":
            claimed[data["item_id"]] = 0.0
    return claimed
