"""A scene plays the same, whoever listens; a wrong one says where and what to do."""

from __future__ import annotations

import asyncio

import pytest

from bareline.errors import ConfigurationError
from bareline.media.frames import AudioFrame
from bareline.protocol.events import FunctionCall, FunctionCallOutput, InputAudio, InputText, Message
from bareline.protocol.generation import (
    CallDelta,
    EndItem,
    Failed,
    Incomplete,
    Outcome,
    Output,
    ResponseRequest,
    SpeechDelta,
    TextDelta,
)
from bareline.server.backend import Utterance
from bareline.server.backends.script import ScriptBackend, read_scene
from bareline.testing.virtual import run_virtual

SCENE = """\
transcripts: ["order a pizza"]
turns:
  - when: {heard: "order a pizza"}
    do:
      - {say: "One moment.", phase: commentary}
      - {call: order_pizza, arguments: {size: large}}
      - {call: log, arguments: "{broken"}
  - when: {output_of: order_pizza, output_matches: "ready"}
    do: [{text: "It is ready."}]
  - when: {metadata: {topic: mood}, out_of_band: true}
    times: 0
    do: [{text: "calm"}]
otherwise:
  - say: "Pardon?"
"""


def request(*context: object, audio: bool = True, **changes: object) -> ResponseRequest:
    given: dict[str, object] = {
        "response_id": "resp_1",
        "context": context,
        "instructions": "",
        "tools": (),
        "tool_choice": "auto",
        "audio": audio,
        "voice": "marin",
        "speed": 1.0,
        "max_output_tokens": "inf",
        "out_of_band": False,
    }
    return ResponseRequest(**(given | changes))


def user(text: str) -> Message:
    return Message(id="u", role="user", content=[InputText(text=text)])


async def play(scene: str, *requests: ResponseRequest) -> list[list[Output | Outcome]]:
    session = await ScriptBackend(read_scene(scene)).open(seed=0)
    return [[output async for output in session.respond(each)] for each in requests]


def test_the_first_turn_that_applies_is_played_and_then_spent():
    ask = request(user("Please ORDER a pizza!"), audio=False)
    first, second = run_virtual(play(SCENE, ask, ask))
    assert "".join(output.text for output in first if isinstance(output, TextDelta)) == "One moment."
    assert [output for output in first if isinstance(output, CallDelta)] == [
        CallDelta(item=1, name="order_pizza"),
        CallDelta(item=1, arguments='{"size":"large"}'),
        CallDelta(item=2, name="log"),
        CallDelta(item=2, arguments="{broken"),
    ]
    assert [output.item for output in first if isinstance(output, EndItem)] == [0, 1, 2]
    assert second == [TextDelta(text="Pardon?"), EndItem()]


def test_outputs_and_metadata_choose_turns():
    called = FunctionCall(call_id="c", name="order_pizza", arguments="{}")
    ready = request(called, FunctionCallOutput(call_id="c", output="ready"))
    early = request(called, FunctionCallOutput(call_id="c", output="baking"), audio=False)
    mood = request(metadata={"topic": "mood"}, out_of_band=True)
    told, waiting, *moods = run_virtual(play(SCENE, ready, early, mood, mood))
    assert "".join(output.text for output in told if isinstance(output, TextDelta)) == "It is ready."
    assert waiting[0] == TextDelta(text="Pardon?")
    assert moods[0] == moods[1] == [TextDelta(text="calm"), EndItem()]


def test_spoken_items_get_the_scenes_transcripts():
    async def main() -> tuple[str, list[Output | Outcome]]:
        session = await ScriptBackend(read_scene(SCENE)).open(seed=0)
        session.committed(Utterance("item_1", AudioFrame(b"\0\0" * 2400)))
        text = "".join([part async for part in session.transcribe("item_1")])
        spoken = Message(id="item_1", role="user", content=[InputAudio()])
        return text, [output async for output in session.respond(request(spoken, audio=False))]

    text, outputs = run_virtual(main())
    assert text == "order a pizza"
    assert CallDelta(item=1, name="order_pizza") in outputs


def test_audio_comes_in_chunks_at_the_given_rate_after_thinking():
    scene = "turns: [{do: [{tone_ms: 250, transcript: beep}, {silence_ms: 50}]}]\n"
    timing = "timing: {thinking_ms: 300, rate: 0.5, chunk_ms: 100}\n"

    async def main() -> list[tuple[int, int]]:
        session = await ScriptBackend(read_scene(timing + scene)).open(seed=0)
        loop = asyncio.get_running_loop()
        return [
            (round(loop.time() * 1000), len(output.audio) // 48)
            async for output in session.respond(request())
            if isinstance(output, SpeechDelta)
        ]

    assert run_virtual(main()) == [(300, 100), (500, 100), (700, 50), (800, 50)]


def test_what_is_said_without_a_voice_sounds_as_a_tone_with_its_words_ahead():
    [outputs] = run_virtual(play("turns: [{do: [{say: 'one two three'}]}]", request()))
    speech = [output for output in outputs if isinstance(output, SpeechDelta)]
    assert "".join(output.transcript for output in speech) == "one two three"
    assert sum(len(output.audio) for output in speech) == 3 * 300 * 48
    assert speech[-1].transcript == ""


@pytest.mark.parametrize(
    ("step", "outcome"),
    [
        ("{fail: rate_limit_exceeded, message: Later.}", Failed(code="rate_limit_exceeded", message="Later.")),
        ("{incomplete: max_output_tokens}", Incomplete(reason="max_output_tokens")),
    ],
)
def test_a_response_may_end_badly_in_its_middle(step, outcome):
    [outputs] = run_virtual(
        play(f"turns: [{{do: [{{text: Well}}, {{pause_ms: 50}}, {step}, {{text: never}}]}}]", request())
    )
    assert outputs == [TextDelta(text="Well"), EndItem(), outcome]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("turns: 3", "s.yaml:1: turns: must be a list: lines that begin with '- '"),
        ("", "s.yaml:1: scene: must be a mapping with otherwise, timing, transcripts, turns"),
        ("turns:\n  - when: {}\n", "s.yaml:2: turns[0]: the turn does nothing; add 'do:' with a list of steps"),
        ("turns:\n  - do:\n    - sing: la\n", "s.yaml:3: turns[0].do[0]: unknown step with sing; a step is one of"),
        ("turns:\n  - do: []\n    when:\n      respnse: 1\n", "s.yaml:4: turns[0].when.respnse: is not known here"),
        ("turns:\n  - do: []\n    when: {matches: '('}\n", "s.yaml:3: turns[0].when.matches: is no regular expression"),
        ("turns:\n  - do: []\n    times: often\n", "s.yaml:3: turns[0].times: must be a whole number"),
        ("turns: []\ntiming:\n  rate: -1\n", "s.yaml:3: timing.rate: expected `float` >= 0.0"),
        ("turns:\n  - do:\n    - {call: x, arguments: [1]}\n", "s.yaml:3: turns[0].do[0].arguments: must be a mapping"),
        ("turns: [", "s.yaml: is not YAML"),
    ],
)  # fmt: skip
def test_a_wrong_scene_names_line_field_and_remedy(text, message):
    with pytest.raises(ConfigurationError) as caught:
        read_scene(text, name="s.yaml")
    assert str(caught.value).startswith(message)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"none\.yaml: cannot be read: No such file"):
        ScriptBackend.from_file(tmp_path / "none.yaml")
    (tmp_path / "some.yaml").write_text(SCENE, encoding="utf-8")
    assert ScriptBackend.from_file(tmp_path / "some.yaml") is not None
