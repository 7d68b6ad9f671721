"""Running the package is running the command line."""

from __future__ import annotations

__all__ = ["run"]


def run() -> int:
    """As ``bareline.cli.main.main``; an interruption while that is still being loaded is as quiet as a later one."""
    try:
        from bareline.cli.main import main

        return main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    raise SystemExit(run())
