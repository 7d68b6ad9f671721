"""How does each peer get an environment of its own, and what does it weigh?"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bareline.errors import BarelineError
from bareline.lab.peers.contenders import PROGRAMS, Peer
from bareline.lab.peers.report import cache_folder
from bareline.version import __version__

__all__ = ["Environment", "NotInstallable", "make_environment"]

Progress = Callable[[str], None]

_INSTALL_LIMIT_S = 1_200
_IMPORT_LIMIT_S = 60
_TOLD_EVERY_S = 5.0
_OURS = ("pip", "setuptools", "wheel")
_MADE = "made.json"
_SIZES = """
import json, os, sys
from importlib.metadata import distributions
found = {d.name.lower(): d.version for d in distributions() if d.name}
roots = [p for p in sys.path if p.endswith("site-packages")]
print(json.dumps([found, roots]))
"""
_IMPORT = "import time; began = time.perf_counter()\n{imports}\nprint((time.perf_counter() - began) * 1e3)"


class NotInstallable(BarelineError):
    """A peer has no environment here; the message says why."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a peer lives. ``megabytes`` and ``distributions`` are what was installed for it, without pip itself."""

    peer: Peer
    folder: Path
    version: str
    distributions: int
    megabytes: float

    @property
    def command(self) -> tuple[str, ...]:
        """How its program is run."""
        if self.peer.runtime == "node":
            return ("node", str(self.folder / self.peer.program.name))
        return (str(_python(self.folder)), str(self.peer.program))

    def import_ms(self) -> float | None:
        """How long a fresh process imports what the program imports; ``None`` when that fails."""
        if self.peer.runtime == "node":
            code = f"const began = performance.now(); await import('{self.peer.imports}'); "
            code += "console.log(performance.now() - began)"
            command = ["node", "--input-type=module", "-e", code]
        else:
            command = [str(_python(self.folder)), "-c", _IMPORT.format(imports=self.peer.imports)]
        done = subprocess.run(  # noqa: S603 - an environment of ours
            command, cwd=self.folder, capture_output=True, text=True, timeout=_IMPORT_LIMIT_S, check=False
        )
        return float(done.stdout.split()[-1]) if done.returncode == 0 and done.stdout else None


def make_environment(peer: Peer, progress: Progress) -> Environment:
    """The peer's environment, made now unless one of the same requirements is there. Raises ``NotInstallable``."""
    if peer.runtime == "node" and not (shutil.which("node") and shutil.which("npm")):
        raise NotInstallable("there is no Node with npm on this machine")
    requirements = peer.folder / ("package.json" if peer.runtime == "node" else "requirements.txt")
    lines = _resolved(requirements.read_text())
    key = hashlib.sha256("\n".join((*lines, sys.version)).encode()).hexdigest()[:12]
    folder = cache_folder() / "environments" / f"{peer.name}-{key}"
    if not (folder / _MADE).exists():
        _make(peer, folder, lines, progress)
    if peer.runtime == "node":
        for path in (PROGRAMS / "shared" / "probe.mjs", peer.program):
            shutil.copy(path, folder)  # Node looks for packages beside the program
    made = json.loads((folder / _MADE).read_text())
    return Environment(peer, folder, made["version"], made["distributions"], made["megabytes"])


