"""Where is libopus, and how is it called?

The library in PyAV's wheel (found without importing ``av``), else the system's. ctypes, because PyAV has no call for
concealment or for a packet's forward error correction. Source: opus-codec.org's API documentation; RFC 6716.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
from functools import lru_cache
from pathlib import Path

__all__ = ["LibOpus", "load_libopus"]

_NAMES = ("libopus-*", "libopus.*", "opus-*", "opus.*")
_SYSTEM_NAMES = ("libopus.so.0", "libopus.0.dylib")
_INT = ctypes.c_int
_STATE = ctypes.c_void_p
_BYTES = ctypes.c_char_p


class LibOpus:
    """The calls of one loaded library. Raises ``OSError`` or ``AttributeError`` where it is no libopus."""

    def __init__(self, path: str) -> None:
        library = ctypes.CDLL(path)
        library.opus_get_version_string.restype = _BYTES
        self.version: str = library.opus_get_version_string().decode("ascii", "replace")
        self.encoder_size = library.opus_encoder_get_size
        self.encoder_init = library.opus_encoder_init
        self.encoder_init.argtypes = [_STATE, ctypes.c_int32, _INT, _INT]
        # Variadic: only the fixed arguments are declared, as Apple's ARM convention demands.
        self.encoder_ctl = library.opus_encoder_ctl
        self.encoder_ctl.argtypes = [_STATE, _INT]
        self.encode = library.opus_encode
        self.encode.argtypes = [_STATE, _BYTES, _INT, _STATE, ctypes.c_int32]
        self.decoder_size = library.opus_decoder_get_size
        self.decoder_init = library.opus_decoder_init
        self.decoder_init.argtypes = [_STATE, ctypes.c_int32, _INT]
        self.decode = library.opus_decode
        self.decode.argtypes = [_STATE, _BYTES, ctypes.c_int32, _STATE, _INT, _INT]


@lru_cache(maxsize=1)
def load_libopus() -> LibOpus | None:
    """The first libopus that loads, or None."""
    for path in _candidates():
        try:
            return LibOpus(path)
        except (OSError, AttributeError):
            continue
    return None


def _candidates() -> list[str]:
    spec = importlib.util.find_spec("av")
    found: list[str] = []
    for package in (spec.submodule_search_locations or []) if spec else []:
        for folder in (Path(package).parent / "av.libs", Path(package) / ".dylibs", Path(package) / "__dot__dylibs"):
            found += [str(path) for name in _NAMES for path in sorted(folder.glob(name))]
    found += _SYSTEM_NAMES
    named = ctypes.util.find_library("opus")
    return [*found, named] if named else found
