"""Is the package what its metadata and its first line say?"""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys

import bareline


def test_version_is_the_same_everywhere() -> None:
    assert bareline.__version__ == importlib.metadata.version("bareline")


def test_every_public_name_is_there() -> None:
    assert all(getattr(bareline, name) is not None for name in bareline.__all__)


def test_connecting_needs_neither_numpy_nor_a_server() -> None:
    program = "import bareline, sys; bareline.connect; bareline.Call; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "aiohttp", "av", "soxr", "pocketsphinx"} & set(loaded)
