"""How are the parts of a call wired to each other?

The parts know no other part that comes after them; what they need of it is given to them as a function.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from bareline.client.barge_in import BargeIn
from bareline.client.call_events import CallEvent
from bareline.client.consent import ConsentDesk
from bareline.client.consent_settings import ConsentSettings
from bareline.client.feed import FEED_MAX, Feed
from bareline.client.filler import Filler
from bareline.client.journal import Journal
from bareline.client.media_playback import MediaPlayback
from bareline.client.media_reactions import MediaReactions
from bareline.client.outbox import Outbox
from bareline.client.parts import OverMedia, Parts
from bareline.client.playback import FrameFilter, Playback
from bareline.client.reactions import Reactions
from bareline.client.recovery import Recovery
from bareline.client.responder import Responder
from bareline.client.telling import Telling
from bareline.client.tool_runner import ToolRunner, ToolSettings
from bareline.client.transcript import Transcript
from bareline.client.truncation import ClientTruncation, ServerTruncation
from bareline.client.usage import CallUsage
from bareline.devices.contract import AudioSink
from bareline.ids import IdSource
from bareline.observe.record import Observer
from bareline.protocol.conversation import Conversation
from bareline.protocol.playout import Cut, PartKey
from bareline.tools import Toolbox
from bareline.tools.durations import Durations
from bareline.tools.ladder import FillerLadder

__all__ = ["CallOptions", "compose"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOptions:
    """What the application chose, the session apart; as in ``Call``."""

    toolbox: Toolbox
    tools: ToolSettings
    consent: ConsentSettings
    filler: FillerLadder
    durations: Durations
    barge_in: bool
    speaker: AudioSink | None
    output_filter: FrameFilter | None
    observer: Observer | None
    ids: IdSource


def compose(
    options: CallOptions,
    *,
    spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    tools_changed: Callable[[], None],
) -> tuple[Parts, Reactions]:
    """Make the parts, and what hands them the server's events."""
    journal, feed, transcript = Journal(options.observer), Feed[CallEvent](history=FEED_MAX), Transcript()
    outbox = Outbox(options.ids)
    responder = Responder(options.ids, journal, post=outbox.post, emit=feed.put, all_told=lambda: outbox.all_told)

    def started(key: PartKey, at_ns: int) -> None:
        reactions.heard_first(key, at_ns)

    def stopped(key: PartKey, interrupted: bool) -> None:
        reactions.heard_last(key, interrupted)

    def cut(item_id: str, heard_ms: int) -> None:
        reactions.cut(item_id, heard_ms)

    def tell(cuts: Sequence[Cut], conversation: Conversation) -> None:
        parts.truncation.tell(cuts, conversation)

    hearing = _Hearing(started, stopped, cut)
    playback = Playback(options.speaker, journal, output_filter=options.output_filter, started=started, stopped=stopped)
    shared = _Shared(journal=journal, feed=feed, outbox=outbox, responder=responder, transcript=transcript)
    truncation = ClientTruncation(lambda: playback.ledger, transcript, post=outbox.post, said=cut)
    filler = Filler(
        options.filler,
        options.durations,
        journal,
        playback=lambda: parts.playback,
        responder=responder,
        user_speaking=lambda: reactions.user_speaking,
        emit=feed.put,
    )
    barge_in = BargeIn(
        lambda: parts.playback,
        journal,
        post=outbox.post,
        cancel=responder.cancel,
        emit=feed.put,
        tell=tell,
        unsaid=filler.interrupted,
    )
    runner, consent = _tool_parts(
        options,
        shared,
        spawn=spawn,
        filler=filler,
        transcribes=lambda: reactions.transcribes,
        tools_changed=tools_changed,
    )
    telling, recovery = _recovery_parts(options, shared, runner, spawn=spawn)
    parts = Parts(
        journal=journal,
        feed=feed,
        arguments=Feed(),
        outbox=outbox,
        playback=playback,
        transcript=transcript,
        responder=responder,
        truncation=truncation,
        barge_in=barge_in,
        filler=filler,
        runner=runner,
        consent=consent,
        telling=telling,
        recovery=recovery,
        usage=CallUsage(),
        over_media=_over_media(options, shared, hearing, barge_in),
    )
    reactions = Reactions(parts, barge_in=options.barge_in)
    return parts, reactions


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shared:
    journal: Journal
    feed: Feed[CallEvent]
    outbox: Outbox
    responder: Responder
    transcript: Transcript


@dataclass(frozen=True, slots=True)
class _Hearing:
    """Who is told when a part begins and ends to sound, and what was heard of an item that was cut."""

    started: Callable[[PartKey, int], None]
    stopped: Callable[[PartKey, bool], None]
    cut: Callable[[str, int], None]


def _over_media(options: CallOptions, shared: _Shared, hearing: _Hearing, barge_in: BargeIn) -> OverMedia:
    playback = MediaPlayback(
        options.speaker,
        shared.journal,
        chars=shared.transcript.chars,
        output_filter=options.output_filter,
        started=hearing.started,
        stopped=hearing.stopped,
    )
    truncation = ServerTruncation(shared.transcript, shared.journal, chars=playback.chars, said=hearing.cut)
    reactions = MediaReactions(playback, truncation, cleared=barge_in.cleared)
    return OverMedia(playback=playback, truncation=truncation, reactions=reactions)


def _tool_parts(
    options: CallOptions,
    shared: _Shared,
    *,
    spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    filler: Filler,
    transcribes: Callable[[], bool],
    tools_changed: Callable[[], None],
) -> tuple[ToolRunner, ConsentDesk]:
    runner = ToolRunner(
        options.toolbox,
        shared.journal,
        options.tools,
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
        options.consent,
        options.tools,
        ids=options.ids,
        transcript=shared.transcript,
        transcribes=transcribes,
        post=shared.outbox.post,
        respond=shared.responder.ask,
        spawn=spawn,
        emit=shared.feed.put,
        tools_changed=tools_changed,
    )
    return runner, consent


def _recovery_parts(
    options: CallOptions,
    shared: _Shared,
    runner: ToolRunner,
    *,
    spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
) -> tuple[Telling, Recovery] | tuple[None, None]:
    """Only where executions are remembered beyond the call."""
    store = options.tools.store
    if store is None:
        return None, None
    telling = Telling(store, shared.journal, all_told=lambda: shared.outbox.all_told, spawn=spawn)
    runner.outcome_given = telling.ended
    recovery = Recovery(
        store,
        runner,
        shared.journal,
        telling,
        phrases=options.tools.phrases,
        post=shared.outbox.post,
        emit=shared.feed.put,
        spawn=spawn,
    )
    return telling, recovery
