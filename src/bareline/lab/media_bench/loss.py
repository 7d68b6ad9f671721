"""What is left of a minute of speech when 2 % of its packets are lost?

Both ends of the audio path with the real codec, in virtual time over a link that loses packets by a seeded draw, so
that every run finds the same. The same speech without loss is the reference.
"""

from __future__ import annotations

import asyncio
import heapq
import random
from array import array

from bareline.lab.media_bench.latency import at_share
from bareline.lab.media_bench.report import LossRun
from bareline.media.audio_stats import AudioStats
from bareline.media.frames import AudioFrame
from bareline.media.rtp_session import RtpSession, RtpSettings
from bareline.speech.espeak import EspeakSynthesis
from bareline.units import NS_PER_MS, ms_to_samples, samples_to_ns

__all__ = ["simulate_loss"]

_SECONDS = 60
_LOSS = 0.02
_SEED = 7
_NETWORK_NS = 10 * NS_PER_MS
_FRAME = ms_to_samples(20)
_FRAME_NS = 20 * NS_PER_MS
_ACTIVE_FROM = 12 * 50
"""FEC costs bits, so the encoder spends them once receiver reports tell of loss: from this frame on, it should."""
_SHORT_FRAMES = 3
_SILENCE = 40
_LOUD = 400
_MS = ms_to_samples(1)
_FFT = 512
_FLOOR = 1_000.0
"""Below what anybody hears, so that silence beside silence is no distance."""
_TEXT = (
    "Good morning. I would like to plan the week, and I will be quick. On Monday the plumber comes at nine, so please "
    "put that down, and remind me half an hour before. The report for the council is due on Wednesday; it needs the "
    "figures of the last three months and a short summary for people who do not read tables. "
)


def simulate_loss() -> LossRun:
    """Send a minute of speech twice, with and without loss, and compare."""
    speech = asyncio.run(_speech())
    clean, lossy = _carry(speech, loss=0.0), _carry(speech, loss=_LOSS)
    samples = len(speech) // 2
    reference, repaired = clean.pcm(samples), lossy.pcm(samples)
    silenced = array("h", reference)
    for number in lossy.lost:
        silenced[number * _FRAME : (number + 1) * _FRAME] = array("h", bytes(2 * _FRAME))
    stats = lossy.stats
    made = (stats.samples_received, stats.samples_fec, stats.samples_concealed, stats.samples_silent)
    received, fec, concealed, silent = (count / sum(made) for count in made)
    return LossRun(
        received=received,
        fec=fec,
        concealed=concealed,
        silent=silent,
        fec_share=lossy.fec_share(),
        silent_after_short_ms=_silent_ms(lossy.lost, reference, repaired),
        growth_ms=at_share(lossy.delays_ms(), 0.95) - at_share(clean.delays_ms(), 0.95),
        distance_db=_distance_db(reference, repaired, lossy.lost),
        zeros_db=_distance_db(reference, silenced, lossy.lost),
    )


class _Carried:
    """What the receiving side handed out, and which packets never came."""

    def __init__(self) -> None:
        self.frames: list[tuple[AudioFrame, int]] = []
        self.lost: list[int] = []
        self.before_active: AudioStats
        self.stats: AudioStats

    def pcm(self, samples: int) -> array[int]:
        """All audio on one line; zeros where nothing was handed out."""
        line = array("h", bytes(2 * samples))
        for frame, _ in self.frames:
            part = array("h", frame.pcm)[: max(0, samples - frame.first_sample)]
            line[frame.first_sample : frame.first_sample + len(part)] = part
        return line

    def delays_ms(self) -> list[float]:
        """From a frame's sending to its handing out."""
        return [(at_ns - samples_to_ns(frame.first_sample)) / NS_PER_MS for frame, at_ns in self.frames]

    def fec_share(self) -> float:
        """Of the losses whose next packet came, once FEC was active: how many it recovered."""
        lost = set(self.lost)
        single = sum(number >= _ACTIVE_FROM and number + 1 not in lost for number in lost)
        recovered = (self.stats.samples_fec - self.before_active.samples_fec) / _FRAME
        return recovered / single if single else 1.0