def _make(peer: Peer, folder: Path, lines: list[str], progress: Progress) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    progress(f"{peer.name}: making its environment in {folder}")
    began = time.monotonic()
    try:
        if peer.runtime == "node":
            (folder / "package.json").write_text("\n".join(lines))
            _told(peer, ["npm", "install", "--no-audit", "--no-fund"], folder, progress)
            made = _weigh_node(peer, folder)
        else:
            _install(peer, folder, lines, progress)
            made = _weigh_python(peer, folder, lines)
    except (NotInstallable, OSError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise NotInstallable(str(error)) from error
    (folder / _MADE).write_text(json.dumps(made))
    weight = f"{made['distributions']} distributions, {made['megabytes']:.0f} MB"
    progress(f"{peer.name}: made in {time.monotonic() - began:.0f} s, {weight}")


def _install(peer: Peer, folder: Path, lines: list[str], progress: Progress) -> None:
    uv = shutil.which("uv")
    if uv is not None:
        _told(
            peer, [uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(folder)], folder, progress
        )
        _told(peer, [uv, "pip", "install", "--python", str(_python(folder)), *_arguments(lines)], folder, progress)
    else:
        _told(peer, [sys.executable, "-m", "venv", str(folder)], folder, progress)
        pip = [str(_python(folder)), "-m", "pip", "--disable-pip-version-check", "install", "--progress-bar", "off"]
        _told(peer, [*pip, *_arguments(lines)], folder, progress)


def _resolved(text: str) -> list[str]:
    """The requirements; our own package is the one that runs this, from its source where it runs from there."""
    root = Path(__file__).parents[4]
    source = root if (root / "pyproject.toml").exists() else None
    lines: list[str] = []
    for line in text.splitlines():
        name, bracket, extras = line.partition("[")
        if name.strip() == "bareline":
            lines.append(f"--editable {source}{bracket}{extras}" if source else f"{line}=={__version__}")
        elif line.strip():
            lines.append(line)
    return lines


def _arguments(lines: list[str]) -> list[str]:
    return [part for line in lines for part in line.split(" ", 1)]


def _told(peer: Peer, command: list[str], folder: Path, progress: Progress) -> None:
    """Run an installer to its end and say now and then what it is at."""
    log = folder / "install.txt"
    began = told = time.monotonic()
    with log.open("ab") as file:
        process = subprocess.Popen(  # noqa: S603 - the installers of Python and Node
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=_quiet_environment(),
        )
        while process.poll() is None:
            time.sleep(0.1)
            now = time.monotonic()
            if now - began > _INSTALL_LIMIT_S:
                process.kill()
                raise NotInstallable(f"installing took longer than {_INSTALL_LIMIT_S} s")
            if now - told > _TOLD_EVERY_S:
                told = now
                progress(
                    f"{peer.name}: {now - began:.0f} s, {_last_words(log, 'Collecting', 'Installing', 'Building')}"
                )
    if process.returncode:
        raise NotInstallable(_last_words(log, "ERROR", "error", "npm error"))


def _last_words(log: Path, *beginnings: str) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    chosen = [line for line in lines if line.startswith(beginnings)] or lines or ["installing"]
    return chosen[-1][:160]


def _weigh_python(peer: Peer, folder: Path, lines: list[str]) -> dict[str, object]:
    done = subprocess.run(  # noqa: S603 - an environment of ours
        [str(_python(folder)), "-c", _SIZES], capture_output=True, text=True, check=False, timeout=_IMPORT_LIMIT_S
    )
    if done.returncode:
        raise NotInstallable(f"its Python does not run: {done.stderr.strip()[-200:]}")
    found, roots = json.loads(done.stdout)
    names = {name: version for name, version in found.items() if name not in _OURS}
    size = sum(_bytes(Path(root)) for root in roots)
    size -= sum(_bytes(path) for root in roots for name in _OURS for path in Path(root).glob(f"{name}*"))
    if any(line.startswith("--editable") for line in lines):
        size += _bytes(Path(__file__).parents[2])
    return {"version": found.get(peer.distribution, ""), "distributions": len(names), "megabytes": size / 1e6}


def _weigh_node(peer: Peer, folder: Path) -> dict[str, object]:
    modules = folder / "node_modules"
    lock = json.loads((modules / ".package-lock.json").read_text())["packages"]
    version = lock.get(f"node_modules/{peer.distribution}", {}).get("version", "")
    return {"version": version, "distributions": len(lock), "megabytes": _bytes(modules) / 1e6}


def _bytes(path: Path) -> int:
    """Of a folder or file, without what Python compiled."""
    if path.is_file():
        return path.stat().st_size
    return sum(each.stat().st_size for each in path.rglob("*") if each.is_file() and "__pycache__" not in each.parts)


def _python(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _quiet_environment() -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
