"""How is a call held from the command line: with microphone and speakers, from a recording, or in writing?"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bareline.cli.talk_echo import control_echo, device_keywords
from bareline.cli.talk_key import KEY_HINT, follow_key
from bareline.cli.talk_levels import LoudnessTap
from bareline.cli.talk_summary import TalkCount
from bareline.cli.talk_view import TalkView
from bareline.cli.typed_lines import typed_lines
from bareline.clock import now_ns
from bareline.protocol import events as ev
from bareline.turns import PushToTalk
from bareline.units import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from bareline.client.call import Call

__all__ = ["Talk"]

_TRAILING_SILENCE_MS = 1_500
"""After a file's last word, so that the server hears the end of the turn."""
_TRANSCRIPTION = "gpt-4o-mini-transcribe"
_LEVELS_S = 0.1
_MUTED_AFTER_S = 4


@dataclass(frozen=True)
class Talk:
    """A call to be held and shown. ``options`` are keywords of ``Call``; ``server`` is what people call it."""

    server: str
    model: str
    transport: str
    options: dict[str, Any]
    view: TalkView

    async def aloud(self, input_device: str | None, output_device: str | None, echo: str = "auto") -> None:
        """With microphone and speakers, until the call is over; ``echo``: auto, on or off.

        Raises ``DeviceLost``, ``CallLost``, ``MissingExtra``.
        """
        from bareline.devices.microphone import Microphone
        from bareline.devices.speaker import Speaker

        async with AsyncExitStack() as devices:
            microphone = Microphone(input_device)
            devices.push_async_callback(microphone.close)
            speaker = Speaker(output_device)
            devices.push_async_callback(speaker.close)
            user, agent = LoudnessTap(), LoudnessTap()
            self._begin(f"From {microphone.device} to {speaker.device}. Ctrl-C hangs up.")
            control = control_echo(microphone, speaker, echo, self.view)
            spoken = device_keywords(control, microphone, speaker, self.options.get("ears"))
            spoken |= {"input_filter": user, "output_filter": agent}
            async with self._held(**spoken, transcription=_TRANSCRIPTION) as call:
                beside = [asyncio.create_task(_watch_levels(user, agent, self.view))]
                if isinstance(key := self.options.get("turns"), PushToTalk):
                    self.view.notice(KEY_HINT)
                    beside.append(asyncio.create_task(follow_key(key, self.view)))
                try:
                    await call.run()
                finally:
                    for task in beside:
                        task.cancel()
                    await asyncio.wait(beside)
                    if control is not None:
                        self.view.notice(f"Echo: {control.state}.")

    async def from_file(self, recording: Path, answer: Path | None) -> None:
        """Speak a recording, in real time; ``answer`` receives what was heard."""
        from bareline.devices.sinks import NullSink
        from bareline.devices.sources import FileSource
        from bareline.devices.wav_sink import WavSink

        async with AsyncExitStack() as devices:
            microphone = FileSource(recording, trailing_silence_ms=_TRAILING_SILENCE_MS)
            devices.push_async_callback(microphone.close)
            speaker = WavSink(answer) if answer else NullSink()
            devices.push_async_callback(speaker.close)
            self._begin("")
            async with self._held(microphone=microphone, speaker=speaker, transcription=_TRANSCRIPTION) as call:
                await call.quiet(after_microphone=True)
                if answer:
                    self.view.notice(f"The answer is in {answer}.")

    async def in_writing(self) -> None:
        """Send line after line, each when the answer to the one before is complete; stop when the call is over."""
        self._begin("Type; an empty line ends the call." if sys.stdin.isatty() else "")
        async with self._held(output_modalities=["text"]) as call:
            lines = typed_lines()

            async def tell() -> None:
                with suppress(Exception):  # leaving the call raises it
                    await call.run()
                lines.put_nowait("")

            over = asyncio.create_task(tell())
            try:
                while (line := (await lines.get()).strip()) and not over.done():
                    call.send_text(line)
                    await call.quiet()
            finally:
                over.cancel()

    def _begin(self, devices: str) -> None:
        self.view.begin(self.server, self.model, self.transport, devices)

    @asynccontextmanager
    async def _held(self, **media: Any) -> AsyncGenerator[Call]:
        """The open call, shown; ends with its summary, however it ends."""
        from bareline.client.call import Call

        count = TalkCount()
        try:
            async with Call(**self.options | media) as call, _shown(call, self.view, count):
                yield call
        finally:
            self.view.finish(count.summary(now_ns()))


@asynccontextmanager
async def _shown(call: Call, view: TalkView, count: TalkCount) -> AsyncGenerator[None]:
    """Show what happens until the call is over."""

    async def follow() -> None:
        try:
            async for event in call.events():
                count.count(event)
                view.show(event)
        finally:
            await call.hang_up("nobody follows it")  # what failed here is raised by who awaits this

    following = [asyncio.create_task(follow())]
    if view.live:
        following.append(asyncio.create_task(_follow_words(call, view)))
    try:
        yield
    finally:
        await call.hang_up()
        await asyncio.gather(*following)


async def _follow_words(call: Call, view: TalkView) -> None:
    """Show words as they come."""
    async for received in call.wire_events():
        match received.event:
            case ev.ConversationItemInputAudioTranscriptionDelta(delta=words):
                view.partial("you", words)
            case ev.ResponseOutputAudioTranscriptDelta(delta=words):
                view.partial("agent", words)
            case _:
                pass


async def _watch_levels(user: LoudnessTap, agent: LoudnessTap, view: TalkView) -> None:
    """Draw both levels; say so when the microphone gives nothing."""
    told = False
    while True:
        await asyncio.sleep(_LEVELS_S)
        view.levels(user.take(), agent.take())
        if not told and user.digital_silence and user.samples > _MUTED_AFTER_S * SAMPLE_RATE_HZ:
            told = True
            view.notice("The microphone gives digital silence: is it muted, or forbidden to this program?")