def _carry(speech: bytes, *, loss: float) -> _Carried:
    """The speech through a sender, a link with a delay of its own, and a receiver; reports go back."""
    draw, carried = random.Random(_SEED), _Carried()
    near, far = _session(1), _session(2)
    inbound: list[tuple[int, int, bytes]] = []
    frames = len(speech) // (2 * _FRAME)
    for number in range(frames + 50):
        now_ns = number * _FRAME_NS
        if number == _ACTIVE_FROM:
            carried.before_active = far.stats(now_ns)
        if number < frames:
            pcm = speech[2 * _FRAME * number : 2 * _FRAME * (number + 1)]
            for packet in near.send_audio(AudioFrame(pcm, number * _FRAME), now_ns):
                if draw.random() < loss and number:
                    carried.lost.append(number)
                else:
                    heapq.heappush(inbound, (now_ns + _NETWORK_NS, number, packet))
        for report in near.reports(now_ns):
            far.receive_rtcp(report, now_ns)
        for report in far.reports(now_ns):
            near.receive_rtcp(report, now_ns)
        _receive(far, inbound, now_ns + _FRAME_NS, carried)
    carried.stats = far.stats(frames * _FRAME_NS)
    return carried


def _receive(far: RtpSession, inbound: list[tuple[int, int, bytes]], until_ns: int, carried: _Carried) -> None:
    """Let arrive what is due, and take what is ready at every deadline in between."""
    while True:
        due_ns = min([at_ns for at_ns in (inbound[0][0] if inbound else None, far.deadline()) if at_ns is not None])
        if due_ns >= until_ns:
            return
        while inbound and inbound[0][0] <= due_ns:
            far.receive_rtp(heapq.heappop(inbound)[2], due_ns)
        before = far.deadline()
        carried.frames += [(frame, due_ns) for frame in far.frames(due_ns)]
        if not inbound and far.deadline() == before:
            return  # what is left to do is a report


def _session(ssrc: int) -> RtpSession:
    return RtpSession(
        RtpSettings(codec="opus", payload_type=96, ssrc=ssrc, cname="bench", first_sequence=1, first_timestamp=0)
    )


def _silent_ms(lost: list[int], reference: array[int], repaired: array[int]) -> float:
    """Milliseconds without any sound after losses of up to 60 ms where there should be speech."""
    silent = 0
    for first, count in _bursts(lost):
        if count > _SHORT_FRAMES:
            continue
        for start in range(first * _FRAME, (first + count) * _FRAME, _MS):
            wanted, there = reference[start : start + _MS], repaired[start : start + _MS]
            silent += bool(wanted) and max(map(abs, wanted)) > _LOUD and max(map(abs, there)) < _SILENCE
    return float(silent)


def _bursts(lost: list[int]) -> list[tuple[int, int]]:
    """First frame and length of each stretch of losses."""
    bursts: list[tuple[int, int]] = []
    for number in lost:
        if bursts and sum(bursts[-1]) == number:
            bursts[-1] = (bursts[-1][0], bursts[-1][1] + 1)
        else:
            bursts.append((number, 1))
    return bursts


def _distance_db(reference: array[int], other: array[int], lost: list[int]) -> float:
    """Log-spectral distance over the windows in which a packet was lost."""
    import numpy as np

    window = np.hanning(_FFT)
    found: list[float] = []
    for number in lost:
        start = number * _FRAME
        spectra = [
            20 * np.log10(np.abs(np.fft.rfft(np.asarray(line[start : start + _FFT], float) * window)) + _FLOOR)
            for line in (reference, other)
            if start + _FFT <= len(line)
        ]
        if len(spectra) == 2:
            found.append(float(np.sqrt(np.mean((spectra[0] - spectra[1]) ** 2))))
    return sum(found) / len(found) if found else 0.0


async def _speech() -> bytes:
    """A minute of it."""
    engine = EspeakSynthesis()
    try:
        pcm = b"".join([chunk.pcm async for chunk in engine.speak(_TEXT, voice="marin")])
    finally:
        await engine.close()
    wanted = 2 * ms_to_samples(1000 * _SECONDS)
    return (pcm * (wanted // len(pcm) + 1))[:wanted]
