"""Turn-taking: profiles to choose from, detectors that decide, and what engines behind them promise."""

from bareline.turns.asked import AskingTurnDetector, TurnJudge
from bareline.turns.completeness import CompletenessTurnDetector, completeness
from bareline.turns.contract import (
    Hypothesis,
    SpeechProbability,
    StreamingSTT,
    TurnDecision,
    TurnDetector,
    VoiceActivity,
)
from bareline.turns.dictation import DictationTurnDetector
from bareline.turns.endpointing import Adjustable, Endpointing, Pace
from bareline.turns.energy import EnergyVad
from bareline.turns.fusion import FusedTurnDetector
from bareline.turns.interruption import InterruptionPolicy, Judgement, Overlap
from bareline.turns.interruption_rules import AlwaysInterrupt, InterruptionRules, NeverInterrupt
from bareline.turns.overlap import OutputChange, OverlapWatch
from bareline.turns.overlap_words import OverlapWords
from bareline.turns.pace_rules import (
    DEFAULT_TURN_RULES,
    Moment,
    TurnRule,
    after_cut_in,
    after_yes_no_question,
    while_dictating,
    while_thinking,
)
from bareline.turns.patience import Patience, PatientTurnDetector, Pause, Wait
from bareline.turns.profiles import SemanticVad, ServerVad, TurnProfile, wire_turn_detection
from bareline.turns.push_to_talk import PushToTalk
from bareline.turns.silence import SilenceTurnDetector
from bareline.turns.spotting import Spotted, WakeSpotter
from bareline.turns.wake_word import WakeWord

__all__ = [
    "DEFAULT_TURN_RULES",
    "Adjustable",
    "AlwaysInterrupt",
    "AskingTurnDetector",
    "CompletenessTurnDetector",
    "DictationTurnDetector",
    "Endpointing",
    "EnergyVad",
    "FusedTurnDetector",
    "Hypothesis",
    "InterruptionPolicy",
    "InterruptionRules",
    "Judgement",
    "Moment",
    "NeverInterrupt",
    "OutputChange",
    "Overlap",
    "OverlapWatch",
    "OverlapWords",
    "Pace",
    "Patience",
    "PatientTurnDetector",
    "Pause",
    "PushToTalk",
    "SemanticVad",
    "ServerVad",
    "SilenceTurnDetector",
    "SpeechProbability",
    "Spotted",
    "StreamingSTT",
    "TurnDecision",
    "TurnDetector",
    "TurnJudge",
    "TurnProfile",
    "TurnRule",
    "VoiceActivity",
    "Wait",
    "WakeSpotter",
    "WakeWord",
    "after_cut_in",
    "after_yes_no_question",
    "completeness",
    "while_dictating",
    "while_thinking",
    "wire_turn_detection",
]
