"""Do turns hold, whenever somebody interrupts: the user, the application, a noise, in the middle of anything?

Every sample of the assistant carries the sign of a sequence that belongs to its item alone, so that the sink itself
tells what was heard of which item, and that nothing was heard twice, out of order, or after it was interrupted. Seeds
as in ``test_calls``.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field

import pytest

from bareline.client.call import Call
from bareline.client.call_events import (
    AgentSaid,
    CallEvent,
    ErrorHappened,
    Interrupted,
    OutputDucked,
    OutputPaused,
    OutputResumed,
    ToolCalled,
    ToolSettled,
)
from bareline.clock import now_ns
from bareline.devices import NullSink
from bareline.media.frames import AudioFrame
from bareline.observe.recorder import Records
from bareline.protocol import events as ev
from bareline.protocol.generation import CallDelta, EndItem, Output, ResponseRequest, SpeechDelta
from bareline.testing.function_backend import FunctionBackend
from bareline.testing.in_process import InProcessServer
from bareline.testing.virtual import run_virtual
from bareline.tools import Toolbox
from bareline.transports.faults import Delay, Fault, Stall
from bareline.turns import AlwaysInterrupt, InterruptionPolicy, InterruptionRules, NeverInterrupt
from bareline.turns.energy import EnergyVad
from bareline.turns.silence import SilenceTurnDetector
from bareline.units import NS_PER_MS, NS_PER_S, ms_to_samples, samples_to_ms

POLICIES: dict[str, Callable[[], InterruptionPolicy]] = {
    "balanced": InterruptionRules.balanced,
    "eager": InterruptionRules.eager,
    "patient": InterruptionRules.patient,
    "always": AlwaysInterrupt,
    "never": NeverInterrupt,
}
FRAME_MS = 20
FRAME = ms_to_samples(FRAME_MS)
WORDS = ("well ", "now ", "the ", "list ", "has ", "seven ", "things ", "and ", "none ", "is ", "urgent ")


def seeds(default: range) -> range:
    first, _, last = os.environ.get("BARELINE_SEEDS", "").partition("-")
    return range(int(first), int(last or first) + 1) if first else default


# --- sound that says whose it is ---

_HIGH = bytes(0x17 if value & 1 else 0xE8 for value in range(256))
_SIGN = bytes(0x30 if value in (0, 255) else 0x2B if value < 128 else 0x2D for value in range(256))


def marked(item: str, samples: int) -> bytes:
    """PCM16 of one level, whose signs are the item's own."""
    pcm = bytearray(b"\x70" * (2 * samples))
    pcm[1::2] = random.Random(item).randbytes(samples).translate(_HIGH)
    return bytes(pcm)


def signs(pcm: bytes) -> bytes:
    """``+`` and ``-`` for every sample, ``0`` for silence; the same however loud it is."""
    return pcm[1::2].translate(_SIGN)


class Witness(NullSink):
    """A sink that keeps what was heard, and how much had been when it was cleared (by time)."""

    def __init__(self, device_ms: int) -> None:
        super().__init__(device_ms=device_ms)
        self.cleared: dict[int, int] = {}
        self._pcm = bytearray()

    def _take(self, frame: AudioFrame) -> None:
        super()._take(frame)
        self._pcm += frame.pcm

    def clear(self) -> int:
        dropped = super().clear()
        if dropped:
            del self._pcm[-2 * dropped :]
        self.cleared[now_ns()] = self.heard_samples
        return dropped

    def heard(self) -> bytes:
        return bytes(self._pcm[: 2 * self.heard_samples])


# --- a user who makes a sound whenever it pleases chance ---


@dataclass(frozen=True)
class Sound:
    """One sound of the user: a click, a listener's sound, words, a sentence with pauses."""

    kind: str
    start_ms: int
    loud_ms: tuple[tuple[int, int], ...]

    @property
    def end_ms(self) -> int:
        return self.loud_ms[-1][1]


