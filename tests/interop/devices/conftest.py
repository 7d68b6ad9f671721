"""A room of two loudspeakers and the microphones that hear them: PulseAudio's null sinks, reached through PortAudio.

``assistant`` is heard by ``ear``, ``user`` is heard by ``microphone``. No sound card is needed; time is real.
"""

from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_PLUGIN = "libasound_module_pcm_pulse.so"
_READY_WITHIN_S = 10
_DEVICE = 'pcm.{name} {{ type pulse server "unix:{socket}" device "{device}" hint {{ show on description "{name}" }} }}'
_DEVICES = {"assistant": "assistant", "ear": "assistant.monitor", "user": "user", "microphone": "user.monitor"}


class Room:
    """A running PulseAudio, and the environment in which a process sees its devices."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        socket = folder / "native"
        config = folder / "asound.conf"
        config.write_text(
            "\n".join(_DEVICE.format(name=name, device=device, socket=socket) for name, device in _DEVICES.items())
            + '\npcm.!default { type asym playback.pcm "assistant" capture.pcm "microphone" hint { show on } }\n'
        )
        self.environment = {
            **os.environ,
            "ALSA_CONFIG_PATH": str(config),
            "OPENAI_API_KEY": "",
            "OPENAI_BASE_URL": "",
            "PYTHONUNBUFFERED": "1",
        }
        modules = [
            *(f"module-null-sink sink_name={name} rate=48000" for name in ("assistant", "user", "drain")),
            # Somebody who listens with little delay keeps the clocks of the two at it from the beginning.
            *(f"module-loopback source={name}.monitor sink=drain latency_msec=20" for name in ("assistant", "user")),
            f"module-native-protocol-unix socket={socket} auth-anonymous=1",
        ]
        loads = [argument for module in modules for argument in ("-L", module)]
        self.process = subprocess.Popen(
            ["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=60", *loads],
            env={**os.environ, "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        give_up = time.monotonic() + _READY_WITHIN_S
        while not socket.exists():
            if self.process.poll() is not None or time.monotonic() > give_up:
                self.close()
                pytest.skip("pulseaudio does not start here")
            time.sleep(0.05)

    def run(self, *arguments: str, timeout_s: float = 50) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    @contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        with subprocess.Popen(
            [sys.executable, *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


def _plugin_there() -> bool:
    folders = [Path(os.environ["ALSA_PLUGIN_DIR"])] if "ALSA_PLUGIN_DIR" in os.environ else []
    folders += [path for root in ("/usr/lib", "/usr/lib64") for path in Path(root).glob("**/alsa-lib")]
    return any((folder / _PLUGIN).exists() for folder in folders)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    needs = {
        "PortAudio (apt install libportaudio2)": ctypes.util.find_library("portaudio"),
        "pulseaudio (apt install pulseaudio)": shutil.which("pulseaudio"),
        "ALSA's way to PulseAudio (apt install libasound2-plugins)": _plugin_there(),
    }
    missing = [name for name, there in needs.items() if not there]
    if missing:
        pytest.skip(f"without {', '.join(missing)}")
    opened = Room(tmp_path)
    yield opened
    opened.close()
