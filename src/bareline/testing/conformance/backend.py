"""Does a backend keep its contract?

``make`` gives a fresh backend, which is asked in text and in speech, with a tool. What it answers is its own business;
how it answers is judged by the server's authority. Runs on any event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Literal

from bareline.ids import SeededIds
from bareline.media.frames import AudioFrame
from bareline.protocol import events as ev
from bareline.protocol.actions import Action, ResponseRequested, SessionChanged
from bareline.protocol.codec import encode
from bareline.protocol.generation import CallDelta, Completed, EndItem, Failed, Incomplete, SpeechDelta, TextDelta
from bareline.protocol.server_endpoint import ServerEndpoint
from bareline.server.backend import Backend, BackendSession, Utterance
from bareline.testing.conformance.requirement import ContractBroken, require, within

__all__ = ["BACKEND", "MakeBackend"]

MakeBackend = Callable[[], Backend]
_Modality = Literal["text", "audio"]

_SPEECH = AudioFrame(bytes(48_000))
_TOOL = ev.FunctionTool(
    name="list_tasks",
    description="List the user's tasks.",
    parameters={"type": "object", "properties": {"status": {"type": "string", "enum": ["pending", "done"]}}},
)
_ANSWER_WITHIN_S = 60
_FINALLY_S = 0.05
"""What was left in the middle may take this long to end: generators inside of generators do so in their own time."""


class _Asked:
    """One session of a backend and the authority that asks it."""

    def __init__(self, session: BackendSession, modality: _Modality) -> None:
        self.session = session
        self.authority = ServerEndpoint(ids=SeededIds(1), model="gpt-realtime", opened_unix_s=0)
        self.authority.open(0)
        config = ev.RealtimeSessionConfig(output_modalities=[modality], tools=[_TOOL], instructions="Be brief.")
        self.tell(ev.SessionUpdate(session=config))

    def tell(self, event: ev.ClientEvent) -> list[Action]:
        """The client says ``event``; the session learns of what it has to know."""
        self.authority.receive(encode(event), 0)
        actions = list(self.authority.events())
        for action in actions:
            if isinstance(action, SessionChanged):
                self.session.configure(action.session)
        return actions

    def ask(self, text: str) -> ResponseRequested:
        """The user writes ``text`` and wants an answer."""
        self.tell(ev.ConversationItemCreate(item=ev.Message(role="user", content=[ev.InputText(text=text)])))
        for action in self.tell(ev.ResponseCreate()):
            if isinstance(action, ResponseRequested):
                return action
        raise ContractBroken("the authority asks for a response")

    async def answer(self, text: str) -> list[tuple[Any, ...]]:
        """The whole answer, item by item: kind, text and audio. ``ContractBroken`` when it breaks the contract."""
        request = self.ask(text).request
        items: dict[int, list[Any]] = {}
        outcome = None
        async with within(_ANSWER_WITHIN_S, "an answer comes to its end"):
            async for output in self.session.respond(request):
                require(outcome is None, f"the outcome is the last output, but {output!r:.100} follows")
                if isinstance(output, Completed | Incomplete | Failed):
                    outcome = output
                    continue
                known = isinstance(output, EndItem) or output.item in items or output.item == len(items)
                require(known, f"items are numbered from 0 as they begin: {output!r:.100}")
                self.authority.produce(request.response_id, output, 0)
                _add(items, output)
        self.authority.finish(request.response_id, outcome or Completed(), 0)
        return [tuple(item) for _, item in sorted(items.items())]


async def answers_satisfy_the_authority(make: MakeBackend) -> None:
    """In text and in speech, three times each: outputs in order, and at most one outcome, at the end."""
    for modality in ("text", "audio"):
        backend = make()
        asked = _Asked(await backend.open(seed=1), modality)
        said = [await asked.answer(text) for text in ("Hello!", "What is on my list?", "Thank you.")]
        require(any(said), f"something is answered in {modality}")
        await asked.session.close()
        await backend.close()


async def an_answer_can_be_left_at_any_point(make: MakeBackend) -> None:
    """Closing the iterator stops the work, and the session answers again."""
    backend = make()
    asked = _Asked(await backend.open(seed=1), "audio")
    for outputs in (0, 1, 2):
        request = asked.ask("Tell me about my tasks.").request
        answering = asked.session.respond(request)
        for _ in range(outputs):
            await anext(answering, None)
        await _leave(answering)
        asked.authority.finish(request.response_id, Incomplete(reason="content_filter"), 0)
    await asked.answer("And now?")
    await asked.session.close()
    await backend.close()


async def an_utterance_is_taken_with_and_without_being_heard_before(make: MakeBackend) -> None:
    """Heard and committed, committed unheard (manual turns), heard and forgotten; transcripts of the committed end."""
    backend = make()
    asked = _Asked(await backend.open(seed=1), "text")
    session = asked.session
    session.hear(_SPEECH)
    session.forget()
    session.forget()
    for number, heard in enumerate((True, False)):
        if heard:
            session.hear(_SPEECH)
        session.committed(Utterance(f"item_{number}", _SPEECH))
        async with within(_ANSWER_WITHIN_S, "a transcript comes to its end"):
            "".join([text async for text in session.transcribe(f"item_{number}")])
    await asked.answer("Did you hear me?")
    await session.close()
    await backend.close()


async def sessions_do_not_know_each_other(make: MakeBackend) -> None:
    """Two at once answer as each would alone; with the same seed, the same."""
    alone = make()
    first = _Asked(await alone.open(seed=7), "text")
    expected = [await first.answer(text) for text in ("Hello!", "What is on my list?")]
    await first.session.close()
    await alone.close()
    backend = make()
    both = [_Asked(await backend.open(seed=7), "text") for _ in range(2)]
    for text, said in zip(("Hello!", "What is on my list?"), expected, strict=True):
        for answer in await asyncio.gather(*(asked.answer(text) for asked in both)):
            require(answer == said, f"the same seed answers the same: {answer!r:.200} is not {said!r:.200}")
    for asked in both:
        await asked.session.close()
    await backend.close()


async def closing_twice_is_fine_and_leaves_no_task(make: MakeBackend) -> None:
    """Sessions and backend; also in the middle of an answer."""
    before = asyncio.all_tasks()
    backend = make()
    asked = _Asked(await backend.open(seed=1), "audio")
    answering = asked.session.respond(asked.ask("Hello!").request)
    await anext(answering, None)
    await _leave(answering)
    await asked.session.close()
    await asked.session.close()
    await backend.close()
    await backend.close()
    await asyncio.sleep(_FINALLY_S)
    left = asyncio.all_tasks() - before
    require(not left, f"close leaves no task behind, but {left}")


BACKEND: tuple[Callable[[MakeBackend], Awaitable[None]], ...] = (
    answers_satisfy_the_authority,
    an_answer_can_be_left_at_any_point,
    an_utterance_is_taken_with_and_without_being_heard_before,
    sessions_do_not_know_each_other,
    closing_twice_is_fine_and_leaves_no_task,
)


def _add(items: dict[int, list[Any]], output: SpeechDelta | TextDelta | CallDelta | EndItem) -> None:
    match output:
        case SpeechDelta(item=number, transcript=text, audio=audio):
            item = items.setdefault(number, ["speech", "", b""])
            item[1] += text
            item[2] += audio
        case TextDelta(item=number, text=text):
            items.setdefault(number, ["text", ""])[1] += text
        case CallDelta(item=number, name=name, arguments=arguments):
            items.setdefault(number, ["call", name, ""])[2] += arguments
        case EndItem():
            pass


async def _leave(answering: AsyncIterator[object]) -> None:
    leave: Callable[[], Awaitable[None]] | None = getattr(answering, "aclose", None)
    if leave is not None:
        await leave()
