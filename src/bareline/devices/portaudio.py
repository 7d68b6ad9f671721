"""Which sound devices are there, and how is a stream of one opened? The one module that imports ``sounddevice``."""

from __future__ import annotations

import atexit
import ctypes
import os
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bareline.devices.device_choice import WORDS, AudioDevice, Direction, choose
from bareline.devices.device_stream import CaptureBlock, FillBlock
from bareline.errors import ConfigurationError, MissingExtra
from bareline.units import NS_PER_S, SAMPLE_RATE_HZ, seconds_to_ns

__all__ = ["DeviceInput", "DeviceOutput", "list_devices", "open_input", "open_output", "portaudio_version"]

_BLOCK_MS = 10
_AWAY_MAX_S = 10.0
"""A sample is no further than this from the callback that carries it; more is a clock that cannot be believed."""
_LATENCY_MIN_MS = 30
_FREED_WITHIN_S = 2.0
_INSTALL = (
    "apt install libportaudio2 (Debian, Ubuntu), dnf install portaudio (Fedora) or brew install portaudio (macOS)"
)


@dataclass(frozen=True, slots=True)
class _Opened:
    stream: Any
    rate_hz: int
    channels: int


class _Stream:
    """What streams of both directions share; see ``bareline.devices.device_stream``."""

    def __init__(
        self, device: AudioDevice, direction: Direction, latency_ms: int | None, called: Callable[..., None]
    ) -> None:
        self._ended: Callable[[], None] | None = None
        self._closed = False
        opened = _open(device, direction, latency_ms, called, self._finished)
        self._stream = opened.stream
        self.name = f"{WORDS[direction]} {device.name}"
        self.rate_hz = opened.rate_hz
        self.channels = opened.channels
        self.latency_ns = seconds_to_ns(max(0.0, self._stream.latency))

    def close(self) -> None:
        """Stop and free the device; one that does not let itself be freed in time is abandoned."""
        if self._closed:
            return
        self._closed = True
        # Drivers of a device that went away may never return; a daemon thread holds up nobody.
        freeing = threading.Thread(target=self._free, name="bareline-device", daemon=True)
        freeing.start()
        freeing.join(_FREED_WITHIN_S)
        if freeing.is_alive():
            _leave_open_at_exit()

    def _free(self) -> None:
        with suppress(_sounddevice().PortAudioError):  # it is gone already
            self._stream.abort()
        self._stream.close(ignore_errors=True)
        _OPEN.discard(self)

    def _begin(self, ended: Callable[[], None]) -> None:
        self._ended = ended
        _OPEN.add(self)
        try:
            with _without_chatter():
                self._stream.start()
        except _sounddevice().PortAudioError as error:
            self.close()
            raise ConfigurationError(f"the {self.name} cannot be started: {_reason(error)}") from error

    def _finished(self) -> None:
        if not self._closed and self._ended is not None:
            self._ended()


class DeviceOutput(_Stream):
    """A stream that is heard; see ``OutputStream``."""

    def __init__(self, device: AudioDevice, latency_ms: int | None) -> None:
        self._fill: FillBlock | None = None
        self.underruns = 0
        super().__init__(device, "output", latency_ms, self._play)

    def start(self, fill: FillBlock, ended: Callable[[], None]) -> None:
        """Ask ``fill`` for blocks from now on."""
        self._fill = fill
        self._begin(ended)

    def _play(self, out: Any, frames: int, times: Any, status: Any) -> None:
        now_ns = time.monotonic_ns()
        self.underruns += bool(status.output_underflow)
        # Measured before this thread got its turn: a late turn claims too little, never too much.
        ahead_ns = _away_ns(times.outputBufferDacTime - times.currentTime)
        fill = self._fill
        if fill is None:
            out[:] = bytes(len(out))
        else:
            out[:] = fill(frames, now_ns + (self.latency_ns if ahead_ns is None else ahead_ns), now_ns)


class DeviceInput(_Stream):
    """A stream that hears; see ``InputStream``."""

    def __init__(self, device: AudioDevice, latency_ms: int | None) -> None:
        self._capture: CaptureBlock | None = None
        super().__init__(device, "input", latency_ms, self._hear)

    def start(self, capture: CaptureBlock, ended: Callable[[], None]) -> None:
        """Give blocks to ``capture`` from now on."""
        self._capture = capture
        self._begin(ended)

    def _hear(self, heard: Any, frames: int, times: Any, status: Any) -> None:
        now_ns = time.monotonic_ns()
        ago_ns = _away_ns(times.currentTime - times.inputBufferAdcTime)
        if ago_ns is None:
            ago_ns = frames * NS_PER_S // self.rate_hz
        if self._capture is not None:
            self._capture(bytes(heard), now_ns - ago_ns, bool(status.input_overflow))


_OPEN: set[_Stream] = set()
"""Started and not freed: what the device's thread calls must not be collected, whoever forgets to close it."""


