"""Does it sound as if the turn were over? By Smart Turn, where its model is at hand."""

from __future__ import annotations

import importlib
import importlib.util
import os
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bareline.errors import ConfigurationError, MissingExtra
from bareline.media.resample import Resampler
from bareline.speech.whisper_features import FEATURE_HZ, log_mel
from bareline.units import SAMPLE_RATE_HZ

__all__ = ["SMART_TURN_VARIABLE", "SmartTurn", "smart_turn_model"]

SMART_TURN_VARIABLE = "BARELINE_SMART_TURN_MODEL"
_SECONDS = 8
_IN_PIPECAT = ("audio", "turn", "smart_turn", "data")
_PATTERN = "smart-turn-v3*.onnx"
_INPUT = "input_features"


def smart_turn_model(path: str | Path | None = None) -> Path:
    """The file of the model: ``path``, else what the variable names, else what an installed pipecat brings along.

    Raises ``ConfigurationError`` where there is none.
    """
    named = path or os.environ.get(SMART_TURN_VARIABLE)
    if named:
        if not Path(named).is_file():
            raise ConfigurationError(f"there is no Smart Turn model at {named}")
        return Path(named)
    pipecat = importlib.util.find_spec("pipecat")
    for place in (pipecat.submodule_search_locations or ()) if pipecat is not None else ():
        found = sorted(Path(place, *_IN_PIPECAT).glob(_PATTERN))
        if found:
            return found[-1]
    raise ConfigurationError(
        f"Smart Turn needs its model: download smart-turn-v3 (ONNX) and name it with path= or {SMART_TURN_VARIABLE}"
    )


class SmartTurn:
    """``TurnJudge`` by Smart Turn version 3 (ONNX): listens to the last 8 s, and takes some 100 ms of one core.

    It thinks beside the caller; with ``background=False`` it answers at once, so that any split of the audio decides
    the same: for measurements. Raises ``MissingExtra`` without the extra ``smart-turn``, ``ConfigurationError`` where
    the model is missing or another one. ``close`` ends its thread; it also ends with its owner.
    """

    def __init__(self, path: str | Path | None = None, *, background: bool = True) -> None:
        self._session = _session(smart_turn_model(path))
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="bareline-smart-turn") if background else None
        self._answer: Future[float] | float | None = None

    def ask(self, pcm: bytes) -> None:
        """Begin to think about this audio (PCM16 at 24 kHz)."""
        if isinstance(self._answer, Future):
            self._answer.cancel()
        self._answer = self.probability(pcm) if self._thread is None else self._thread.submit(self.probability, pcm)

    def answer(self) -> float | None:
        """How likely the turn is over, once that is known."""
        if not isinstance(self._answer, Future):
            return self._answer
        return self._answer.result() if self._answer.done() and not self._answer.cancelled() else None

    def probability(self, pcm: bytes) -> float:
        """How likely this turn (PCM16 at 24 kHz) is over, 0-1."""
        import numpy as np

        resampler = Resampler(SAMPLE_RATE_HZ, FEATURE_HZ)
        heard = np.frombuffer(resampler.feed(pcm) + resampler.flush(), np.int16).astype(np.float64) / 32_768
        wanted = _SECONDS * FEATURE_HZ
        heard = heard[-wanted:]
        features = log_mel(np.pad(heard, (wanted - len(heard), 0)))[None]
        outputs = self._session.run(None, {_INPUT: features})
        return min(1.0, max(0.0, float(outputs[0].reshape(-1)[0])))

    def close(self) -> None:
        """End its thread; may be called twice."""
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)


def _session(model: Path) -> Any:
    try:
        onnxruntime: Any = importlib.import_module("onnxruntime")
    except ImportError as error:
        raise MissingExtra("Smart Turn", "smart-turn") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions have no public base class
        raise ConfigurationError(f"{model} is no model that onnxruntime can load") from error
    if _INPUT not in [entry.name for entry in session.get_inputs()]:
        raise ConfigurationError(f"{model} is not Smart Turn version 3: it has no input {_INPUT!r}")
    return session
