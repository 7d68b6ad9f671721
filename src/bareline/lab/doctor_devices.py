"""Can this machine listen and be heard?"""

from __future__ import annotations

from collections.abc import Iterator

from bareline.devices.device_choice import AudioDevice, Direction, choose
from bareline.devices.portaudio import list_devices, portaudio_version
from bareline.errors import ConfigurationError, MissingExtra
from bareline.lab.finding import Finding

__all__ = ["examine_devices"]

_SUBJECTS: tuple[tuple[str, Direction], ...] = (("microphone", "input"), ("speakers", "output"))


def examine_devices() -> Iterator[Finding]:
    """PortAudio, and the devices that the system chooses. Opens none."""
    try:
        version, devices = portaudio_version(), list_devices()
    except MissingExtra:
        yield Finding("portaudio", "skipped", "not looked for without the extra devices")
        return
    except ConfigurationError as error:
        detail, _, advice = str(error).partition(": ")
        yield Finding("portaudio", "missing", detail, advice)
        return
    yield Finding("portaudio", "ok", f"{version}, {len(devices)} devices")
    for subject, direction in _SUBJECTS:
        yield _chosen(subject, direction, devices)


def _chosen(subject: str, direction: Direction, devices: tuple[AudioDevice, ...]) -> Finding:
    try:
        device = choose(devices, direction, None)
    except ConfigurationError as error:
        detail, _, advice = str(error).partition(": ")
        return Finding(subject, "missing", detail, advice)
    return Finding(subject, "ok", f"{device.number} {device.name} ({device.system}, {device.rate_hz} Hz)")
