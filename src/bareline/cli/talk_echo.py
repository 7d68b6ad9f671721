"""How does ``bareline talk`` keep the assistant from hearing itself?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bareline.cli.talk_view import TalkView
from bareline.errors import MissingExtra

if TYPE_CHECKING:
    from bareline.devices.echo_control import EchoControl, EchoState
    from bareline.devices.microphone import Microphone
    from bareline.devices.speaker import Speaker
    from bareline.turns.contract import VoiceActivity

__all__ = ["control_echo", "device_keywords", "on_ears"]

_ON_EARS = ("headphone", "headset", "earphone", "earbud", "airpods", "buds", "kopfhörer", "casque")
_OFF = "Echo cancellation is off: wear headphones, or the assistant is interrupted by its own voice."
_EARS = "The speakers look like headphones, so nothing is done about echo (--echo on does)."
_HALF = (
    "Half duplex: you are heard when the assistant is silent, or when you are much louder. Echo cancellation needs the "
    "optional part 'devices' (pip install 'bareline[devices]')."
)


def control_echo(microphone: Microphone, speaker: Speaker, wanted: str, view: TalkView) -> EchoControl | None:
    """What stands between the call and these devices; None where nothing has to.

    ``wanted``: on, off, or auto: on, unless the speakers are worn on the ears. Raises ``MissingExtra`` for on.
    """
    from bareline.devices.echo_control import EchoControl

    if wanted == "off" or (wanted == "auto" and on_ears(speaker.device)):
        view.notice(_OFF if wanted == "off" else _EARS)
        return None

    def changed(state: EchoState) -> None:
        view.notice(f"Echo: {state}.")

    try:
        return EchoControl(microphone, speaker, changed=changed)
    except MissingExtra:
        if wanted == "on":
            raise
    view.notice(_HALF)
    return EchoControl(microphone, speaker, mode="half", changed=changed)


def device_keywords(
    control: EchoControl | None, microphone: Microphone, speaker: Speaker, ears: VoiceActivity | None
) -> dict[str, Any]:
    """Keywords of ``Call``: both devices, as the call sees them, and ears that know of the echo."""
    if control is None:
        return {"microphone": microphone, "speaker": speaker}
    held = {} if ears is None else {"ears": control.vad(ears)}
    return {"microphone": control.microphone, "speaker": control.speaker, **held}


def on_ears(device: str) -> bool:
    """Whether the name of these speakers says that they are worn on the ears."""
    return any(name in device.lower() for name in _ON_EARS)
