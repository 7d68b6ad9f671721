"""A call under test: the real server's authority and pump at the other end, a backend that each test words itself."""

from __future__ import annotations

import asyncio
import contextlib
import math
from array import array
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest

from bareline.client.call import Call
from bareline.client.call_events import CallEvent
from bareline.client.line import Line
from bareline.devices.sinks import NullSink
from bareline.devices.sources import QueueSource
from bareline.errors import ConnectFailed
from bareline.ids import SeededIds
from bareline.observe.recorder import Records
from bareline.protocol import events as ev
from bareline.protocol.codec import decode_client
from bareline.protocol.generation import Outcome, Output, ResponseRequest, SpeechDelta
from bareline.protocol.server_endpoint import ServerEndpoint
from bareline.server.backend import Utterance
from bareline.server.session import SessionPump
from bareline.testing.link import link_pair
from bareline.testing.media_link import media_link_pair
from bareline.tools.calls import ENDS
from bareline.transports.faults import Fault
from bareline.transports.memory import MemoryTransport, memory_pair
from bareline.turns.energy import EnergyVad

Respond = Callable[[ResponseRequest], AsyncIterator[Output | Outcome]]


def voice(ms: int) -> bytes:
    """A loud hum: what energy VAD takes for speech."""
    wave = (int(12_000 * math.sin(index * 0.06)) for index in range(24 * ms))
    return array("h", wave).tobytes()


