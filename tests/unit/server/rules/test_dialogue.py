"""Questions, changes of mind, consent and refusal over several turns."""

from __future__ import annotations

PROPOSAL = {"status": "needs_confirmation", "proposal_id": "p_1", "say": "Delete Rome for good?"}
WAITING = {"delete_note": PROPOSAL, "confirm_action": "Deleted.", "decline_action": {"say": "I kept it."}}


def test_missing_values_are_asked_for_one_by_one(talk):
    dialogue = talk("salon")
    assert dialogue.say("book an appointment") == "Which service: haircut, beard trim or coloring?"
    assert dialogue.say("a beard trim please") == "For which day?"
    assert dialogue.say("friday") == "At what time?"
    assert dialogue.asked("half past ten") == [
        ("book_appointment", {"service": "beard_trim", "date": "2026-11-27", "time": "10:30"})
    ]


def test_several_values_may_come_with_the_answer(talk):
    dialogue = talk("salon")
    dialogue.say("I need an appointment")
    assert dialogue.asked("a haircut tomorrow at 4 pm") == [
        ("book_appointment", {"service": "haircut", "date": "2026-11-24", "time": "16:00"})
    ]


def test_a_change_of_mind_drops_the_question(talk):
    dialogue = talk("pizza")
    assert dialogue.say("I want a pizza") == "Which size: small, medium or large?"
    assert dialogue.asked("actually show me the menu") == [("get_menu", {})]


def test_never_mind_ends_it(talk):
    dialogue = talk("pizza")
    dialogue.say("I want a pizza")
    assert dialogue.say("never mind") == "All right, never mind."
    assert "did not catch" in dialogue.say("large")


def test_typed_text_is_taken_as_it_is(talk):
    dialogue = talk("notes")
    assert dialogue.say("make a new note") == "What should the note be called?"
    assert dialogue.asked("Order 66 & cake") == [("create_note", {"title": "Order 66 & cake"})]


def test_yes_confirms_the_proposal(talk):
    dialogue = talk("notes", WAITING)
    assert dialogue.say("delete rome") == "Delete Rome for good?"
    assert dialogue.say("yes please") == "Deleted."
    assert dialogue.calls == [("confirm_action", {"proposal_id": "p_1"})]


def test_no_declines_it_and_a_later_yes_does_nothing(talk):
    dialogue = talk("notes", WAITING)
    dialogue.say("delete rome")
    assert dialogue.say("no don't") == "I kept it."
    assert dialogue.asked("yes") == []


def test_a_question_of_an_earlier_session_still_waits_for_its_answer(talk):
    before = talk("notes", WAITING)
    before.say("delete rome")
    after = talk("notes", WAITING, context=before.context)
    assert after.respond() == "Delete Rome for good?"
    assert after.say("yes please") == "Deleted."
    assert after.calls == [("confirm_action", {"proposal_id": "p_1"})]


def test_a_question_of_an_earlier_session_that_was_answered_is_over(talk):
    before = talk("notes", WAITING)
    before.say("delete rome")
    before.say("yes please")
    after = talk("notes", WAITING, context=before.context)
    assert after.say("yes") == "What would you like me to do?"
    before = talk("notes", WAITING)
    before.say("delete rome")
    before.say("no")
    after = talk("notes", WAITING, context=before.context)
    assert after.asked("yes") == []


def test_a_question_of_an_earlier_session_outlives_an_unclear_answer_and_no_other(talk):
    tools = tuple(tool for tool in talk("notes").tools if tool.name != "decline_action")
    for answer, calls in [("purple elephants", [("confirm_action", {"proposal_id": "p_1"})]), ("no", [])]:
        before = talk(tools, WAITING)
        before.say("delete rome")
        before.say(answer)
        assert talk(tools, WAITING, context=before.context).asked("yes") == calls


def test_without_a_declining_tool_it_is_left_alone(talk):
    from_notes = talk("notes").tools
    dialogue = talk(tuple(tool for tool in from_notes if tool.name != "decline_action"), WAITING)
    dialogue.say("delete rome")
    assert dialogue.say("no") == "All right, I left it alone."
    assert dialogue.calls == []


def test_an_unclear_answer_to_a_proposal_is_no_consent(talk):
    dialogue = talk("notes", WAITING)
    dialogue.say("delete rome")
    assert dialogue.say("purple elephants") == "Please say yes or no. Delete Rome for good?"
    assert dialogue.calls == []
    assert dialogue.say("could you repeat that") == "Delete Rome for good?"


def test_a_single_suggestion_is_taken_by_yes(talk):
    missing = {"status": "error", "kind": "not_found", "say": "There is no Roma.", "suggestions": ["Rome"]}
    dialogue = talk("notes", {"delete_note": missing})
    assert dialogue.say("delete roma") == "There is no Roma. Did you mean Rome?"
    del dialogue.outputs["delete_note"]
    assert dialogue.asked("yes") == [("delete_note", {"title": "Rome"})]


def test_of_several_suggestions_one_is_named(talk):
    missing = {"status": "error", "say": "There is no Ro.", "suggestions": ["Rome", "Rostock"]}
    dialogue = talk("notes", {"delete_note": missing})
    assert dialogue.say("delete ro") == "There is no Ro. Did you mean Rome or Rostock?"
    del dialogue.outputs["delete_note"]
    assert dialogue.asked("rostock") == [("delete_note", {"title": "Rostock"})]


def test_it_says_what_it_is(talk):
    dialogue = talk("pizza")
    said = dialogue.say("who are you?")
    assert "rule-based" in said
    assert "not a language model" in said
    assert "order a pizza" in said


def test_courtesy(talk):
    dialogue = talk("pizza")
    assert dialogue.respond() == "Hello! What can I do for you?"
    assert dialogue.say("thank you very much") == "You are welcome."
    assert dialogue.say("goodbye") == "Goodbye!"


def test_three_misses_in_a_row_bring_help(talk):
    dialogue = talk("pizza")
    said = [dialogue.say("flurble") for _ in range(3)]
    assert len(set(said)) == 3
    assert "order a pizza" in said[2]


def test_two_likely_tools_are_put_to_the_choice(talk, make_tool):
    tools = (
        make_tool("open_gate", "Open the garden gate."),
        make_tool("open_garage", "Open the garden garage."),
    )
    dialogue = talk(tools)
    assert dialogue.say("open the garden") == "Do you want me to open the garden gate or to open the garden garage?"
    assert dialogue.asked("the garage") == [("open_garage", {})]


def test_what_was_confirmed_is_told_as_what_was_done(talk):
    done = {"title": "Rome", "remind_on": "2026-11-24"}
    dialogue = talk("notes", {"delete_note": PROPOSAL, "confirm_action": done})
    dialogue.say("delete rome")
    assert dialogue.say("yes") == "Removed: Rome, remind tomorrow."
