"""Which calls does ``bench barge-in`` hold, and what came of each?

``python -m bareline.lab.barge_in_bench.client '{"port": …}'`` holds one call for each way over one transport, all at
once, in real time, and prints one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any, Unpack

import msgspec

from bareline.client.call import Call
from bareline.client.call_keywords import CallKeywords
from bareline.client.reconnect import Dial
from bareline.devices.contract import AudioSink, AudioSource
from bareline.lab.barge_in_bench.heard_sink import HeardSink
from bareline.lab.barge_in_bench.mouth import Mouth, sayings
from bareline.lab.barge_in_bench.server import LEVEL
from bareline.lab.barge_in_bench.talk import Talk
from bareline.speech.phrase_stt import PhraseSTT
from bareline.speech.silero import SileroVad
from bareline.turns.interruption_rules import InterruptionRules
from bareline.turns.profiles import ServerVad
from bareline.turns.silence import SilenceTurnDetector

__all__ = ["DEVICE_MS", "TRANSPORTS", "WAYS", "call_in", "main"]

TRANSPORTS = ("websocket", "webrtc")
WAYS = ("server VAD", "server VAD, policy", "local VAD, policy")
"""The service decides alone; it hears, and this side decides; this side hears and decides."""
DEVICE_MS = 20
"""The loudspeaker's buffer: what it was given so far ahead cannot be taken back."""


def main() -> None:
    """Run the plan given as the first argument."""
    plan = json.loads(sys.argv[1])
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {plan["core"]})
    sys.stdout.write(json.dumps(asyncio.run(_hold(plan))) + "\n")


async def _hold(plan: dict[str, Any]) -> dict[str, Any]:
    try:
        talks = await asyncio.gather(*(_talk(plan, way) for way in WAYS))
    except Exception as error:  # noqa: BLE001  (told to who started this process)
        return {"failed": repr(error)}
    found = {f"{plan['kind']}, {way}": talk.found for way, talk in zip(WAYS, talks, strict=True)}
    return {"failed": None, "found": msgspec.to_builtins(found)}


async def _talk(plan: dict[str, Any], way: str) -> Talk:
    seed: int = plan["seed"]  # the same is said in all ways
    mouth, sink = Mouth(seed), HeardSink(device_ms=DEVICE_MS)
    url = f"http://127.0.0.1:{plan['port']}/v1"
    call = call_in(way, mouth, sink, transport=plan["kind"], base_url=url, api_key="bench")
    talk = Talk(call, mouth, sink, seed, level=LEVEL)
    listening = 0 if way == WAYS[0] else plan["listening"]
    interruptions = sayings(plan["interruptions"], seed, listening=False)
    await talk.run(interruptions, sayings(listening, seed, listening=True))
    return talk


def call_in(
    way: str, mouth: AudioSource, sink: AudioSink, *, dial: Dial | None = None, **connecting: Unpack[CallKeywords]
) -> Call:
    """A call in which the user is heard, and the assistant's voice decided about, in this way."""
    turns = ServerVad.balanced() if way.startswith("server VAD") else SilenceTurnDetector(SileroVad())
    policy = InterruptionRules.balanced() if way.endswith("policy") else None
    connecting["turns"] = turns
    connecting["interruptions"] = policy
    if policy is not None:
        connecting["ears"] = SileroVad()
        connecting["overlap_recogniser"] = PhraseSTT(policy.words.grammar())
    return Call(microphone=mouth, speaker=sink, dial=dial, **connecting)


if __name__ == "__main__":
    main()
