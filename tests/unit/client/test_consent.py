"""Does nothing happen without the user's own yes to exactly that, however model, user and network behave?"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from bareline.client.call_events import AgentSaid, AgentStarted, ConfirmationAsked, Reconnected, ToolSettled, UserSaid
from bareline.clock import now_ns
from bareline.protocol import events as ev
from bareline.protocol.codec import encode
from bareline.protocol.generation import CallDelta
from bareline.testing.virtual import run_virtual
from bareline.tools import CallState, Confirm, Forbid, Toolbox
from bareline.tools.consent_words import GERMAN

MILK = ("delete_task", {"title": "milk"})
BREAD = ("delete_task", {"title": "bread"})


class Tasks:
    """A toolbox and what it did."""

    def __init__(self, confirm: Any = "Delete {title} for good?") -> None:
        self.deleted: list[str] = []
        self.box = Toolbox()
        self.box.add(self.delete_task, effect="irreversible", confirm=confirm)

    async def delete_task(self, title: str) -> str:
        """Delete a task."""
        self.deleted.append(title)
        return f"{title} is gone"


def outputs(request) -> list[dict[str, Any]]:
    found = [item.output for item in request.context if isinstance(item, ev.FunctionCallOutput)]
    return [json.loads(text) if text.startswith("{") else {"result": text} for text in found]


def turns(request) -> int:
    return sum(isinstance(item, ev.Message) and item.role == "user" for item in request.context)


def model(kit, *script, told: list[dict[str, Any]] | None = None):
    """A model that does as it is told: for each turn of the user the steps of its responses, one after the other.

    A step is a call of a tool, "confirm" or "decline" (the latest proposal), "ask" (says its question), "tell" (says
    the latest output), or several of them at once.
    """
    left = [list(steps) for steps in script]

    async def respond(request):
        if told is not None:
            told[:] = outputs(request)
        turn = min(turns(request), len(left)) - 1
        if request.out_of_band or not left[turn]:
            return
        step = left[turn].pop(0)
        for index, one in enumerate(step if isinstance(step, list) else [step]):
            for delta in performed(kit, one, request, index):
                yield delta

    return respond


def performed(kit, step, request, index: int):
    waiting = [entry for entry in outputs(request) if str(entry.get("status")).startswith("needs_")]
    if isinstance(step, tuple):
        return [CallDelta(item=index, name=step[0], arguments=json.dumps(step[1]))]
    if step in ("confirm", "decline", "confirm the first"):
        named = waiting[0 if "first" in step else -1]["proposal_id"]
        arguments = json.dumps({"proposal_id": named})
        return [CallDelta(item=index, name=f"{step.split()[0]}_action", arguments=arguments)]
    text = waiting[-1]["say"] if step == "ask" else json.dumps(outputs(request)[-1])
    return kit.speech(text, 1_000 if step == "ask" else 300, item=index)


def heard(*words: str):
    return lambda number: words[number] if number < len(words) else "Hm."


def decisions(phone, name: str) -> list[dict[str, Any]]:
    return [r.data for r in phone.records.records if r.kind == "decision" and r.name == name]


def system_items(phone) -> list[str]:
    return [entry.text for entry in phone.server.conversation.items if entry.role == "system"]


@pytest.mark.parametrize("media", [False, True])
def test_the_trace_tells_the_whole_story_of_a_consent(kit, media) -> None:
    async def main() -> None:
        tasks = Tasks()
        script = model(kit, [MILK, "ask"], ["confirm", "tell"])
        words = heard("Delete milk.", "Yes, please.")
        async with kit.phone(script, tools=tasks.box, words=words, media=media) as phone:
            await phone.talk(600)
            await phone.until(AgentSaid)
            await phone.talk(600)
            await phone.until(AgentSaid, count=2)
            (asked,) = decisions(phone, "consent_asked")
            assert (asked["tool"], asked["question"]) == ("delete_task", "Delete milk for good?")
            assert decisions(phone, "question_given")[0]["proposal_id"] == asked["proposal_id"]
            (consent,) = decisions(phone, "consent")
            assert (consent["by"], consent["words"]) == ("user", "Yes, please.")
            assert consent["digest"] == asked["digest"]

    run_virtual(main())


@pytest.mark.parametrize("words", ["No.", "No, the other one.", "Stop!", "Don't.", "Yes. No, wait!"])
def test_a_user_who_said_no_is_believed_and_not_the_model(kit, words) -> None:
    async def main() -> None:
        tasks, told = Tasks(), []
        script = model(kit, [MILK, "ask"], ["confirm", "tell"], ["confirm", "tell"], told=told)
        async with kit.phone(script, tools=tasks.box, words=heard("Delete milk.", words, "Yes.")) as phone:
            await phone.talk(600)
            await phone.until(AgentSaid)
            await phone.talk(600)
            await phone.until(AgentSaid, count=2)
            assert tasks.deleted == []
            assert told[-1]["kind"] == "not_agreed"
            assert told[-1]["heard"] == words
            assert decisions(phone, "consent_refused")[0]["words"] == words
            await phone.talk(600)
            await phone.until(AgentSaid, count=3)
            assert tasks.deleted == ["milk"]

    run_virtual(main())


def slow_transcripts(phone, seconds: float) -> None:
    quick = phone.mind.transcribe

    async def transcribe(item_id: str):
        await asyncio.sleep(seconds)
        async for text in quick(item_id):
            yield text

    phone.mind.transcribe = transcribe


@pytest.mark.parametrize(("late_s", "deleted"), [(0.05, []), (0.5, ["milk"])])
def test_words_are_waited_for_but_not_long(kit, late_s, deleted) -> None:
    async def main() -> None:
        tasks = Tasks()
        script = model(kit, [MILK, "ask"], ["confirm", "tell"])
        async with kit.phone(script, tools=tasks.box, words=heard("Delete milk.", "No.")) as phone:
            slow_transcripts(phone, late_s)
            await phone.talk(600)
            await phone.until(AgentSaid)
            await phone.talk(600)
            await phone.until(AgentSaid, count=2)
            await phone.until(UserSaid, count=2)
            await asyncio.sleep(0.1)
            assert tasks.deleted == deleted
            doubted = [data["words"] for data in decisions(phone, "consent_doubted")]
            assert doubted == (["No."] if deleted else [])
            assert len(decisions(phone, "words_unknown")) == len(deleted)

    run_virtual(main())


def test_a_session_without_transcripts_is_not_waited_for(kit) -> None:
    async def main() -> None:
        tasks = Tasks()
        script = model(kit, [MILK, "ask"], ["confirm", "tell"])
        async with kit.phone(script, tools=tasks.box, transcription=None) as phone:
            await phone.talk(600)
            await phone.until(AgentSaid)
            await phone.talk(600)
            await phone.until(ToolSettled)
            assert tasks.deleted == ["milk"]
            assert decisions(phone, "words_unknown") == []

    run_virtual(main())


def test_written_words_are_known_at_once(kit) -> None:
    async def main() -> None:
        tasks, told = Tasks(), []
        script = model(kit, [MILK, "ask"], ["confirm", "tell"], told=told)
        async with kit.phone(script, tools=tasks.box) as phone:
            phone.call.send_text("Delete milk.")
            await phone.until(AgentSaid)
            phone.call.send_text("No, leave it.")
            await phone.until(AgentSaid, count=2)
            assert (tasks.deleted, told[-1]["kind"]) == ([], "not_agreed")

    run_virtual(main())


@pytest.mark.parametrize(("words", "deleted"), [("Yes.", ["milk"]), ("No, leave it.", [])])
def test_what_is_written_on_another_connection_is_an_answer(kit, words, deleted) -> None:
    async def main() -> None:
        tasks = Tasks()
        async with kit.phone(model(kit, [MILK, "ask"], ["confirm", "tell"]), tools=tasks.box) as phone:
            phone.call.send_text("Delete milk.")
            await phone.until(AgentSaid)
            item = ev.Message(id="item_of_the_page", role="user", content=[ev.InputText(text=words)])
            phone.server.receive(encode(ev.ConversationItemCreate(item=item)), now_ns())
            phone.call.respond()
            await phone.until(AgentSaid, count=2)
            assert tasks.deleted == deleted

    run_virtual(main())


@pytest.mark.parametrize("lost", [False, True])
def test_what_this_side_wrote_before_the_question_is_no_answer_to_it(kit, lost) -> None:
    """Nor when it is told again, after a loss."""

    async def main() -> None:
        tasks, told = Tasks(), []
        script = model(kit, [MILK, "ask", "confirm", "tell"], told=told)
        async with kit.phone(script, tools=tasks.box) as phone:
            phone.call.send_text("Delete milk.")
            await phone.until(AgentSaid)
            if lost:
                await phone.wires[-1].close(1006, "")
                await phone.until(Reconnected)
            phone.call.respond()
            await phone.until(AgentSaid, count=2)
            assert (tasks.deleted, told[-1]["kind"]) == ([], "not_asked")

    run_virtual(main())


def test_a_no_in_another_language_is_one_where_that_is_spoken(kit) -> None:
    async def main() -> None:
        tasks = Tasks()
        script = model(kit, [MILK, "ask"], ["confirm", "tell"])
        words = heard("Lösche Milch.", "Nein, das andere.")
        async with kit.phone(script, tools=tasks.box, words=words, consent_words=[GERMAN]) as phone:
            await phone.talk(600)
            await phone.until(AgentSaid)
            await phone.talk(600)
            await phone.until(AgentSaid, count=2)
            assert tasks.deleted == []

    run_virtual(main())


@pytest.mark.parametrize("media", [False, True])
@pytest.mark.parametrize("into_ms", [40, 200, 500, 900, 1_000, 1_100, 2_000])
def test_a_yes_into_the_question_counts_wherever_it_comes(kit, into_ms, media) -> None:
    async def main() -> None:
        tasks = Tasks()
        script = model(kit, [MILK, "ask"], ["confirm", "tell"])
        words = heard("Delete milk.", "Yes.")
        async with kit.phone(script, tools=tasks.box, words=words, media=media) as phone:
            await phone.talk(600)
            await phone.until(AgentStarted)
            await asyncio.sleep(into_ms / 1000)
            await phone.talk(600)
            await phone.until(ToolSettled)
            assert tasks.deleted == ["milk"]

    run_virtual(main())


def test_a_yes_into_a_question_that_goes_on_counts(kit) -> None:
    async def main() -> None:
        tasks = Tasks()
        script = model(kit, [MILK, "ask"], ["confirm", "tell"])
        options = {
            "barge_in": False,
            "turns": ev.ServerVad(interrupt_response=False),
            "words": heard("Delete.", "Yes."),
        }
        async with kit.phone(script, tools=tasks.box, **options) as phone:
            await phone.talk(600)
            await phone.until(AgentStarted)
            await asyncio.sleep(0.1)
            await phone.talk(300)
            await phone.until(ToolSettled)
            assert tasks.deleted == ["milk"]

    run_virtual(main())


def test_a_yes_before_the_question_sounded_does_not_count(kit) -> None:
    async def main() -> None:
        tasks, told = Tasks(), []
        script = model(kit, [MILK], ["confirm", "tell"], told=told)
        async with kit.phone(script, tools=tasks.box, words=heard("Delete milk.", "Yes.")) as phone:
            await phone.talk(600)
            await phone.until(ConfirmationAsked)
            await phone.talk(600)
            await phone.until(AgentSaid)
            assert (tasks.deleted, told[-1]["kind"]) == ([], "not_asked")

    run_virtual(main())


def test_an_answer_begun_before_the_deadline_is_heard_to_its_end(kit) -> None:
    async def main() -> None:
        tasks = Tasks()
        script = model(kit, [MILK, "ask"], ["confirm", "tell"])
        words = heard("Delete milk.", "Well, yes.")
        async with kit.phone(script, tools=tasks.box, words=words, consent_expiry_s=5) as phone:
            await phone.talk(600)
            await phone.until(AgentSaid)
            await asyncio.sleep(4)
            await phone.talk(4_000)
            await phone.until(AgentSaid, count=2)
            assert tasks.deleted == ["milk"]

    run_virtual(main())


@pytest.mark.parametrize("spoken", [False, True])
def test_silence_ends_the_question_and_the_model_knows(kit, spoken) -> None:
    async def main() -> None:
        tasks, told = Tasks(), []
        script = model(kit, [MILK, "ask", "tell"], ["confirm", "tell"], told=told)
        options = {"consent_expiry_s": 5, "expiry_spoken": spoken}
        async with kit.phone(script, tools=tasks.box, words=heard("Delete milk.", "Yes."), **options) as phone:
            await phone.talk(600)
            asked = await phone.until(AgentSaid)
            settled = await phone.until(ToolSettled)
            assert settled.at_ns - asked.at_ns == pytest.approx(5e9, abs=1e8)
            await asyncio.sleep(2)
            assert "was not done" in system_items(phone)[-1]
            assert len(phone.seen(AgentSaid)) == (2 if spoken else 1)
            await phone.talk(600)
            await phone.until(AgentSaid, count=3 if spoken else 2)
            assert (told[-1]["kind"], tasks.deleted) == ("not_pending", [])
            assert "Propose it anew" in told[-1]["message"]

    run_virtual(main())


def test_one_rule_may_wait_longer_than_the_others(kit) -> None:
    async def main() -> None:
        tasks = Tasks(Confirm("Delete {title}?", expiry_ns=60 * 10**9))
        script = model(kit, [MILK, "ask"], ["confirm", "tell"])
        async with kit.phone(script, tools=tasks.box, words=heard("Delete milk.", "Yes."), consent_expiry_s=5) as phone:
            await phone.talk(600)
            await phone.until(AgentSaid)
            await asyncio.sleep(50)
            await phone.talk(600)
            await phone.until(ToolSettled)
            assert tasks.deleted == ["milk"]

    run_virtual(main())


def test_no_the_other_one_declines_and_proposes_anew(kit) -> None:
    async def main() -> None:
        tasks = Tasks()
        script = model(kit, [MILK, "ask"], ["decline", BREAD, "ask"], ["confirm", "tell"])
        words = heard("Delete milk.", "No, the other one.", "Yes.")
        async with kit.phone(script, tools=tasks.box, words=words) as phone:
            for turn in (1, 2, 3):
                await phone.talk(600)
                await phone.until(AgentSaid, count=turn)
            states = [(event.arguments, event.state) for event in phone.seen(ToolSettled)]
            assert states == [
                ('{"title": "milk"}', CallState.CANCELLED),
                ('{"title": "bread"}', CallState.ANSWERED),
            ]
            assert tasks.deleted == ["bread"]

    run_virtual(main())


def test_asked_twice_is_one_action(kit) -> None:
    async def main() -> None:
        tasks = Tasks()
        script = model(kit, [MILK, "ask"], [MILK, "ask"], ["confirm", "tell"])
        words = heard("Delete milk.", "What was that?", "Yes.")
        async with kit.phone(script, tools=tasks.box, words=words) as phone:
            for turn in (1, 2, 3):
                await phone.talk(600)
                await phone.until(AgentSaid, count=turn)
            assert tasks.deleted == ["milk"]
            assert [event.state for event in phone.seen(ToolSettled)] == [CallState.CANCELLED, CallState.ANSWERED]

    run_virtual(main())


def test_confirming_twice_in_one_response_carries_out_once(kit) -> None:
    async def main() -> None:
        tasks, told = Tasks(), []
        script = model(kit, [MILK, "ask"], [["confirm", "confirm"], "tell"], told=told)
        async with kit.phone(script, tools=tasks.box, words=heard("Delete milk.", "Yes.")) as phone:
            await phone.talk(600)
            await phone.until(AgentSaid)
            await phone.talk(600)
            await phone.until(AgentSaid, count=2)
            assert tasks.deleted == ["milk"]
            kinds = sorted(entry.get("kind", "") for entry in told[1:])
            assert kinds == ["", "not_pending"]
            assert len(phone.seen(ToolSettled)) == 1

    run_virtual(main())


def test_two_actions_of_one_wish_are_confirmed_together(kit) -> None:
    async def main() -> None:
        tasks = Tasks()
        script = model(kit, [[MILK, BREAD], "ask"], [["confirm the first", "confirm"], "tell"])
        async with kit.phone(script, tools=tasks.box, words=heard("Delete milk and bread.", "Yes, both.")) as phone:
            await phone.talk(600)
            await phone.until(AgentSaid)
            await phone.talk(600)
            await phone.until(AgentSaid, count=2)
            assert sorted(tasks.deleted) == ["bread", "milk"]

    run_virtual(main())


@pytest.mark.parametrize("lost_after_s", [0.35, 0.9, 3.0])
def test_a_question_survives_a_lost_connection(kit, lost_after_s) -> None:
    async def main() -> None:
        tasks = Tasks()
        script = model(kit, [MILK, "ask", "ask"], ["confirm", "tell"])
        async with kit.phone(script, tools=tasks.box, words=heard("Delete milk.", "Yes.")) as phone:
            await phone.talk(600)
            await phone.until(ConfirmationAsked)
            await phone.until(AgentStarted)
            await asyncio.sleep(lost_after_s)
            await phone.wires[-1].close(1006, "")
            await phone.until(Reconnected)
            await asyncio.sleep(4)
            (waiting,) = phone.call.pending
            known = [entry.text or str(entry.item) for entry in phone.server.conversation.items]
            assert any(waiting.id in text for text in known)
            await phone.talk(600)
            await phone.until(ToolSettled)
            assert tasks.deleted == ["milk"]

    run_virtual(main())


def test_a_rule_with_a_threshold_asks_above_it_only(kit) -> None:
    async def main(amount: int, asked: int) -> None:
        paid: list[int] = []
        tools = Toolbox()

        @tools.tool(effect="irreversible", confirm=Confirm("Pay {amount}?", when=lambda given, _: given["amount"] > 50))
        async def pay(amount: int) -> None:
            """Pay."""
            paid.append(amount)

        script = model(kit, [("pay", {"amount": amount}), "tell"])
        async with kit.phone(script, tools=tools) as phone:
            await phone.talk(600)
            await phone.until(AgentSaid)
            assert len(phone.seen(ConfirmationAsked)) == asked
            assert paid == ([] if asked else [amount])

    run_virtual(main(50, 0))
    run_virtual(main(51, 1))


def test_a_rule_that_fails_asks(kit) -> None:
    async def main() -> None:
        tasks = Tasks(Confirm("Delete {title}?", when=lambda given, _: given["hunter2"]))
        async with kit.phone(model(kit, [MILK, "ask"]), tools=tasks.box) as phone:
            await phone.talk(600)
            assert (await phone.until(ConfirmationAsked)).question == "Delete milk?"
            await phone.until(AgentSaid)
            assert "hunter2" in decisions(phone, "rule_failed")[0]["why"]
            assert not any("hunter2" in entry.text for entry in phone.server.conversation.items)

    run_virtual(main())


def test_what_is_forbidden_in_this_context_is_denied_and_said(kit) -> None:
    async def main(guest: bool) -> None:
        told: list[dict[str, Any]] = []
        no_guests = Forbid("Guests may not delete.", when=lambda _, app: app["guest"])
        tasks = Tasks((no_guests, Confirm("Delete {title}?")))
        script = model(kit, [MILK, "tell"], told=told)
        async with kit.phone(script, tools=tasks.box, context={"guest": guest}) as phone:
            await phone.talk(600)
            await phone.until(AgentSaid)
            if guest:
                assert (told[-1]["kind"], told[-1]["say"]) == ("denied", "Guests may not delete.")
                assert phone.seen(ToolSettled)[0].state is CallState.FAILED
            else:
                assert told[-1]["status"] == "needs_confirmation"

    run_virtual(main(guest=True))
    run_virtual(main(guest=False))


def test_an_action_of_others_is_asked_about_in_the_same_way(kit) -> None:
    async def main(answer: str, decided: list[bool]) -> None:
        answers: list[bool] = []

        async def respond(request):
            said = [item for item in request.context if isinstance(item, ev.Message) and item.role == "system"]
            if turns(request) == 1 and said:
                for delta in kit.speech("Send the mail?", 500):
                    yield delta
            elif turns(request) == 2 and not outputs(request):
                named = json.dumps({"proposal_id": phone.call.pending[0].id})
                yield CallDelta(name=f"{answer}_action", arguments=named)

        async with kit.phone(respond, words=heard("Mail Ann.", "Yes.")) as phone:
            await phone.talk(600)
            desk = phone.call._parts.consent  # the door for other parts of a call, not for applications
            desk.ask(
                "mail.send", '{"to":"Ann"}', response_id="resp_0", decided=answers.append, question="Send the mail?"
            )
            await phone.until(AgentSaid)
            assert (await phone.until(ConfirmationAsked)).question == "Send the mail?"
            assert "confirm_action" in [tool.name for tool in phone.server.session.tools]
            await phone.talk(600)
            await asyncio.sleep(1)
            assert answers == decided
            assert phone.call.pending == ()

    run_virtual(main("confirm", [True]))
    run_virtual(main("decline", [False]))


def test_an_action_of_others_that_nobody_answers_is_declined(kit) -> None:
    async def main() -> None:
        answers: list[bool] = []
        async with kit.phone(model(kit, []), consent_expiry_s=5) as phone:
            desk = phone.call._parts.consent
            for text in ('{"to":"Ann"}', '{"to":"Ann"}', "nonsense"):
                desk.ask("mail.send", text, response_id="resp_0", decided=answers.append)
            assert answers == [False]
            assert [entry.question for entry in phone.call.pending] == [
                "Shall I really mail.send: to Ann?",
                "Shall I really mail.send: arguments nonsense?",
            ]
            await asyncio.sleep(11)
            assert answers == [False] * 3

    run_virtual(main())
