"""How are the parts of a call wired to each other?

The parts know no other part that comes after them; what they need of it is given to them as a function.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from bareline.client.barge_in import BargeIn
from bareline.client.call_events import CallEvent, ToolArguments
from bareline.client.claims import ClaimWatch
from bareline.client.consent import ConsentDesk
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
from bareline.client.recovery import Recovery
from bareline.client.remote_tools import RemoteTools
from bareline.client.responder import Responder
from bareline.client.saying import saying
from bareline.client.service_turns import ServiceTurns
from bareline.client.sink_writer import FrameFilter
from bareline.client.telling import Telling
from bareline.client.tool_choices import ToolChoices
from bareline.client.tool_runner import ToolRunner
from bareline.client.transcript import Transcript
from bareline.client.truncation import ClientTruncation, ServerTruncation
from bareline.client.turn_choices import TurnChoices
from bareline.client.turn_pace import TurnPace
from bareline.client.usage import CallUsage
from bareline.devices.contract import AudioSink
from bareline.ids import IdSource
from bareline.observe.record import Observer
from bareline.protocol.conversation import Conversation
from bareline.protocol.playout import Cut, PartKey
from bareline.tools import Toolbox
from bareline.turns.overlap import OutputChange, OverlapWatch

__all__ = ["CallOptions", "compose"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOptions:
    """What the application chose, the session apart; as in ``Call``."""

    toolbox: Toolbox
    choices: ToolChoices
    turns: TurnChoices
    speaker: AudioSink | None
    output_filter: FrameFilter | None
    observer: Observer | None
    ids: IdSource


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

    later = _Later()
    playback = _playback(options, journal, later)
    shared = _Shared(journal=journal, feed=feed, outbox=outbox, responder=responder, transcript=transcript)
    truncation = ClientTruncation(lambda: playback.ledger, transcript, post=outbox.post, said=later.cut)
    filler = _filler(options, shared, later)
    barge_in = _barge_in(shared, later, filler)
    runner, consent = _tool_parts(options, shared, later, spawn=spawn, filler=filler, tools_changed=tools_changed)
    arguments, ears = Feed[ToolArguments](), LocalEars(playing=later.playing)
    turns = _local_turns(options, shared, later, ears)
    remote = RemoteTools(consent, journal, ids=options.ids, post=outbox.post, emit=feed.put, wrote=arguments.put)
    telling, recovery = _recovery_parts(options, shared, runner, spawn=spawn)
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
        claims=_claims(options, shared, runner),
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


class _Later:
    """Parts that are made last, for those that are made before and call them once the call is open."""

    parts: Parts
    reactions: Reactions

    def started(self, key: PartKey, at_ns: int) -> None:
        """A part begins to sound."""
        self.reactions.heard_first(key, at_ns)

    def playing(self) -> bool:
        """Whether the assistant is heard at the moment."""
        return bool(self.parts.playback.sounding)

    def holds(self, response_id: str) -> bool:
        """Whether audio of this response is heard or waits to be heard."""
        return self.parts.playback.holds(response_id)

    def spoke(self, item_id: str) -> None:
        """The user has taken a turn."""
        self.reactions.user.spoke(item_id)

    def judged(self, change: OutputChange, at_ns: int) -> None:
        """The assistant is interrupted, as a policy has it."""
        self.reactions.user.judged(change, at_ns)

    def stopped(self, key: PartKey, interrupted: bool) -> None:
        """Nothing more of a part will sound."""
        self.reactions.heard_last(key, interrupted)

    def cut(self, item_id: str, heard_ms: int) -> None:
        """So much was heard of an item that was cut."""
        self.reactions.cut(item_id, heard_ms)

    def tell(self, cuts: Sequence[Cut], conversation: Conversation) -> None:
        """Somebody has to know what was cut."""
        self.parts.truncation.tell(cuts, conversation)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shared:
    journal: Journal
    feed: Feed[CallEvent]
    outbox: Outbox
    responder: Responder
    transcript: Transcript


def _playback(options: CallOptions, journal: Journal, later: _Later) -> Playback:
    return Playback(
        options.speaker,
        journal,
        output_filter=options.output_filter,
        started=later.started,
        stopped=later.stopped,
    )


def _filler(options: CallOptions, shared: _Shared, later: _Later) -> Filler:
    return Filler(
        options.choices.filler,
        options.choices.durations,
        shared.journal,
        playback=lambda: later.parts.playback,
        responder=shared.responder,
        user_speaking=lambda: later.reactions.user.speaking,
        emit=shared.feed.put,
    )


def _barge_in(shared: _Shared, later: _Later, filler: Filler) -> BargeIn:
    return BargeIn(
        lambda: later.parts.playback,
        shared.journal,
        post=shared.outbox.post,
        cancel=shared.responder.cancel,
        emit=shared.feed.put,
        tell=later.tell,
        unsaid=filler.interrupted,
    )


def _local_turns(options: CallOptions, shared: _Shared, later: _Later, ears: LocalEars) -> LocalTurns:
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
    shared: _Shared,
    later: _Later,
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


def _over_media(options: CallOptions, shared: _Shared, later: _Later, barge_in: BargeIn) -> OverMedia:
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


def _tool_parts(
    options: CallOptions,
    shared: _Shared,
    later: _Later,
    *,
    spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    filler: Filler,
    tools_changed: Callable[[], None],
) -> tuple[ToolRunner, ConsentDesk]:
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


def _recovery_parts(
    options: CallOptions,
    shared: _Shared,
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


def _claims(options: CallOptions, shared: _Shared, runner: ToolRunner) -> ClaimWatch:
    return ClaimWatch(
        runner,
        shared.responder,
        shared.journal,
        shared.feed,
        phrases=options.choices.settings.phrases,
        correct=options.choices.correct_claims,
        post=shared.outbox.post,
    )
