"""How are the parts of a call wired to each other?

The parts know no other part that comes after them; what they need of it is given to them as a function.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from bareline.client.barge_in import BargeIn
from bareline.client.call_events import CallEvent, ToolArguments
from bareline.client.composing import CallOptions, Later, Shared
from bareline.client.feed import FEED_MAX, Feed
from bareline.client.filler import Filler
from bareline.client.interruptions import Interruptions
from bareline.client.journal import Journal
from bareline.client.local_ears import LocalEars
from bareline.client.local_turns import LocalTurns
from bareline.client.media_playback import MediaPlayback
from bareline.client.media_reactions import MediaReactions
from bareline.client.outbox import Outbox
from bareline.client.parts import Judging, OverMedia, Parts
from bareline.client.playback import Playback
from bareline.client.protection import Protection
from bareline.client.reactions import Reactions
from bareline.client.remote_tools import RemoteTools
from bareline.client.responder import Responder
from bareline.client.saying import saying
from bareline.client.service_turns import ServiceTurns
from bareline.client.tool_parts import claims_of, filler_of, recovery_parts, tool_parts
from bareline.client.transcript import Transcript
from bareline.client.truncation import ClientTruncation, ServerTruncation
from bareline.client.turn_pace import TurnPace
from bareline.client.usage import CallUsage
from bareline.turns.overlap import OverlapWatch

__all__ = ["compose"]


def compose(
    options: CallOptions,
    *,
    spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    tools_changed: Callable[[], None],
    turns_changed: Callable[[], None],
    asks: Callable[[], bool],
) -> tuple[Parts, Reactions]:
    """Make the parts, and what hands them the server's events."""
    journal, feed, transcript = Journal(options.observer), Feed[CallEvent](history=FEED_MAX), Transcript()
    outbox = Outbox(options.ids)
    responder = Responder(options.ids, journal, post=outbox.post, emit=feed.put, all_told=lambda: outbox.all_told)

    later = Later()
    playback = _playback(options, journal, later)
    shared = Shared(journal=journal, feed=feed, outbox=outbox, responder=responder, transcript=transcript)
    truncation = ClientTruncation(lambda: playback.ledger, transcript, post=outbox.post, said=later.cut)
    filler = filler_of(options, shared, later)
    barge_in = _barge_in(shared, later, filler)
    runner, consent = tool_parts(options, shared, later, spawn=spawn, filler=filler, tools_changed=tools_changed)
    arguments, ears = Feed[ToolArguments](), LocalEars(playing=later.playing)
    turns = _local_turns(options, shared, later, ears)
    remote = RemoteTools(consent, journal, ids=options.ids, post=outbox.post, emit=feed.put, wrote=arguments.put)
    telling, recovery = recovery_parts(options, shared, runner, spawn=spawn)
    parts = Parts(
        journal=journal,
        feed=feed,
        arguments=arguments,
        outbox=outbox,
        playback=playback,
        transcript=transcript,
        responder=responder,
        truncation=truncation,
        barge_in=barge_in,
        filler=filler,
        runner=runner,
        consent=consent,
        remote=remote,
        telling=telling,
        recovery=recovery,
        claims=claims_of(options, shared, runner),
        usage=CallUsage(),
        ears=ears,
        turns=turns,
        pace=TurnPace(options.turns.rules, ears, journal, post=outbox.post) if options.turns.rules else None,
        protection=Protection(ears, holds=later.holds, changed=turns_changed, emit=feed.put),
        judging=_judging(options, shared, later, turns, ears=ears, asks=asks),
        over_media=_over_media(options, shared, later, barge_in),
    )
    later.parts, later.reactions = parts, Reactions(parts, barge_in=options.turns.barge_in)
    return parts, later.reactions


def _playback(options: CallOptions, journal: Journal, later: Later) -> Playback:
    return Playback(
        options.speaker,
        journal,
        output_filter=options.output_filter,
        started=later.started,
        stopped=later.stopped,
    )


def _barge_in(shared: Shared, later: Later, filler: Filler) -> BargeIn:
    return BargeIn(
        lambda: later.parts.playback,
        shared.journal,
        post=shared.outbox.post,
        cancel=shared.responder.cancel,
        emit=shared.feed.put,
        tell=later.tell,
        unsaid=filler.interrupted,
    )


def _local_turns(options: CallOptions, shared: Shared, later: Later, ears: LocalEars) -> LocalTurns:
    return LocalTurns(
        ears,
        shared.journal,
        recogniser=options.turns.recogniser,
        post=shared.outbox.post,
        respond=shared.responder.ask,
        emit=shared.feed.put,
        user=lambda: later.reactions.user,
    )


def _judging(
    options: CallOptions,
    shared: Shared,
    later: Later,
    turns: LocalTurns,
    *,
    ears: LocalEars,
    asks: Callable[[], bool],
) -> Judging | None:
    chosen = options.turns
    if chosen.policy is None:
        return None
    interruptions = Interruptions(
        OverlapWatch(chosen.policy, vad=chosen.voice_activity, recogniser=chosen.overlap_recogniser),
        ears,
        shared.journal,
        playback=lambda: later.parts.playback,
        saying=lambda: saying(shared.transcript, later.parts.playback),
        protected=lambda: later.parts.protection.active,
        stop=later.judged,
        emit=shared.feed.put,
    )
    service_turns = ServiceTurns(
        interruptions,
        shared.journal,
        post=shared.outbox.post,
        respond=shared.responder.ask,
        spoke=later.spoke,
        asks=asks,
        transcribes=lambda: later.reactions.transcribes,
    )
    interruptions.settled = service_turns.settle
    ears.follow(interruptions)
    turns.floor = interruptions
    return Judging(interruptions=interruptions, service_turns=service_turns)


def _over_media(options: CallOptions, shared: Shared, later: Later, barge_in: BargeIn) -> OverMedia:
    playback = MediaPlayback(
        options.speaker,
        shared.journal,
        chars=shared.transcript.chars,
        output_filter=options.output_filter,
        started=later.started,
        stopped=later.stopped,
    )
    truncation = ServerTruncation(shared.transcript, shared.journal, chars=playback.chars, said=later.cut)
    reactions = MediaReactions(playback, truncation, cleared=barge_in.cleared)
    return OverMedia(playback=playback, truncation=truncation, reactions=reactions)
