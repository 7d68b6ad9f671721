"""Is an interruption safe at every moment, over both transports, and does the next turn go on?"""

from __future__ import annotations

import asyncio
import math

import pytest

from bareline.client.call_events import AgentSaid, AgentStarted, Interrupted, UserSaid
from bareline.devices.sinks import NullSink
from bareline.protocol import events as ev
from bareline.protocol.generation import CallDelta
from bareline.testing.virtual import run_virtual
from bareline.tools import Toolbox
from bareline.transports.faults import Delay
from bareline.units import ms_to_ns

FIRST, SECOND = "One two three four five six seven.", "Eight nine ten eleven twelve."
transports = pytest.mark.parametrize("media", [False, True], ids=["events", "media"])


def two_parts(kit, first_ms: int = 800, second_ms: int = 600):
    """The first answer has two spoken items, later ones have one."""

    async def respond(request):
        if len([item for item in request.context if isinstance(item, ev.Message) and item.role == "user"]) == 1:
            await asyncio.sleep(0.05)
            for item, (text, ms) in enumerate(((FIRST, first_ms), (SECOND, second_ms))):
                for delta in kit.speech(text, ms, item=item):
                    await asyncio.sleep(0.01)
                    yield delta
        else:
            for delta in kit.speech("Good.", 300):
                yield delta

    return respond


async def check_aftermath(phone, *, device_ms: int = 0) -> None:
    """Silence until the next turn, which is answered; and both ends hold the same conversation."""
    await asyncio.sleep((device_ms + 1) / 1000)
    silent_at = phone.speaker.heard_samples
    await asyncio.sleep(0.7)
    assert phone.speaker.heard_samples == silent_at, "nothing speaks after an interruption"
    assert not phone.call._parts.playback.unheard
    phone.call.send_text("And now?")
    await phone.until(AgentSaid, count=1 + len([e for e in phone.seen(AgentSaid) if e.text == "Good."]), within_s=10)
    async with asyncio.timeout(10):
        while phone.call.transcript.last("assistant").text != "Good.":  # noqa: ASYNC110 (virtual time)
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    assert phone.errors() == []
    for event in phone.sent(ev.ConversationItemTruncate):
        assert event.audio_end_ms <= phone.call.ledger.received_ms(event.item_id)
    here = {entry.id: entry for entry in phone.call.conversation.items}
    there = {entry.id: entry for entry in phone.server.conversation.items}
    assert list(here) == list(there)
    assert [e.truncated_ms for e in here.values()] == [e.truncated_ms for e in there.values()]


@transports
@pytest.mark.parametrize("at_ms", [0, 1, 49, 51, 61, 75, 100, 500, 799, 801, 950, 1_300, 1_449, 1_451, 1_470, 1_700])
def test_at_any_moment(kit, media: bool, at_ms: int) -> None:
    async def main() -> None:
        async with kit.phone(two_parts(kit), media=media, transcription=None) as phone:
            phone.call.send_text("Go.")
            await asyncio.sleep(at_ms / 1000)
            stopped = phone.call.interrupt()
            assert not phone.call.interrupt(), "the second one finds nothing to stop"
            heard_ms = math.floor(phone.speaker.heard_samples / 24)
            assert len(phone.seen(Interrupted)) <= 1
            await check_aftermath(phone)
            if stopped and not media and phone.seen(Interrupted):
                told = [event.audio_end_ms for event in phone.sent(ev.ConversationItemTruncate)]
                assert sum(told) in (heard_ms, heard_ms - 800)

    run_virtual(main())
