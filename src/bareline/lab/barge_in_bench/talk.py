"""How long does it take from the caller's first sound until the assistant is quieter, holds back, is silent?

One call in real time: the caller speaks into the assistant's voice again and again, and what leaves the loudspeaker is
compared with the moment when the caller's sound began.
"""

from __future__ import annotations

import asyncio
import contextlib
import random

import msgspec

from bareline.client.call import Call
from bareline.client.call_events import CallEvent, Interrupted, OutputDucked, OutputPaused
from bareline.clock import now_ns
from bareline.lab.barge_in_bench.heard_sink import HeardSink
from bareline.lab.barge_in_bench.mouth import Mouth, Saying
from bareline.protocol import events as ev
from bareline.units import NS_PER_MS, NS_PER_S, ms_to_ns

__all__ = ["Overlapped", "Talk"]

_SPEAKING_S = (0.6, 1.2)
"""For so long the assistant is heard before somebody speaks over it."""
_SILENT_MS = 60
"""The assistant has stopped when it is silent for so long."""
_STOP_WITHIN_S = 5.0
_BACK_WITHIN_S = 2.5
_ANSWER_WITHIN_S = 6.0
_LOOK_S = 0.05
_FRESH_NS = ms_to_ns(100)


class Overlapped(msgspec.Struct, frozen=True):
    """Somebody spoke over the assistant. Milliseconds from the first sound; ``None``: it did not happen.

    ``told_ms``: from ``input_audio_buffer.speech_started`` being read here to silence. ``stopped``: the answer was cut.
    ``gap_ms``: for how long the assistant was silent in all where it was not.
    """

    text: str
    listening: bool
    duck_ms: float | None
    pause_ms: float | None
    silence_ms: float | None
    told_ms: float | None
    gap_ms: float
    stopped: bool


class Talk:
    """One call; ``call`` uses ``mouth`` and ``sink``.

    ``level``: the peaks of the assistant's voice where it is steady; otherwise the call's word is taken for when it was
    turned down. ``uncalled``: interruptions while nobody spoke.
    """

    def __init__(self, call: Call, mouth: Mouth, sink: HeardSink, seed: int, *, level: int | None = None) -> None:
        self.found: list[Overlapped] = []
        self.uncalled = 0
        self._level = level
        self._call, self._mouth, self._sink = call, mouth, sink
        self._chance = random.Random(f"{seed}:talk")
        self._events: list[CallEvent] = []
        self._told_ns: list[int] = []

    async def run(self, interruptions: list[Saying], listening: list[Saying]) -> None:
        """Hold the call. Raises what the call raises."""
        plan = [(saying, False) for saying in interruptions] + [(saying, True) for saying in listening]
        self._chance.shuffle(plan)
        async with self._call, asyncio.TaskGroup() as tasks:
            following = [tasks.create_task(self._follow()), tasks.create_task(self._follow_wire())]
            for saying, is_listening in plan:
                events = len(self._events)
                await self._wait_for_speech()
                self.uncalled += sum(isinstance(event, Interrupted) for event in self._events[events:])
                self.found.append(await self._overlap(saying, listening=is_listening))
            for task in following:
                task.cancel()

    async def _follow(self) -> None:
        async for event in self._call.events():
            self._events.append(event)

    async def _follow_wire(self) -> None:
        async for received in self._call.wire_events():
            if isinstance(received.event, ev.InputAudioBufferSpeechStarted):
                self._told_ns.append(received.at_ns)

    async def _wait_for_speech(self) -> None:
        """Until the assistant has been heard for a while; whoever hears nothing asks for it."""
        asked_ns = 0
        while True:
            if now_ns() - asked_ns > _ANSWER_WITHIN_S * NS_PER_S and not self._is_heard():
                asked_ns = now_ns()
                self._call.send_text("Go on.")
            await asyncio.sleep(_LOOK_S)
            if self._is_heard():
                await asyncio.sleep(self._chance.uniform(*_SPEAKING_S))
                if self._is_heard():
                    return

    def _is_heard(self) -> bool:
        last_ns = self._sink.last_heard_ns()
        return last_ns is not None and now_ns() - last_ns < _FRESH_NS and not self._mouth.left_ms()

    async def _overlap(self, saying: Saying, *, listening: bool) -> Overlapped:
        name, speech = saying
        events = len(self._events)
        onset_ns = self._mouth.say(speech)
        if listening:
            await asyncio.sleep(self._mouth.left_ms() / 1_000 + _BACK_WITHIN_S)
        else:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_STOP_WITHIN_S):
                    while not any(isinstance(event, Interrupted) for event in self._events[events:]):  # noqa: ASYNC110
                        await asyncio.sleep(_LOOK_S)
            await asyncio.sleep(2 * _SILENT_MS / 1_000)
        return self._judge(name, onset_ns, self._events[events:], listening=listening)

    def _judge(self, name: str, onset_ns: int, events: list[CallEvent], *, listening: bool) -> Overlapped:
        sink = self._sink
        stopped = any(isinstance(event, Interrupted) for event in events)
        paused_ns = next((event.at_ns for event in events if isinstance(event, OutputPaused)), None)
        ducked_ns = next((event.at_ns for event in events if isinstance(event, OutputDucked)), None)
        if self._level is not None:
            ducked_ns = sink.ducked_ns(onset_ns, self._level)
        silent_ns = sink.silent_ns(onset_ns, _SILENT_MS)
        told_ns = next((at_ns for at_ns in self._told_ns if at_ns >= onset_ns), None)
        return Overlapped(
            text=name,
            listening=listening,
            duck_ms=_since(onset_ns, ducked_ns),
            pause_ms=_since(onset_ns, paused_ns),
            silence_ms=_since(onset_ns, silent_ns),
            told_ms=None if told_ns is None or silent_ns is None else max(0.0, (silent_ns - told_ns) / NS_PER_MS),
            gap_ms=sink.gaps_ns(onset_ns) / NS_PER_MS,
            stopped=stopped,
        )


def _since(onset_ns: int, at_ns: int | None) -> float | None:
    return None if at_ns is None else (at_ns - onset_ns) / NS_PER_MS
