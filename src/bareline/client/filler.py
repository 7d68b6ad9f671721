"""What does the user hear while tools run?

Drives the ``FillerClock`` (D7): a filler is asked for beside the conversation into silence only, is withdrawn when it
comes too late, and never meets the user's words or an answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Callable
from dataclasses import dataclass

from bareline.client.call_events import CallEvent, FillerSaid
from bareline.client.journal import Journal
from bareline.client.media_playback import MediaPlayback
from bareline.client.playback import Playback
from bareline.client.responder import Responder, Told
from bareline.client.tool_calls import ToolCall
from bareline.clock import now_ns
from bareline.errors import LocalProtocolError
from bareline.protocol import events as ev
from bareline.protocol.entries import part_text
from bareline.protocol.sequencer import RequestNote
from bareline.tools import Tool
from bareline.tools.durations import Durations, Lead
from bareline.tools.filler_clock import FillerClock, Floor, Line
from bareline.tools.ladder import Clip, FillerLadder, ModelLine, ladder_of
from bareline.units import NS_PER_S, ns_to_ms

__all__ = ["Filler"]

_LOOK_S = 0.02
"""How often it is looked who is heard, while somebody is."""
_SILENT_MAX_NS = NS_PER_S
"""A response that is done and has not begun to sound for so long will not."""
_VOICE_MAX_NS = 30 * NS_PER_S
"""A filler that is not over after so long is given up."""


@dataclass(slots=True)
class _Voice:
    """One filler on its way, or heard. ``done_ns``: when all of it was generated."""

    line: Line
    asked_ns: int
    text: str = ""
    request_id: str = ""
    response_id: str | None = None
    heard: bool = False
    announced: bool = False
    done_ns: int | None = None


class Filler:
    """Says what a call's ladders say. ``user_speaking``: whether the user has the floor.

    Without a sink nobody is known to hear anything, and nothing is said. ``durations`` may be shared by many calls.
    """

    def __init__(
        self,
        default: FillerLadder,
        durations: Durations,
        journal: Journal,
        *,
        playback: Callable[[], Playback | MediaPlayback],
        responder: Responder,
        user_speaking: Callable[[], bool],
        emit: Callable[[CallEvent], None],
    ) -> None:
        self._default = default
        self._journal = journal
        self._playback = playback
        self._responder = responder
        self._user_speaking = user_speaking
        self._emit = emit
        self._lead = Lead()
        self._clock = FillerClock(durations, self._lead)
        self._calls: dict[str, str] = {}
        self._voice: _Voice | None = None
        self._last_response = ""
        self._news = asyncio.Event()

    def began(self, call: ToolCall, tool: Tool) -> None:
        """An execution runs."""
        preamble = call.response_id == self._last_response
        self._calls[call.call_id] = call.response_id
        self._clock.began(call.call_id, tool.name, ladder_of(tool.filler, self._default), now_ns(), preamble=preamble)
        self._news.set()

    def progressed(self, call_id: str, words: str) -> None:
        """The tool reports; it is said in place of the next stage. On the loop."""
        self._clock.progressed(call_id, words)
        self._news.set()

    def ended(self, call_id: str, *, whole: bool = True) -> None:
        """It does not run any more; ``whole=False``: it was broken off. A filler that nobody hears yet is withdrawn."""
        self._calls.pop(call_id, None)
        self._clock.ended(call_id, now_ns(), whole=whole)
        voice = self._voice
        if voice is not None and not self._sounds(voice):
            own_words = voice.line.reported and voice.line.call_id == call_id
            if own_words or not self._clock.running:
                self._withdraw(voice, "the tool ended")
        self._news.set()

    def interrupted(self) -> None:
        """Silence: what is not generated yet is not wanted any more. Whoever interrupts cuts what sounds."""
        voice = self._voice
        if voice is not None:
            self._miss("interrupted")
            if voice.request_id and voice.response_id is None:
                self._responder.withdraw(voice.request_id)
        self._news.set()

    def heard(self, response_id: str, at_ns: int) -> None:
        """The first sample of a part of a response was heard."""
        self._last_response = response_id
        voice = self._voice
        if voice is not None and voice.response_id == response_id and not voice.heard:
            self._lead.measured(at_ns - voice.asked_ns)
            self._begins(voice)
        self.look()

    def owns(self, response_id: str) -> bool:
        """Whether a response is a filler of the moment."""
        return self._voice is not None and self._voice.response_id == response_id

    def look(self) -> None:
        """Somebody began or ceased to be heard: see who has the floor, and say what is due."""
        if not self._playback().has_sink:
            return
        now = now_ns()
        self._settle(now)
        floor = self._who()
        if floor is Floor.USER:
            self._last_response = ""
        self._clock.hear(floor, now)
        line = self._clock.due(now)
        if line is not None:
            self._say(line, now)
        self._news.set()

    async def run(self) -> None:
        """Say what is due, until cancelled."""
        while self._playback().has_sink:
            self.look()
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._next_look_s()):
                    await self._news.wait()

    def _next_look_s(self) -> float | None:
        if self._voice is None and not self._clock.running:
            return None
        deadline = self._clock.deadline()
        return _LOOK_S if deadline is None else max(0, deadline - now_ns()) / NS_PER_S

    def _who(self) -> Floor:
        if self._user_speaking():
            return Floor.USER
        if self._playback().unheard:
            return Floor.ASSISTANT if self._voice is None else Floor.FILLER
        awaited = self._voice is not None or self._responder.answering(besides=set(self._calls.values()))
        return Floor.AWAITED if awaited else Floor.FREE

    def _say(self, line: Line, now: int) -> None:
        voice = self._voice = _Voice(line, now)
        self._clock.hear(Floor.AWAITED, now)
        try:
            self._begin(voice, functools.partial(self._told, voice))
        except LocalProtocolError:
            self._miss("too many requests are waiting")
            return
        self._journal.decision(
            "filler",
            line.why,
            call_id=line.call_id,
            tool=line.tool,
            stage=line.stage,
            delay_ms=ns_to_ms(line.delay_ns),
            text=voice.text,
        )

    def _begin(self, voice: _Voice, told: Told) -> None:
        """Ask for it, or play it."""
        match voice.line.what:
            case str(text):
                voice.text = text
                voice.request_id = self._responder.say(text, remember=False, told=told)
            case ModelLine(instructions=instructions):
                config = ev.ResponseConfig(instructions=instructions, tool_choice="none", conversation="none")
                voice.request_id = self._responder.request(config, reason="filler", told=told)
            case Clip(pcm=pcm, name=name):
                voice.text, voice.done_ns = name, voice.asked_ns
                self._playback().play_clip(pcm)
                self._begins(voice)

    def _told(self, voice: _Voice, note: RequestNote) -> None:
        """What became of the request; also of one that was withdrawn."""
        response_id = note.response.id if note.response is not None else None
        match note.what:
            case "created":
                voice.response_id = response_id
            case "orphan" if response_id is not None:
                self._refuse(response_id)
            case "done":
                voice.done_ns = now_ns()
                voice.text = voice.text or _words(note.response)
                self._announce(voice)
            case "refused" | "unanswered" | "lost" if voice is self._voice:
                self._miss(note.what)
            case _:
                pass
        self._news.set()

    def _settle(self, now: int) -> None:
        """See what has become of the filler of the moment."""
        voice, playback = self._voice, self._playback()
        if voice is None:
            return
        if self._user_speaking() and not self._sounds(voice):
            self._withdraw(voice, "the user speaks")
        elif now - voice.asked_ns > _VOICE_MAX_NS:
            self._withdraw(voice, "it does not end")
        elif voice.done_ns is not None and not playback.unheard:
            if voice.heard:
                self._voice = None
            elif now - voice.done_ns > _SILENT_MAX_NS:
                self._miss("it had no sound")

    def _begins(self, voice: _Voice) -> None:
        voice.heard = True
        self._clock.said(voice.line, now_ns())
        self._announce(voice)

    def _announce(self, voice: _Voice) -> None:
        """Once, when it is heard and its words are known."""
        if voice.heard and voice.text and not voice.announced:
            voice.announced = True
            self._emit(FillerSaid(at_ns=now_ns(), call_id=voice.line.call_id, text=voice.text))

    def _sounds(self, voice: _Voice) -> bool:
        held = voice.response_id is not None and self._playback().holds(voice.response_id)
        return voice.heard or held

    def _withdraw(self, voice: _Voice, why: str) -> None:
        """Take back what is not heard; the answer does not have to wait for it."""
        self._drop(why)
        if not voice.heard and now_ns() - voice.asked_ns > self._lead.ns:  # the way is longer than was known
            self._lead.measured(now_ns() - voice.asked_ns)
        if voice.request_id and voice.done_ns is None:
            self._responder.withdraw(voice.request_id)
        if voice.response_id is not None and not voice.heard:
            self._refuse(voice.response_id)

    def _miss(self, why: str) -> None:
        """It will not be heard, and not because of us: the next one has to wait as after a sound."""
        self._drop(why)
        self._clock.missed(now_ns())

    def _drop(self, why: str) -> None:
        voice, self._voice = self._voice, None
        if voice is not None:
            self._journal.decision("filler_dropped", why, call_id=voice.line.call_id)

    def _refuse(self, response_id: str) -> None:
        """Play nothing of it. Where the server plays, what it has begun goes before the answer anyway: let it sound."""
        playback = self._playback()
        if isinstance(playback, Playback) or self._user_speaking():
            playback.interrupt_response(response_id)


def _words(response: ev.Response | None) -> str:
    items = (response.output or ()) if response is not None else ()
    messages = [item for item in items if isinstance(item, ev.Message)]
    return " ".join(part_text(part) or "" for message in messages for part in message.content).strip()
