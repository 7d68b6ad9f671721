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
_MEDIA = "tests/unit/server/test_session_media.py"
_SIDEBANDS = "tests/unit/server/test_sidebands.py"
_CALLS = "tests/unit/server/test_calls_http.py"
_MCP = "tests/unit/server/test_session_mcp.py"
_MCP_ORDER = "tests/unit/protocol/test_server_endpoint_mcp.py"
_BEHAVIOURS = "tests/conformance/test_webrtc_behaviours.py"

DIVERGENCES = (
    Divergence(
        id="semantic-vad",
        ours="semantic_vad waits up to 2, 4 or 8 s where the rules backend's grammar, or the last word, promises more; "
        "where no words are known, silence of 400, 800 or 1500 ms decides",
        theirs="a model judges whether the words are complete and waits up to 2, 4 or 8 s",
        why="judging meaning needs a model; grammar, words and silence keep the order between the settings",
        test=f"{_SPEECH}::test_detection_by_meaning_waits_longer_for_the_less_eager",
    ),
    Divergence(
        id="noise-reduction",
        ours="noise_reduction is a Wiener filter: 12 dB (near_field) or 20 (far_field) times strength; items keep the "
        "audio as it came",
        theirs="filters the audio before voice activity and the model, in a way that no source shows",
        why="steady noise can be taken out without a model; babble and music stay",
        test=f"{_SPEECH}::test_noise_reduction_lowers_the_noise_that_the_backend_hears",
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
        id="any-secret-any-call",
        ours="every valid client secret may attach a sideband to any call of the server, and hang any call up",
        theirs="not shown in any source",
        why="the server knows no accounts, and who has a call's id was told it",
        test="tests/unit/server/test_door.py::test_a_secret_reaches_every_call",
    ),
    Divergence(
        id="unknown-call",
        ours="?call_id= of no running call is answered with call_id_not_found and close 4000, its hang-up with 404",
        theirs="not shown in any source",
        why="refusals of a WebSocket come after the upgrade, and 404 is what HTTP has for it",
        test=f"{_FACES}::test_refusals_come_after_the_upgrade",
    ),
    Divergence(
        id="sideband-bounds",
        ours="a call has at most 8 sidebands, and one that leaves 8 MiB unread is closed with 1013",
        theirs="not shown in any source",
        why="a sideband must not hold up the call, nor fill the memory",
        test=f"{_SIDEBANDS}::test_a_sideband_that_does_not_listen_is_closed_and_holds_nobody_up",
    ),
    Divergence(
        id="sideband-waits",
        ours="a sideband that comes before the call's media waits until that is open, up to 30 s",
        theirs="not shown in any source",
        why="a session begins with its first connection; what is sent meanwhile is answered then",
        test=f"{_CALLS}::test_a_call_that_never_opens_ends_and_leaves_nothing",
    ),
    Divergence(
        id="default-model",
        ours="a call that names no model, in its session, address or client secret, gets gpt-realtime-2.1",
        theirs="not shown in any source; a WebSocket without a model is refused by both",
        why="the Agents SDK for JavaScript sends a bare offer, even with a server key",
        test="tests/unit/server/test_door.py::test_a_call_has_the_model_that_it_asks_for_or_the_default",
    ),
    Divergence(
        id="full-ice",
        ours="the answer is of a full ICE agent at the port of its session, UDP only",
        theirs="ice-lite, at one UDP port for all, with passive TCP beside it",
        why="the stack has no ICE over TCP; where UDP is blocked: TURN over TLS, or a WebSocket",
        test=f"{_BEHAVIOURS}::test_4_the_answer_names_a_stream",
    ),
    Divergence(
        id="dtls-begins-at-the-caller",
        ours="an offer of setup:actpass is answered with setup:passive",
        theirs="setup:active",
        why="the caller knows first that there is a path; a round trip less until the channel is open",
        test="tests/unit/transports/webrtc/test_network.py::test_left_the_choice_the_offering_side_begins_dtls",
    ),
    Divergence(
        id="image-tokens",
        ours="an image counts 85 tokens with detail low, else 85 and 170 for each tile of 512 pixels seen",
        theirs="published for models that look at tiles; not shown for realtime models",
        why="the best known rule; what an image costs must depend on its size, or nobody learns to shrink it",
        test="tests/unit/protocol/test_images.py::test_tokens_are_those_of_the_published_rule",
    ),
    Divergence(
        id="image-errors",
        ours="what is no whole PNG or JPEG is refused with invalid_value, in the words of the service's other APIs",
        theirs="not shown in any source",
        why="a broken image must not wait for the response to be noticed",
        test="tests/unit/protocol/test_images.py::test_what_is_no_image_is_refused_with_the_reason",
    ),
    Divergence(
        id="event-too-large",
        ours="an event beyond the client's max-message-size is replaced by an error event_too_large that names it",
        theirs="not shown in any source",
        why="an event cannot be split, and a sideband still gets it whole",
        test=f"{_SIDEBANDS}::test_an_event_too_large_for_the_connection_is_refused_in_words_and_reaches_the_sideband",
    ),
    Divergence(
        id="mcp-hosts",
        ours="MCP servers of this machine are called unless other hosts were allowed, and only by server_url",
        theirs="any public address, its own connectors and tunnels",
        why="whoever may open a session chooses the address, a web page for example: it must not choose whom we call",
        test=f"{_MCP}::test_only_hosts_that_may_be_called_are_and_the_reason_is_said",
    ),
    Divergence(
        id="mcp-list-reason",
        ours="mcp_list_tools.failed is followed by an error mcp_list_tools_failed that says why",
        theirs="not shown in any source",
        why="the item has no place for the reason, and without it nobody can mend anything",
        test=f"{_MCP_ORDER}::test_a_list_that_cannot_be_fetched_is_told_with_the_reason_and_fetched_at_the_next_update",
    ),
    Divergence(
        id="mcp-approval",
        ours="a request for approval ends its response; an approved call is made in a response of its own",
        theirs="not shown in any source",
        why="a response cannot wait for a person, and an mcp_call needs a response for its events",
        test=f"{_MCP_ORDER}::test_an_approved_call_is_made_in_a_response_of_its_own_and_the_model_goes_on",
    ),
    Divergence(
        id="mcp-interrupted",
        ours="an MCP call is cancelled with its response, and its error says that the outcome is not known",
        theirs="not shown in any source",
        why="the floor is needed at once, and the model must not claim what nobody knows",
        test=f"{_MCP_ORDER}::test_a_cancelled_response_stops_its_call_and_says_that_its_outcome_is_unknown",
    ),
    Divergence(
        id="mcp-rounds",
        ours="at most eight responses in a row are begun because the last one called an MCP tool",
        theirs="the model continues; a bound is not shown",
        why="a backend that calls for ever must not run for ever",
        test=f"{_MCP_ORDER}::test_the_model_goes_on_as_the_response_was_asked_for_and_not_for_ever",
    ),
    Divergence(
        id="mcp-out-of-band",
        ours="responses beside the conversation are offered no MCP tools",
        theirs="not shown in any source",
        why="what they called would be no part of the conversation, and nothing could follow it",
        test=f"{_MCP_ORDER}::test_responses_beside_the_conversation_have_no_mcp_tools",
    ),
    Divergence(
        id="played",
        ours="truncation on WebRTC counts what was handed out, not what the path still carries (some 20-60 ms)",
        theirs="not shown in any source",
        why="only the client knows when it was heard; rounding down never claims more than was sent",
        test=f"{_MEDIA}::test_barge_in_cuts_exactly_what_was_not_handed_out",
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
