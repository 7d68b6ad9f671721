"""Does a call hold a conversation: heard, answered, spoken, written down, and ended?"""

from __future__ import annotations

from bareline.client.call_events import AgentSaid, AgentStarted, CallStarted, HungUp, UserSaid
from bareline.protocol import events as ev
from bareline.protocol.generation import TextDelta
from bareline.testing.virtual import run_virtual


def test_a_spoken_turn_is_answered_heard_and_written_down_in_order(kit) -> None:
    async def respond(request):
        for delta in kit.speech("Good morning to you.", 1_000):
            yield delta

    async def main() -> None:
        async with kit.phone(respond, words=lambda _: "Hello there.") as phone:
            await phone.talk(600)
            said = await phone.until(AgentSaid)
            await phone.until(UserSaid)
            assert (said.text, said.heard_ms, said.interrupted) == ("Good morning to you.", 1_000, False)
            assert [(entry.role, entry.text) for entry in phone.call.transcript] == [
                ("user", "Hello there."),
                ("assistant", "Good morning to you."),
            ]
            kinds = [type(event) for event in phone.events]
            assert kinds[0] is CallStarted
            assert kinds.index(AgentStarted) < kinds.index(AgentSaid)
            position = phone.call.ledger.position(said.item_id)
            assert position is not None
            assert position.heard == position.received == 24_000
            assert phone.call.usage.responses == 1
            assert phone.errors() == []
        assert isinstance(phone.events[-1], HungUp)

    run_virtual(main())


def test_a_written_turn_is_answered_in_writing(kit) -> None:
    async def respond(request):
        yield TextDelta(text="Hello ")
        yield TextDelta(text="back.")

    async def main() -> None:
        async with kit.phone(respond, output_modalities=["text"], microphone=None) as phone:
            phone.call.send_text("Hello.")
            said = await phone.until(AgentSaid)
            assert said.text == "Hello back."
            assert str(phone.call.transcript) == "user: Hello.\nassistant: Hello back."
            await phone.call.quiet()

    run_virtual(main())


def test_manual_turns_are_committed_by_the_application(kit) -> None:
    async def respond(request):
        yield kit.speech("Yes.", 200)[0]

    async def main() -> None:
        async with kit.phone(respond, turns="manual") as phone:
            await phone.talk(500)
            phone.call.commit()
            await phone.until(AgentSaid)
            assert len(phone.sent(ev.ResponseCreate)) == 1
            assert phone.errors() == []

    run_virtual(main())
