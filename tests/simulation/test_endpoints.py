"""Do both ends of a session agree after calls of chance over a bad network?

One seed again: ``BARELINE_SEEDS=66 scripts/test tests/simulation``; a range: ``BARELINE_SEEDS=1000-2000``.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from bareline.protocol import events as ev
from bareline.protocol.client_endpoint import Received
from bareline.testing.laws import Laws
from bareline.testing.simulation import simulate


def seeds(default: range) -> range:
    first, _, last = os.environ.get("BARELINE_SEEDS", "").partition("-")
    return range(int(first), int(last or first) + 1) if first else default


@pytest.mark.parametrize("seed", seeds(range(500)))
def test_both_ends_agree_and_every_response_ends_once(seed: int) -> None:
    simulate(seed)


@pytest.mark.parametrize("seed", seeds(range(100)))
def test_both_ends_survive_lost_doubled_and_reordered_events(seed: int) -> None:
    simulate(seed, profile="datagram")


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("hundred", range(100, 140))
def test_many_more_seeds_and_longer_calls(hundred: int) -> None:
    for seed in range(hundred * 100, hundred * 100 + 100):
        simulate(seed, acts=80, over_ms=40_000)


def test_the_same_seed_is_the_same_call() -> None:
    first, again = simulate(7), simulate(7)
    assert first.server.conversation.snapshot() == again.server.conversation.snapshot()
    assert (first.steps, first.now_ns) == (again.steps, again.now_ns)


@pytest.mark.slow
def test_chance_reaches_what_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a green simulation means something: everything that can happen did happen, many times."""
    seen: Counter[str] = Counter()
    watch = Laws.received

    def count(laws: Laws, received: Received) -> None:
        event = received.event
        status = f" {event.response.status}" if isinstance(event, ev.ResponseDone) else ""
        code = f" {event.error.code}" if isinstance(event, ev.Error) else ""
        seen[type(event).__name__ + status + code] += 1
        watch(laws, received)

    monkeypatch.setattr(Laws, "received", count)
    for seed in range(60):
        simulate(seed)
    for wanted in (
        "ResponseDone completed",
        "ResponseDone cancelled",
        "ResponseDone incomplete",
        "ResponseDone failed",
        "ConversationItemTruncated",
        "ConversationItemDeleted",
        "ConversationItemRetrieved",
        "ResponseFunctionCallArgumentsDone",
        "InputAudioBufferSpeechStarted",
        "InputAudioBufferCommitted",
        "ConversationItemInputAudioTranscriptionCompleted",
        "ConversationItemInputAudioTranscriptionFailed",
        "SessionUpdated",
        "Error conversation_already_has_active_response",
        "Error response_cancel_not_active",
        "Error item_truncate_invalid_item_id",
    ):
        assert seen[wanted] >= 10, f"{wanted}: {seen[wanted]} times among {sorted(seen.items())}"
