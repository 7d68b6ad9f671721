"""How much is too much?

Every limit of the protocol core has its name here (STYLE.md rule 5). Limits of the service cite REALTIME.md.
"""

from __future__ import annotations

from bareline.units import NS_PER_S

__all__ = [
    "APPEND_MAX_BYTES",
    "CALL_ID_MAX_CHARS",
    "COMMIT_MIN_MS",
    "CONVERSATION_MAX_ITEMS",
    "CREATED_MAX_BYTES",
    "EARLY_MAX_ITEMS",
    "EVENT_ID_MAX_CHARS",
    "FORM_MAX_PARTS",
    "HELD_OUTPUTS_MAX",
    "IDLE_TIMEOUT_MAX_MS",
    "IDLE_TIMEOUT_MIN_MS",
    "INPUT_MAX_MS",
    "INPUT_QUIET_MS",
    "INTEGER_MAX",
    "ITEM_ID_MAX_CHARS",
    "LEDGER_MAX_PARTS",
    "MCP_ROUNDS_MAX",
    "MCP_SERVERS_MAX",
    "MESSAGE_MAX_BYTES",
    "METADATA_KEY_MAX_CHARS",
    "METADATA_MAX_PAIRS",
    "METADATA_VALUE_MAX_CHARS",
    "OUTPUT_ITEMS_MAX",
    "REQUEST_ANSWER_NS",
    "REQUEST_QUEUE_MAX",
    "REQUEST_RETRIES_MAX",
    "REQUEST_RETRY_NS",
    "RESPONSES_BESIDE_MAX",
    "RESPONSES_KEPT",
    "SDP_MAX_BYTES",
    "SDP_MAX_CANDIDATES",
    "SECRET_MAX_S",
    "SECRET_MIN_S",
    "SESSION_LIMIT_NS",
    "SPEED_MAX",
    "SPEED_MIN",
    "VAD_RESPONSE_NS",
]

APPEND_MAX_BYTES = 15 * 1024 * 1024
"""Of ``input_audio_buffer.append`` (section 5)."""
MESSAGE_MAX_BYTES = 21 * 1024 * 1024
"""Of one WebSocket message: the largest append in base64 and its envelope."""
COMMIT_MIN_MS = 100
ITEM_ID_MAX_CHARS = 32
CALL_ID_MAX_CHARS = 32
EVENT_ID_MAX_CHARS = 512
METADATA_MAX_PAIRS = 16
METADATA_KEY_MAX_CHARS = 64
METADATA_VALUE_MAX_CHARS = 512
SPEED_MIN = 0.25
SPEED_MAX = 1.5
IDLE_TIMEOUT_MIN_MS = 5_000
IDLE_TIMEOUT_MAX_MS = 30_000
FORM_MAX_PARTS = 16
"""Of one multipart form; a call needs two."""
INTEGER_MAX = 2**31 - 1
"""Of any integer in a request that has no narrower limit."""
SDP_MAX_BYTES = 64 * 1024
"""Of an offer or an answer; browsers with video send about 8 KiB."""
SDP_MAX_CANDIDATES = 64
"""Addresses that an offer or an answer may ask to be tried."""
SECRET_MIN_S = 10
SECRET_MAX_S = 7200
SESSION_LIMIT_NS = 60 * 60 * NS_PER_S
"""How long a session lives (section 10.16)."""
LEDGER_MAX_PARTS = 4096
"""Audio parts that the playout ledger and the client's checks remember; the oldest are forgotten first."""
REQUEST_QUEUE_MAX = 32
"""Responses asked for and not yet created, of the default conversation and out of band together."""
REQUEST_ANSWER_NS = 10 * NS_PER_S
"""How long a ``response.create`` may stay without an answer."""
REQUEST_RETRY_NS = NS_PER_S
"""When to ask again after a refusal because of an active response that we never saw."""
REQUEST_RETRIES_MAX = 60
"""How often one request is asked again after such refusals."""
VAD_RESPONSE_NS = NS_PER_S
"""How long after the end of the user's speech the server's own response is awaited."""
CONVERSATION_MAX_ITEMS = 10_000
"""Items that either end remembers; the oldest go silently, as the service drops context (section 10.15)."""
RESPONSES_KEPT = 256
"""Responses that either end remembers."""
EARLY_MAX_ITEMS = 64
"""Transcripts kept for items that are not there yet, and deleted items whose late reports are ignored."""
INPUT_MAX_MS = 15 * 60 * 1000
"""Audio that the server's input buffer holds; the oldest goes first."""
INPUT_QUIET_MS = 60 * 1000
"""The same while turn detection is on and nobody speaks: room for the prefix padding and an idle span."""
HELD_OUTPUTS_MAX = 128
"""Function call outputs that wait for the end of a response."""
RESPONSES_BESIDE_MAX = 32
"""Out-of-band responses at one time."""
OUTPUT_ITEMS_MAX = 128
"""Items of one response."""
MCP_SERVERS_MAX = 16
"""MCP servers of one session."""
MCP_ROUNDS_MAX = 8
"""Responses that the server begins one after the other because the last one called an MCP tool."""
CREATED_MAX_BYTES = 64 * 1024 * 1024
"""Items that clients create in one session, as JSON; no more are taken when they are this large."""
