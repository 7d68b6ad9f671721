"""The right tool with the right arguments, for tools that the rules have never seen."""

from __future__ import annotations

import pytest

LIST = {"orders": [{"order_id": 7, "size": "large"}, {"order_id": 12, "size": "small"}]}


@pytest.mark.parametrize(
    ("tools", "text", "name", "arguments"),
    [
        ("pizza", "What's on the menu?", "get_menu", {}),
        (
            "pizza",
            "I'd like two large pizzas with mushrooms and olives",
            "order_pizza",
            {"size": "large", "toppings": ["mushrooms", "olives"], "quantity": 2},
        ),
        (
            "pizza",
            "um can I get a medium pizza with extra cheese please",
            "order_pizza",
            {"size": "medium", "toppings": ["extra_cheese"], "quantity": 1},
        ),
        ("pizza", "A small pizza without ham", "order_pizza", {"size": "small", "quantity": 1}),
        ("pizza", "please cancel order number seven", "cancel_order", {"order_id": 7}),
        ("lamps", "Turn on the kitchen light", "set_lamp", {"room": "kitchen", "on": True}),
        ("lamps", "could you switch the bedroom lamp off", "set_lamp", {"room": "bedroom", "on": False}),
        (
            "lamps",
            "Set the living room lamp to fifty-five percent",
            "set_lamp",
            {"room": "living_room", "brightness": 55},
        ),
        ("lamps", "Which lamps are on?", "list_lamps", {}),
        (
            "salon",
            "I'd like to book a haircut for next Tuesday at three p.m.",
            "book_appointment",
            {"service": "haircut", "date": "2026-12-01", "time": "15:00"},
        ),
        ("salon", "What appointments do I have", "list_appointments", {}),
        ("notes", "what did I write down?", "list_notes", {}),
        (
            "notes",
            "Add a note called Call the bank for the fifth of May",
            "create_note",
            {"title": "Call the bank", "remind_on": "2027-05-05"},
        ),
        (
            "notes",
            "remind me to water the ferns tomorrow",
            "create_note",
            {"title": "water the ferns", "remind_on": "2026-11-24"},
        ),
        ("notes", "add buy bread to my list please", "create_note", {"title": "buy bread"}),
        ("notes", "delete the quarterly report", "delete_note", {"title": "quarterly report"}),
    ],
)  # fmt: skip
def test_one_sentence_is_enough(talk, tools, text, name, arguments):
    assert talk(tools).asked(text) == [(name, arguments)]


@pytest.mark.parametrize(
    "text", ["flurble the wurble", "what is the weather like in Paris", "delete everything", "and"]
)
@pytest.mark.parametrize("tools", ["pizza", "notes"])
def test_what_no_tool_can_do_is_asked_again(talk, tools, text):
    dialogue = talk(tools)
    assert "did not catch" in dialogue.say(text)
    assert dialogue.calls == []


def test_things_a_tool_told_of_can_be_named(talk):
    notes = {"notes": [{"id": "n1", "title": "Review proposal"}, {"id": "n2", "title": "Buy milk"}]}
    dialogue = talk("notes", {"list_notes": notes})
    dialogue.say("list my notes")
    assert dialogue.asked("delete the proposal") == [("delete_note", {"title": "Review proposal"})]
    assert dialogue.asked("delete the second one") == [("delete_note", {"title": "Buy milk"})]
    assert dialogue.asked("delete buy bread") == [("delete_note", {"title": "buy bread"})]


def test_a_name_stands_for_its_id(talk, make_tool):
    tools = (
        make_tool("list_trips", "List all trips."),
        make_tool("drop_trip", "Drop a trip.", "trip_id", trip_id={"type": "string"}),
    )
    dialogue = talk(tools, {"list_trips": [{"id": "x9", "name": "Rome"}, {"id": "x4", "name": "Oslo"}]})
    dialogue.say("show me my trips")
    assert dialogue.asked("drop the Oslo trip") == [("drop_trip", {"trip_id": "x4"})]


def test_the_only_order_needs_no_number_and_several_are_offered(talk):
    one = talk("pizza", {"order_pizza": {"order_id": 7}})
    one.say("two small pizzas")
    assert one.asked("cancel my order") == [("cancel_order", {"order_id": 7})]
    several = talk("pizza", {"get_order_status": LIST})
    several.say("check order number seven")
    assert several.say("cancel my order") == "Which order: order 7 or order 12?"
    assert several.asked("order twelve") == [("cancel_order", {"order_id": 12})]


def test_the_date_is_the_one_the_instructions_state(talk):
    dialogue = talk("notes", instructions="Be kind. Today is Friday, 5 June 2026.")
    assert dialogue.asked("add a note called pay rent for tomorrow")[0][1]["remind_on"] == "2026-06-06"


def test_nested_objects_are_filled_in_place(talk, make_tool):
    address = {
        "type": "object",
        "properties": {"city": {"type": "string", "enum": ["oslo", "rome"]}},
        "required": ["city"],
    }
    dialogue = talk((make_tool("ship_parcel", "Ship a parcel.", "address", address=address),))
    assert dialogue.asked("ship a parcel to Rome") == [("ship_parcel", {"address": {"city": "rome"}})]


@pytest.mark.parametrize("text", ["remove rome from my list", "take off rome please", "get rid of the rome note"])
def test_one_wish_in_many_words(talk, text):
    dialogue = talk("notes", {"list_notes": [{"title": "Rome"}]})
    dialogue.say("list my notes")
    assert dialogue.asked(text) == [("delete_note", {"title": "Rome"})]
