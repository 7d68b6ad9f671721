"""Who spoke when in this call, as far as its trace and its recording tell?

A draft for a person to correct: speech is found by voice activity, the assistant's voice by the trace's playout, and
what is uncertain is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from bareline.devices.wav_file import AudioFile
from bareline.errors import ConfigurationError
from bareline.lab.traced_call import TracedCall, read_call
from bareline.media.levels import LevelMeter, rms_dbfs
from bareline.speech.silero import SileroVad
from bareline.testing.turns.labels import LabelledSound, LabelledTurn, Labels, Pause, PlayingSpan
from bareline.testing.turns.memory import frames_of, hear_voice
from bareline.testing.turns.recordings import Recording, write_recording
from bareline.turns.silence import SilenceTurnDetector
from bareline.units import BYTES_PER_SAMPLE, ms_to_samples, samples_to_ms

__all__ = ["Draft", "label_trace", "render_draft"]

PAUSE_MIN_MS = 200
_ANSWER_MIN_MS = 400
"""So much of the assistant's voice between two utterances makes two turns of them."""
_LISTENER_MAX_MS = 1_000
"""A shorter utterance, after which the assistant went on, may have been a backchannel."""
_QUIET_BELOW_PEAK_DB = 36.0
_BLOCK = ms_to_samples(10)
_EDGE_MAX = ms_to_samples(200)
"""Voice activity is no further off than this."""

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Draft:
    """The recording with its labels, where it was written, and what a person should look at (ms, in words)."""

    recording: Recording
    path: Path
    doubts: list[tuple[int, str]]


