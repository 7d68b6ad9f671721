"""What does a microphone hear of a loudspeaker in the same room?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bareline.errors import MissingExtra
from bareline.units import SAMPLE_RATE_HZ, ms_to_samples

__all__ = ["EchoPath", "Echoes"]

_REFLECTED = 0.5
"""Share of the echo's energy that comes by way of the walls."""
_FULL_SCALE = 32_768


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoPath:
    """A room, a loudspeaker and a microphone.

    ``delay_ms``: until the direct sound arrives. ``reverberation_ms``: until the walls have lowered it by 60 dB.
    ``level_db``: energy of the echo over that of what the loudspeaker is given. ``overdrive``: how far a loud voice
    goes beyond what the loudspeaker can do, as a factor; 0: it is perfect. ``noise_dbfs``: of the room and the
    microphone. ``seed`` decides where the walls are.
    """

    delay_ms: float = 30.0
    reverberation_ms: int = 250
    level_db: float = 0.0
    overdrive: float = 0.0
    noise_dbfs: float = -66.0
    seed: int = 0


class Echoes:
    """The sound at the microphone: PCM16 of the loudspeaker and of people in, the same length of PCM16 out.

    Any split gives the same echo. Raises ``MissingExtra`` without numpy.
    """

    def __init__(self, path: EchoPath) -> None:
        self._np = np = _numpy()
        self._path = path
        chance = np.random.default_rng(path.seed)
        self._response = _response(np, path, chance)
        self._chance = chance
        self._tail: Any = np.zeros(len(self._response) - 1)
        self._spectra: dict[int, Any] = {}

    def feed(self, played: bytes, said: bytes = b"") -> bytes:
        """``played`` by the loudspeaker, ``said`` by people at the microphone, no longer than ``played``."""
        np = self._np
        heard = self._echo(np.frombuffer(played, dtype="<i2").astype(np.float64))
        if said:
            voices = np.frombuffer(said, dtype="<i2")
            heard[: len(voices)] += voices
        heard += self._chance.standard_normal(len(heard)) * _FULL_SCALE * 10 ** (self._path.noise_dbfs / 20)
        return np.clip(np.rint(heard), -_FULL_SCALE, _FULL_SCALE - 1).astype("<i2").tobytes()

    def _echo(self, played: Any) -> Any:
        np, count = self._np, len(played)
        if self._path.overdrive:
            most = _FULL_SCALE / (2 * self._path.overdrive)
            played = np.tanh(played / most) * most
        size = 1 << (count + len(self._response) - 1).bit_length()
        spectrum = self._spectra.get(size)
        if spectrum is None:
            spectrum = self._spectra[size] = np.fft.rfft(self._response, size)
        echo = np.fft.irfft(np.fft.rfft(played, size) * spectrum, size)[: count + len(self._tail)]
        echo[: len(self._tail)] += self._tail
        self._tail = echo[count:].copy()
        return echo[:count]


def _response(np: Any, path: EchoPath, chance: Any) -> Any:
    """The direct sound and noise that dies away, together with the energy wanted."""
    length = max(1, ms_to_samples(path.reverberation_ms))
    walls = chance.standard_normal(length) * 10 ** (-3 * np.arange(length) / length)
    walls *= np.sqrt(_REFLECTED / np.sum(walls**2))
    walls[0] += np.sqrt(1 - _REFLECTED)
    delay = round(path.delay_ms * SAMPLE_RATE_HZ / 1000)
    return np.concatenate([np.zeros(delay), walls / np.sqrt(np.sum(walls**2)) * 10 ** (path.level_db / 20)])


def _numpy() -> Any:
    try:
        import numpy as np
    except ImportError as error:
        raise MissingExtra("A simulated room", "speech") from error
    return np
