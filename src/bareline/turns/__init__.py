"""Turn-taking: profiles to choose from, detectors that decide, and what engines behind them promise."""

from bareline.turns.profiles import PushToTalk, SemanticVad, ServerVad, TurnProfile, wire_turn_detection

__all__ = ["PushToTalk", "SemanticVad", "ServerVad", "TurnProfile", "wire_turn_detection"]
