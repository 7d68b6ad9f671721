"""How do labelled recordings lie in a folder?

``NAME.wav`` is what the microphone heard, ``NAME.json`` beside it the labels. Other files are left alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bareline.devices.wav_file import AudioFile, WavWriter
from bareline.errors import ConfigurationError
from bareline.testing.turns.labels import Labels
from bareline.units import BYTES_PER_SAMPLE, samples_to_ms

__all__ = ["Recording", "RecordingFile", "read_folder", "read_labels", "write_recording"]


@dataclass(frozen=True, slots=True)
class Recording:
    """``pcm``: PCM16 mono at 24 kHz of the user's microphone alone."""

    name: str
    pcm: bytes
    labels: Labels

    @property
    def length_ms(self) -> int:
        """Whole milliseconds of audio."""
        return samples_to_ms(len(self.pcm) // BYTES_PER_SAMPLE)

    @property
    def digest(self) -> str:
        """Tells this audio with these labels from any other (SHA-256)."""
        return hashlib.sha256(self.pcm + msgspec.json.encode(self.labels)).hexdigest()


@dataclass(frozen=True, slots=True)
class RecordingFile:
    """``NAME.wav`` with its labels beside it, not read yet."""

    path: Path

    @property
    def name(self) -> str:
        """NAME."""
        return self.path.stem

    def make(self) -> Recording:
        """Read both files. Raises ``ConfigurationError`` or ``AudioFormatError`` naming the file that is wrong."""
        beside = self.path.with_suffix(".json")
        recording = Recording(self.name, AudioFile(self.path).pcm(), read_labels(beside))
        labels = recording.labels
        last_ms = max((span.to_ms for span in (*labels.turns, *labels.sounds)), default=0)
        if last_ms > recording.length_ms:
            raise ConfigurationError(f"{beside}: {last_ms} ms is after the end at {recording.length_ms} ms")
        return recording


def read_folder(folder: Path) -> list[RecordingFile]:
    """The recordings of a folder, by name. Raises ``ConfigurationError`` when there are none."""
    if not folder.is_dir():
        raise ConfigurationError(f"no such folder: {folder}")
    found = [RecordingFile(path) for path in sorted(folder.glob("*.wav")) if path.with_suffix(".json").is_file()]
    if not found:
        raise ConfigurationError(f"{folder} holds no recording: NAME.wav with its labels in NAME.json")
    return found


def read_labels(path: Path) -> Labels:
    """One file of labels. Raises ``ConfigurationError`` naming the file and what is wrong with it."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Labels)
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from error
    except (msgspec.MsgspecError, ConfigurationError) as error:
        raise ConfigurationError(f"{path}: {error}") from error


def write_recording(folder: Path, recording: Recording) -> None:
    """Write both files of a recording; the folder is made."""
    folder.mkdir(parents=True, exist_ok=True)
    with WavWriter(folder / f"{recording.name}.wav") as writer:
        writer.write(recording.pcm)
    labels = msgspec.json.format(msgspec.json.encode(recording.labels), indent=1)
    (folder / f"{recording.name}.json").write_bytes(labels + b"\n")
