"""Where does this server knowingly differ from the service?

Each entry has a passing test, which asserts our side of it; a difference that goes away fails its test, and its entry
is then removed. Open points of the specification with a choice of ours are fields of ``ServerOptions`` instead.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DIVERGENCES", "Divergence"]


@dataclass(frozen=True, slots=True)
class Divergence:
    """``ours`` against ``theirs``, why, and the ``test`` that shows ours (file and function)."""

    id: str
    ours: str
    theirs: str
    why: str
    test: str


_PUMP = "tests/unit/server/test_session_pump.py"
_SPEECH = "tests/unit/server/test_session_speech.py"
_FACES = "tests/unit/server/test_server_faces.py"

DIVERGENCES = (
    Divergence(
        id="semantic-vad",
        ours="semantic_vad ends a turn by silence alone: 400, 800 or 1500 ms for high, medium and low eagerness",
        theirs="a model judges whether the words are complete and waits up to 2, 4 or 8 s",
        why="judging meaning needs a model; silence keeps the order between the settings",
        test=f"{_SPEECH}::test_detection_by_meaning_waits_longer_for_the_less_eager",
    ),
    Divergence(
        id="noise-reduction",
        ours="noise_reduction is accepted and reported, and changes no sample",
        theirs="filters the audio before voice activity and the model",
        why="a test server should hand the backend exactly what the client sent",
        test=f"{_SPEECH}::test_noise_reduction_changes_nothing",
    ),
    Divergence(
        id="ahead",
        ours="audio is generated at most 30 s ahead of its playback (settable)",
        theirs="is sent as fast as the model makes it",
        why="a response without an end must not fill the client's memory",
        test=f"{_PUMP}::test_audio_runs_ahead_of_its_playback_no_further_than_allowed",
    ),
    Divergence(
        id="any-key",
        ours="every key is accepted unless one was set; only a missing one or an unknown client secret is refused",
        theirs="knows its keys",
        why="it runs on the developer's machine, with no key at hand",
        test="tests/unit/server/test_door.py::test_any_key_opens_a_session_unless_one_was_set",
    ),
    Divergence(
        id="bound-model",
        ours="a client secret made for a model opens sessions with that model, whatever ?model= says",
        theirs="not shown in any source",
        why="a browser must not be able to choose a dearer model than its server granted",
        test="tests/unit/server/test_door.py::test_a_secret_brings_its_configuration_and_its_model",
    ),
    Divergence(
        id="sidebands",
        ours="there are no calls to attach to yet: ?call_id= is answered with call_id_not_found and close 4000",
        theirs="attaches to a WebRTC or SIP call; the answer to an unknown call is not shown in any source",
        why="WebRTC is not built in yet",
        test=f"{_FACES}::test_refusals_come_after_the_upgrade",
    ),
    Divergence(
        id="oversized",
        ours="a message over 21 MiB closes the connection with 1009",
        theirs="not shown in any source; an append over 15 MiB is refused by both with an error",
        why="a bound on memory; 1009 is what WebSocket has for it",
        test=f"{_FACES}::test_a_message_beyond_all_limits_closes_with_1009_and_a_binary_one_does_not",
    ),
    Divergence(
        id="shutdown",
        ours="when the server stops, sessions get what is to be sent, then close 1001",
        theirs="not shown in any source",
        why="1001 (going away) is what clients reconnect on",
        test=f"{_FACES}::test_a_stopping_server_closes_every_session_with_1001_and_its_backend",
    ),
)
"""All that is known."""
