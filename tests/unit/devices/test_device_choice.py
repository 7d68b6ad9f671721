"""Which device is meant, and is it said in one line when none or several are?"""

from __future__ import annotations

import pytest

from bareline.devices.device_choice import AudioDevice, choose
from bareline.errors import ConfigurationError


def device(number: int, name: str, inputs: int, outputs: int, **default: bool) -> AudioDevice:
    return AudioDevice(number, name, "ALSA", inputs, outputs, 48_000, **default)


DEVICES = [
    device(0, "HDA Intel: analog", 2, 2, default_input=True),
    device(1, "USB Headset", 1, 2),
    device(2, "USB Headset Pro", 1, 2),
    device(3, "HDMI", 0, 8, default_output=True),
]


@pytest.mark.parametrize(
    ("wanted", "number"), [(None, 0), (1, 1), ("2", 2), ("analog", 0), ("usb headset", 1), ("PRO", 2)]
)
def test_a_number_a_part_of_the_name_or_the_systems_choice(wanted: int | str | None, number: int) -> None:
    assert choose(DEVICES, "input", wanted).number == number


@pytest.mark.parametrize(
    ("devices", "wanted", "message"),
    [
        ([], None, "there is no microphone here: connect one, or use bareline talk --browser, --wav FILE"),
        (
            DEVICES[1:],
            None,
            "the system names no microphone as its own: choose one of 1 USB Headset, 2 USB Headset Pro",
        ),
        (DEVICES, "usb", "'usb' fits 2 microphones: there are 1 USB Headset, 2 USB Headset Pro"),
        (DEVICES, "banana", "'banana' fits no microphone: there are 0 HDA Intel: analog, 1 USB Headset"),
        (DEVICES, "3", "device 3 is no microphone: there are 0 HDA"),
        (DEVICES * 3, "nothing", r"… \(bareline talk --list-devices\)"),
    ],
)
def test_otherwise_one_line_says_what_there_is(devices: list[AudioDevice], wanted: str | None, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as raised:
        choose(devices, "input", wanted)
    assert "\n" not in str(raised.value)
