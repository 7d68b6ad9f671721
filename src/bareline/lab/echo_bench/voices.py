"""What do the assistant and the user say in the simulated rooms?"""

from __future__ import annotations

import asyncio
from itertools import cycle

from bareline.speech.espeak import EspeakSynthesis
from bareline.testing.voice import Speech, level_speech

__all__ = ["spoken"]

_AGENT_VOICES = ("marin", "cedar", "coral", "verse")
_AGENT = (
    "I found three tasks for today. The first is to call the plumber about the kitchen sink, and it is due at four.",
    "Your second task is buying groceries: milk, bread, tomatoes, and a bag of rice. Shall I mark it as done?",
    "Let me explain how it works. Every morning I look at what is still open, and sort it by the time it is due.",
    "The weather tomorrow will be mostly sunny, with a light breeze from the west, and about eighteen degrees.",
    "I have moved the meeting with Susan to Thursday afternoon, and told everybody that the room has changed as well.",
    "No problem. I will remind you half an hour before you have to leave, and once more when the traffic gets worse.",
    "There are two trains that would get you there in time: one at seven fifteen, and a faster one at eight o'clock.",
)
_USER = (
    "stop",
    "wait a moment",
    "no, that is wrong",
    "what about Friday?",
    "actually, add milk to the list",
    "hold on, please",
    "can you repeat that?",
    "thank you, that is enough",
    "I meant the other one",
    "when does the second one leave?",
)
_CALLERS = ("caller-1", "caller-2", "caller-3", "caller-4", "caller-5")


def spoken() -> tuple[list[Speech], list[Speech]]:
    """Sentences of the assistant, and the user's, all at -26 dBFS. Raises ``MissingExtra`` without ``speech``."""
    return asyncio.run(_speak_all())


async def _speak_all() -> tuple[list[Speech], list[Speech]]:
    synthesis = EspeakSynthesis()
    try:
        agent = [
            await _speak(synthesis, text, voice) for voice, text in zip(cycle(_AGENT_VOICES), _AGENT, strict=False)
        ]
        user = [await _speak(synthesis, text, voice) for voice in _CALLERS for text in _USER]
    finally:
        await synthesis.close()
    return agent, user


async def _speak(synthesis: EspeakSynthesis, text: str, voice: str) -> Speech:
    pcm = b"".join([chunk.pcm async for chunk in synthesis.speak(text, voice=voice)])
    return level_speech(pcm)
