"""Does ``semantic_vad`` wait for a sentence that is not finished, and answer soon after one that is?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from bareline.ids import SeededIds
from bareline.protocol import events as ev
from bareline.protocol.server_endpoint import ServerEndpoint
from bareline.protocol.session_merge import merge_session
from bareline.server.backend import Recognising
from bareline.server.backends.rules import RulesBackend
from bareline.server.hearing import Hear, Hearing, SpeechStarted, SpeechStopped
from bareline.server.turn_settings import Eagerness, TurnSettings
from bareline.speech.espeak import EspeakSynthesis
from bareline.speech.silero import SileroVad
from bareline.units import BYTES_PER_SAMPLE, ms_to_samples, samples_to_ms

PCM = ev.AudioFormat(type="audio/pcm", rate=24_000)
TITLE = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
TOOLS = [ev.FunctionTool(name="delete_task", description="Delete a task.", parameters=TITLE)]
KEYWORDS = ev.TranscriptionConfig(model="whisper-1", keywords=["water the plants", "buy oat milk"])


def silence(ms: int) -> bytes:
    return bytes(ms_to_samples(ms) * BYTES_PER_SAMPLE)


@pytest.fixture(scope="module")
def said() -> dict[str, bytes]:
    """Two pieces of a sentence, without the silence around them."""

    async def speak() -> dict[str, bytes]:
        synthesis = EspeakSynthesis()
        pieces = ("Please delete", "water the plants.")
        spoken = {text: b"".join([c.pcm async for c in synthesis.speak(text, voice="marin")]) for text in pieces}
        await synthesis.close()
        return {text: pcm.strip(b"\0") + b"\0" * (len(pcm.strip(b"\0")) % 2) for text, pcm in spoken.items()}

    return asyncio.run(speak())


def turns(settings: TurnSettings, pcm: bytes) -> list[tuple[int, int]]:
    """When the turns began and were over, in ms, with the rules backend listening."""

    async def main() -> list[tuple[int, int]]:
        session = await RulesBackend.with_speech().open(seed=1)
        assert isinstance(session, Recognising)
        endpoint = ServerEndpoint(ids=SeededIds(1), model="gpt-realtime", opened_unix_s=0)
        session.configure(_with_tools(endpoint))
        hearing = Hearing(SileroVad, words=session.partial)
        hearing.configure(settings)
        found: list[int] = []
        for heard in (heard for part in hearing.listen(pcm, PCM) for heard in part):
            match heard:
                case Hear(frame):
                    session.hear(frame)
                case SpeechStarted(sample):
                    found.append(samples_to_ms(sample))
                case SpeechStopped(sample):
                    found.append(samples_to_ms(sample))
                    session.forget()
        await session.close()
        return list(_pairs(found))

    return asyncio.run(main())


def _with_tools(endpoint: ServerEndpoint) -> ev.Session:
    audio = ev.AudioConfig(input=ev.AudioInputConfig(transcription=KEYWORDS))
    return merge_session(endpoint.session, ev.RealtimeSessionConfig(tools=TOOLS, audio=audio))


def _pairs(edges: list[int]) -> Iterator[tuple[int, int]]:
    yield from zip(edges[::2], edges[1::2], strict=True)


@pytest.mark.slow
def test_a_pause_in_the_middle_of_a_sentence_is_not_the_end_of_the_turn(said: dict[str, bytes]) -> None:
    first, second = said.values()
    pcm = silence(500) + first + silence(1_500) + second + silence(2_500)
    spoken_ms = (len(pcm) // BYTES_PER_SAMPLE - ms_to_samples(2_500)) // 24
    assert len(turns(TurnSettings(silence_duration_ms=500), pcm)) == 2, "silence alone takes it for two"
    ((_, over_ms),) = turns(TurnSettings(eagerness="medium"), pcm)
    assert over_ms - spoken_ms < 1_200


@pytest.mark.parametrize(
    ("eagerness", "most_ms"),
    [
        ("high", 2_000),
        pytest.param("medium", 4_000, marks=pytest.mark.slow),
        pytest.param("low", 8_000, marks=pytest.mark.slow),
    ],
)
def test_a_sentence_that_is_never_finished_is_waited_for_as_long_as_the_service_would(
    said: dict[str, bytes], eagerness: Eagerness, most_ms: int
) -> None:
    first, _ = said.values()
    ((_, over_ms),) = turns(TurnSettings(eagerness=eagerness), silence(500) + first + silence(most_ms + 400))
    assert over_ms - 500 - len(first) // 48 == pytest.approx(most_ms, abs=300)