def speech(text: str, ms: int, *, item: int = 0, step_ms: int = 100) -> list[SpeechDelta]:
    """``text`` spread evenly over ``ms`` of sound."""
    steps = max(1, ms // step_ms)
    cuts = [len(text) * step // steps for step in range(steps + 1)]
    return [SpeechDelta(item=item, transcript=text[first:last], audio=voice(step_ms)) for first, last in pairwise(cuts)]


class Mind:
    """Backend and session in one: answers with the test's ``respond``, hears ``words`` in every utterance."""

    def __init__(self, respond: Respond, words: Callable[[int], str]) -> None:
        self.respond = respond
        self._words = words
        self.utterances: list[Utterance] = []

    async def open(self, *, seed: int) -> Mind:
        return self

    def configure(self, session: object) -> None: ...
    def hear(self, frame: object) -> None: ...
    def forget(self) -> None: ...

    def committed(self, utterance: Utterance) -> None:
        self.utterances.append(utterance)

    async def transcribe(self, item_id: str) -> AsyncIterator[str]:
        number = next(n for n, utterance in enumerate(self.utterances) if utterance.item_id == item_id)
        await asyncio.sleep(0.3)
        yield self._words(number)

    async def close(self) -> None: ...


class _Watched:
    """The server's end of the pipe; keeps what the client says."""

    def __init__(self, inner: MemoryTransport, said: list[Any]) -> None:
        self._inner, self._said = inner, said
        self.info, self.send, self.close = inner.info, inner.send, inner.close
        if hasattr(inner, "send_audio"):
            self.send_audio, self.receive_audio = inner.send_audio, inner.receive_audio

    async def receive(self) -> bytes:
        message = await self._inner.receive()
        event = decode_client(message)
        if not isinstance(event, ev.InputAudioBufferAppend):
            self._said.append(event)
        return message


class Phone:
    """Everything around one call; ``media``: the audio travels beside the events, with delays of its own."""

    def __init__(
        self,
        respond: Respond,
        *,
        words: Callable[[int], str],
        limit_s: float,
        media: bool = False,
        faults: tuple[Fault, ...] = (),
        audio_faults: tuple[Fault, ...] = (),
        carries_bytes: int | None = None,
        **options: Any,
    ) -> None:
        self._carries_bytes = carries_bytes
        self._media, self._faults, self._audio_faults = media, faults, audio_faults
        self.mind = Mind(respond, words)
        self.speaker = options.pop("speaker", None) or NullSink()
        speaker = self.speaker if options.pop("has_speaker", True) else None
        self.mic = QueueSource()
        self.records = Records()
        self.events: list[CallEvent] = []
        self.said: list[ev.ClientEvent] = []
        self.servers: list[ServerEndpoint] = []
        self.pumps: list[SessionPump] = []
        self.wires: list[MemoryTransport] = []
        self.refuse_dials = 0
        self.lines_closed = 0
        self.closing_s = 0.0
        self._limit_s = limit_s
        self._running: list[asyncio.Task[None]] = []
        options.setdefault("microphone", self.mic)
        options.setdefault("transcription", "whisper-1")
        self.call = Call(speaker=speaker, observer=self.records, ids=SeededIds(7), dial=self._dial, **options)

    @property
    def server(self) -> ServerEndpoint:
        return self.servers[-1]

    async def talk(self, ms: int = 600, *, then_ms: int = 0) -> None:
        """The user speaks, and the time passes that it takes."""
        await self.mic.push(voice(ms))
        await asyncio.sleep((ms + then_ms) / 1000)

    async def until(self, kind: type[Any], *, count: int = 1, within_s: float = 120.0) -> Any:
        """The latest event of a kind, once there are ``count`` of them."""
        async with asyncio.timeout(within_s):
            while len(found := self.seen(kind)) < count:  # noqa: ASYNC110 (virtual time)
                await asyncio.sleep(0.005)
        return found[count - 1]

    def seen(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def sent(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.said if isinstance(event, kind)]

    def errors(self) -> list[str]:
        """Error events of the server, whatever became of them."""
        return [
            str(r.data["error"]["code"]) for r in self.records.records if r.name == "error" and r.kind == "received"
        ]

    async def _dial(self) -> Line:
        if self.refuse_dials:
            self.refuse_dials -= 1
            raise ConnectFailed("nobody there", stage="tcp")
        near, far = self._pair()
        if self._carries_bytes is not None:
            far.max_message_bytes = self._carries_bytes  # as a data channel says it
        endpoint = ServerEndpoint(
            ids=SeededIds(len(self.servers) + 1),
            model="gpt-realtime-2.1",
            opened_unix_s=0,
            session_limit_ns=int(self._limit_s * 1e9),
            media=self._media,
        )
        pump = SessionPump(_Watched(near, self.said), self.mind, endpoint, voice_activity=EnergyVad)
        self.servers.append(endpoint)
        self.pumps.append(pump)
        self.wires.append(near)
        self._running.append(asyncio.create_task(pump.run()))
        return Line(far, observer=self.records, after_close=self._line_closed)

    def _pair(self):
        if not self._media:
            far, near = link_pair(self._faults) if self._faults else reversed(memory_pair())
            return near, far
        far, near = media_link_pair(self._faults, audio_faults=self._audio_faults)
        return near, far

    async def _line_closed(self) -> None:
        await asyncio.sleep(self.closing_s)
        self.lines_closed += 1

    async def finish(self) -> None:
        for task in self._running:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(task, timeout=30)


@asynccontextmanager
async def _phone(
    respond: Respond, *, words: Callable[[int], str] = lambda n: f"words {n}", limit_s: float = 3600, **options: Any
) -> AsyncIterator[Phone]:
    phone = Phone(respond, words=words, limit_s=limit_s, **options)
    async with phone.call as call:

        async def follow() -> None:
            async for event in call.events():
                phone.events.append(event)

        following = asyncio.create_task(follow())
        yield phone
    await following
    await phone.finish()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left, left
    assert set(_ends(phone.records).values()) <= {1}, "every call of a tool comes to one end"


def _ends(records: Records) -> dict[str, int]:
    """How often each call of a tool that was taken came to an end."""
    ends: dict[str, int] = {}
    for record in records.records:
        if record.kind == "tool":
            call_id = record.data["call_id"]
            ends[call_id] = ends.get(call_id, 0) + (record.data["state"] in ENDS)
    return ends


class Kit:
    """What the tests of calls share."""

    phone = staticmethod(_phone)
    speech = staticmethod(speech)
    voice = staticmethod(voice)


@pytest.fixture
def kit() -> type[Kit]:
    """``async with kit.phone(respond, ...) as phone``."""
    return Kit
