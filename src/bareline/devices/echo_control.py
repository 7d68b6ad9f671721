"""How does one speak over loudspeakers without the assistant being interrupted by its own voice?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from operator import mul
from typing import Literal

from bareline.clock import now_ns
from bareline.devices.audio_processing import AudioProcessing
from bareline.devices.contract import AudioSink, AudioSource
from bareline.devices.echo_delay import EchoDelay
from bareline.devices.echo_meter import EchoLevels, EchoMeter
from bareline.devices.echo_residue import EchoResidue
from bareline.devices.echo_streams import BLOCK_SAMPLES, EchoMicrophone, EchoSpeaker
from bareline.devices.far_end import FarEnd
from bareline.devices.half_duplex import HalfDuplex, leaking
from bareline.media.samples import samples_of
from bareline.turns.contract import VoiceActivity
from bareline.turns.playing_vad import PlayingVad
from bareline.units import ms_to_samples, ns_to_samples, samples_to_ms, samples_to_ns

__all__ = ["EchoControl", "EchoMode", "EchoState"]

EchoMode = Literal["auto", "cancel", "half"]
"""Cancel, and fall back to half duplex while that does not hold; only cancel; only half duplex, without a canceller."""

_AHEAD = ms_to_samples(20)
"""The far end is given so much early: a sink rounds down what was heard, and an echo must never come before it. Less
where the microphone is so quick that the beginning of a sentence would not be known yet."""
_DELAY_MIN, _DELAY_MAX, _DELAY_WANTED = ms_to_samples(4), ms_to_samples(150), ms_to_samples(20)
_PROVEN_MS = 3_000
"""With so much sound from the loudspeaker a canceller has learned the room, unless it cannot."""
_QUIET = 0.5
_PROVEN = 0.4
"""The canceller takes some of the user's voice too where both speak. In 32 minutes of the assistant alone, in rooms of
chance, the rest of its echo reached 0.38 once the canceller had learned the room."""
_LEAKING = 0.7


@dataclass(frozen=True, slots=True)
class EchoState:
    """How it stands with the echo.

    ``half_duplex``: the microphone is closed while the assistant is heard. ``delay_ms``: from the moment the sink
    calls a sample heard to its echo; None until it was measured. ``levels``: what the meter says.
    """

    half_duplex: bool
    playing: bool
    delay_ms: int | None
    levels: EchoLevels

    def __str__(self) -> str:
        levels = self.levels
        if levels.erle_db is None:
            return "no echo is heard" if levels.measured_ms >= _PROVEN_MS else "the echo is not measured yet"
        mode = "; half duplex: you are heard when the assistant is silent, or when you are much louder"
        return (
            f"the echo is at {levels.echo_dbfs:.0f} dBFS, {levels.residual_dbfs:.0f} dBFS of it are left "
            f"({levels.erle_db:.0f} dB less){mode if self.half_duplex else ''}"
        )


class EchoControl:
    """A microphone that does not hear the speaker beside it.

    Give ``microphone`` and ``speaker`` of this object to the call (or to whatever else reads and writes them) in place
    of the devices; closing them closes the devices. What the sink says was heard, sample by sample, is WebRTC's echo
    canceller's far end. ``mode`` as in ``EchoMode``; ``changed`` is called when half duplex begins or ends.

    The sink must be silent when it is given here. Adds no latency to frames of whole 10 ms.
    Raises ``MissingExtra`` without the extra ``devices``, except for ``mode="half"``.
    """

    def __init__(
        self,
        microphone: AudioSource,
        speaker: AudioSink,
        *,
        mode: EchoMode = "auto",
        changed: Callable[[EchoState], None] | None = None,
    ) -> None:
        self._far = FarEnd(speaker.heard_samples)
        self._canceller = None if mode == "half" else AudioProcessing(echo=True)
        self._delay = None if mode == "half" else EchoDelay()
        self._gate = None if mode == "cancel" else HalfDuplex(half=mode == "half")
        self._changed = changed
        self._meter = EchoMeter()
        self._residue = EchoResidue()
        self._proven_at_ms = _PROVEN_MS
        self._ahead = _AHEAD
        self._moved = False
        self._speaker = EchoSpeaker(speaker, self._far)
        self._microphone = EchoMicrophone(microphone, self._hear, before=self._speaker.look, share=lambda: self.share)

    @property
    def microphone(self) -> AudioSource:
        """Without the echo. An ``EchoAware`` one: a call's interruption policy is told what is left of it."""
        return self._microphone

    @property
    def speaker(self) -> AudioSink:
        """To be used instead of the one given."""
        return self._speaker

    @property
    def state(self) -> EchoState:
        """As of the frame read last."""
        delay = self._delay.samples if self._delay is not None else None
        return EchoState(
            half_duplex=self._gate is not None and self._gate.half,
            playing=self._meter.active,
            delay_ms=None if delay is None else samples_to_ms(delay - self._ahead),
            levels=self._meter.levels(),
        )

    @property
    def threshold(self) -> float:
        """Which speech probability should count as speech now.

        0.5 in silence and while nobody knows yet; less while the assistant is heard and its echo is gone (the canceller
        weakens the user's voice too), more while echo is left.
        """
        if not self._meter.active:
            return _QUIET
        if leaking(self._meter.levels()):
            return _LEAKING
        return _PROVEN if self._proven else _QUIET

    @property
    def share(self) -> float | None:
        """How much of the frame read last is the loudspeaker's sound still, 0-1; None while no loudspeaker is heard.
        The ``echo_share`` of ``microphone``, which a call asks."""
        return self._meter.share

    def vad(self, vad: VoiceActivity) -> VoiceActivity:
        """``vad``, held to ``threshold``; for detectors that get the frames of ``microphone`` as they are read."""
        return PlayingVad(vad, lambda: self.threshold)

    @property
    def _proven(self) -> bool:
        """Whether the canceller has had time to learn."""
        return self._meter.measured_ms >= self._proven_at_ms

    def _hear(self, near: bytes, at_ns: int) -> bytes:
        """What is left of a block that the microphone heard at ``at_ns``."""
        if not self._moved:
            age = ns_to_samples(now_ns() - at_ns) - BLOCK_SAMPLES
            self._ahead = max(0, min(self._ahead, age))
        far = self._far.during(at_ns + samples_to_ns(self._ahead), BLOCK_SAMPLES)
        left = near
        if self._canceller is not None:
            self._canceller.far(far)
            left = self._canceller.near(near)
        level, left_level = _level(near), _level(left)
        self._meter.feed(level, _level(far), left_level)
        only_echo = self._residue.only_echo(level, left_level)
        if not self._meter.active:
            return left
        if self._delay is not None and self._delay.feed(near, far):
            self._move(self._delay)
        if self._gate is not None and not self._passes(self._gate, level):
            return bytes(len(left))
        return self._residue.lowered(left) if only_echo and not self._proven else left

    def _passes(self, gate: HalfDuplex, level: float) -> bool:
        before = gate.half
        gate.judge(self._meter.levels())
        if gate.half != before and self._changed is not None:
            self._changed(self.state)
        return gate.passes(level, self._meter.echo_max)

    def _move(self, delay: EchoDelay) -> None:
        """An echo that comes before the far end, or long after it, cannot be cancelled: move the far end."""
        if delay.samples is not None and not _DELAY_MIN <= delay.samples <= _DELAY_MAX:
            self._moved = True
            self._ahead += _DELAY_WANTED - delay.samples
            self._proven_at_ms = self._meter.measured_ms + _PROVEN_MS
            delay.moved(_DELAY_WANTED)


def _level(pcm: bytes) -> float:
    """Root mean square, full scale being 1."""
    samples = samples_of(pcm)
    return math.sqrt(sum(map(mul, samples, samples)) / len(samples)) / 32_768
