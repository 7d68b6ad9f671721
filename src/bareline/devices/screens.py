"""How does a program get a picture of what is on a screen? (mss is imported here and nowhere else)"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bareline.errors import ConfigurationError, MissingExtra
from bareline.media.pixels import Pixels

__all__ = ["Screen", "screen"]


@dataclass(frozen=True, slots=True)
class Screen:
    """One monitor, or a part of it; looked at when ``grab`` is called."""

    monitor: int = 1
    region: tuple[int, int, int, int] | None = None

    def grab(self) -> Pixels:
        """What is on the screen now; blocks for some ten milliseconds.

        Raises ``MissingExtra``, and ``ConfigurationError`` where no screen can be looked at, or not this monitor.
        """
        try:
            import mss
            from mss.exception import ScreenShotError
        except ImportError as error:
            raise MissingExtra("Pictures of the screen", "devices") from error
        looking_at: Any = mss.MSS  # its types are not all known
        try:
            with looking_at() as screens:
                shot = screens.grab(self._area(screens.monitors))
        except ScreenShotError as error:
            raise ConfigurationError(f"no screen can be looked at here: {error}") from error
        return Pixels(shot.width, shot.height, bytes(shot.bgra))

    def _area(self, monitors: list[dict[str, int]]) -> dict[str, int]:
        if not 0 <= self.monitor < len(monitors):
            last = len(monitors) - 1
            raise ConfigurationError(
                f"there is no monitor {self.monitor}: there are 1 to {last}, and 0 for all of them"
            )
        whole = monitors[self.monitor]
        if self.region is None:
            return whole
        left, top, width, height = self.region
        return {"left": whole["left"] + left, "top": whole["top"] + top, "width": width, "height": height}


def screen(monitor: int = 1, *, region: tuple[int, int, int, int] | None = None) -> Screen:
    """A monitor to show: 1 is the first, 0 all of them side by side.

    ``region``: only this part of it, as left, top, width and height in pixels. Looked at when it is shown, each time
    anew.
    """
    return Screen(monitor, region)
