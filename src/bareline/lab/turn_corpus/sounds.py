"""What does a microphone hear that is no speech: rooms, streets, machines, coughs?

Made from chance alone, so that every seed gives the same samples. numpy is imported here only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bareline.errors import MissingExtra
from bareline.units import SAMPLE_RATE_HZ, ms_to_samples

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Signal = NDArray[np.float64]
else:
    Signal = Any

__all__ = ["DEVELOPMENT_NOISES", "HELD_OUT_NOISES", "Signal", "cough", "noise", "numpy", "rms"]


_THROAT_SHARE = 0.3


def numpy() -> Any:
    """numpy, or ``MissingExtra``."""
    try:
        import numpy as np
    except ImportError as error:
        raise MissingExtra("The corpus of turns", "speech") from error
    return np


def rms(signal: Signal) -> float:
    """Root mean square; of nothing: 0."""
    np = numpy()
    return float(np.sqrt(np.mean(signal * signal))) if len(signal) else 0.0


def noise(name: str, samples: int, seed: int) -> Signal:
    """``samples`` of the noise ``name``, of root mean square 1."""
    made = _NOISES[name](samples, numpy().random.default_rng(seed))
    return made / (rms(made) or 1.0)


def cough(seed: int) -> Signal:
    """One to three coughs, or a throat that is cleared; 0.2-1.2 s, peak 1."""
    np = numpy()
    chance = np.random.default_rng(seed)
    if chance.random() < _THROAT_SHARE:
        return _throat(chance)
    parts: list[Signal] = []
    for _ in range(int(chance.integers(1, 4))):
        parts += [_one_cough(chance), np.zeros(ms_to_samples(int(chance.integers(40, 160))))]
    made = np.concatenate(parts[:-1])
    return made / np.max(np.abs(made))


def _throat(chance: Any) -> Signal:
    """Creaky voice through a narrow mouth: nearest to speech."""
    np = numpy()
    length = ms_to_samples(int(chance.integers(220, 500)))
    time = np.arange(length) / SAMPLE_RATE_HZ
    pitch = chance.uniform(70, 130) * (1 + 0.15 * _slow(length, chance, 8)) * (1 - 0.4 * time)
    pulses = np.diff(np.floor(np.cumsum(pitch) / SAMPLE_RATE_HZ), prepend=0.0)
    rough = pulses * chance.uniform(0.3, 1.0, length) + 0.02 * chance.standard_normal(length)
    made = _shaped(rough, lambda hz: _peaks(hz, chance, ((480, 160), (1200, 250), (2500, 500))))
    made = made * np.sin(np.pi * np.minimum(1, time / time[-1])) ** 0.5
    return made / np.max(np.abs(made))


def _one_cough(chance: Any) -> Signal:
    """A burst, breath through a throat, often a voiced end."""
    np = numpy()
    length = ms_to_samples(int(chance.integers(180, 380)))
    time = np.arange(length) / SAMPLE_RATE_HZ
    throat = _shaped(
        chance.standard_normal(length), lambda hz: _peaks(hz, chance, ((600, 250), (1500, 400), (2600, 700)))
    )
    envelope = (1 - np.exp(-time / 0.004)) * (np.exp(-time / 0.045) + 0.35 * np.exp(-time / 0.12))
    made = throat * envelope
    if chance.random() < 0.6:
        pitch = chance.uniform(90, 220) * (1 - 0.5 * time)
        voiced = np.sign(np.sin(2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE_HZ)) * np.exp(-((time - 0.15) ** 2) / 0.004)
        made = made + 0.3 * rms(made) / (rms(voiced) or 1.0) * voiced
    return made


def _peaks(hz: Signal, chance: Any, around: tuple[tuple[float, float], ...]) -> Signal:
    np = numpy()
    gain = np.full(len(hz), 0.05)
    for centre, width in around:
        gain += 1 / (1 + ((hz - centre * chance.uniform(0.85, 1.15)) / width) ** 2)
    return gain


def _shaped(white: Signal, gain: Callable[[Signal], Signal]) -> Signal:
    np = numpy()
    spectrum = np.fft.rfft(white)
    return np.fft.irfft(spectrum * gain(np.fft.rfftfreq(len(white), 1 / SAMPLE_RATE_HZ)), len(white))


def _pink(samples: int, chance: Any, power: float = 0.5) -> Signal:
    np = numpy()
    return _shaped(chance.standard_normal(samples), lambda hz: 1 / np.maximum(hz, 20) ** power)


def _room(samples: int, chance: Any) -> Signal:
    return _pink(samples, chance)


def _fan(samples: int, chance: Any) -> Signal:
    np = numpy()
    time = np.arange(samples) / SAMPLE_RATE_HZ
    hum = np.sum([np.sin(2 * np.pi * 50 * k * time + chance.uniform(0, 6)) / k for k in (1, 2, 3, 4, 6)], axis=0)
    return _pink(samples, chance) / rms(_pink(samples, chance)) + 0.7 * hum


def _street(samples: int, chance: Any) -> Signal:
    """Low rumble that swells as cars pass."""
    rumble = _pink(samples, chance, 0.8)
    swell = 0.4 + _slow(samples, chance, 0.3) ** 2 * 2
    return rumble / rms(rumble) * swell + 0.05 * chance.standard_normal(samples) * swell


def _keys(samples: int, chance: Any) -> Signal:
    """A keyboard, with pauses."""
    made = 0.05 * _pink(samples, chance)
    made /= rms(made) * 12
    at = 0
    while at < samples:
        _strike(made, at, chance, hz=chance.uniform(1800, 4200), decay_s=chance.uniform(0.004, 0.012))
        at += ms_to_samples(int(chance.choice((90, 130, 180, 260, 900), p=(0.3, 0.3, 0.2, 0.15, 0.05))))
    return made


def _clatter(samples: int, chance: Any) -> Signal:
    """Dishes: ringing strikes now and then."""
    made = _pink(samples, chance)
    made /= rms(made) * 10
    at = 0
    while at < samples:
        for _ in range(int(chance.integers(2, 6))):
            _strike(made, at, chance, hz=chance.uniform(900, 6000), decay_s=chance.uniform(0.02, 0.15))
        at += ms_to_samples(int(chance.integers(150, 1500)))
    return made


def _rain(samples: int, chance: Any) -> Signal:
    np = numpy()
    hiss = _shaped(chance.standard_normal(samples), lambda hz: hz / (hz + 1500))
    drops = (chance.random(samples) < 0.002) * chance.exponential(1.0, samples)
    return hiss / rms(hiss) + 2 * _shaped(drops, lambda hz: np.exp(-((hz - 3000) ** 2) / 2e6))


def _vacuum(samples: int, chance: Any) -> Signal:
    """A motor with harmonics that drift, under broad noise."""
    np = numpy()
    pitch = 210 * (1 + 0.05 * _slow(samples, chance, 0.5))
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE_HZ
    motor: Signal = np.sum([np.sin(k * phase) / k for k in range(1, 9)], axis=0)
    air = _pink(samples, chance, 0.3)
    return motor / rms(motor) * 0.6 + air / rms(air)


def _doors(samples: int, chance: Any) -> Signal:
    """Steps and doors: dull blows."""
    made = _pink(samples, chance)
    made /= rms(made) * 10
    at = 0
    while at < samples:
        _strike(made, at, chance, hz=chance.uniform(60, 220), decay_s=chance.uniform(0.03, 0.09))
        _strike(made, at, chance, hz=chance.uniform(300, 900), decay_s=0.015)
        at += ms_to_samples(int(chance.choice((450, 520, 600, 2500), p=(0.3, 0.3, 0.25, 0.15))))
    return made


def _alarm(samples: int, chance: Any) -> Signal:
    """Beeps of a machine that wants something."""
    np = numpy()
    time = np.arange(samples) / SAMPLE_RATE_HZ
    hz, on_s, off_s = chance.uniform(700, 2400), chance.uniform(0.1, 0.4), chance.uniform(0.3, 1.5)
    gate = (time % (on_s + off_s)) < on_s
    tone = np.sin(2 * np.pi * hz * time) + 0.3 * np.sin(4 * np.pi * hz * time)
    floor = _pink(samples, chance)
    return tone * gate + 0.05 * floor / rms(floor)


def _strike(made: Signal, at: int, chance: Any, *, hz: float, decay_s: float) -> None:
    np = numpy()
    end = min(len(made), at + int(8 * decay_s * SAMPLE_RATE_HZ))
    time = np.arange(end - at) / SAMPLE_RATE_HZ
    ring = np.sin(2 * np.pi * hz * time) + 0.4 * chance.standard_normal(end - at)
    made[at:end] += chance.uniform(0.3, 1.0) * ring * np.exp(-time / decay_s)


def _slow(samples: int, chance: Any, hz: float) -> Signal:
    """A curve between 0 and 1 that turns about ``hz`` times a second."""
    np = numpy()
    knots = chance.random(max(4, int(samples / SAMPLE_RATE_HZ * hz * 2) + 2))
    return np.interp(np.linspace(0, len(knots) - 1, samples), np.arange(len(knots)), knots)


_NOISES: dict[str, Callable[[int, Any], Signal]] = {
    "room": _room,
    "fan": _fan,
    "street": _street,
    "keys": _keys,
    "clatter": _clatter,
    "rain": _rain,
    "vacuum": _vacuum,
    "doors": _doors,
    "alarm": _alarm,
}
DEVELOPMENT_NOISES = ("room", "fan", "street", "keys", "clatter")
HELD_OUT_NOISES = ("rain", "vacuum", "doors", "alarm")
