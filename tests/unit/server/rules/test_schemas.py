"""Slots of every kind a schema may describe."""

from __future__ import annotations

import pytest

from bareline.protocol.events import RealtimeSession, SessionAudio, SessionAudioInput, Transcription
from bareline.server.backends.rules.directions import keywords_of

MOMENT = {"type": "string", "format": "date-time"}
FLAG = {"type": "boolean"}


def test_a_moment_needs_a_day_and_a_time_in_any_order(talk, make_tool):
    tools = (make_tool("plan_meeting", "Plan a meeting.", "starts_at", starts_at=MOMENT),)
    whole = [("plan_meeting", {"starts_at": "2026-11-24T15:00:00"})]
    assert talk(tools).asked("plan a meeting tomorrow at three pm") == whole
    assert talk(tools).asked("plan a meeting at 3 pm tomorrow") == whole
    day_first = talk(tools)
    assert day_first.say("plan a meeting for tomorrow") == "At what time tomorrow?"
    assert day_first.asked("three pm") == whole
    time_first = talk(tools)
    assert time_first.say("plan a meeting at 3 pm") == "On which day at 3 p.m.?"
    assert time_first.asked("tomorrow") == whole


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("order a soup with extra cheese", {"extra_cheese": True}),
        ("order a soup without cheese", {"extra_cheese": False}),
        ("order a soup", {}),
    ],
)
def test_yes_or_no_by_its_name(talk, make_tool, text, arguments):
    tools = (make_tool("order_soup", "Order a soup.", extra_cheese=FLAG),)
    assert talk(tools).asked(text) == [("order_soup", arguments)]


def test_a_flag_that_is_needed_is_asked_for(talk, make_tool):
    dialogue = talk((make_tool("order_soup", "Order a soup.", "spicy", spicy=FLAG),))
    assert dialogue.say("order a soup") == "With spicy?"
    assert dialogue.asked("no") == [("order_soup", {"spicy": False})]


def test_a_list_may_be_left_empty_and_numbers_have_limits(talk, make_tool):
    toppings = {"type": "array", "items": {"enum": ["ham", "egg"]}}
    count = {"type": "integer", "minimum": 2, "maximum": 8, "description": "Number of guests"}
    tools = (make_tool("book_table", "Book a table.", "guests toppings", guests=count, toppings=toppings),)
    dialogue = talk(tools)
    assert dialogue.say("book a table for twenty people") == "How many guests, from 2 to 8?"
    assert dialogue.say("four") == "Which toppings: ham or egg?"
    assert dialogue.asked("no") == [("book_table", {"guests": 4, "toppings": []})]


def test_references_options_and_constants_are_followed(talk, make_tool):
    from bareline.protocol.events import FunctionTool

    parameters = {
        "type": "object",
        "$defs": {"Size": {"type": "string", "enum": ["small", "large"]}},
        "properties": {
            "size": {"$ref": "#/$defs/Size"},
            "sauce": {"anyOf": [{"type": "string", "enum": ["hot", "mild"]}, {"type": "null"}]},
            "taste": {"oneOf": [{"const": "sweet"}, {"const": "sour"}]},
            "version": {"const": 2},
        },
        "required": ["size"],
    }
    tools = (FunctionTool(name="order_noodles", description="Order noodles.", parameters=parameters),)
    assert talk(tools).asked("order large noodles with hot sauce and sour") == [
        ("order_noodles", {"size": "large", "sauce": "hot", "taste": "sour"})
    ]


def test_values_from_examples_and_descriptions(talk, make_tool):
    city = {"type": "string", "description": "The city, for example Oslo, Rome or New York."}
    line = {"type": "string", "examples": ["red line"]}
    tools = (make_tool("get_timetable", "Tell the timetable.", "city", city=city, line=line),)
    assert talk(tools).asked("what is the timetable of the red line in New York") == [
        ("get_timetable", {"city": "New York", "line": "red line"})
    ]


def test_an_ill_formed_schema_is_a_tool_without_arguments(talk, make_tool):
    from bareline.protocol.events import FunctionTool

    odd = FunctionTool(name="ring_bell", description="Ring the bell.", parameters={"properties": 3})
    assert talk((odd,)).asked("ring the bell") == [("ring_bell", {})]


def test_a_tool_with_a_verb_nobody_knows(talk, make_tool):
    tools = (make_tool("frobnicate_widget", "Frobnicate a widget."), make_tool("list_widgets", "List the widgets."))
    assert talk(tools).asked("please frobnicate the widget") == [("frobnicate_widget", {})]


def test_keywords_and_quoted_parts_of_the_prompt_are_phrases():
    audio = SessionAudio(
        input=SessionAudioInput(
            transcription=Transcription(keywords=["Zoe"], prompt='Expect "feed the cat" and "Mr. Li".')
        )
    )
    session = RealtimeSession(object="realtime.session", id="s", audio=audio)
    assert keywords_of(session) == ("Zoe", "feed the cat", "Mr. Li")
