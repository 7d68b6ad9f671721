"""A turn detector of one's own: short answers end soon, longer speech is given time to go on.

Says a short word, then a sentence with a pause in it, to a call whose turns this detector decides. Talks to OpenAI when
OPENAI_API_KEY is set, else to the built-in server.
"""

from __future__ import annotations

import argparse
import asyncio
import os

import bareline as bl
from bareline.client.call_events import AgentSaid, CallEvent, TurnDecided
from bareline.speech.espeak import EspeakSynthesis
from bareline.speech.silero import SileroVad
from bareline.turns import Hypothesis, TurnDecision


class BriefOrLong:
    """Waits 300 ms after an utterance of less than a second, and 1200 ms after a longer one."""

    def __init__(self) -> None:
        self.vad, self.first, self.end = SileroVad(), None, 0

    def feed(self, frame: bl.AudioFrame) -> list[TurnDecision]:
        decided = []
        for window in self.vad.feed(frame):
            now = window.end_sample
            if window.probability >= 0.5:
                if self.first is None:
                    self.first = window.first_sample
                    decided.append(TurnDecision("speech_started", self.first, now, "a voice"))
                self.end = now
            elif self.first is not None:
                wait_ms = 300 if self.end - self.first < 24_000 else 1_200
                if now - self.end >= wait_ms * 24:
                    self.first, why = None, f"{wait_ms} ms of silence"
                    decided.append(TurnDecision("speech_stopped", self.end, now, why))
                    decided.append(TurnDecision("turn_ended", self.end, now, why))
        return decided

    def partial(self, hypothesis: Hypothesis, sample: int) -> list[TurnDecision]:  # noqa: ARG002 - words count nothing
        return []

    def playing(self, playing: bool, sample: int) -> None: ...

    def reset(self) -> None:
        self.vad.reset()
        self.first = None


async def speech(*parts: str, pause_ms: int = 0) -> bytes:
    """What is said, as PCM16 at 24 kHz, with pauses between the parts."""
    voice = EspeakSynthesis()
    spoken = [b"".join([chunk.pcm async for chunk in voice.speak(part, voice="caller-1")]) for part in parts]
    await voice.close()
    return bytes(48 * pause_ms).join(spoken)


async def hold_call(base_url: str | None) -> list[CallEvent]:
    """Two turns; what happened."""
    microphone = bl.QueueSource()
    async with bl.Call(
        instructions="Answer in one short sentence.",
        turns=BriefOrLong(),
        microphone=microphone,
        speaker=bl.NullSink(),
        base_url=base_url,
    ) as call:
        for said in (await speech("Yes."), await speech("Hello, and tell me,", "who are you?", pause_ms=900)):
            await microphone.push(said)
            await asyncio.sleep(len(said) / 48_000 + 1.5)
            await call.quiet()
        await call.hang_up()
        return [event async for event in call.events()]


def main() -> None:
    """Hold the call and judge it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="use the built-in server and judge the outcome")
    args = parser.parse_args()
    local = args.check or not os.environ.get("OPENAI_API_KEY")
    events = asyncio.run(hold_call("local" if local else None))
    for event in events:
        if isinstance(event, TurnDecided) and event.kind == "turn_ended":
            print(f"turn ended: {event.reason}, known {(event.decided_at_ns - event.at_ns) // 1_000_000} ms after it")
        elif isinstance(event, AgentSaid):
            print(f"agent: {event.text}")
    ends = [event.reason for event in events if isinstance(event, TurnDecided) and event.kind == "turn_ended"]
    if args.check and ends != ["300 ms of silence", "1200 ms of silence"]:
        raise SystemExit(f"expected a short turn and a long one that is not cut in its pause, not {ends}")


if __name__ == "__main__":
    main()
