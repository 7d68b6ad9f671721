"""How is the demo's call set up, held, recorded and judged?

The agent is an ordinary ``Call``; the caller is a simulated person who speaks into it in real time; the server is the
built-in one on a port of this machine, unless another is named.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bareline.client.call import Call
from bareline.client.call_events import AgentSaid, CallEvent
from bareline.devices.sinks import NullSink
from bareline.lab.demo.path import demo_path, media_figures
from bareline.lab.demo.plot import Played, Plot
from bareline.lab.demo.plots import draw_plot
from bareline.lab.demo.script import Watch
from bareline.lab.demo.summary import DemoSummary, MediaFigures
from bareline.lab.demo.tools_judge import ToolsSummary
from bareline.lab.recording import MicrophoneTap, SpeakerTap, recording_note, stereo
from bareline.lab.task_manager.tasks import TaskStore
from bareline.lab.task_manager.tools import instructions
from bareline.media.formats import PcmFormat
from bareline.media.wav import wav_header
from bareline.observe.record import Observer
from bareline.observe.recorder import Observers, Recorder, read_trace
from bareline.protocol.events import TranscriptionConfig
from bareline.server.backends.rules import RulesBackend
from bareline.server.serve import RealtimeServer
from bareline.speech.espeak import EspeakSynthesis
from bareline.speech.phrase_stt import PhraseSTT
from bareline.speech.silero import SileroVad
from bareline.testing.caller import SimulatedCaller, SpokenUtterance
from bareline.transports.webrtc.settings import WebRtcSettings
from bareline.units import SAMPLE_RATE_HZ

__all__ = ["CallerSaid", "DemoOptions", "play_demo"]

AGENT_SPEED = 1.15
"""The voices of espeak-ng take their time; a demo should not."""
SNR_DB = 30.0
"""The caller's speech over the room's noise."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """``out``: a folder for the recording, the trace, the tasks and the summary. ``base_url``: another server.

    ``scene``: one of ``SCENES``. ``transport``: webrtc or websocket. ``loss_percent`` of the packets are lost each way,
    which needs webrtc and the built-in server. ``observer`` gets every record that the trace gets.
    """

    seed: int
    out: Path
    scene: str = "call"
    transport: str = "webrtc"
    loss_percent: float = 0.0
    base_url: str | None = None
    api_key: str | None = None
    observer: Observer | None = None


class CallerSaid(msgspec.Struct, frozen=True):
    """The caller began a sentence: the ground truth, beside the events of the call."""

    at_ns: int
    text: str
    interrupts: bool


async def play_demo(options: DemoOptions, show: Callable[[CallEvent | CallerSaid], None]) -> DemoSummary | ToolsSummary:
    """Hold the call, leave ``call.wav``, ``trace.jsonl``, ``tasks.sqlite`` and ``summary.json``; return the summary.

    ``show`` gets what happens, as it happens. Raises ``ConnectFailed``, ``CallLost`` and ``ConfigurationError``.
    """
    plot = draw_plot(options.scene, options.seed, dt.datetime.now().astimezone().date())
    database = options.out / "tasks.sqlite"
    database.unlink(missing_ok=True)
    store = TaskStore(database)
    plot.fill(store)
    try:
        local = options.base_url is None
        way = demo_path(options.transport, loss_percent=options.loss_percent, seed=options.seed, local=local)
        async with way as webrtc, _server(options) as base_url:
            call = await _Demo(plot, options, store, base_url, webrtc).play(show)
        played = Played(
            transport=options.transport,
            spoken=call.caller.utterances,
            heard=call.speaker.heard,
            events=call.events,
            trace=list(read_trace(options.out / "trace.jsonl")),
            problems=call.problems,
            repeats=call.watch.repeats,
            media=call.media,
        )
        summary = plot.judge(store, played)
    finally:
        store.close()
    (options.out / "summary.json").write_bytes(msgspec.json.format(msgspec.json.encode(summary), indent=2) + b"\n")
    return summary


@asynccontextmanager
async def _server(options: DemoOptions) -> AsyncGenerator[str]:
    """The server to call: the one that was named, or the built-in one on a free port."""
    if options.base_url is not None:
        yield options.base_url
        return
    async with RealtimeServer(RulesBackend.with_speech(), seed=options.seed) as server:
        yield server.url


class _Demo:
    """One call between the simulated caller and the agent."""

    def __init__(
        self,
        plot: Plot[DemoSummary] | Plot[ToolsSummary],
        options: DemoOptions,
        store: TaskStore,
        base_url: str,
        webrtc: WebRtcSettings | None,
    ) -> None:
        self.events: list[CallEvent] = []
        self.problems: list[str] = []
        self.watch = Watch()
        self.media: MediaFigures | None = None
        self._plot = plot
        self._options = options
        self._tools = plot.tools(store)
        self._base_url = base_url
        self._webrtc = webrtc
        self._synthesis = EspeakSynthesis()
        self.caller = SimulatedCaller(
            self._synthesis,
            voice=plot.caller_voice,
            script=plot.script(self.watch),
            seed=plot.seed,
            snr_db=SNR_DB,
        )
        self.microphone = MicrophoneTap(self.caller)
        self.speaker = SpeakerTap(NullSink())

    async def play(self, show: Callable[[CallEvent | CallerSaid], None]) -> _Demo:
        header: dict[str, str | int | float] = {
            "transport": self._options.transport,
            "seed": self._plot.seed,
            "scene": self._plot.name,
        }
        if self._options.loss_percent:
            header["loss_percent"] = self._options.loss_percent
        path = self._options.out / "trace.jsonl"
        with Recorder(path, header=header) as recorder:
            try:
                async with asyncio.timeout(self._plot.limit_s), self._call(recorder) as call:
                    await self._talk(call, show)
            except TimeoutError:
                self.problems.append(f"the call was not over after {self._plot.limit_s} s")
            finally:
                await self.caller.close()
                await self.speaker.close()
                await self._synthesis.close()
                recorder.observe(recording_note("call.wav", self.microphone))
        if self.caller.gave_up:
            self.problems.append(f"the caller hung up: {self.caller.gave_up}")
        self._write_recording()
        return self

    def _call(self, recorder: Recorder) -> Call:
        more, rules = self._options.observer, self._plot.interruptions
        return Call(
            instructions=instructions(self._plot.today),
            voice=self._plot.agent_voice,
            speed=AGENT_SPEED,
            tools=self._tools,
            turns=self._plot.turns,
            interruptions=rules,
            ears=SileroVad() if rules is not None else None,
            overlap_recogniser=PhraseSTT(rules.words.grammar()) if rules is not None else None,
            transcription=TranscriptionConfig(model="gpt-4o-mini-transcribe", keywords=list(self._plot.keywords)),
            microphone=self.microphone,
            speaker=self.caller.listen_to(self.speaker),
            transport=self._options.transport,
            base_url=self._base_url,
            webrtc=self._webrtc,
            api_key=self._options.api_key,
            observer=Observers(recorder, more) if more is not None else recorder,
        )

    async def _talk(self, call: Call, show: Callable[[CallEvent | CallerSaid], None]) -> None:
        following = asyncio.create_task(self._follow(call, show))
        self.watch.take_turns = lambda turns: call.update(turns=turns)
        call.respond()
        try:
            await call.quiet(after_microphone=True)
            self.media = media_figures(call.line.stats())
        finally:
            await call.hang_up("goodbye")
            await following

    async def _follow(self, call: Call, show: Callable[[CallEvent | CallerSaid], None]) -> None:
        shown = 0
        try:
            async for event in call.events():
                for utterance in self.caller.utterances[shown:]:
                    show(_said(utterance))
                    shown += 1
                self.events.append(event)
                self.watch.take(event)
                if isinstance(event, AgentSaid):
                    self.caller.agent_said(f"{event.text} ")
                show(event)
        finally:
            await call.hang_up("nobody follows it")  # what failed here is raised by who awaits this

    def _write_recording(self) -> None:
        audio = stereo(self.microphone, self.speaker)
        form = PcmFormat(rate_hz=SAMPLE_RATE_HZ, channels=2)
        (self._options.out / "call.wav").write_bytes(wav_header(form, len(audio)) + audio)


def _said(utterance: SpokenUtterance) -> CallerSaid:
    return CallerSaid(utterance.started_ns, utterance.text, utterance.agent_heard_ms is not None)
