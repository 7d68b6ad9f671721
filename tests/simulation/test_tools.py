"""Do tools behave on calls of chance: slow, failing, interrupted, confirmed or not, on lines that break?

A model of chance (sometimes a bad one) calls tools of chance for a caller of chance. What is asserted is what the user
must be able to rely on, judged by what the tools, the caller's ear and the sink saw themselves. Seeds as in
``test_calls``.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import pytest

from bareline import errors
from bareline.client.call import Call
from bareline.client.call_events import AgentStarted, AgentStopped, CallEvent, HungUp, ToolCalled, ToolSettled
from bareline.client.connect import Opening
from bareline.devices import NullSink
from bareline.observe.recorder import Records
from bareline.protocol import events as ev
from bareline.protocol.generation import CallDelta, Output, ResponseRequest
from bareline.testing.caller import HangUp, InterruptAfter, Pause, Say, SimulatedCaller, Step, WaitForAgent
from bareline.testing.function_backend import FunctionBackend, spoken
from bareline.testing.in_process import InProcessServer
from bareline.testing.tones import ToneSynthesis
from bareline.testing.virtual import run_virtual
from bareline.tools import Approval, AskPerson, CallState, Confirm, Forbid, Toolbox, ToolContext
from bareline.tools.confirmation import REPORT_NS
from bareline.transports.contract import Transport
from bareline.transports.faults import Abort, Close, Delay, Fault, Stall
from bareline.units import NS_PER_MS, NS_PER_S

VOICE = ToneSynthesis()
EXPIRY_NS = 12 * NS_PER_S
DEAD_AIR_NS = 1_500 * NS_PER_MS
TURN_NS = 1_500 * NS_PER_MS
"""After the user's last sound: the turn has to be found over, and answered."""
THINGS = ("milk", "silk", "bread", "all of it")
ENDS = {CallState.ANSWERED, CallState.FAILED, CallState.TIMED_OUT, CallState.CANCELLED, CallState.UNKNOWN}


def seeds(default: range) -> range:
    first, _, last = os.environ.get("BARELINE_SEEDS", "").partition("-")
    return range(int(first), int(last or first) + 1) if first else default


class Disorderly(InProcessServer):
    """Its events come twice now and then, or change places with the next one."""

    async def open(self, opening: Opening | None = None) -> Transport:
        return Disorder(await super().open(opening), random.Random(len(self.sessions)))


class Disorder:
    """One such connection."""

    def __init__(self, inner: Transport, chance: random.Random) -> None:
        self._inner, self._chance = inner, chance
        self._held: list[bytes] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    async def receive(self) -> bytes:
        if self._held:
            return self._held.pop()
        message = await self._inner.receive()
        fate = self._chance.random()
        if fate < 0.05:
            self._held.append(message)
        elif fate < 0.08:
            with contextlib.suppress(TimeoutError):
                following = await asyncio.wait_for(self._inner.receive(), 0.06)
                self._held.append(message)
                return following
        return message


@dataclass
class Entry:
    """A function was entered."""

    tool: str
    arguments: dict[str, object]
    context: ToolContext = field(repr=False)
    at_ns: int


