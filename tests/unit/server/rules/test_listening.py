"""Spoken utterances: which grammar is listened for, what is kept, and what doubtful hearing leads to."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

import pytest

from bareline.media.frames import AudioFrame
from bareline.protocol.events import InputAudio, Message, RealtimeSession
from bareline.protocol.generation import CallDelta, TextDelta
from bareline.server.backend import Utterance
from bareline.server.backends.rules import RulesBackend
from bareline.testing.virtual import run_virtual
from bareline.turns.contract import Hypothesis

FRAME = AudioFrame(b"\1\0" * 2400)


@dataclass
class Scripted:
    """A recogniser that hears what the test says; ``grammars``: all it was made for."""

    hears: list[Hypothesis]
    grammars: list[str] = field(default_factory=list)
    samples: int = 0

    def __call__(self, grammar: str) -> Scripted:
        self.grammars.append(grammar)
        return self

    def feed(self, frame: AudioFrame) -> None:
        self.samples += frame.samples

    def partial(self) -> Hypothesis | None:
        return None

    def finish(self) -> Hypothesis:
        return self.hears.pop(0)

    def reset(self) -> None:
        self.samples = 0


class Spoken:
    """A spoken conversation with one session."""

    def __init__(self, dialogue, recogniser: Scripted) -> None:
        self.dialogue = dialogue
        dialogue.session = run_virtual(RulesBackend(recogniser=recogniser).open(seed=0))
        dialogue.session.configure(
            RealtimeSession(object="realtime.session", id="s", instructions="Be kind.", tools=list(dialogue.tools))
        )

    def say(self, *, heard_live: bool = True) -> str:
        item = f"item_{len(self.dialogue.context)}"
        if heard_live:
            self.dialogue.session.hear(FRAME)
        self.dialogue.session.committed(Utterance(item, FRAME))
        self.dialogue.context.append(Message(id=item, role="user", content=[InputAudio()]))
        return self.dialogue.respond()


@pytest.fixture(name="spoken")
def _spoken(talk):
    def begin(tools: str, *hears: Hypothesis) -> Spoken:
        return Spoken(talk(tools), Scripted(list(hears)))

    return begin


@pytest.mark.parametrize("live", [True, False])
def test_what_was_heard_is_acted_on_live_or_from_the_whole_audio(spoken, live):
    conversation = spoken("pizza", Hypothesis("show me the menu", 0.9))
    conversation.say(heard_live=live)
    assert conversation.dialogue.calls == [("get_menu", {})]


@pytest.mark.parametrize(
    ("confidence", "calls", "answer"),
    [
        (0.9, [("cancel_order", {"order_id": 7})], ""),
        (0.3, [], "I heard: cancel order seven. Is that right?"),
        (0.01, [], "Sorry, I did not catch that. Could you say it again?"),
    ],
)
def test_nothing_is_destroyed_on_doubtful_hearing(spoken, confidence, calls, answer):
    conversation = spoken("pizza", Hypothesis("cancel order seven", confidence))
    assert conversation.say() == answer
    assert conversation.dialogue.calls == calls


def test_yes_does_what_was_doubtful_and_no_does_not(spoken):
    doubtful = Hypothesis("cancel order seven", 0.3)
    agreed = spoken("pizza", doubtful, Hypothesis("yes please", 0.9))
    agreed.say()
    agreed.say()
    assert agreed.dialogue.calls == [("cancel_order", {"order_id": 7})]
    refused = spoken("pizza", doubtful, Hypothesis("no", 0.9))
    refused.say()
    assert refused.say() == "All right, I left it alone."
    assert refused.dialogue.calls == []


def test_free_words_are_read_back_before_they_are_used(spoken):
    heard = [Hypothesis(text, 0.9) for text in ("make a note", "call the plumber", "no", "call the dentist", "yes")]
    conversation = spoken("notes", *heard)
    assert [conversation.say() for _ in range(4)] == [
        "What should the note be called?",
        "I heard: call the plumber. Is that right?",
        "What should the note be called?",
        "I heard: call the dentist. Is that right?",
    ]
    conversation.say()
    assert conversation.dialogue.calls == [("create_note", {"title": "call the dentist"})]


def test_silence_is_asked_again(spoken):
    assert "did not catch" in spoken("pizza", Hypothesis("", 0.0)).say()


def test_the_grammar_follows_what_the_tools_told_of(talk):
    recogniser = Scripted([Hypothesis("what did i write down", 0.9)])
    conversation = Spoken(talk("notes", {"list_notes": [{"title": "Feed the zebra"}]}), recogniser)
    conversation.say()
    assert "zebra" not in recogniser.grammars[-1]
    assert conversation.dialogue._answered()
    conversation.dialogue.respond()
    assert "feed the zebra" in recogniser.grammars[-1]


def test_audio_that_came_in_an_item_is_recognised(talk):
    recogniser = Scripted([Hypothesis("show me the menu", 0.9)])
    conversation = Spoken(talk("pizza"), recogniser)
    audio = base64.b64encode(FRAME.pcm).decode()
    conversation.dialogue.context.append(Message(id="x", role="user", content=[InputAudio(audio=audio)]))
    conversation.dialogue.respond()
    assert conversation.dialogue.calls == [("get_menu", {})]
    assert recogniser.samples == FRAME.samples


def test_a_transcript_is_what_was_heard(talk):
    conversation = Spoken(talk("pizza"), Scripted([Hypothesis("show me the menu", 0.9)]))
    session = conversation.dialogue.session

    async def main() -> list[str]:
        session.hear(FRAME)
        session.committed(Utterance("item_1", FRAME))
        return [part async for part in session.transcribe("item_1")]

    assert run_virtual(main()) == ["show", " me", " the", " menu"]


def test_an_utterance_that_is_forgotten_leaves_no_trace(talk):
    recogniser = Scripted([Hypothesis("show me the menu", 0.9)])
    conversation = Spoken(talk("pizza"), recogniser)
    conversation.dialogue.session.hear(FRAME)
    conversation.dialogue.session.forget()
    assert recogniser.samples == 0
    conversation.say()
    assert recogniser.samples == FRAME.samples


def test_an_audio_answer_without_a_voice_is_a_tone_with_the_words(talk):
    async def main() -> tuple[str, int]:
        deltas = [output async for output in dialogue.session.respond(dialogue.request(audio=True))]
        speech = [delta for delta in deltas if hasattr(delta, "transcript")]
        assert not [delta for delta in deltas if isinstance(delta, CallDelta | TextDelta)]
        return "".join(delta.transcript for delta in speech), sum(len(delta.audio) for delta in speech)

    dialogue = talk("pizza")
    text, size = run_virtual(main())
    assert text == "Hello! What can I do for you?"
    assert size == 7 * 300 * 48


@pytest.mark.parametrize(
    ("tools", "text", "confidence", "called"),
    [
        ("pizza", "show me the menu", 0.06, True),
        ("pizza", "show me the menu", 0.03, False),
        ("pizza", "order two large pizzas", 0.2, True),
        ("pizza", "order two large pizzas", 0.1, False),
    ],
)
def test_the_more_a_tool_does_the_surer_one_must_be(spoken, tools, text, confidence, called):
    conversation = spoken(tools, Hypothesis(text, confidence))
    said = conversation.say()
    assert bool(conversation.dialogue.calls) == called
    assert said == ("" if called else f"I heard: {text}. Is that right?")


def test_tools_that_ask_for_consent_themselves_are_not_asked_for_twice(talk):
    hears = [Hypothesis("what did i write down", 0.9), Hypothesis("delete rome", 0.2)]
    conversation = Spoken(talk("notes", {"list_notes": [{"title": "Rome"}]}), Scripted(hears))
    conversation.say()
    assert conversation.dialogue._answered()
    conversation.dialogue.respond()
    conversation.say()
    assert conversation.dialogue.calls[-1] == ("delete_note", {"title": "Rome"})


def test_a_doubtful_no_is_a_no_but_a_doubtful_yes_is_no_consent(spoken):
    wish, doubtful_yes, doubtful_no = (
        Hypothesis("cancel order seven", 0.3),
        Hypothesis("yes please", 0.01),
        Hypothesis("no thank you", 0.01),
    )
    conversation = spoken("pizza", wish, doubtful_yes, doubtful_no)
    conversation.say()
    assert "did not catch" in conversation.say()
    assert conversation.say() == "All right, I left it alone."
    assert conversation.dialogue.calls == []


@pytest.mark.parametrize(
    ("yeses", "called"), [([0.2], True), ([0.13], False), ([0.13, 0.05], True), ([0.05, 0.05], False)]
)
def test_doubtful_yeses_to_a_proposal_together_may_be_sure_enough(talk, yeses, called):
    hears = [Hypothesis("yes go ahead", doubt) for doubt in yeses]
    proposal = {"status": "needs_confirmation", "proposal_id": "p_1", "say": "Delete Rome for good?"}
    conversation = Spoken(talk("notes", {"delete_note": proposal, "confirm_action": "Deleted."}), Scripted(hears))
    conversation.dialogue.say("delete rome")
    said = [conversation.say() for _ in yeses]
    assert conversation.dialogue.calls[1:] == [("confirm_action", {"proposal_id": "p_1"})] * called
    assert said[:-1] == ["Please say yes or no. Delete Rome for good?"] * (len(yeses) - 1)