class Chatter:
    """A microphone (``AudioSource``): silence, and at moments of chance a sound."""

    LOUD = (b"\xd0\x07" * 12 + b"\x30\xf8" * 12) * (FRAME // 24)
    QUIET = bytes(2 * FRAME)

    def __init__(self, chance: random.Random, length_ms: int) -> None:
        self.sounds = list(_sounds(chance, length_ms))
        self.length_ms = length_ms
        self._frames = 0
        self._began_ns = 0

    async def read(self) -> AudioFrame | None:
        if not self._frames:
            self._began_ns = now_ns()
        at_ms = self._frames * FRAME_MS
        if at_ms >= self.length_ms:
            return None
        self._frames += 1
        await asyncio.sleep(max(0, self._began_ns + (at_ms + FRAME_MS) * NS_PER_MS - now_ns()) / NS_PER_S)
        loud = any(first <= at_ms < last for sound in self.sounds for first, last in sound.loud_ms)
        return AudioFrame(self.LOUD if loud else self.QUIET, at_ms * 24, self._began_ns + at_ms * NS_PER_MS)

    async def close(self) -> None:
        """Nothing to free."""


def _sounds(chance: random.Random, length_ms: int) -> Iterator[Sound]:
    at_ms = chance.randint(0, 1_500)
    while at_ms < length_ms - 4_000:
        kind = chance.choice(("click", "backchannel", "backchannel", "word", "sentence", "sentence"))
        lengths = {"click": (20, 40), "backchannel": (140, 360), "word": (300, 800), "sentence": (300, 1_200)}[kind]
        loud: list[tuple[int, int]] = []
        end_ms = at_ms
        for _ in range(chance.randint(1, 3) if kind == "sentence" else 1):
            first = end_ms + (chance.randint(60, 260) if loud else 0)
            end_ms = first + chance.randint(*lengths)
            loud.append((first, end_ms))
        yield Sound(kind, at_ms, tuple(loud))
        at_ms = end_ms + chance.choice((chance.randint(40, 700), chance.randint(300, 5_000)))


# --- one call of chance ---


@dataclass
class Plan:
    """What one seed is about."""

    seed: int
    media: bool
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(f"{self.seed}:turns")
        self.device_ms = self.chance.choice((0, 20, 60))
        self.length_ms = self.chance.randint(8_000, 16_000)
        self.meddles = self.chance.random() < 0.4
        mode = random.Random(f"{self.seed}:mode")
        self.turns = mode.choice(("service", "local", "manual", "changing"))
        self.policy = mode.choice((None, *POLICIES)) if self.turns in ("service", "local") else None
        self.delay_ms = self.chance.choice((0, 20, 120))
        self.stall_ms = self.chance.choice((0, 0, 300, 900))


class World:
    """Model, user and line of one seed."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.chance = plan.chance
        self.events: list[CallEvent] = []
        self.records = Records()
        self.user = Chatter(random.Random(f"{plan.seed}:user"), plan.length_ms)
        self.sink = Witness(plan.device_ms)
        self.audio: dict[tuple[str, int], bytes] = {}
        self.marks: list[tuple[int, Interrupted]] = []

    # --- the model ---

    async def respond(self, request: ResponseRequest) -> AsyncIterator[Output]:
        chance = self.chance
        await asyncio.sleep(chance.choice((0, 0.05, 0.4)))
        answered = bool(request.context) and isinstance(request.context[-1], ev.FunctionCallOutput)
        pace = chance.choice((0, 0, 0.05, 0.3))
        for number in range(chance.choice((1, 1, 1, 2, 2, 3))):
            async for delta in self.says(request.response_id, number, pace):
                yield delta
            if chance.random() < 0.8:
                yield EndItem(item=number)
        if not answered and chance.random() < 0.3:
            yield CallDelta(item=9, name=chance.choice(("look_up", "mark")), arguments="{}")

    async def says(self, response_id: str, number: int, pace: float) -> AsyncIterator[Output]:
        chance = self.chance
        words = chance.choices(WORDS, k=chance.choice((1, 4, 12)))
        samples = [ms_to_samples(chance.choice((60, 200, 410))) for _ in words]
        pcm = self.audio[response_id, number] = marked(f"{response_id}:{number}", sum(samples))
        at = 0
        for word, length in zip(words, samples, strict=True):
            yield SpeechDelta(item=number, transcript=word, audio=pcm[2 * at : 2 * (at + length)])
            at += length
            await asyncio.sleep(pace)

    def tools(self) -> Toolbox:
        box = Toolbox()

        async def work() -> str:
            await asyncio.sleep(self.chance.choice((0, 0.3, 2)))
            return "done"

        @box.tool(effect="read")
        async def look_up() -> str:
            """Look something up."""
            return await work()

        @box.tool(effect="idempotent")
        async def mark() -> str:
            """Mark something."""
            return await work()

        return box

    # --- the application, which interrupts too ---

    async def meddle(self, call: Call) -> None:
        chance = random.Random(f"{self.plan.seed}:meddle")
        for _ in range(chance.randint(1, 6)):
            await asyncio.sleep(chance.uniform(0, self.plan.length_ms / 6_000))
            act = chance.choice(("interrupt", "interrupt", "twice", "text", "say", "mute"))
            if act == "text":
                call.send_text("and now?")
            elif act == "say":
                call.say("one moment", remember=chance.random() < 0.5)
            elif act == "mute":
                call.mute()
                await asyncio.sleep(chance.choice((0.1, 1)))
                call.unmute()
            else:
                call.interrupt()
                if act == "twice":
                    await asyncio.sleep(chance.choice((0, 0.01)))
                    call.interrupt()

    async def press(self, call: Call) -> None:
        """What the application does about turns: a button, or other settings."""
        began_ns = now_ns()
        if self.plan.turns == "changing":
            chance = random.Random(f"{self.plan.seed}:changes")
            for _ in range(chance.randint(1, 4)):
                await asyncio.sleep(chance.uniform(0.5, 8))
                call.update(turns=turns_of(chance.choice(("service", "local", "manual", "service"))))
            await asyncio.sleep(1)
            call.update(turns=turns_of("service"))
        if self.plan.turns == "manual":
            for sound in self.user.sounds:
                if sound.kind in ("word", "sentence"):
                    await asyncio.sleep(max(0, began_ns + sound.start_ms * NS_PER_MS - now_ns()) / NS_PER_S)
                    call.interrupt()
                    call.clear()
                    await asyncio.sleep(max(0, began_ns + (sound.end_ms + 80) * NS_PER_MS - now_ns()) / NS_PER_S)
                    call.commit()

    # --- the call ---

    def faults(self, number: int) -> list[Fault]:
        plan, chance = self.plan, random.Random(f"{self.plan.seed}:{number}:faults")
        faults: list[Fault] = [Delay(by_ns=plan.delay_ms * NS_PER_MS, jitter_ns=10 * NS_PER_MS)]
        if plan.stall_ms:
            at_ns = chance.randint(1_000, plan.length_ms) * NS_PER_MS
            faults.append(Stall(at_ns=at_ns, for_ns=plan.stall_ms * NS_PER_MS))
        return faults

    async def run(self) -> None:
        backend = FunctionBackend(self.respond)
        plan = self.plan
        async with InProcessServer(backend, faults=self.faults, media=plan.media, seed=plan.seed) as server:
            call = Call(
                dial=lambda: server.dial(observer=self.records),
                microphone=self.user,
                speaker=self.sink,
                tools=self.tools(),
                turns=turns_of(plan.turns),
                interruptions=POLICIES[plan.policy]() if plan.policy else None,
                ears=EnergyVad() if plan.policy and plan.seed % 2 else None,
                observer=self.records,
            )
            async with call:
                following = asyncio.create_task(self.follow(call))
                pressing = asyncio.create_task(self.press(call))
                async with asyncio.timeout(plan.length_ms / 1_000 + 200):
                    if plan.meddles:
                        await self.meddle(call)
                    await call.quiet(after_microphone=True)
                await asyncio.sleep(2)
                await pressing
                self.check(call, server)
            await following
            check_transcript(self, call)
        await self.sink.close()

    async def follow(self, call: Call) -> None:
        async for event in call.events():
            self.events.append(event)

    def seen(self, kind: type) -> list:
        return [event for event in self.events if isinstance(event, kind)]

    # --- what must hold, whatever chance does ---

    def check(self, call: Call, server: InProcessServer) -> None:
        ours, theirs = call.conversation.snapshot(), server.sessions[-1].conversation.snapshot()
        assert ours == theirs, f"the conversations differ:\n  client {ours}\n  server {theirs}"
        assert not [response.id for response in call.conversation.responses.values() if response.active]
        allowed = RACES | (LATE_AUDIO if self.plan.media and self.plan.turns == "manual" else set())
        wrong = [event for event in self.seen(ErrorHappened) if event.code not in allowed]
        assert not wrong, f"nothing was done wrong, but {wrong}"
        told = [record.data for record in self.records.records if record.name == "error" and record.kind == "received"]
        settled_here = allowed | CROSSED
        assert not [data for data in told if data["error"]["code"] not in settled_here], f"the server refused: {told}"
        called, settled = self.seen(ToolCalled), self.seen(ToolSettled)
        assert Counter(event.call_id for event in called) == Counter(event.call_id for event in settled)
        check_answered(self)
        check_voice(self)
        check_truncations(self)
        sounds = {item_id: self.sound_of(item_id) for item_id in self.named()}
        stretches = list(stretches_of(signs(self.sink.heard()), sounds))
        check_silence(self, stretches)
        if self.plan.media:
            check_heard_over_media(stretches)
        else:
            check_heard(self, call)

    def named(self) -> dict[str, tuple[str, int]]:
        """The items of the assistant by what the server said: response and place in it."""
        added = (record.data for record in self.records.records if record.name == "response.output_item.added")
        return {data["item"]["id"]: (data["response_id"], data["output_index"]) for data in added}

    def sound_of(self, item_id: str) -> bytes:
        return signs(self.audio.get(self.named().get(item_id, ("", 0)), b""))


def turns_of(kind: str) -> ev.ServerVad | SilenceTurnDetector | str:
    """Who finds turns: the service, this side, or the application."""
    match kind:
        case "local":
            return SilenceTurnDetector(EnergyVad(), silence_duration_ms=300)
        case "manual":
            return "manual"
        case _:
            return ev.ServerVad(silence_duration_ms=300)


CROSSED = {"conversation_already_has_active_response"}
"""The service began an answer by itself while a request was on its way: it is asked again, and nobody hears of it."""
LATE_AUDIO = {"input_audio_buffer_commit_empty"}
"""A button was let go while the path held the user's audio back, which travels beside the events: the turn is lost, and
that is told."""
RACES = {"response_cancel_not_active"}
"""A cancel that crossed the end of its response: nothing was wrong, and no user hears of it."""


def check_answered(world: World) -> None:
    """Nobody waits for ever: after the user's last turn an answer begins, unless it was no turn, or only a stop."""
    records = world.records.records
    nothing = {r.data["item_id"] for r in records if (r.kind, r.name) == ("sent", "conversation.item.delete")}
    nothing |= {r.data.get("item_id") for r in records if r.name == "turn" and r.data["why"] == "stop"}
    names = [(record.name, record.data) for record in records if record.kind == "received"]
    turns = [at for at, (name, _) in enumerate(names) if name == "input_audio_buffer.committed"]
    asked = [at for at in turns if names[at][1]["item_id"] not in nothing]
    answered = [at for at, (name, _) in enumerate(names) if name == "response.created"]
    assert not asked or max(answered, default=0) > asked[-1], "the last turn was never answered"


def check_voice(world: World) -> None:
    """Whatever was held back goes on, or ends for good; somebody who never gives way never does."""
    held: CallEvent | None = None
    for event in world.events:
        if isinstance(event, OutputDucked | OutputPaused):
            held = held or event
        elif isinstance(event, OutputResumed | Interrupted):
            held = None
        assert held is None or event.at_ns - held.at_ns < HELD_MAX_NS, f"nobody ended {held}"
    assert held is None, f"nobody ended {held}"
    if world.plan.policy == "never":
        assert not [event for event in world.seen(Interrupted) if event.by == "user"]


HELD_MAX_NS = 8 * NS_PER_S


def check_truncations(world: World) -> None:
    """Never beyond what was received by then, nor of what is not there."""
    received: Counter[str] = Counter()
    gone: set[str] = set()
    for record in world.records.records:
        data = record.data
        match record.kind, record.name:
            case "received", "response.output_audio.delta":
                received[data["item_id"]] += data["delta"]["bytes"]
            case "sent", "conversation.item.truncate":
                most_ms = received[data["item_id"]] // 48
                assert data["audio_end_ms"] <= most_ms, f"truncated at {data['audio_end_ms']} of {most_ms} ms"
                assert data["item_id"] not in gone, f"{data['item_id']} was deleted before it was truncated"
            case "sent", "conversation.item.delete":
                assert data["item_id"] not in gone, f"{data['item_id']} was deleted twice"
                gone.add(data["item_id"])
            case _:
                pass


def check_transcript(world: World, call: Call) -> None:
    """What was cut says so, and says no more than was heard of it."""
    said = {event.item_id: event for event in world.seen(AgentSaid)}
    for event in world.seen(Interrupted):
        for item_id in event.item_ids:
            entry = call.transcript.entry(item_id)
            assert entry is None or entry.interrupted or not entry.text, f"{item_id} was cut, and is not marked"
            assert item_id not in said or said[item_id].interrupted, f"{item_id} was cut, and said to its end"


def check_heard(world: World, call: Call) -> None:
    """The sink heard a beginning of each item, in the order in which they began, and nothing else."""
    positions = call.ledger.positions()
    heard, at = signs(world.sink.heard()), 0
    for (item_id, _), position in positions.items():
        wanted = world.sound_of(item_id)[: position.heard]
        assert heard[at : at + position.heard] == wanted, f"{item_id}: not what was said"
        at += position.heard
    assert at == len(heard), f"{len(heard) - at} more samples were heard"
    for entry in call.conversation.items:
        position = positions.get((entry.id, 0))
        if entry.truncated_ms is not None and position is not None:
            late_ms = samples_to_ms(position.heard) - entry.truncated_ms
            assert 0 <= late_ms <= world.plan.device_ms + 1, f"{entry.id} is cut {late_ms} ms before what was heard"


def check_heard_over_media(stretches: list[Stretch]) -> None:
    """The sink heard stretches of what was said, each item in its order, none of it twice."""
    heard: dict[str, int] = {}
    for stretch in stretches:
        before = heard.get(stretch.item_id, 0)
        assert stretch.first >= before, f"{stretch.item_id} goes back from {before} to {stretch.first}"
        heard[stretch.item_id] = stretch.first + stretch.samples


def check_silence(world: World, stretches: list[Stretch]) -> None:
    """A response that was interrupted never speaks again, beyond what the device held."""
    of = {item_id: response_id for item_id, (response_id, _) in world.named().items()}
    for record in world.records.records:
        if record.name != "interrupt":
            continue
        heard = world.sink.cleared[record.at_ns]
        over = {*record.data["responses"], *(of.get(item_id) for item_id in record.data["item_ids"])}
        for stretch in stretches:
            late = stretch.end - max(heard, stretch.at)
            spoke = of[stretch.item_id] in over and late > ms_to_samples(world.plan.device_ms) + _SURE
            assert not spoke, f"{stretch.item_id} was interrupted and spoke {late} samples more"


@dataclass(frozen=True)
class Stretch:
    """Samples ``first`` to ``first + samples`` of an item were heard as those from ``at`` on."""

    item_id: str
    first: int
    at: int
    samples: int

    @property
    def end(self) -> int:
        return self.at + self.samples


def stretches_of(heard: bytes, sounds: dict[str, bytes]) -> Iterator[Stretch]:
    """Whose sound was heard when, to a millisecond; what nobody said is an error."""
    at = unknown = 0
    while at < len(heard):
        silent = heard[at : at + 1] == b"0"
        begins = b"" if silent else heard[at : at + _SURE]
        owner = next((named for named, sound in sounds.items() if begins and begins in sound), None)
        if owner is None:
            unknown = 0 if silent else unknown + 1
            assert unknown < _SURE, f"nobody said what was heard before sample {at}"
            at += 1
            continue
        first = sounds[owner].index(begins)
        samples = _alike(memoryview(heard)[at:], memoryview(sounds[owner])[first:])
        yield Stretch(owner, first, at, samples)
        at, unknown = at + samples, 0


def _alike(one: memoryview, other: memoryview) -> int:
    """How far both are the same."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[low:middle] == other[low:middle] else (low, middle - 1)
    return low


_SURE = 48
"""So many signs belong to one place of one item; after a cut a few of the next may be alike."""


def simulate(seed: int, *, media: bool = False) -> World:
    world = World(Plan(seed, media))
    try:
        run_virtual(world.run())
    except Exception as error:
        story = "\n".join(f"{event.at_ns // NS_PER_MS:>7} ms {event!r:.160}" for event in world.events[-25:])
        raise AssertionError(f"seed {seed}, media {media}: {type(error).__name__}: {error}\n{story}") from error
    return world


@pytest.mark.parametrize("seed", seeds(range(3)))
@pytest.mark.parametrize("media", [False, True])
def test_turns_of_chance_come_out_right(seed: int, media: bool) -> None:
    simulate(seed, media=media)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("media", [False, True])
@pytest.mark.parametrize("fifty", range(20))
def test_two_thousand_calls_of_interruptions(fifty: int, media: bool) -> None:
    for seed in range(fifty * 50, fifty * 50 + 50):
        simulate(seed, media=media)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("media", [False, True])
def test_chance_interrupts_in_the_middle_of_anything(media: bool) -> None:
    seen: Counter[str] = Counter()
    for seed in range(40):
        world = simulate(seed, media=media)
        seen.update(f"by {event.by}" for event in world.seen(Interrupted))
        seen.update(record.name for record in world.records.records if record.kind == "sent")
        seen.update("after two items" for event in world.seen(Interrupted) if len(event.item_ids) > 1)
        seen.update("before the first sample" for event in world.seen(Interrupted) if not event.heard_ms)
        seen.update(f"tool {event.state.value}" for event in world.seen(ToolSettled))
        seen.update(type(event).__name__ for event in world.events)
    wanted = ["OutputDucked", "OutputPaused", "OutputResumed", "TurnDecided"]
    wanted += ["by user", "by application", "after two items", "before the first sample", "tool cancelled"]
    wanted += ["output_audio_buffer.clear"] if media else ["conversation.item.truncate", "conversation.item.delete"]
    assert all(seen[name] >= 3 for name in wanted), seen
