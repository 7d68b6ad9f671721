"""What the rules backend says of pictures: what is measured, and that it does not know more."""

from __future__ import annotations

import sys

import pytest

from bareline.protocol.events import InputImage, InputText, Message
from bareline.protocol.images import data_uri
from bareline.testing.images import TINY_IMAGE, png

BLUE = data_uri("png", png(640, 480, (20, 60, 220)))
WHITE = data_uri("png", png(30, 20, (255, 255, 255)))
EVERYTHING = "It is a PNG image, 640 by 480 pixels, all blue. What it shows I cannot tell."


def show(dialogue, url: str, *, text: str = "") -> None:
    words = [InputText(text=text)] if text else []
    number = len(dialogue.context)
    dialogue.context.append(Message(id=f"i_{number}", role="user", content=[InputImage(image_url=url), *words]))


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What do you see?", EVERYTHING),
        ("Could you describe this picture please", EVERYTHING),
        ("What colour is it?", "It is all blue."),
        ("how big is the image", "It is 640 by 480 pixels."),
        ("Which format has that picture?", "It is a PNG image."),
    ],
)
def test_a_question_about_what_was_shown_is_answered(talk, question: str, answer: str) -> None:
    pytest.importorskip("PIL", reason="needs the devices extra")
    dialogue = talk("pizza")
    show(dialogue, BLUE)
    assert dialogue.say(question) == answer
    assert dialogue.say(question) == answer, "and later too"


def test_a_picture_and_its_question_may_be_one_message_or_no_question_at_all(talk) -> None:
    dialogue = talk("pizza")
    show(dialogue, BLUE, text="How large is this picture?")
    assert dialogue.respond() == "It is 640 by 480 pixels."
    show(dialogue, BLUE)
    assert dialogue.respond() == EVERYTHING


def test_what_is_pointed_at_is_the_picture_that_was_shown_just_now(talk) -> None:
    dialogue = talk("pizza")
    show(dialogue, BLUE)
    assert dialogue.say("what's this?") == EVERYTHING
    assert dialogue.say("what's this?") == "Which order?"


def test_several_pictures_are_told_apart_and_the_newest_is_meant_later(talk) -> None:
    dialogue = talk("pizza")
    show(dialogue, BLUE)
    show(dialogue, WHITE)
    assert (
        dialogue.say("how big is the picture")
        == "Picture 1: It is 640 by 480 pixels. Picture 2: It is 30 by 20 pixels."
    )
    assert dialogue.say("how big is the picture") == "It is 30 by 20 pixels."


def test_without_a_picture_it_says_so_and_tools_come_first(talk) -> None:
    dialogue = talk("pizza")
    assert dialogue.say("what do you see in the picture") == "I have not been shown a picture yet."
    show(dialogue, BLUE)
    assert dialogue.asked("show me the menu") == [("get_menu", {})]


def test_other_words_and_open_questions_are_not_about_the_picture(talk) -> None:
    dialogue = talk("salon")
    show(dialogue, BLUE)
    assert dialogue.say("I need an appointment") == "Which service: haircut, beard trim or coloring?"
    assert "picture" not in dialogue.say("what is this").lower()


def test_what_cannot_be_read_is_said(talk, monkeypatch: pytest.MonkeyPatch) -> None:
    dialogue = talk("pizza")
    show(dialogue, "data:image/png;base64,AAAA")
    assert dialogue.respond() == "I cannot read that picture. What it shows I cannot tell."
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.delitem(sys.modules, "bareline.media.pictures", raising=False)
    show(dialogue, TINY_IMAGE)
    assert dialogue.say("what do you see") == "It is a PNG image, 1 by 1 pixels. What it shows I cannot tell."
    assert dialogue.say("what color is it") == "I cannot tell its colors."
