"""When does ``bareline talk`` do something about echo, and does it say what?"""

from __future__ import annotations

import io
import json
import sys

import pytest

from bareline.cli.main import main
from bareline.cli.talk_echo import control_echo, device_keywords
from bareline.cli.talk_view import JsonView
from bareline.devices.live_sink import LiveSink
from bareline.devices.live_source import LiveSource
from bareline.errors import MissingExtra
from bareline.testing.sound_card import CardInput, CardOutput
from bareline.turns.energy import EnergyVad
from bareline.turns.playing_vad import PlayingVad


def chosen(speakers: str, wanted: str) -> tuple[bool, str]:
    """Whether something stands between the call and the devices, and what was said."""
    said = io.StringIO()
    microphone, speaker = LiveSource(CardInput()), LiveSink(CardOutput(name=speakers))
    control = control_echo(microphone, speaker, wanted, JsonView(said))  # type: ignore[arg-type] - over a card of tests
    return control is not None, " ".join(json.loads(line)["text"] for line in said.getvalue().splitlines())


@pytest.mark.virtual
@pytest.mark.parametrize(
    ("speakers", "wanted", "controlled", "words"),
    [
        ("Built-in Output", "auto", True, ""),
        ("Anna's AirPods", "auto", False, "look like headphones"),
        ("USB Headset", "on", True, ""),
        ("Built-in Output", "off", False, "wear headphones"),
    ],
)
async def test_echo_is_controlled_where_it_is_wanted_or_likely(speakers, wanted, controlled, words) -> None:
    there, said = chosen(speakers, wanted)
    assert there == controlled
    assert words in said


@pytest.mark.virtual
async def test_without_the_canceller_half_duplex_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "livekit.rtc.apm", None)
    there, said = chosen("Built-in Output", "auto")
    assert there
    assert "Half duplex" in said
    assert "bareline[devices]" in said
    with pytest.raises(MissingExtra):
        chosen("Built-in Output", "on")


@pytest.mark.virtual
async def test_a_call_hears_by_the_echo_control_with_ears_that_know_of_it() -> None:
    microphone, speaker, ears = LiveSource(CardInput()), LiveSink(CardOutput()), EnergyVad()
    control = control_echo(microphone, speaker, "on", JsonView(io.StringIO()))  # type: ignore[arg-type] - as above
    assert control is not None
    keywords = device_keywords(control, microphone, speaker, ears)  # type: ignore[arg-type] - as above
    assert (keywords["microphone"], keywords["speaker"]) == (control.microphone, control.speaker)
    assert isinstance(keywords["ears"], PlayingVad)
    assert "ears" not in device_keywords(control, microphone, speaker, None)  # type: ignore[arg-type] - as above
    plain = device_keywords(None, microphone, speaker, ears)  # type: ignore[arg-type] - as above
    assert plain == {"microphone": microphone, "speaker": speaker}


def test_echo_goes_with_devices_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["talk", "--text", "--echo", "on"]) == 2
    assert "--echo goes with microphone and speakers" in capsys.readouterr().err
