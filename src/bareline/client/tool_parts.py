"""How are the parts that have to do with tools wired?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from bareline.client.claims import ClaimWatch
from bareline.client.composing import CallOptions, Later, Shared
from bareline.client.consent import ConsentDesk
from bareline.client.filler import Filler
from bareline.client.recovery import Recovery
from bareline.client.telling import Telling
from bareline.client.tool_runner import ToolRunner

__all__ = ["claims_of", "filler_of", "recovery_parts", "tool_parts"]


def filler_of(options: CallOptions, shared: Shared, later: Later) -> Filler:
    """What is said while tools run."""
    return Filler(
        options.choices.filler,
        options.choices.durations,
        shared.journal,
        playback=lambda: later.parts.playback,
        responder=shared.responder,
        user_speaking=lambda: later.reactions.user.speaking,
        emit=shared.feed.put,
    )


def tool_parts(
    options: CallOptions,
    shared: Shared,
    later: Later,
    *,
    spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    filler: Filler,
    tools_changed: Callable[[], None],
) -> tuple[ToolRunner, ConsentDesk]:
    """What runs tools, and what asks for consent before."""
    runner = ToolRunner(
        options.toolbox,
        shared.journal,
        options.choices.settings,
        post=shared.outbox.post,
        respond=shared.responder.ask,
        spawn=spawn,
        emit=shared.feed.put,
        filler=filler,
        limit_bytes=lambda: shared.outbox.limit_bytes,
    )
    consent = ConsentDesk(
        runner,
        shared.journal,
        options.choices.consent,
        options.choices.settings,
        ids=options.ids,
        transcript=shared.transcript,
        transcribes=lambda: later.reactions.transcribes,
        post=shared.outbox.post,
        respond=shared.responder.ask,
        spawn=spawn,
        emit=shared.feed.put,
        tools_changed=tools_changed,
    )
    return runner, consent


def recovery_parts(
    options: CallOptions,
    shared: Shared,
    runner: ToolRunner,
    *,
    spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
) -> tuple[Telling, Recovery] | tuple[None, None]:
    """Only where executions are remembered beyond the call."""
    store = options.choices.settings.store
    if store is None:
        return None, None
    telling = Telling(store, shared.journal, all_told=lambda: shared.outbox.all_told, spawn=spawn)
    runner.outcome_given = telling.ended
    recovery = Recovery(
        store,
        runner,
        shared.journal,
        telling,
        phrases=options.choices.settings.phrases,
        post=shared.outbox.post,
        emit=shared.feed.put,
        spawn=spawn,
    )
    return telling, recovery


def claims_of(options: CallOptions, shared: Shared, runner: ToolRunner) -> ClaimWatch:
    """What notices that something was said to be done, and was not."""
    return ClaimWatch(
        runner,
        shared.responder,
        shared.journal,
        shared.feed,
        phrases=options.choices.settings.phrases,
        correct=options.choices.correct_claims,
        post=shared.outbox.post,
    )
