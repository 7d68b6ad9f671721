"""Real voices, real noise, real recognition: the right tool is called for tools that nobody trained for."""

from __future__ import annotations

import asyncio
from array import array

import msgspec
import pytest

pytest.importorskip("pocketsphinx")
pytest.importorskip("espeakng_loader")

from bareline.media.frames import AudioFrame
from bareline.protocol.events import FunctionCall, FunctionCallOutput, InputAudio, Message, RealtimeSession
from bareline.protocol.generation import CallDelta, SpeechDelta
from bareline.server.backend import Utterance
from bareline.server.backends.rules import RulesBackend
from bareline.speech.espeak import EspeakSynthesis
from bareline.testing.voice import Room, level_speech
from bareline.units import ms_to_samples

VOICES = ("caller-1", "caller-2", "caller-3")
SNR_DB = 25
STEP = ms_to_samples(100)
SPOKEN = {
    "pizza": {
        "I'd like two large pizzas with mushrooms and olives.": "order_pizza",
        "Can I get a medium pizza with ham, please?": "order_pizza",
        "Please order three small pizzas with extra cheese.": "order_pizza",
        "What's on the menu?": "get_menu",
        "Cancel order number seven, please.": "cancel_order",
        "Could you check order twelve?": "get_order_status",
        "I want a large pizza.": "order_pizza",
        "Show me the menu, please.": "get_menu",
        "I'll take four medium pizzas.": "order_pizza",
        "A large pizza with ham and olives.": "order_pizza",
    },
    "lamps": {
        "Turn on the kitchen lamp.": "set_lamp",
        "Please turn the bedroom light off.": "set_lamp",
        "Set the living room lamp to fifty percent.": "set_lamp",
        "Which lamps are on?": "list_lamps",
        "Could you switch off the living room light?": "set_lamp",
        "Dim the bedroom lamp to twenty percent, please.": "set_lamp",
        "Show me all the lamps.": "list_lamps",
        "Switch on the light in the bedroom.": "set_lamp",
        "I'd like to turn off the kitchen light.": "set_lamp",
        "Set the kitchen lamp to seventy five percent.": "set_lamp",
    },
}


class Caller:
    """Speaks in a noisy room to a session of the rules backend."""

    def __init__(self, dialogue, voices: EspeakSynthesis, backend: RulesBackend) -> None:
        self.dialogue = dialogue
        self._voices = voices
        self._backend = backend
        self._room = Room(1, SNR_DB)

    async def begin(self) -> None:
        self.dialogue.session = await self._backend.open(seed=0)
        self.dialogue.session.configure(
            RealtimeSession(object="realtime.session", id="s", instructions="", tools=list(self.dialogue.tools))
        )

    async def ask(self, text: str, voice: str) -> list[CallDelta | SpeechDelta]:
        """What is answered to ``text``, spoken into a fresh conversation."""
        audio = await self._microphone(text, voice)
        for at in range(0, len(audio), STEP):
            self.dialogue.session.hear(AudioFrame(audio[at : at + STEP].tobytes(), at))
        item = f"item_{text}_{voice}"
        self.dialogue.session.committed(Utterance(item, AudioFrame(audio.tobytes())))
        self.dialogue.context = [Message(id=item, role="user", content=[InputAudio()])]
        return await self.answer()

    async def answer(self) -> list[CallDelta | SpeechDelta]:
        """The next response, in speech."""
        outputs = self.dialogue.session.respond(self.dialogue.request(audio=True))
        return [output async for output in outputs if isinstance(output, CallDelta | SpeechDelta)]

    async def _microphone(self, text: str, voice: str) -> array[int]:
        pcm = b"".join([chunk.pcm async for chunk in self._voices.speak(text, voice=voice)])
        edge = array("h", bytes(2 * ms_to_samples(300)))
        speech = edge + level_speech(pcm).samples + edge
        noise = array("h")
        while len(noise) < len(speech):
            noise += self._room.frame(STEP)
        return array("h", (max(-32768, min(32767, a + b)) for a, b in zip(speech, noise, strict=False)))


async def _caller(dialogue) -> tuple[Caller, EspeakSynthesis]:
    voices = EspeakSynthesis()
    caller = Caller(dialogue, voices, RulesBackend.with_speech())
    await caller.begin()
    return caller, voices


async def _sentence_errors(dialogue, expected: dict[str, list[tuple[str, dict[str, object]]]]) -> list[str]:
    """Sentences that led to another call than their text does."""
    wrong: list[str] = []
    caller, voices = await _caller(dialogue)
    try:
        for text, typed in expected.items():
            for voice in VOICES:
                calls = [output for output in await caller.ask(text, voice) if isinstance(output, CallDelta)]
                made = [(first.name, second.arguments) for first, second in zip(calls[::2], calls[1::2], strict=True)]
                wanted = [(name, _compact(arguments)) for name, arguments in typed]
                wrong += [] if made == wanted else [f"{voice}: {text} -> {made}"]
    finally:
        await caller._backend.close()
        await voices.close()
    return wrong


def _compact(arguments: dict[str, object]) -> str:
    return msgspec.json.encode(arguments).decode()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("tools", ["pizza", "lamps"])
def test_no_more_than_one_sentence_in_ten_is_misunderstood(talk, tools):
    expected = {text: talk(tools).asked(text) for text in SPOKEN[tools]}
    assert {text: calls[0][0] for text, calls in expected.items()} == SPOKEN[tools]
    wrong = asyncio.run(_sentence_errors(talk(tools), expected))
    assert len(wrong) <= 3, wrong


def test_a_spoken_order_is_placed_and_its_outcome_spoken(talk):
    dialogue = talk("pizza")

    async def main() -> tuple[str, str, bytes]:
        caller, voices = await _caller(dialogue)
        try:
            name, arguments = await caller.ask("I'd like two large pizzas with mushrooms and olives.", "caller-3")
            dialogue.context += [
                FunctionCall(id="c", call_id="c", name=name.name, arguments=arguments.arguments),
                FunctionCallOutput(id="o", call_id="c", output='{"order_id": 7, "minutes": 20}'),
            ]
            spoken = await caller.answer()
        finally:
            await caller._backend.close()
            await voices.close()
        assert spoken[0].transcript
        text = "".join(delta.transcript for delta in spoken)
        return arguments.arguments, text, b"".join(delta.audio for delta in spoken)

    arguments, text, audio = asyncio.run(main())
    assert arguments == '{"size":"large","toppings":["mushrooms","olives"],"quantity":2}'
    assert text == "Ordered: order 7, minutes 20."
    assert len(audio) > 2 * ms_to_samples(1000)