class World:
    """Tools, model, caller and line of one seed."""

    def __init__(self, seed: int, *, media: bool) -> None:
        self.chance = random.Random(f"{seed}:tools")
        self.seed, self.media = seed, media
        self.entries: list[Entry] = []
        self.events: list[CallEvent] = []
        self.records = Records()
        self.left_ns = 1 << 62  # when the caller hung up; for ever away if that was in the middle
        self.kept_busy = self.chance.random() < 0.15
        self.broken = self.chance.random() < 0.4
        self.caller = SimulatedCaller(VOICE, voice="high", script=self.script(), seed=seed)
        self.sink = NullSink(device_ms=self.chance.choice((0, 20, 60)))
        self.backend = FunctionBackend(self.respond, transcribe=self.transcribe)
        self.box = self.tools()

    # --- the caller ---

    def script(self) -> Iterator[Step]:
        for _ in range(self.chance.randint(2, 4)):
            yield Say("ask")
            yield self.listens()
            for _ in range(self.chance.choice((0, 1, 1, 2))):
                yield Say(self.chance.choice(("yes", "yes", "yes please", "no", "no, the other one", "well now")))
                yield self.listens()
        yield Pause(self.chance.choice((0, 1_500, 25_000)))
        self.left_ns = round(self.loop.time() * NS_PER_S)
        yield HangUp()

    def listens(self) -> Step:
        interrupts = InterruptAfter(self.chance.randint(50, 1_500), self.chance.choice(("no", "well", "ask", "yes")))
        waits = WaitForAgent(silence_ms=self.chance.choice((300, 1_600)), timeout_ms=30_000)
        return self.chance.choice((waits, waits, interrupts, Pause(self.chance.choice((0, 2_000, 13_000)))))

    async def transcribe(self, utterance: object) -> AsyncIterator[str]:
        await asyncio.sleep(self.chance.choice((0, 0.2, 0.9)))
        yield self.heard()

    def heard(self) -> str:
        return self.caller.utterances[-1].text if self.caller.utterances else ""

    # --- the model ---

    async def respond(self, request: ResponseRequest) -> AsyncIterator[Output]:
        await asyncio.sleep(self.chance.choice((0, 0.1, 0.3)))
        if request.out_of_band:
            async for delta in self.says(2):
                yield delta
            return
        calls = self.calls(request)
        if not calls or self.chance.random() < 0.3:
            async for delta in self.says(4):
                yield delta
        for number, (name, arguments) in enumerate(calls):
            yield CallDelta(item=number + 1, name=name, arguments=json.dumps(arguments))

    async def says(self, most: int) -> AsyncIterator[Output]:
        words = " ".join(self.chance.choices(("well", "now", "the", "list", "has"), k=self.chance.randint(1, most)))
        async for delta in spoken(VOICE, words, voice="low"):
            yield delta

    def calls(self, request: ResponseRequest) -> list[tuple[str, dict[str, object]]]:
        offered = {tool.name for tool in request.tools if isinstance(tool, ev.FunctionTool)}
        if request.tool_choice == "none" or not offered:
            return []
        last = request.context[-1] if request.context else None
        proposals = proposed(request)
        if isinstance(last, ev.FunctionCallOutput):
            rash = proposals and self.chance.random() < 0.1
            return [("confirm_action", {"proposal_id": proposals[-1]})] if rash else []
        if not isinstance(last, ev.Message) or last.role != "user":
            return []
        return self.answers(self.heard(), proposals)

    def answers(self, words: str, proposals: list[str]) -> list[tuple[str, dict[str, object]]]:
        if words == "ask" or (words.startswith("no, the") and self.chance.random() < 0.7):
            return [self.some_call() for _ in range(self.chance.choice((1, 1, 2, 3)))]
        if not proposals:
            return []
        target = {"proposal_id": self.chance.choice((proposals[-1], proposals[-1], proposals[0], "p_none"))}
        if words.startswith("yes") or self.chance.random() < 0.1:
            return [("confirm_action", target)] * self.chance.choice((1, 1, 1, 2))
        return [("decline_action", target)] if words.startswith("no") else []

    def some_call(self) -> tuple[str, dict[str, object]]:
        name = self.chance.choice(("look_up", "look_up", "mark", "erase", "erase", "pay", "publish", "wipe", "grind"))
        if name == "pay":
            return name, {"amount": self.chance.choice((50, 500))}
        return name, {"what": self.chance.choice(THINGS)} if self.chance.random() < 0.95 else {"wat": 1}

    # --- the tools ---

    def tools(self) -> Toolbox:
        box = Toolbox()
        self.add_harmless(box)
        self.add_irreversible(box)
        return box

    def enters(self, tool: str, context: ToolContext, **arguments: object) -> None:
        self.entries.append(Entry(tool, arguments, context, round(self.loop.time() * NS_PER_S)))

    async def works(self, context: ToolContext) -> str:
        length_s = self.chance.choice((0, 0.05, 0.5, 2, 6, 20))
        for _ in range(4):
            await asyncio.sleep(length_s / 4)
            if self.chance.random() < 0.3:
                context.progress("a part of it is done")
        failure = self.chance.choice((None, None, None, None, *FAILURES))
        if failure is not None:
            raise failure
        return "x" * self.chance.choice((3, 3, 3, 20_000))

    def add_harmless(self, box: Toolbox) -> None:
        @box.tool(effect="read", timeout_s=9)
        async def look_up(what: str, context: ToolContext) -> str:
            """Look something up."""
            self.enters("look_up", context, what=what)
            return await self.works(context)

        @box.tool(effect="idempotent", concurrency=1)
        async def mark(what: str, context: ToolContext) -> str:
            """Mark something."""
            self.enters("mark", context, what=what)
            return await self.works(context)

        @box.tool(effect="read")
        def grind(what: str, context: ToolContext) -> str:
            """Work in a thread."""
            self.enters("grind", context, what=what)
            return what

    def add_irreversible(self, box: Toolbox) -> None:
        @box.tool(effect="irreversible", confirm=Confirm("Erase {what}?", expiry_ns=EXPIRY_NS), timeout_s=15)
        async def erase(what: str, context: ToolContext) -> str:
            """Erase something."""
            self.enters("erase", context, what=what)
            return await self.works(context)

        much = Confirm("Pay {amount}?", when=lambda given, _: given["amount"] > 100, expiry_ns=EXPIRY_NS)

        @box.tool(effect="irreversible", confirm=much)
        async def pay(amount: int, context: ToolContext) -> str:
            """Pay an amount."""
            self.enters("pay", context, amount=amount)
            return await self.works(context)

        @box.tool(effect="irreversible", confirm=AskPerson(self.approve, expiry_ns=EXPIRY_NS))
        async def publish(what: str, context: ToolContext) -> str:
            """Publish something."""
            self.enters("publish", context, what=what)
            return await self.works(context)

        @box.tool(effect="irreversible", confirm=Forbid("That is not for me to do."))
        async def wipe(what: str, context: ToolContext) -> None:
            """Wipe something."""
            self.enters("wipe", context, what=what)

    async def approve(self, approval: Approval) -> bool:
        await asyncio.sleep(self.chance.choice((0.1, 3, 30)))
        return self.chance.random() < 0.6

    # --- the call ---

    def faults(self, number: int) -> list[Fault]:
        chance = random.Random(f"{self.seed}:{number}:faults")
        faults: list[Fault] = [Delay(by_ns=chance.choice((0, 20, 60)) * NS_PER_MS, jitter_ns=10 * NS_PER_MS)]
        if not self.broken:
            return faults
        if chance.random() < 0.4:
            faults.append(Stall(at_ns=chance.randint(0, 8_000) * NS_PER_MS, for_ns=1_500 * NS_PER_MS))
        if number < 2 and chance.random() < 0.4:
            at_ns = chance.randint(1_000, 15_000) * NS_PER_MS
            faults.append(chance.choice((Abort(at_ns=at_ns), Close(at_ns=at_ns, code=1001))))
        return faults

    async def run(self) -> None:
        self.loop = asyncio.get_running_loop()  # also for tools in threads
        kind = Disorderly if self.broken and self.seed % 3 == 0 else InProcessServer
        async with kind(self.backend, faults=self.faults, media=self.media, seed=self.seed) as server:
            call = Call(
                dial=server.dial,
                microphone=self.caller,
                speaker=self.caller.listen_to(self.sink),
                tools=self.box,
                turns=ev.ServerVad(silence_duration_ms=300),
                transcription="whisper-1",
                observer=self.records,
            )
            async with call:
                watching = asyncio.create_task(self.watch(call))
                async with asyncio.timeout(900):
                    await call.quiet(after_microphone=not self.kept_busy)
            await watching
        await self.caller.close()
        await self.sink.close()

    async def watch(self, call: Call) -> None:
        async for event in call.events():
            self.events.append(event)

    @property
    def path_ns(self) -> int:
        """The longest way of a message, there and back, and what the device holds."""
        return 2 * 70 * NS_PER_MS + 60 * NS_PER_MS

    def turn_ns(self, at_ns: int) -> int:
        """For how long the user was speaking from then on, and until that turn was over; 0: the user was not."""
        until_ns = at_ns
        for said in self.caller.utterances:
            if said.started_ns <= until_ns < said.ended_ns + TURN_NS:
                until_ns = said.ended_ns + TURN_NS
        return until_ns - at_ns

    def seen(self, kind: type) -> list:
        return [event for event in self.events if isinstance(event, kind)]


