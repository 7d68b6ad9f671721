"""What does a session say about its audio and its turns, and what while it has said nothing yet?"""

from __future__ import annotations

import pytest

from bareline.protocol import events as ev
from bareline.protocol.session_formats import (
    bytes_per_ms,
    input_format,
    is_pcm,
    output_format,
    vad_on,
    vad_responds,
)

PCMU = ev.AudioFormat(type="audio/pcmu")
NAMES = {"object": "realtime.session", "id": "sess_1"}
SILENT = [None, ev.RealtimeSession(**NAMES), ev.TranscriptionSession(**NAMES)]


@pytest.mark.parametrize("session", SILENT)
def test_a_session_that_has_not_reported_leaves_it_open(session: ev.Session | None) -> None:
    assert input_format(session) is None
    assert output_format(session) is None
    assert vad_on(session) is None


def test_who_answers_by_itself_until_it_says_no() -> None:
    assert [vad_responds(session) for session in SILENT] == [True, True, False]


def test_formats_and_turns_as_reported() -> None:
    turns = ev.TurnDetection(type="server_vad", create_response=False)
    audio = ev.SessionAudio(
        input=ev.SessionAudioInput(format=PCMU, turn_detection=turns), output=ev.SessionAudioOutput(format=PCMU)
    )
    session = ev.RealtimeSession(**NAMES, audio=audio)
    assert (input_format(session), output_format(session)) == (PCMU, PCMU)
    assert vad_on(session)
    assert not vad_responds(session)


def test_sizes() -> None:
    assert is_pcm(None)
    assert not is_pcm(PCMU)
    assert (bytes_per_ms(None), bytes_per_ms(PCMU)) == (48, 8)