def label_trace(
    trace: Path, folder: Path, *, audio: Path | None = None, name: str = "", pause_max_ms: int = 2_000
) -> Draft:
    """Draft labels for a call into ``folder``; utterances up to ``pause_max_ms`` apart are one turn unless the
    assistant was heard between them.

    ``audio``: the microphone's recording, by default the one that the trace names (``RecordedMicrophone``). Raises
    ``ConfigurationError`` when there is none, or nobody speaks on it; ``TraceError`` for a trace that cannot be read.
    """
    call = read_call(trace)
    if audio is None and call.microphone is None:
        raise ConfigurationError(f"{trace} names no recording of the microphone: give one with --audio")
    pcm = AudioFile(audio or trace.parent / str(call.microphone)).pcm()
    utterances = _utterances(pcm)
    if not utterances:
        raise ConfigurationError(f"nobody speaks on {audio or call.microphone}")
    length_ms = samples_to_ms(len(pcm) // BYTES_PER_SAMPLE)
    labels, doubts = _labels(utterances, call, pause_max_ms, length_ms)
    recording = Recording(name or trace.stem, pcm, labels)
    write_recording(folder, recording)
    return Draft(recording, folder / f"{recording.name}.json", doubts)


def render_draft(draft: Draft) -> str:
    """What was found, and what to look at, as plain text."""
    labels = draft.recording.labels
    lines = [f"{draft.path}: a draft; listen to {draft.path.with_suffix('.wav').name} and correct it", ""]
    rows = [(turn.from_ms, turn.to_ms, f"turn ({turn.kind})", turn.text) for turn in labels.turns]
    rows += [(sound.from_ms, sound.to_ms, sound.kind, sound.name) for sound in labels.sounds]
    rows += [(span.from_ms, span.to_ms, "assistant", span.saying) for span in labels.playing]
    for start_ms, end_ms, what, text in sorted(rows):
        lines.append(f"{start_ms / 1000:8.2f} - {end_ms / 1000:8.2f} s  {what:<14} {text[:60]}".rstrip())
    lines += ["", *(f"look at {at_ms / 1000:.2f} s: {why}" for at_ms, why in sorted(draft.doubts))]
    return "\n".join(lines).rstrip()


def _labels(
    utterances: Sequence[Span], call: TracedCall, pause_max_ms: int, length_ms: int
) -> tuple[Labels, list[tuple[int, str]]]:
    playing = tuple(span for span in call.playing if span.from_ms < length_ms)
    doubts: list[tuple[int, str]] = []
    turns: list[LabelledTurn] = []
    sounds: list[LabelledSound] = []
    for group in _groups(utterances, call.heard, pause_max_ms):
        begin, end = group[0][0], group[-1][1]
        text, commits = _words(call, begin, end, pause_max_ms)
        if _only_listens(begin, end, playing):
            sounds.append(LabelledSound(from_ms=begin, to_ms=end, kind="backchannel", name=text))
            doubts.append((begin, "short, and the assistant went on: a backchannel, or an interruption it ignored?"))
            continue
        pauses = tuple(
            Pause(from_ms=before[1], to_ms=after[0]) for before, after in pairwise(group) if after[0] > before[1]
        )
        turns.append(LabelledTurn(from_ms=begin, to_ms=end, text=text, pauses=pauses))
        if commits > 1:
            doubts.append((begin, f"the service took this turn for {commits}: was it cut in on, or were there more?"))
        if any(span.from_ms <= begin < span.to_ms for span in playing):
            doubts.append((begin, "an interruption: a stop, a correction, a redirection, a question, or a turn?"))
        doubts += [(pause.from_ms, "a pause: could the turn have been over (complete)?") for pause in pauses]
    return Labels(turns=tuple(turns), sounds=tuple(sounds), playing=playing, tags={"from": "trace"}), doubts


def _groups(utterances: Sequence[Span], heard: Sequence[Span], pause_max_ms: int) -> list[list[Span]]:
    """Utterances that belong together: close to each other, and the assistant is hardly heard in between."""
    groups: list[list[Span]] = []
    for begin, end in utterances:
        before = groups[-1][-1][1] if groups else None
        if (
            before is not None
            and begin - before <= pause_max_ms
            and not any(min(begin, last) - max(before, first) >= _ANSWER_MIN_MS for first, last in heard)
        ):
            groups[-1].append((begin, end))
        else:
            groups.append([(begin, end)])
    return groups


def _words(call: TracedCall, begin_ms: int, end_ms: int, pause_max_ms: int) -> tuple[str, int]:
    """What was understood of the turn, and how many turns the service made of it."""
    texts = [text for at_ms, text in call.committed if begin_ms < at_ms <= end_ms + pause_max_ms]
    return " ".join(filter(None, texts)), len(texts)


def _only_listens(begin_ms: int, end_ms: int, playing: Sequence[PlayingSpan]) -> bool:
    during = [span for span in playing if span.from_ms <= begin_ms < span.to_ms]
    return bool(during) and end_ms - begin_ms <= _LISTENER_MAX_MS and during[0].to_ms > end_ms + PAUSE_MIN_MS


def _utterances(pcm: bytes) -> list[Span]:
    """Where somebody speaks, in ms, to the 10 ms; silences from 200 ms on lie between."""
    detector = SilenceTurnDetector(hear_voice(pcm, SileroVad).vad(), silence_duration_ms=PAUSE_MIN_MS)
    begun: int | None = None
    found: list[Span] = []
    for frame in frames_of(pcm):
        for decision in detector.feed(frame):
            if decision.kind == "speech_started":
                begun = decision.at_sample
            elif decision.kind == "speech_stopped" and begun is not None:
                found.append(_edges(pcm, begun, decision.at_sample))
                begun = None
    if begun is not None:
        found.append(_edges(pcm, begun, len(pcm) // BYTES_PER_SAMPLE))
    return found


def _edges(pcm: bytes, begun: int, ended: int) -> Span:
    """Voice activity comes in windows; the samples know better, unless noise covers the edge."""
    loud_dbfs = _peak_dbfs(pcm[begun * BYTES_PER_SAMPLE : ended * BYTES_PER_SAMPLE]) - _QUIET_BELOW_PEAK_DB
    first = _edge(pcm, begun, -_BLOCK, loud_dbfs)
    end = _edge(pcm, ended, _BLOCK, loud_dbfs)
    return samples_to_ms(first), -(-end // ms_to_samples(1))


def _edge(pcm: bytes, at: int, step: int, loud_dbfs: float) -> int:
    """From ``at`` outwards while it is loud, else inwards until it is."""
    outward = at
    while abs(outward - at) < _EDGE_MAX:
        if not _loud(pcm, outward, step, loud_dbfs):
            break
        outward += step
    else:
        return at
    if outward != at:
        return outward
    inward = at
    while abs(inward - at) < _EDGE_MAX and not _loud(pcm, inward - step, step, loud_dbfs):
        inward -= step
    return inward


def _loud(pcm: bytes, at: int, step: int, loud_dbfs: float) -> bool:
    """Whether the block from ``at`` in the direction of ``step`` is as loud as speech."""
    first, end = sorted((at, at + step))
    block = pcm[max(0, first) * BYTES_PER_SAMPLE : max(0, end) * BYTES_PER_SAMPLE]
    return bool(block) and rms_dbfs(block) >= loud_dbfs


def _peak_dbfs(pcm: bytes) -> float:
    meter = LevelMeter()
    meter.feed(pcm)
    return meter.levels().peak_dbfs
