"""Does a line carry events and audio both ways, and end as it should?"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

import pytest

from bareline.client.audio_tap import TAP_MAX_SAMPLES, AudioTap, OutputAudio
from bareline.client.line import EVENT_BACKLOG_MAX, Line
from bareline.errors import (
    Closed,
    ConfigurationError,
    ConnectionLost,
    LocalProtocolError,
    RemoteProtocolError,
)
from bareline.media.frames import AudioFrame
from bareline.observe.recorder import Records
from bareline.protocol import events as ev
from bareline.protocol.client_endpoint import ClientEndpoint, Received
from bareline.testing.virtual import run_virtual
from bareline.transports.contract import TransportInfo
from bareline.transports.memory import MemoryTransport, memory_pair


def on_line(
    talk: Callable[[Line, MemoryTransport], Awaitable[None]], *, checks: bool = False, observer: Records | None = None
) -> None:
    """Run ``talk`` with a line and the far end of its connection."""

    async def main() -> None:
        near, far = memory_pair(backlog=10_000)
        async with Line(near, endpoint=ClientEndpoint(checks=checks), observer=observer) as line:
            await talk(line, far)

    run_virtual(main())


def message(kind: str, **keys: Any) -> bytes:
    return json.dumps({"type": kind, "event_id": "event_1", **keys}).encode()


def delta(pcm: bytes, item: str = "item_a") -> bytes:
    place = {"response_id": "resp_1", "item_id": item, "output_index": 0, "content_index": 0}
    return message("response.output_audio.delta", delta=base64.b64encode(pcm).decode(), **place)


def session(output: str = "audio/pcm", input_: str = "audio/pcm") -> bytes:
    audio = {"input": {"format": {"type": input_}}, "output": {"format": {"type": output}}}
    value = {"type": "realtime", "object": "realtime.session", "id": "sess_1", "audio": audio}
    return message("session.created", session=value)


def test_events_arrive_typed_unknown_ones_whole_and_malformed_ones_end_nothing() -> None:
    async def talk(line: Line, far: MemoryTransport) -> None:
        for raw in (session(), message("new.thing", x=1), b"nonsense", message("input_audio_buffer.cleared")):
            await far.send(raw)
        got: list[object] = []
        async for event in line:
            got.append(event)
            if len(got) == 4:
                await line.close()
        assert [type(event) for event in got] == [
            ev.SessionCreated,
            ev.UnknownEvent,
            RemoteProtocolError,
            ev.InputAudioBufferCleared,
        ]
        assert line.session == got[0].session
        assert got[1].value["x"] == 1

    on_line(talk)


def test_loss_is_raised_even_for_a_clean_close_code_of_the_other_side() -> None:
    async def talk(line: Line, far: MemoryTransport) -> None:
        await far.send(message("input_audio_buffer.cleared"))
        await far.close(1001, "maximum duration")
        events = aiter(line)
        assert isinstance(await anext(events), ev.InputAudioBufferCleared)
        with pytest.raises(ConnectionLost) as lost:
            await anext(events)
        assert lost.value.code == 1001
        with pytest.raises(ConnectionLost):
            await line.receive()

    on_line(talk)


def test_cancelled_receive_loses_no_event_and_raw_comes_with_its_time() -> None:
    async def talk(line: Line, far: MemoryTransport) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2):
                await line.receive()
        raw = message("input_audio_buffer.cleared")
        await far.send(raw)
        received = await line.received()
        assert (received.raw, received.at_ns) == (raw, 2_000_000_000)
        assert isinstance(received.event, ev.InputAudioBufferCleared)

    on_line(talk)


def test_events_raw_text_and_audio_go_out_as_they_are() -> None:
    async def talk(line: Line, far: MemoryTransport) -> None:
        await line.send(ev.ResponseCreate())
        await line.send_raw('{"type":"ä"}')
        await line.send_raw(b"\x00")
        await line.send_audio(b"abcd")
        await line.send_audio(AudioFrame(b"\x01\x02"))
        sent = [await far.receive() for _ in range(5)]
        assert json.loads(sent[0]) == {"type": "response.create"}
        assert sent[1:3] == ['{"type":"ä"}'.encode(), b"\x00"]
        assert [base64.b64decode(json.loads(raw)["audio"]) for raw in sent[3:]] == [b"abcd", b"\x01\x02"]

    on_line(talk)


def test_frame_for_a_telephone_session_is_refused() -> None:
    async def talk(line: Line, far: MemoryTransport) -> None:
        await far.send(session(input_="audio/pcmu"))
        await line.receive()
        with pytest.raises(ConfigurationError, match=r"G\.711"):
            await line.send_audio(AudioFrame(b"\x01\x02"))
        await line.send_audio(b"\x01")

    on_line(talk)


def test_checked_line_sends_nothing_that_is_forbidden() -> None:
    async def talk(line: Line, far: MemoryTransport) -> None:
        with pytest.raises(LocalProtocolError):
            await line.send(ev.OutputAudioBufferClear())
        await line.send(ev.ResponseCreate())
        assert b"response.create" in await far.receive()

    on_line(talk, checks=True)


def test_audio_and_events_are_read_side_by_side() -> None:
    async def talk(line: Line, far: MemoryTransport) -> None:
        audio = line.audio()
        hearing = asyncio.create_task(collect(audio, 3))
        await asyncio.sleep(1)
        for raw in (delta(b"\x01\x00\x02"), delta(b"\x00"), delta(b"\x03\x00", "item_b"), delta(b"\x04\x00", "item_b")):
            await far.send(raw)
        events = [await line.receive() for _ in range(4)]
        heard = await hearing
        assert [(o.item_id, o.frame.pcm, o.frame.first_sample) for o in heard] == [
            ("item_a", b"\x01\x00", 0),
            ("item_a", b"\x02\x00", 1),
            ("item_b", b"\x03\x00", 2),
        ]
        assert [e.item_id for e in events] == ["item_a", "item_a", "item_b", "item_b"]
        await audio.aclose()

    on_line(talk)


class Forwarding(MemoryTransport):
    """Forwards as a WebSocket does."""

    async def forward(self, take: Callable[[bytes], None]) -> NoReturn:
        while True:
            take(await self.receive())


@pytest.mark.parametrize("kind", [MemoryTransport, Forwarding])
def test_events_are_followed_while_audio_is_heard(kind: type[MemoryTransport]) -> None:
    async def main() -> None:
        near, far = memory_pair()
        near.__class__ = kind
        followed: list[Received] = []
        records = Records()
        async with Line(near, observer=records) as line:
            await far.send(session())
            await far.send(delta(b"\x01\x00"))
            assert isinstance(await line.receive(), ev.SessionCreated)
            following = asyncio.create_task(line.follow(followed.append))
            await asyncio.sleep(1)
            hearing = asyncio.create_task(collect(line.audio(), 2))
            await asyncio.sleep(1)
            await far.send(delta(b"\x02\x00"))
            await far.send(delta(b"\x03\x00"))
            assert [heard.frame.pcm for heard in await hearing] == [b"\x02\x00", b"\x03\x00"]
            await asyncio.sleep(1)
            assert [received.event.delta for received in followed] == [b"\x01\x00", b"\x02\x00", b"\x03\x00"]
            await far.close(1011, "gone")
            with pytest.raises(ConnectionLost):
                await following
        assert [record.name for record in records.records if record.kind == "connection"] == [
            "opened",
            "lost",
            "closed",
        ]

    run_virtual(main())


def test_audio_alone_keeps_the_latest_events_and_counts_the_rest() -> None:
    async def talk(line: Line, far: MemoryTransport) -> None:
        for _ in range(EVENT_BACKLOG_MAX + 7):
            await far.send(message("input_audio_buffer.cleared"))
        await far.send(delta(b"\x01\x00"))
        assert (await anext(line.audio())).frame.samples == 1
        assert line.dropped_events == 8

    on_line(talk)


def test_audio_waits_for_a_program_that_also_reads_events() -> None:
    async def talk(line: Line, far: MemoryTransport) -> None:
        for _ in range(EVENT_BACKLOG_MAX + 7):
            await far.send(message("input_audio_buffer.cleared"))
        await far.send(delta(b"\x01\x00"))
        await line.receive()
        hearing = asyncio.create_task(collect(line.audio(), 1))
        await asyncio.sleep(1)
        assert not hearing.done()
        read = [await line.receive() for _ in range(EVENT_BACKLOG_MAX + 7)]
        assert len(await hearing) == 1
        assert (len(read), line.dropped_events) == (EVENT_BACKLOG_MAX + 7, 0)

    on_line(talk)


def test_close_ends_audio_that_waits() -> None:
    async def talk(line: Line, far: MemoryTransport) -> None:
        hearing = asyncio.create_task(collect(line.audio(), 1))
        await asyncio.sleep(1)
        await line.close()
        await line.close()
        assert await hearing == []
        with pytest.raises(Closed):
            await line.receive()

    on_line(talk)


def test_audio_of_a_telephone_session_is_refused_and_events_go_on() -> None:
    async def talk(line: Line, far: MemoryTransport) -> None:
        await far.send(session(output="audio/pcma"))
        await far.send(delta(b"\x01"))
        with pytest.raises(ConfigurationError, match="audio/pcm"):
            await anext(line.audio())
        assert isinstance(await line.receive(), ev.SessionCreated)
        assert isinstance(await line.receive(), ev.ResponseOutputAudioDelta)

    on_line(talk)


def test_slow_listener_loses_the_oldest_audio_and_is_told() -> None:
    tap = AudioTap()
    piece = TAP_MAX_SAMPLES // 2
    for _ in range(3):
        place = {"response_id": "r", "item_id": "i", "output_index": 0, "content_index": 0}
        tap.push(ev.ResponseOutputAudioDelta(delta=bytes(piece * 2), **place), 0)
    assert (tap.dropped_samples, tap.take().frame.first_sample) == (piece, piece)


def test_media_transport_carries_audio_beside_the_events() -> None:
    class Media(MemoryTransport):
        sent: list[AudioFrame] = []  # noqa: RUF012

        async def send_audio(self, frame: AudioFrame) -> None:
            self.sent.append(frame)

        async def receive_audio(self) -> AudioFrame:
            if self._closed:
                raise Closed("closed")
            return AudioFrame(b"\x05\x00")

    async def main() -> None:
        near, _ = memory_pair()
        media = Media(near._outbound, near._inbound, TransportInfo("webrtc", "x"))
        line = Line(media)
        await line.send_audio(b"\x01\x00")
        await line.send_audio(AudioFrame(b"\x02\x00"))
        assert [frame.pcm for frame in media.sent] == [b"\x01\x00", b"\x02\x00"]
        audio = line.audio()
        assert await anext(audio) == OutputAudio(AudioFrame(b"\x05\x00"))
        await line.close()
        assert [output async for output in audio] == []

    run_virtual(main())


def test_observer_sees_everything_and_neither_audio_nor_secrets() -> None:
    records = Records()

    async def talk(line: Line, far: MemoryTransport) -> None:
        tool = ev.McpTool(server_label="s", authorization="top-secret", headers={"X": "top-secret"})
        await line.send(ev.SessionUpdate(session=ev.RealtimeSessionConfig(tools=[tool])))
        await line.send(ev.InputAudioBufferAppend(audio=b"\x01\x02", event_id="mine"))
        await line.send_raw(b"[1]")
        await line.send_raw(b"nonsense")
        await far.send(delta(b"\x01\x00\x02\x00"))
        await far.send(b"{")
        await far.send(session())
        for _ in range(3):
            await line.receive()
        await far.close(1001, "bye")
        with pytest.raises(ConnectionLost):
            await line.receive()

    on_line(talk, observer=records)
    assert [(r.kind, r.name) for r in records.records] == [
        ("connection", "opened"),
        ("sent", "session.update"),
        ("sent", "input_audio_buffer.append"),
        ("sent", "(raw)"),
        ("sent", "(raw)"),
        ("received", "response.output_audio.delta"),
        ("malformed", "RemoteProtocolError"),
        ("received", "session.created"),
        ("connection", "lost"),
        ("connection", "closed"),
    ]
    assert "top-secret" not in repr(records.records)
    assert records.records[2].data == {
        "type": "input_audio_buffer.append",
        "audio": {"bytes": 2},
        "event_id": "mine",
    }
    assert records.records[5].data["delta"] == {"bytes": 4}


async def collect(audio: Any, count: int) -> list[OutputAudio]:
    got: list[OutputAudio] = []
    async for output in audio:
        got.append(output)
        if len(got) == count:
            break
    return got
