"""Turn-taking: profiles to choose from, detectors that decide, and what engines behind them promise."""

from bareline.turns.interruption import InterruptionPolicy, Judgement, Overlap
from bareline.turns.interruption_rules import AlwaysInterrupt, InterruptionRules, NeverInterrupt
from bareline.turns.overlap import OutputChange, OverlapWatch
from bareline.turns.overlap_words import OverlapWords
from bareline.turns.profiles import SemanticVad, ServerVad, TurnProfile, wire_turn_detection
from bareline.turns.push_to_talk import PushToTalk
from bareline.turns.wake_word import WakeWord

__all__ = [
    "AlwaysInterrupt",
    "InterruptionPolicy",
    "InterruptionRules",
    "Judgement",
    "NeverInterrupt",
    "OutputChange",
    "Overlap",
    "OverlapWatch",
    "OverlapWords",
    "PushToTalk",
    "SemanticVad",
    "ServerVad",
    "TurnProfile",
    "WakeWord",
    "wire_turn_detection",
]