FAILURES = (
    errors.Temporary("busy"),
    errors.RateLimited("too often", retry_after_ms=300),
    errors.NotFound("there is none", suggestions=("silk",)),
    errors.Permanent("never"),
    errors.Denied("not you"),
    RuntimeError("secret /etc/passwd"),
)


def proposed(request: ResponseRequest) -> list[str]:
    """What waits for the user, as far as a model can tell."""
    outputs = [item.output for item in request.context if isinstance(item, ev.FunctionCallOutput)]
    told = [json.loads(output) for output in outputs if output.startswith("{")]
    return [entry["proposal_id"] for entry in told if entry.get("status") == "needs_confirmation"]


# --- what must hold, whatever chance does ---


def check_settled(world: World) -> None:
    called = [event.call_id for event in world.seen(ToolCalled)]
    settled = [event.call_id for event in world.seen(ToolSettled)]
    assert Counter(called).keys() <= Counter(settled).keys(), f"never settled: {set(called) - set(settled)}"
    assert max(Counter(settled).values(), default=1) == 1, f"settled twice: {Counter(settled).most_common(1)}"
    assert {event.state for event in world.seen(ToolSettled)} <= ENDS
    assert isinstance(world.events[-1], HungUp)
    leaks = [event.output for event in world.seen(ToolSettled) if "passwd" in event.output]
    assert not leaks, f"internals were told: {leaks}"


