"""Does a whole ``Call`` hold against the real server pump, whatever the user, the tools and the network do?

One seed again: ``BARELINE_SEEDS=66 scripts/test tests/simulation``; a range: ``BARELINE_SEEDS=1000-2000``.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator

import pytest

import bareline as bl
from bareline.client.call import Call
from bareline.client.call_events import (
    AgentStarted,
    AgentStopped,
    CallEvent,
    ErrorHappened,
    Interrupted,
    Reconnected,
    ToolCalled,
    ToolSettled,
)
from bareline.devices import NullSink
from bareline.protocol import events as ev
from bareline.protocol.generation import CallDelta, Output, ResponseRequest
from bareline.testing.caller import HangUp, InterruptAfter, Pause, Say, SimulatedCaller, Step, WaitForAgent
from bareline.testing.function_backend import FunctionBackend, spoken
from bareline.testing.in_process import InProcessServer
from bareline.testing.tones import ToneSynthesis
from bareline.testing.virtual import run_virtual
from bareline.tools import Toolbox
from bareline.transports.faults import Abort, Close, Delay, Fault, Stall
from bareline.units import NS_PER_MS, samples_to_ms

VOICE = ToneSynthesis()
WORDS = ("well", "now", "the", "list", "has", "seven", "things", "on", "it", "and", "none", "is", "urgent", "today")


def seeds(default: range) -> range:
    first, _, last = os.environ.get("BARELINE_SEEDS", "").partition("-")
    return range(int(first), int(last or first) + 1) if first else default


class Simulated:
    """One call of chance; after ``run`` everything about it can be asked. ``media``: as over WebRTC."""

    def __init__(self, seed: int, *, media: bool = False) -> None:
        self.media = media
        self.chance = random.Random(f"{seed}:call")
        self.seed = seed
        self.events: list[CallEvent] = []
        self.executed: Counter[str] = Counter()
        self.device_ms = self.chance.choice((0, 20, 60))
        self.path_ms = 0
        self.sink = NullSink(device_ms=self.device_ms)
        self.caller = SimulatedCaller(VOICE, voice="high", script=self.script(), seed=seed)
        self.backend = FunctionBackend(self.respond, transcribe=self.transcribe)
        self.toolbox = self.tools()

    def words(self, most: int) -> str:
        return " ".join(self.chance.choices(WORDS, k=self.chance.randint(1, most)))

    def script(self) -> list[Step]:
        steps: list[Step] = []
        for _ in range(self.chance.randint(2, 5)):
            steps += [
                Say(self.words(5)),
                self.chance.choice(
                    (
                        WaitForAgent(timeout_ms=8_000),
                        WaitForAgent(timeout_ms=8_000),
                        InterruptAfter(self.chance.randint(50, 1_500), self.words(3), timeout_ms=8_000),
                        Pause(self.chance.randint(0, 3_000)),
                    )
                ),
            ]
        return [*steps, Pause(1_500), HangUp()]

    def tools(self) -> Toolbox:
        box = Toolbox()

        async def work(name: str) -> str:
            self.executed[name] += 1
            await asyncio.sleep(self.chance.choice((0, 0.01, 0.5, 2)))
            if self.chance.random() < 0.2:
                raise bl.errors.Temporary("try later")
            return "done"

        @box.tool(effect="read")
        async def look_up() -> str:
            """Look something up."""
            return await work("look_up")

        @box.tool(effect="idempotent")
        async def mark() -> str:
            """Mark something."""
            return await work("mark")

        return box

    async def respond(self, request: ResponseRequest) -> AsyncIterator[Output]:
        chance = self.chance
        await asyncio.sleep(chance.choice((0, 0.05, 0.6)))
        answered = bool(request.context) and isinstance(request.context[-1], ev.FunctionCallOutput)
        if chance.random() < 0.8 or answered:
            async for delta in spoken(VOICE, self.words(12), voice="low"):
                yield delta
                await asyncio.sleep(chance.choice((0, 0, 0.02)))
        if not answered:
            for number in range(chance.choice((0, 0, 1, 2))):
                yield CallDelta(item=number + 1, name=chance.choice(("look_up", "mark")), arguments="{}")

    async def transcribe(self, utterance: object) -> AsyncIterator[str]:
        await asyncio.sleep(self.chance.choice((0, 0.1, 2)))
        yield "some "
        yield "words"

    def faults(self, number: int) -> list[Fault]:
        chance = random.Random(f"{self.seed}:{number}:faults")
        by_ms = chance.choice((0, 20, 150))
        faults: list[Fault] = [Delay(by_ns=by_ms * NS_PER_MS, jitter_ns=30 * NS_PER_MS)]
        self.path_ms = max(self.path_ms, by_ms + 30)
        if chance.random() < 0.3:
            stall_ms = chance.choice((300, 1500))
            faults.append(Stall(at_ns=chance.randint(0, 8_000) * NS_PER_MS, for_ns=stall_ms * NS_PER_MS))
            self.path_ms += stall_ms
        if number < 2 and chance.random() < 0.3:
            at_ns = chance.randint(1_000, 10_000) * NS_PER_MS
            faults.append(chance.choice((Abort(at_ns=at_ns), Close(at_ns=at_ns, code=1001))))
        return faults

    async def run(self) -> None:
        async with InProcessServer(self.backend, faults=self.faults, media=self.media, seed=self.seed) as server:
            call = Call(
                dial=server.dial,
                microphone=self.caller,
                speaker=self.caller.listen_to(self.sink),
                tools=self.toolbox,
                turns=ev.ServerVad(silence_duration_ms=300),
                transcription="whisper-1",
            )
            async with call:
                watching = asyncio.create_task(self.watch(call))
                async with asyncio.timeout(600):
                    await call.quiet(after_microphone=True)
                await asyncio.sleep(8)
                self.check(call, server)
            await watching
        await self.caller.close()
        await self.sink.close()

    async def watch(self, call: Call) -> None:
        async for event in call.events():
            self.events.append(event)

    def check(self, call: Call, server: InProcessServer) -> None:
        ours, theirs = call.conversation.snapshot(), server.sessions[-1].conversation.snapshot()
        assert ours == theirs, f"the conversations differ:\n  client {ours}\n  server {theirs}"
        assert not [response for response in call.conversation.responses.values() if response.active]
        self.check_media(call) if self.media else self.check_audio(call)
        called = [event.call_id for event in self.events if isinstance(event, ToolCalled)]
        settled = [event.call_id for event in self.events if isinstance(event, ToolSettled)]
        assert sorted(called) == sorted(settled)
        assert len(set(called)) == len(called)
        errors = [event for event in self.events if isinstance(event, ErrorHappened)]
        assert not errors, f"nothing was done wrong, but {errors}"

    def check_audio(self, call: Call) -> None:
        positions = call.ledger.positions()
        assert sum(position.heard for position in positions.values()) == self.sink.heard_samples
        for entry in call.conversation.items:
            position = positions.get((entry.id, 0))
            if entry.truncated_ms is not None and position is not None:  # what the device held was still heard
                late_ms = samples_to_ms(position.heard) - entry.truncated_ms
                assert 0 <= late_ms <= self.device_ms + 1, f"{entry.id} is cut {late_ms} ms before what was heard"
        for event in self.events:
            cut = [call.conversation.item(named) for named in event.item_ids] if isinstance(event, Interrupted) else []
            kept = [entry for entry in cut if entry and entry.in_conversation and entry.has_audio]
            untold = [entry.id for entry in kept if entry.truncated_ms is None]
            assert not untold, f"interrupted, and the server was not told: {untold}"

    def check_media(self, call: Call) -> None:
        """What was heard of each item, and what the server takes for heard, differ by what the path can hold.

        An answer that the client itself does not want goes on until the server hears of it: a round trip. Where one
        answer follows another without a pause, the end of the first may arrive after the event about the second. What
        was heard of an answer whose name was lost with the connection is nobody's.
        """
        positions = call.ledger.positions()
        nameless = self.sink.heard_samples - sum(position.heard for position in positions.values())
        losses = sum(isinstance(event, Reconnected) for event in self.events)
        assert 0 <= samples_to_ms(nameless) <= losses * self.path_ms, f"{nameless} samples were heard of nobody"
        for entry in call.conversation.items:
            position = positions.get((entry.id, 0))
            if entry.truncated_ms is not None and position is not None:
                late_ms = entry.truncated_ms - samples_to_ms(position.heard)
                around_ms = self.path_ms + self.device_ms + 40
                assert -around_ms <= late_ms <= around_ms + self.path_ms, f"{entry.id}: {late_ms} ms were not heard"
        begun = [event.item_id for event in self.events if isinstance(event, AgentStarted)]
        ended = [event.item_id for event in self.events if isinstance(event, AgentStopped)]
        assert sorted(begun) == sorted(ended)
        assert len(set(begun)) == len(begun)


def simulate(seed: int, *, media: bool = False) -> Simulated:
    simulated = Simulated(seed, media=media)
    try:
        run_virtual(simulated.run())
    except Exception as error:
        story = "\n".join(f"{event.at_ns // NS_PER_MS:>7} ms {event!r:.160}" for event in simulated.events[-25:])
        raise AssertionError(f"seed {seed}: {type(error).__name__}: {error}\n{story}") from error
    return simulated


@pytest.mark.parametrize("seed", seeds(range(25)))
def test_a_call_of_chance_comes_out_right(seed: int) -> None:
    simulate(seed)


@pytest.mark.parametrize("seed", seeds(range(25)))
def test_a_call_of_chance_over_media_comes_out_right(seed: int) -> None:
    simulate(seed, media=True)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("media", [False, True])
@pytest.mark.parametrize("fifty", range(1, 11))
def test_many_more_calls(fifty: int, media: bool) -> None:
    for seed in range(fifty * 50, fifty * 50 + 50):
        simulate(seed, media=media)


@pytest.mark.slow
@pytest.mark.parametrize("media", [False, True])
def test_chance_reaches_what_matters(media: bool) -> None:
    seen: Counter[str] = Counter()
    for seed in range(30):
        simulated = simulate(seed, media=media)
        seen.update(type(event).__name__ for event in simulated.events)
    for wanted in (Interrupted, Reconnected, ToolCalled):
        assert seen[wanted.__name__] >= 5, seen
