"""How are the parts of a call wired to each other?

The parts know no other part that comes after them; what they need of it is given to them as a function.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from bareline.client.barge_in import BargeIn
from bareline.client.call_events import CallEvent
from bareline.client.consent import ConfirmingPolicy, ConsentDesk
from bareline.client.feed import FEED_MAX, Feed
from bareline.client.journal import Journal
from bareline.client.outbox import Outbox
from bareline.client.parts import Parts
from bareline.client.playback import FrameFilter, Playback
from bareline.client.reactions import Reactions
from bareline.client.responder import Responder
from bareline.client.tool_runner import ToolRunner
from bareline.client.transcript import Transcript
from bareline.client.usage import CallUsage
from bareline.devices.contract import AudioSink
from bareline.ids import IdSource
from bareline.observe.record import Observer
from bareline.protocol.playout import PartKey
from bareline.tools import Toolbox

__all__ = ["compose"]


def compose(
    *,
    toolbox: Toolbox,
    context: object,
    confirming: ConfirmingPolicy,
    barge_in: bool,
    speaker: AudioSink | None,
    output_filter: FrameFilter | None,
    observer: Observer | None,
    ids: IdSource,
    spawn: Callable[[Coroutine[Any, Any, None]], object],
    tools_changed: Callable[[], None],
) -> tuple[Parts, Reactions]:
    """Make the parts, and what hands them the server's events."""
    journal, feed, transcript = Journal(observer), Feed[CallEvent](history=FEED_MAX), Transcript()
    outbox = Outbox(ids)
    responder = Responder(ids, journal, post=outbox.post, emit=feed.put, all_told=lambda: outbox.all_told)

    def respond(reason: str) -> None:
        responder.request(reason=reason)

    def started(key: PartKey, at_ns: int) -> None:
        reactions.heard_first(key, at_ns)

    def stopped(key: PartKey, interrupted: bool) -> None:
        reactions.heard_last(key, interrupted)

    def cut(item_id: str, heard_ms: int) -> None:
        reactions.cut(item_id, heard_ms)

    def words() -> str:
        last = transcript.last("user")
        return last.text if last else ""

    playback = Playback(speaker, journal, output_filter=output_filter, started=started, stopped=stopped)
    runner = ToolRunner(toolbox, journal, app=context, post=outbox.post, respond=respond, spawn=spawn, emit=feed.put)
    consent = ConsentDesk(
        runner,
        journal,
        ids=ids,
        policy=confirming,
        words=words,
        post=outbox.post,
        respond=respond,
        emit=feed.put,
        tools_changed=tools_changed,
    )
    interruption = BargeIn(
        playback,
        transcript,
        journal,
        post=outbox.post,
        cancel=responder.cancel,
        emit=feed.put,
        said=cut,
    )
    parts = Parts(
        journal=journal,
        feed=feed,
        outbox=outbox,
        playback=playback,
        transcript=transcript,
        responder=responder,
        barge_in=interruption,
        runner=runner,
        consent=consent,
        usage=CallUsage(),
    )
    reactions = Reactions(parts, barge_in=barge_in)
    return parts, reactions