def check_consents(world: World) -> None:
    """No irreversible tool runs without a young consent to exactly that, and none twice."""
    consents = {entry.data["proposal_id"]: entry for entry in world.records.records if entry.name == "consent"}
    given = {
        entry.data["proposal_id"]: entry.at_ns for entry in world.records.records if entry.name == "question_given"
    }
    for entry in world.entries:
        needed = {"erase": "user", "publish": "person", "pay": "user" if entry.arguments.get("amount") == 500 else ""}
        by = needed.get(entry.tool, "")
        assert entry.tool != "wipe", "what is forbidden was done"
        if not by:
            continue
        consent = consents.get(entry.context.proposal_id)
        assert consent is not None, f"{entry} had no consent"
        canonical = json.dumps(entry.arguments, separators=(",", ":"))
        digest = hashlib.sha256(canonical.encode()).hexdigest()[:32]
        assert (consent.data["by"], consent.data["digest"]) == (by, digest), f"{entry}: {consent}"
        assert consent.at_ns <= entry.at_ns <= consent.at_ns + NS_PER_S, f"{entry} ran late or early: {consent}"
        asked_ns = given.get(entry.context.proposal_id, entry.at_ns)
        latest_ns = asked_ns + EXPIRY_NS + world.turn_ns(asked_ns + EXPIRY_NS)
        if any(latest_ns < said.started_ns < consent.at_ns for said in world.caller.utterances):
            assert consent.at_ns <= latest_ns, f"{entry}: what was said too late was taken for consent"
        assert consent.at_ns <= latest_ns + REPORT_NS + NS_PER_S, f"{entry}: consent too old"
    runs = [entry for entry in world.entries if entry.tool in ("erase", "pay", "publish")]
    keys = Counter(entry.context.idempotency_key for entry in runs)
    proposals = Counter(entry.context.proposal_id for entry in runs if entry.context.proposal_id)
    assert max((*keys.values(), *proposals.values()), default=1) == 1, f"ran twice: {keys} {proposals}"


