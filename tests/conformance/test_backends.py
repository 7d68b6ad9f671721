"""Do all backends keep their contract?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from bareline.protocol.generation import Output, ResponseRequest, TextDelta
from bareline.server.backends.rules.backend import RulesBackend
from bareline.server.backends.script import ScriptBackend, read_scene
from bareline.testing.conformance.backend import BACKEND, MakeBackend
from bareline.testing.function_backend import FunctionBackend, spoken
from bareline.testing.tones import ToneSynthesis
from bareline.testing.virtual import run_virtual

Check = Callable[[MakeBackend], Awaitable[None]]

SCENE = """
turns:
  - do: [{say: Good morning.}]
  - do: [{call: list_tasks, arguments: {status: pending}}]
  - do: [{say: Good bye.}]
    times: 20
"""


async def echo(request: ResponseRequest) -> AsyncIterator[Output]:
    if request.audio:
        async for delta in spoken(ToneSynthesis(), "good morning", voice="low"):
            yield delta
    else:
        yield TextDelta(text="good morning")


MAKERS: dict[str, MakeBackend] = {
    "function": lambda: FunctionBackend(echo),
    "script": lambda: ScriptBackend(read_scene(SCENE)),
    "script with a voice": lambda: ScriptBackend(read_scene(SCENE), synthesis=ToneSynthesis()),
    "rules without speech": RulesBackend,
}


@pytest.mark.parametrize("check", BACKEND, ids=lambda check: check.__name__)
@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
def test_in_virtual_time(make: MakeBackend, check: Check) -> None:
    run_virtual(check(make))


@pytest.mark.parametrize("check", BACKEND, ids=lambda check: check.__name__)
def test_rules_with_speech(check: Check) -> None:
    asyncio.run(check(RulesBackend.with_speech))
