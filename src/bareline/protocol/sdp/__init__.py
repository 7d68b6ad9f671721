"""SDP as far as realtime calls use it: text to values and back, and what an answer to an offer is (sans-IO)."""

from __future__ import annotations

from bareline.protocol.sdp.description import (
    AudioSection,
    Candidate,
    Codec,
    DataSection,
    Description,
    Direction,
    Fingerprint,
    IceCredentials,
    OtherSection,
    Setup,
)
from bareline.protocol.sdp.negotiate import OWN_CODECS, answer_to, check_answer, offer_of
from bareline.protocol.sdp.parse import parse_description
from bareline.protocol.sdp.write import write_description

__all__ = [
    "OWN_CODECS",
    "AudioSection",
    "Candidate",
    "Codec",
    "DataSection",
    "Description",
    "Direction",
    "Fingerprint",
    "IceCredentials",
    "OtherSection",
    "Setup",
    "answer_to",
    "check_answer",
    "offer_of",
    "parse_description",
    "write_description",
]