def check_floor(world: World) -> None:
    """Nothing begins to be said while the user speaks, and no two things at once."""
    late_ns = world.path_ns + 400 * NS_PER_MS
    for utterance in world.caller.utterances:
        for heard in world.caller.agent_heard:
            into_ns = heard.start_ns - utterance.started_ns
            assert not late_ns < into_ns < utterance.ended_ns - utterance.started_ns, f"{heard} over {utterance}"
    sounding: set[str] = set()
    for event in world.events:
        if isinstance(event, AgentStarted):
            assert not sounding, f"{event} over {sounding}"
            sounding.add(event.item_id)
        elif isinstance(event, AgentStopped):
            sounding.discard(event.item_id)


def check_dead_air(world: World) -> None:
    """While a tool runs somebody is heard, at the latest after a second and a half."""
    sounds = [(heard.start_ns, heard.end_ns) for heard in world.caller.agent_heard]
    sounds += [(said.started_ns, said.ended_ns + TURN_NS) for said in world.caller.utterances]
    ends = {event.call_id: event.at_ns for event in world.seen(ToolSettled)}
    for entry in world.entries:
        place, end_ns = entry.at_ns, min(world.left_ns, ends.get(entry.context.call_id, entry.at_ns))
        while place < end_ns:
            heard_until = max((last for first, last in sounds if first <= place < last), default=None)
            if heard_until is None:
                following = min((first for first, _ in sounds if first > place), default=end_ns)
                gap_ns = min(following, end_ns) - place
                assert gap_ns <= DEAD_AIR_NS + world.path_ns, (
                    f"{gap_ns / NS_PER_S} s of dead air from {place // NS_PER_MS} ms in {entry}"
                )
                heard_until = following
            place = heard_until


def simulate(seed: int, *, media: bool = False) -> World:
    world = World(seed, media=media)
    try:
        run_virtual(world.run())
        check_settled(world)
        check_consents(world)
        if not world.broken:
            check_floor(world)
            if world.caller.gave_up is None:  # nobody listens any more
                check_dead_air(world)
    except Exception as error:
        story = "\n".join(f"{event.at_ns // NS_PER_MS:>7} ms {event!r:.200}" for event in world.events[-40:])
        raise AssertionError(f"seed {seed}: {type(error).__name__}: {error}\n{story}") from error
    return world


@pytest.mark.parametrize("seed", seeds(range(17, 27)))
def test_tools_of_chance_behave(seed: int) -> None:
    simulate(seed, media=seed % 2 == 1)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_tools_of_chance_behave_two_thousand_times() -> None:
    """On all cores: each process takes every nth seed."""
    workers = os.cpu_count() or 1
    commands = [[sys.executable, __file__, str(first), "2000", str(workers)] for first in range(workers)]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for command in commands]
    complaints = [process.communicate(timeout=1_700)[1] for process in running]
    assert [process.returncode for process in running] == [0] * workers, "\n".join(complaints)[-8_000:]


@pytest.mark.slow
def test_chance_meets_everything_that_is_asserted() -> None:
    """Otherwise the laws above would hold of nothing."""
    met = Counter[str]()
    for seed in range(3, 17):
        world = simulate(seed, media=seed % 2 == 1)
        met.update(event.state for event in world.seen(ToolSettled))
        met.update(entry.tool for entry in world.entries)
        met.update(entry.name for entry in world.records.records if entry.kind == "decision")
        met.update(type(event).__name__ for event in world.events)
    wanted = {*ENDS, "erase", "pay", "publish", "consent", "consent_refused", "retry", "FillerSaid", "Reconnected"}
    assert not wanted - met.keys(), f"chance never met {wanted - met.keys()}"


if __name__ == "__main__":
    for number in range(*map(int, sys.argv[1:])):
        simulate(number, media=number % 2 == 1)
