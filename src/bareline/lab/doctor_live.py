"""Does the real service answer, over each transport?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from bareline.client.connect import connect
from bareline.clock import now_ns
from bareline.errors import BarelineError, ConfigurationError, ConnectFailed, TraceError
from bareline.lab.doctor_webrtc import OTHER_WAYS, missing_modules
from bareline.lab.finding import Finding
from bareline.lab.text_turn import text_turn
from bareline.observe.recorder import Recorder
from bareline.transports.webrtc.settings import IceServer, WebRtcSettings
from bareline.units import ns_to_ms

__all__ = ["live_calls"]

_ANSWER_WITHIN_S = 20.0
_NETWORK = "check the network, a proxy, or OPENAI_BASE_URL"
_REFUSED = "check the key, its project's access to the model, and its credit"
_SETTINGS = "correct what it names"
_NO_CHANNEL = "the path is there but the call did not open: transport='websocket' meanwhile"
_ADVICE = {
    **dict.fromkeys(("dns", "tcp", "tls"), _NETWORK),
    **dict.fromkeys(("handshake", "offer", "session", "answer"), _REFUSED),
    **dict.fromkeys(("ice", "dtls"), OTHER_WAYS),
    **dict.fromkeys(("channel", "packet"), _NO_CHANNEL),
}
"""By the stage that failed."""


async def live_calls(trace: Path, servers: Sequence[IceServer] = ()) -> AsyncIterator[Finding]:
    """One short written turn over each transport (a fraction of a cent), each with a trace without key or audio.

    That of WebRTC stands beside ``trace``, its name ending in ``-webrtc``. ``servers``: STUN and TURN that may be used.
    """
    yield await _live_call("websocket", trace, None)
    if missing_modules():
        yield Finding("live webrtc", "skipped", "not tried without the extra webrtc")
        return
    settings = WebRtcSettings(ice_servers=servers)
    yield await _live_call("webrtc", trace.parent / f"{trace.stem}-webrtc{trace.suffix}", settings)


async def _live_call(transport: str, trace: Path, webrtc: WebRtcSettings | None) -> Finding:
    subject = f"live {transport}"
    stage = "connect"
    try:
        with Recorder(trace, header={"transport": transport, "by": "doctor --live"}) as recorder:
            started_ns = now_ns()
            async with (
                asyncio.timeout(_ANSWER_WITHIN_S),
                connect(transport=transport, observer=recorder, webrtc=webrtc) as line,
            ):
                connected_ms = ns_to_ms(now_ns() - started_ns)
                stage = "answer"
                waited_ms = await text_turn(line, "Say the word ready.")
    except TraceError as error:
        return Finding(subject, "wrong", str(error), "name another file with --trace")
    except (BarelineError, TimeoutError) as error:
        failed = error.stage if isinstance(error, ConnectFailed) else stage
        detail = str(error) or f"nothing came within {_ANSWER_WITHIN_S:.0f} s"
        advice = _SETTINGS if isinstance(error, ConfigurationError) else _ADVICE.get(failed, _NETWORK)
        return Finding(
            subject, "wrong", f"failed at the stage {failed}: {detail}", f"{advice}; the trace is in {trace}"
        )
    detail = f"connected within {connected_ms} ms, answered within {waited_ms} ms; the trace is in {trace}"
    return Finding(subject, "ok", detail)
