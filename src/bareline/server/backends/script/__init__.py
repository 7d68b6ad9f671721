"""How does one get a server that answers exactly as a file says?"""

from __future__ import annotations

from pathlib import Path

from bareline.media.synthesis import SpeechSynthesis
from bareline.server.backends.script.load import load_scene, read_scene
from bareline.server.backends.script.scene import Scene
from bareline.server.backends.script.session import ScriptSession

__all__ = ["Scene", "ScriptBackend", "load_scene", "read_scene"]


class ScriptBackend:
    """Plays a scene: deterministic answers for tests and demonstrations; a ``Backend``.

    Every session plays the scene from its beginning. ``synthesis``: the voice of what is said; without one a tone of
    plausible length sounds instead. The format is in ``docs/reference/backends.md``.
    """

    def __init__(self, scene: Scene, *, synthesis: SpeechSynthesis | None = None) -> None:
        self._scene = scene
        self._synthesis = synthesis

    @classmethod
    def from_file(cls, path: str | Path, *, synthesis: SpeechSynthesis | None = None) -> ScriptBackend:
        """The scene of a YAML file. Raises ``ConfigurationError`` naming file, line and field."""
        return cls(load_scene(path), synthesis=synthesis)

    async def open(self, *, seed: int) -> ScriptSession:
        """A new session; nothing is drawn, so ``seed`` changes nothing."""
        del seed
        return ScriptSession(self._scene, self._synthesis)

    async def close(self) -> None:
        """Let the voice go; may be called twice."""
        if self._synthesis is not None:
            await self._synthesis.close()
