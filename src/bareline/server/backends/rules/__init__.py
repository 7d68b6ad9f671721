"""What does the embedded default answer with: rules over the session's tools (D10)?"""

from __future__ import annotations

from bareline.server.backends.rules.backend import RulesBackend

__all__ = ["RulesBackend"]
