"""Two wishes in one sentence, and "no, the other one": for tools that nobody foresaw."""

from __future__ import annotations

import json

from bareline.protocol.events import InputText, Message

PROPOSAL = {"status": "needs_confirmation", "proposal_id": "p_1", "say": "Delete it?"}
MISSING = {"status": "error", "kind": "not_found", "say": "There is no trip.", "suggestions": ["Rome", "Oslo"]}
NOTES = [{"title": "Rome"}, {"title": "Oslo"}]


def asked_to_delete_rome(talk, *, by: str):
    """A proposal to delete Rome waits; both notes are known."""
    dialogue = talk("notes", {"list_notes": NOTES, "delete_note": MISSING, "decline_action": "Kept."})
    if by == "list":
        dialogue.say("list my notes")
        dialogue.outputs["delete_note"] = PROPOSAL
        dialogue.say("delete Rome")
    else:
        dialogue.say("delete trip")
        dialogue.outputs["delete_note"] = PROPOSAL
        dialogue.say("Rome")
    assert dialogue.calls == [("delete_note", {"title": "Rome"})]
    del dialogue.outputs["delete_note"]
    return dialogue


def test_the_other_one_is_the_other_that_was_offered(talk):
    for by in ("list", "suggestion"):
        dialogue = asked_to_delete_rome(talk, by=by)
        assert dialogue.asked("No, the other one.") == [
            ("decline_action", {"proposal_id": "p_1"}),
            ("delete_note", {"title": "Oslo"}),
        ]


def test_no_and_a_name_proposes_that(talk):
    dialogue = asked_to_delete_rome(talk, by="list")
    assert dialogue.asked("no, Oslo")[1:] == [("delete_note", {"title": "Oslo"})]
    dialogue = asked_to_delete_rome(talk, by="list")
    assert dialogue.asked("no, I changed my mind") == [("decline_action", {"proposal_id": "p_1"})]


def test_of_several_others_one_is_to_be_named(talk):
    dialogue = talk("notes", {"list_notes": [*NOTES, {"title": "Bonn"}], "delete_note": PROPOSAL})
    dialogue.say("list my notes")
    dialogue.say("delete Rome")
    assert dialogue.say("the other one") == "Which note?"
    assert dialogue.asked("Bonn") == [("delete_note", {"title": "Bonn"})]


def test_the_other_of_something_that_has_no_name_is_a_no(talk, make_tool):
    tools = (make_tool("clear_notes", "Delete all notes."), *talk("notes").tools[3:])
    dialogue = talk(tools, {"clear_notes": PROPOSAL, "decline_action": "Kept."})
    dialogue.say("clear my notes")
    assert dialogue.asked("not that one") == [("decline_action", {"proposal_id": "p_1"})]
    assert dialogue.say("the other one") == "Which one do you mean?"


def test_two_wishes_are_two_calls_told_together(talk):
    dialogue = talk("lamps", {"set_lamp": "The light is on.", "list_lamps": "Two lamps."})
    assert dialogue.say("turn on the kitchen lamp and list all lamps") == "The light is on. Two lamps."
    assert dialogue.calls == [("set_lamp", {"room": "kitchen", "on": True}), ("list_lamps", {})]


def test_one_call_is_made_while_the_other_wish_lacks_a_value(talk):
    dialogue = talk("pizza", {"get_menu": "Pizza."})
    assert "Which size" in dialogue.say("show me the menu and order a pizza")
    assert dialogue.calls == [("get_menu", {})]


def test_and_within_a_wish_does_not_split_it(talk):
    assert talk("notes").asked("add a note called bread and butter") == [("create_note", {"title": "bread and butter"})]
    assert len(talk("pizza").asked("a large pizza with ham and olives")) == 1
    dialogue = talk("notes", {"list_notes": [{"title": "Add and list notes"}, {"title": "Rome"}]})
    dialogue.say("list my notes")
    assert dialogue.asked("delete add and list notes") == [("delete_note", {"title": "Add and list notes"})]


def test_wishes_heard_badly_are_read_back_together(talk):
    from bareline.server.backends.rules.memory import AskDo, Heard
    from bareline.server.backends.rules.policy import Policy

    dialogue = talk("lamps")
    session = dialogue.session
    policy = Policy(session._toolset, session._known, session._memory)
    reply = policy.answer(Heard("turn on the kitchen lamp and list all lamps", 0.1, spoken=True))
    assert reply.say == "I heard: turn on the kitchen lamp and list all lamps. Is that right?"
    assert isinstance(session._memory.expecting, AskDo)
    assert [call.name for call in policy.answer(Heard("yes")).calls] == ["set_lamp", "list_lamps"]
    assert json.loads(policy.answer(Heard("turn on the kitchen lamp")).calls[0].text)["on"] is True


def test_a_proposal_told_beside_the_calls_is_asked_and_answered(talk):
    dialogue = talk("notes", {"confirm_action": "Sent."})
    told = f"The action 'send' waits for consent. {json.dumps(PROPOSAL)}"
    dialogue.context.append(Message(id="s", role="system", content=[InputText(text=told)]))
    assert dialogue.respond() == "Delete it?"
    assert dialogue.say("yes") == "Sent."
    assert dialogue.calls == [("confirm_action", {"proposal_id": "p_1"})]
    before = talk("notes")
    before.context.append(Message(id="s", role="system", content=[InputText(text=told)]))
    before.respond()
    assert talk("notes", context=before.context).asked("yes") == [("confirm_action", {"proposal_id": "p_1"})]
    dialogue.context.append(Message(id="t", role="system", content=[InputText(text="It is {late}.")]))
    assert dialogue.respond() == "Is there anything else I can do?"


def test_a_question_among_several_results_survives_a_new_session(talk):
    before = talk("notes", {"list_notes": NOTES, "delete_note": PROPOSAL})
    before.say("list my notes")
    assert before.say("delete Rome and list my notes") == "Delete it? There are 2 notes: Rome and Oslo."
    after = talk("notes", context=before.context)
    assert after.asked("yes") == [("confirm_action", {"proposal_id": "p_1"})]
