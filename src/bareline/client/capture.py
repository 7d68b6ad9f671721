"""How does the user's audio reach the server, without a gap, whatever the user does?

A muted microphone, or a source that has ended, sends silence at the same pace: a service that hears nothing at all
never finds the end of a turn.
"""

from __future__ import annotations

import asyncio

from bareline.client.line import Line
from bareline.client.local_ears import LocalEars
from bareline.client.sink_writer import FrameFilter
from bareline.client.wire_audio import Encoder, encoder_for
from bareline.clock import now_ns
from bareline.devices.contract import AudioSource, EchoAware
from bareline.errors import Closed, ConnectionLost
from bareline.media.frames import AudioFrame
from bareline.protocol.events import AudioFormat, Session
from bareline.protocol.session_formats import input_format, is_pcm
from bareline.units import BYTES_PER_SAMPLE, NS_PER_S, SAMPLES_PER_MS, samples_to_ns

__all__ = ["Capture"]

_FRAME_SAMPLES = 20 * SAMPLES_PER_MS


class Capture:
    """Sends one source's frames over the line of the moment; what comes without a line is dropped and counted.

    ``ended``: the source has no more audio. ``ears`` hear every frame, and say what of it is sent.
    """

    def __init__(
        self, source: AudioSource, *, input_filter: FrameFilter | None = None, ears: LocalEars | None = None
    ) -> None:
        self.muted = False
        self.ended = False
        self.dropped_samples = 0
        self.sent_samples = 0
        self._source = source
        self._filter = input_filter
        self._ears = ears
        if ears is not None and isinstance(source, EchoAware):
            ears.echo_share = lambda: source.echo_share
        self._line: Line | None = None
        self._session: Session | None = None
        self._format: AudioFormat | None = None
        self._encoder: Encoder | None = None

    def opened(self, line: Line) -> None:
        """Send over this line from now on."""
        self._line = line
        self._session = self._format = self._encoder = None

    def lost(self) -> None:
        """There is no line now."""
        self._line = None

    async def run(self) -> None:
        """Until cancelled."""
        while (frame := await self._source.read()) is not None:
            await self._send(frame)
        self.ended = True
        await self._silence()

    async def _silence(self) -> None:
        due_ns = now_ns()
        while True:
            await self._send(AudioFrame(bytes(_FRAME_SAMPLES * BYTES_PER_SAMPLE), self.sent_samples, due_ns))
            due_ns += samples_to_ns(_FRAME_SAMPLES)
            await asyncio.sleep(max(0, due_ns - now_ns()) / NS_PER_S)

    async def _send(self, frame: AudioFrame) -> None:
        if self._filter is not None:
            frame = self._filter(frame)
        if self.muted:
            frame = AudioFrame(bytes(len(frame.pcm)), frame.first_sample, frame.at_ns)
        if self._ears is None:
            await self._transmit(frame)
            return
        for wanted in self._ears.hear(frame):
            await self._transmit(wanted)
        self._ears.sent()

    async def _transmit(self, frame: AudioFrame) -> None:
        line = self._line
        if line is None:
            self.dropped_samples += frame.samples
            return
        try:
            await line.send_audio(self._wire(line, frame))
        except (ConnectionLost, Closed):
            self.dropped_samples += frame.samples
            self._line = None
        else:
            self.sent_samples += frame.samples

    def _wire(self, line: Line, frame: AudioFrame) -> AudioFrame | bytes:
        if line.carries_audio:
            return frame
        session = line.session
        if session is not self._session:
            self._session = session
            self._reformat(input_format(session))
        return frame if self._encoder is None else self._encoder.feed(frame.pcm)

    def _reformat(self, wanted: AudioFormat | None) -> None:
        """An encoder holds samples back: the one there is stays while the format does."""
        if is_pcm(wanted):
            self._encoder = None
        elif self._encoder is None or wanted != self._format:
            self._encoder = encoder_for(wanted)
        self._format = wanted