def open_output(device: int | str | None = None, *, latency_ms: int | None = None) -> DeviceOutput:
    """A loudspeaker, not started yet. Raises ``MissingExtra`` and ``ConfigurationError``."""
    return DeviceOutput(choose(list_devices(), "output", device), latency_ms)


def open_input(device: int | str | None = None, *, latency_ms: int | None = None) -> DeviceInput:
    """A microphone, not started yet. Raises ``MissingExtra`` and ``ConfigurationError``."""
    return DeviceInput(choose(list_devices(), "input", device), latency_ms)


def list_devices() -> tuple[AudioDevice, ...]:
    """All devices as PortAudio sees them. Raises ``MissingExtra`` and ``ConfigurationError``."""
    sounddevice = _sounddevice()
    systems = sounddevice.query_hostapis()
    default_input, default_output = (int(number) for number in sounddevice.default.device)
    return tuple(
        AudioDevice(
            number=number,
            name=found["name"],
            system=systems[found["hostapi"]]["name"],
            inputs=found["max_input_channels"],
            outputs=found["max_output_channels"],
            rate_hz=round(found["default_samplerate"]),
            default_input=number == default_input,
            default_output=number == default_output,
        )
        for number, found in enumerate(sounddevice.query_devices())
    )


def portaudio_version() -> str:
    """As the library says it. Raises ``MissingExtra`` and ``ConfigurationError``."""
    return str(_sounddevice().get_portaudio_version()[1]).partition(",")[0]


def _open(
    device: AudioDevice,
    direction: Direction,
    latency_ms: int | None,
    called: Callable[..., None],
    finished: Callable[[], None],
) -> _Opened:
    """At 24 kHz and mono where the device does that; else in what is nearest."""
    sounddevice = _sounddevice()
    make = sounddevice.RawInputStream if direction == "input" else sounddevice.RawOutputStream
    problem: Exception | None = None
    for rate_hz, channels in _formats(device, direction):
        try:
            with _without_chatter():
                stream = make(
                    samplerate=rate_hz,
                    blocksize=rate_hz * _BLOCK_MS // 1000,
                    device=device.number,
                    channels=channels,
                    dtype="int16",
                    latency=_latency_s(device, direction) if latency_ms is None else latency_ms / 1000,
                    callback=called,
                    finished_callback=finished,
                )
        except (sounddevice.PortAudioError, ValueError) as error:
            problem = error
        else:
            return _Opened(stream, rate_hz, channels)
    raise ConfigurationError(
        f"the {WORDS[direction]} {device.name} cannot be opened ({_reason(problem)}): close what else uses it, or "
        f"choose another (bareline talk --list-devices)"
    )


def _formats(device: AudioDevice, direction: Direction) -> list[tuple[int, int]]:
    channels = min(2, device.channels(direction))
    rates = dict.fromkeys((SAMPLE_RATE_HZ, device.rate_hz, 48_000, 44_100))
    return [(rate_hz, count) for rate_hz in rates for count in dict.fromkeys((1, channels))]


def _latency_s(device: AudioDevice, direction: Direction) -> float:
    """The shortest that the device offers and that a thread of Python, which shares its turns, can keep up with."""
    shortest = _sounddevice().query_devices(device.number)[f"default_low_{direction}_latency"]
    return max(_LATENCY_MIN_MS / 1000, float(shortest))


def _away_ns(seconds: float) -> int | None:
    """A card's distance in time; None where it cannot be believed (some drivers leave it at nothing)."""
    return seconds_to_ns(seconds) if 0 < seconds < _AWAY_MAX_S else None


def _reason(problem: Exception | None) -> str:
    """PortAudio's own words without its numbers."""
    return str(problem.args[0] if problem and problem.args else problem).partition(" [PaErrorCode")[0].rstrip(".")


def _sounddevice() -> Any:
    try:
        import sounddevice
    except ImportError as error:
        raise MissingExtra("A microphone or loudspeaker", "devices") from error
    except OSError as error:  # the package found no library to load
        raise ConfigurationError(
            f"PortAudio, which microphone and speakers need, is not installed: {_INSTALL}"
        ) from error
    _hush_alsa()
    return sounddevice


@lru_cache(maxsize=1)
def _hush_alsa() -> None:
    """ALSA writes every underrun to standard error, into the middle of what a program shows; we count them.

    Its word goes to a C function that takes nothing and does nothing: one of Python's could be called too late.
    """
    with suppress(OSError, AttributeError):  # another system than Linux
        alsa = ctypes.CDLL("libasound.so.2")
        alsa.snd_lib_error_set_handler.argtypes = [ctypes.c_void_p]
        alsa.snd_lib_error_set_handler(ctypes.cast(ctypes.CDLL(None).getpid, ctypes.c_void_p))


def _leave_open_at_exit() -> None:
    """sounddevice frees everything when the program ends, and would wait there for what never returns."""
    atexit.unregister(_sounddevice()._exit_handler)  # noqa: SLF001 - it has no public name


@contextmanager
def _without_chatter() -> Generator[None]:
    """PortAudio and ALSA print what they try; what comes of it is said in our own words."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
