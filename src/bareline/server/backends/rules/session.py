"""How does a session of the rules backend hear, understand and answer?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from datetime import date

from bareline.media.frames import AudioFrame
from bareline.media.synthesis import SpeechSynthesis
from bareline.protocol.events import (
    InputAudio,
    InputText,
    Item,
    Message,
    RealtimeSession,
    Session,
    Tool,
    ToolChoiceFunction,
    TranscriptionSession,
)
from bareline.protocol.generation import CallDelta, EndItem, Outcome, Output, ResponseRequest, TextDelta
from bareline.server.backend import Utterance
from bareline.server.backends.rules.dates import stated_date
from bareline.server.backends.rules.directions import direction, keywords_of, opening
from bareline.server.backends.rules.entities import Knowledge
from bareline.server.backends.rules.images import sight
from bareline.server.backends.rules.learning import learn, open_items, open_question
from bareline.server.backends.rules.listening import Listening
from bareline.server.backends.rules.memory import Heard, Memory, Reply
from bareline.server.backends.rules.outcomes import Outcomes
from bareline.server.backends.rules.policy import Policy
from bareline.server.backends.rules.toolset import Toolset, read_toolset
from bareline.server.backends.rules.wording import greeting
from bareline.server.backends.voicing import Voicing
from bareline.turns.contract import Hypothesis

__all__ = ["RulesSession"]

_TEXT_STEP = 4
"""Words per delta of a text answer."""


class RulesSession:
    """One session: a ``BackendSession`` (see ``bareline.server.backend``)."""

    def __init__(self, *, listening: Listening, synthesis: SpeechSynthesis | None, today: Callable[[], date]) -> None:
        self._listening = listening
        self._voicing = Voicing(synthesis)
        self._server_today = today
        self._memory = Memory()
        self._tools: tuple[Tool, ...] = ()
        self._toolset = Toolset(())
        self._instructions = ""
        self._phrases: tuple[str, ...] = ()
        self._known = Knowledge(today())

    def configure(self, session: Session) -> None:
        """Read tools, instructions and expected phrases; the grammar follows them."""
        if isinstance(session, (RealtimeSession, TranscriptionSession)):
            self._phrases = keywords_of(session)
        if isinstance(session, RealtimeSession):
            self._instructions = session.instructions or ""
            self._toolset = self._model_of(tuple(session.tools or ()))
        self._know(learn((), self._toolset, self._phrases, self._today()))
        self._listening.prepare()

    def hear(self, frame: AudioFrame) -> None:
        """Recognise while the user speaks."""
        self._listening.hear(frame)

    def partial(self) -> Hypothesis | None:
        """What the user has said so far in the utterance under way."""
        return self._listening.partial()

    def forget(self) -> None:
        """Drop the utterance under way."""
        self._listening.forget()

    def committed(self, utterance: Utterance) -> None:
        """Finish the utterance; without ``hear`` before it, its audio is recognised when it is needed."""
        self._listening.committed(utterance)

    async def transcribe(self, item_id: str) -> AsyncIterator[str]:
        """The recognised words, in increments."""
        heard = await self._listening.heard(item_id)
        words = heard.text.split(" ") if heard is not None and heard.text else []
        for at, word in enumerate(words):
            yield word if at == 0 else f" {word}"

    async def respond(self, request: ResponseRequest) -> AsyncGenerator[Output | Outcome]:
        """Decide, then speak or call."""
        reply = await self._decide(request)
        item = 0
        if reply.say:
            async with aclosing(self._say(reply.say, request)) as deltas:
                async for delta in deltas:
                    yield delta
            yield EndItem(item=item)
            item += 1
        for call in reply.calls:
            yield CallDelta(item=item, name=call.name)
            yield CallDelta(item=item, arguments=call.text)
            yield EndItem(item=item)
            item += 1
        # After the answer rather than before it: whoever interrupts before this pays for it with the first frame.
        self._listening.prepare()

    async def close(self) -> None:
        """Free the recogniser."""
        self._listening.close()

    async def _say(self, text: str, request: ResponseRequest) -> AsyncGenerator[Output]:
        if request.audio:
            async with aclosing(self._voicing.speak(text, voice=request.voice, speed=request.speed)) as deltas:
                async for delta in deltas:
                    yield delta
            return
        words = text.split(" ")
        for at in range(0, len(words), _TEXT_STEP):
            part = " ".join(words[at : at + _TEXT_STEP])
            yield TextDelta(text=part if at == 0 else f" {part}")
            await asyncio.sleep(0)

    async def _decide(self, request: ResponseRequest) -> Reply:
        """What the answer is. Out-of-band responses leave the dialogue's memory alone."""
        toolset = self._toolset if request.tools == self._tools else read_toolset(request.tools)
        memory = Memory() if request.out_of_band else self._memory
        told = direction(request.instructions, default=self._instructions)
        if told is not None:
            memory.said = told or greeting(toolset)
            return Reply(memory.said)
        known = learn(request.context, toolset, self._phrases, self._today(request.instructions))
        asked = None if memory.answered else open_question(request.context)
        waiting = open_items(request.context, memory)
        if asked is not None and asked not in waiting.outputs:  # by a session whose conversation was told to this one
            Outcomes(toolset, known, memory).tell((asked,))
        policy = Policy(toolset, known, memory, may_call=request.tool_choice != "none")
        heard = None if waiting.message is None else await self._text_of(waiting.message)
        reply = self._forced(policy, heard, request) if not waiting.outputs else None
        if reply is None:
            outcome = Outcomes(toolset, known, memory).tell(waiting.outputs)
            seen = await self._sight(heard, request.context, toolset, known, memory)
            answer = seen or (Reply() if heard is None else policy.answer(heard))
            reply = Reply(" ".join(part for part in (outcome.text, answer.text) if part), answer.calls)
        if not reply.say and not reply.calls:
            reply = self._unprompted(request, toolset, memory)
        if not request.out_of_band:
            self._know(known)
        return reply

    async def _sight(
        self, heard: Heard | None, context: tuple[Item, ...], toolset: Toolset, known: Knowledge, memory: Memory
    ) -> Reply | None:
        """What is said of a picture, unless another question is open."""
        if heard is None or memory.expecting is not None:
            return None
        said = await sight(context, heard, toolset, known)
        memory.said = said or memory.said
        return Reply(said) if said else None

    def _forced(self, policy: Policy, heard: Heard | None, request: ResponseRequest) -> Reply | None:
        if isinstance(request.tool_choice, ToolChoiceFunction):
            return policy.forced(heard, request.tool_choice.name)
        return policy.forced(heard, None) if request.tool_choice == "required" else None

    def _unprompted(self, request: ResponseRequest, toolset: Toolset, memory: Memory) -> Reply:
        """Nothing new to answer: greet, put an open question again, or offer to go on."""
        if not any(isinstance(item, Message) and item.role != "system" for item in request.context):
            memory.said = opening(self._instructions) or greeting(toolset)
            return Reply(memory.said)
        return Reply(memory.said if memory.expecting is not None else "Is there anything else I can do?")

    async def _text_of(self, message: Message) -> Heard:
        """What a message of the user says, typed or spoken."""
        text: list[str] = []
        confidence, spoken = 1.0, False
        for part in message.content:
            if isinstance(part, InputText):
                text.append(part.text)
            elif isinstance(part, InputAudio):
                spoken = True
                heard = await self._listening.heard(message.id or "", part)
                text.append(heard.text if heard is not None else part.transcript or "")
                confidence = min(confidence, heard.confidence if heard is not None else 1.0)
        return Heard(" ".join(text), confidence, spoken)

    def _know(self, known: Knowledge) -> None:
        """Remember, and let the recogniser expect what may be said now."""
        self._known = known
        self._listening.expect(self._toolset, known, self._memory.expecting)

    def _model_of(self, tools: tuple[Tool, ...]) -> Toolset:
        if tools == self._tools:
            return self._toolset
        self._tools = tools
        return read_toolset(tools)

    def _today(self, instructions: str = "") -> date:
        return stated_date(instructions or self._instructions) or self._server_today()
