"""When a connection does not open, does the error name the stage, a likely cause and what to do?"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from bareline.errors import ConnectFailed, RemoteProtocolError
from bareline.testing.udp_link import UdpLink
from bareline.testing.webrtc_pair import LOOPBACK, webrtc_pair
from bareline.transports.webrtc.answering import answer_webrtc
from bareline.transports.webrtc.opening import CallAnswer, open_webrtc
from bareline.transports.webrtc.settings import WebRtcSettings


def refused(change: Callable[[str], str], *, open_timeout_s: float = 2.0) -> ConnectFailed:
    """What the client says of an answer that was changed on its way."""

    def hook(kind: str, whose: str, text: str) -> str:
        return change(text) if (kind, whose) == ("answer", "remote") else text

    async def call() -> ConnectFailed:
        with pytest.raises(ConnectFailed) as caught:
            async with webrtc_pair(sdp_hook=hook, open_timeout_s=open_timeout_s):
                pass
        return caught.value

    return asyncio.run(call())


def test_blocked_udp_is_told_with_both_ways_out() -> None:
    async def call() -> ConnectFailed:
        async with UdpLink() as link:
            link.blocked = True
            with pytest.raises(ConnectFailed) as caught:
                async with webrtc_pair(sdp_hook=link.sdp_hook, open_timeout_s=0.5):
                    pass
            return caught.value

    error = asyncio.run(call())
    assert error.stage == "ice"
    assert "UDP seems to be blocked: use a TURN server over TLS (turns:), or transport='websocket'" in str(error)


def test_a_wrong_fingerprint() -> None:
    def changed(text: str) -> str:
        return re.sub(r"(fingerprint:\S+ )(.)", lambda found: found[1] + ("1" if found[2] == "0" else "0"), text)

    error = refused(changed)
    assert error.stage == "dtls"
    assert "does not match the fingerprint" in str(error)
    assert "somebody is in between" in str(error)


def test_an_answer_without_candidates() -> None:
    error = refused(lambda text: re.sub(r"a=candidate.*\r\n", "", text))
    assert (error.stage, "the other side named no candidate" in str(error)) == ("ice", True)


def test_an_answer_with_tcp_candidates_only() -> None:
    error = refused(lambda text: re.sub(r"(a=candidate:\S+ 1) udp (.*)\r\n", r"\1 tcp \2 tcptype passive\r\n", text))
    assert (error.stage, "TCP candidates only" in str(error)) == ("ice", True)


def test_an_answer_that_is_none() -> None:
    error = refused(lambda _: "<html>a proxy's page</html>")
    assert error.stage == "offer"
    assert "the answer of server cannot be used" in str(error)


def test_an_answer_that_refuses_the_data_channel() -> None:
    error = refused(lambda text: text.replace("m=application 9", "m=application 0"))
    assert (error.stage, "refuses the data channel" in str(error)) == ("offer", True)


def test_an_answer_that_does_not_come() -> None:
    async def call() -> ConnectFailed:
        async def exchange(offer: str) -> CallAnswer:
            await asyncio.sleep(60)
            return CallAnswer(offer, None)

        with pytest.raises(ConnectFailed) as caught:
            await open_webrtc(exchange, settings=LOOPBACK, open_timeout_s=0.2, address="nobody")
        return caught.value

    error = asyncio.run(call())
    assert (error.stage, str(error)) == ("offer", "nobody did not answer the offer within 0.2 s")


def test_no_address_of_this_machine() -> None:
    async def call() -> ConnectFailed:
        with pytest.raises(ConnectFailed) as caught:
            async with webrtc_pair(settings=WebRtcSettings(addresses=["203.0.113.9"])):
                pass
        return caught.value

    error = asyncio.run(call())
    assert (error.stage, "none of the addresses can be used" in str(error)) == ("offer", True)


def test_relay_only_without_a_relay() -> None:
    async def call() -> ConnectFailed:
        with pytest.raises(ConnectFailed) as caught:
            async with webrtc_pair(settings=replace(LOOPBACK, relay_only=True)):
                pass
        return caught.value

    error = asyncio.run(call())
    assert (error.stage, "ice_servers names no TURN server" in str(error)) == ("offer", True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("opus/48000/2", "G722/8000").replace("PCMU", "CN").replace("PCMA", "L16"), "codec"),
        (lambda text: text.replace("a=rtcp-mux\r\n", ""), "rtcp-mux"),
        (lambda _: "v=0\r\n", "neither audio"),
    ],
)
def test_an_offer_that_cannot_be_used_is_the_other_sides_fault(change: Callable[[str], str], words: str) -> None:
    async def call() -> str:
        async def exchange(offer: str) -> CallAnswer:
            answer, _ = await answer_webrtc(change(offer), settings=LOOPBACK)
            return CallAnswer(answer, None)

        with pytest.raises(RemoteProtocolError) as caught:
            await open_webrtc(exchange, settings=LOOPBACK, open_timeout_s=2, address="x")
        return str(caught.value)

    assert words in asyncio.run(call())
