"""Running the package is running the command line."""

from __future__ import annotations

from bareline.cli.main import main

__all__: list[str] = []

if __name__ == "__main__":
    raise SystemExit(main())
