"""What does a trace tell of a call's turns: when the assistant was heard, and what the user was understood to say?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bareline.errors import ConfigurationError
from bareline.observe.record import TraceRecord
from bareline.observe.recorder import read_trace
from bareline.testing.turns.labels import PlayingSpan
from bareline.units import NS_PER_MS, NS_PER_S, SAMPLE_RATE_HZ

__all__ = ["TracedCall", "read_call"]

_TRANSCRIBED = "conversation.item.input_audio_transcription.completed"
_SAID = "response.output_audio_transcript.done"
_COMMITTED = "input_audio_buffer.committed"
_STOPPED = "input_audio_buffer.speech_stopped"
_PCM_BYTES_PER_S = 2 * SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True)
class TracedCall:
    """All times in ms from the first sample of the microphone.

    ``microphone``: the name of its recording. ``playing``: when the assistant was heard, or would have been without an
    interruption; ``heard``: when it really was. ``committed``: when the service took turns, with their words.
    """

    microphone: str | None
    playing: tuple[PlayingSpan, ...]
    heard: tuple[tuple[int, int], ...]
    committed: tuple[tuple[int, str], ...]


@dataclass(slots=True)
class _Reading:
    origin_ns: int | None = None
    first_sent_ns: int | None = None
    microphone: str | None = None
    started: dict[str, int] = field(default_factory=dict[str, int])
    heard: list[tuple[str, int, int, int]] = field(default_factory=list[tuple[str, int, int, int]])
    said: dict[str, str] = field(default_factory=dict[str, str])
    committed: dict[str, int] = field(default_factory=dict[str, int])
    stopped: dict[str, int] = field(default_factory=dict[str, int])
    understood: dict[str, str] = field(default_factory=dict[str, str])

    def take(self, record: TraceRecord) -> None:
        data = record.data
        match record.kind, record.name:
            case "note", "microphone":
                self.origin_ns, self.microphone = record.at_ns, str(data.get("file", "")) or None
            case "sent", "input_audio_buffer.append":
                if self.first_sent_ns is None:
                    length_ns = int(data["audio"]["bytes"]) * NS_PER_S // _PCM_BYTES_PER_S
                    self.first_sent_ns = record.at_ns - length_ns
            case "playout", name:
                self._playout(name, record.at_ns, data)
            case "received", name:
                self._received(name, record.at_ns, data)
            case _:
                pass

    def _playout(self, name: str, at_ns: int, data: dict[str, Any]) -> None:
        part = f"{data.get('item_id')}/{data.get('content_index')}"
        if name == "started":
            self.started[part] = at_ns
        elif name in {"finished", "interrupted"} and part in self.started:
            unheard = int(data.get("received", 0)) - int(data.get("heard", 0)) if name == "interrupted" else 0
            end_ns = at_ns + max(0, unheard) * NS_PER_S // SAMPLE_RATE_HZ
            self.heard.append((str(data.get("item_id")), self.started.pop(part), at_ns, end_ns))

    def _received(self, name: str, at_ns: int, data: dict[str, Any]) -> None:
        item_id = str(data.get("item_id"))
        if name == _COMMITTED:
            self.committed[item_id] = at_ns
        elif name == _STOPPED:
            self.stopped[item_id] = int(data.get("audio_end_ms", 0))
        elif name == _TRANSCRIBED:
            self.understood[item_id] = str(data.get("transcript", ""))
        elif name == _SAID:
            self.said[item_id] = str(data.get("transcript", ""))


def read_call(trace: Path) -> TracedCall:
    """Read a trace. Raises ``TraceError`` when it cannot be read, ``ConfigurationError`` when it does not tell when the
    microphone began."""
    reading = _Reading()
    for record in read_trace(trace):
        reading.take(record)
    origin_ns = reading.origin_ns if reading.origin_ns is not None else reading.first_sent_ns
    if origin_ns is None:
        raise ConfigurationError(f"{trace} does not tell when the microphone began")
    return TracedCall(
        microphone=reading.microphone,
        playing=_spans(reading, origin_ns),
        heard=tuple(
            ((begin - origin_ns) // NS_PER_MS, (end - origin_ns) // NS_PER_MS) for _, begin, end, _ in reading.heard
        ),
        committed=tuple(sorted(_committed(reading, origin_ns))),
    )


def _committed(reading: _Reading, origin_ns: int) -> Iterator[tuple[int, str]]:
    """Where the service says where speech stopped, that counts: it is on the clock of the audio, and not late."""
    sent_from_ms = ((reading.first_sent_ns or origin_ns) - origin_ns) // NS_PER_MS
    for item, at_ns in reading.committed.items():
        stopped_ms = reading.stopped.get(item)
        at_ms = (at_ns - origin_ns) // NS_PER_MS if stopped_ms is None else max(0, sent_from_ms) + stopped_ms
        yield at_ms, reading.understood.get(item, "")


def _spans(reading: _Reading, origin_ns: int) -> tuple[PlayingSpan, ...]:
    """One after the other: what would have gone on ends where the next one begins."""
    heard = sorted((begin - origin_ns, end - origin_ns, item) for item, begin, _, end in reading.heard)
    spans: list[PlayingSpan] = []
    for number, (begin_ns, end_ns, item) in enumerate(heard):
        after_ns = heard[number + 1][0] if number + 1 < len(heard) else end_ns
        begin_ms, end_ms = max(0, begin_ns // NS_PER_MS), min(end_ns, after_ns) // NS_PER_MS
        if end_ms > begin_ms:
            spans.append(PlayingSpan(from_ms=begin_ms, to_ms=end_ms, saying=reading.said.get(item, "")))
    return tuple(spans)
