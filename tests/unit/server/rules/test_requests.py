"""What a response's own settings change: tool choice, instructions, out of band, several outputs."""

from __future__ import annotations

from bareline.protocol.events import FunctionCall, FunctionCallOutput, InputText, Message, ToolChoiceFunction


def test_no_tool_is_called_when_none_may_be(talk):
    dialogue = talk("pizza")
    dialogue.context.append(Message(id="u_1", role="user", content=[InputText(text="show me the menu")]))
    assert dialogue.respond(tool_choice="none") == "I may not use my tools for this answer."
    assert dialogue.calls == []


def test_a_named_tool_is_called_whatever_was_said(talk):
    dialogue = talk("pizza")
    dialogue.context.append(Message(id="u_1", role="user", content=[InputText(text="two large ones")]))
    dialogue.respond(tool_choice=ToolChoiceFunction(name="order_pizza"))
    assert dialogue.calls == [("order_pizza", {"size": "large", "quantity": 2})]


def test_a_required_call_is_made_with_what_is_known(talk):
    dialogue = talk("pizza")
    dialogue.context.append(Message(id="u_1", role="user", content=[InputText(text="a pizza")]))
    dialogue.respond(tool_choice="required")
    assert dialogue.calls == [("order_pizza", {"quantity": 1})]


def test_instructions_may_dictate(talk):
    dialogue = talk("pizza")
    assert (
        dialogue.respond(instructions='Say exactly: "One moment, please."', out_of_band=True) == "One moment, please."
    )
    assert dialogue.respond(instructions="Tell the user that the shop is closed.") == "The shop is closed."
    assert dialogue.respond(instructions="Greet the caller.") == "Hello! What can I do for you?"


def test_an_opening_in_the_instructions_is_the_greeting(talk):
    assert talk("pizza", instructions='Greet them with "Ciao, bella!" and be kind.').respond() == "Ciao, bella!"


def test_out_of_band_leaves_the_dialogue_alone(talk):
    dialogue = talk("pizza")
    dialogue.say("I want a pizza")
    dialogue.respond(out_of_band=True, context=())
    assert dialogue.asked("large")[0][0] == "order_pizza"


def test_several_outputs_are_told_at_once_and_once_only(talk):
    dialogue = talk("pizza")
    for call_id, output in (("c1", '{"say": "Order 7 is in the oven."}'), ("c2", '{"say": "Order 8 is on its way."}')):
        dialogue.context.append(FunctionCall(id=call_id, call_id=call_id, name="get_order_status", arguments="{}"))
        dialogue.context.append(FunctionCallOutput(id=f"o{call_id}", call_id=call_id, output=output))
    assert dialogue.respond() == "Order 7 is in the oven. Order 8 is on its way."
    dialogue.context.pop()
    assert "oven" not in dialogue.respond()


def test_speech_without_a_recogniser_counts_by_its_transcript(talk):
    from bareline.protocol.events import InputAudio

    dialogue = talk("pizza")
    dialogue.context.append(Message(id="u_1", role="user", content=[InputAudio(transcript="show me the menu")]))
    dialogue.respond()
    assert dialogue.calls == [("get_menu", {})]
