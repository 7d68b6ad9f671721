"""Does a sans-IO endpoint keep its contract?

``make`` gives an endpoint that is open at time 0. What it is told is any bytes: valid messages of both sides, damaged
ones, and noise.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from bareline.protocol.endpoint import Endpoint
from bareline.testing.conformance.requirement import ContractBroken, require
from bareline.units import ms_to_ns

__all__ = ["ENDPOINT", "MakeEndpoint"]

MakeEndpoint = Callable[[], Endpoint[object]]

_MESSAGES = (
    b'{"type":"session.update","session":{"type":"realtime","instructions":"Be brief."}}',
    b'{"type":"response.create"}',
    b'{"type":"response.cancel"}',
    b'{"type":"conversation.item.create","item":{"type":"message","role":"user","content":[]}}',
    b'{"type":"input_audio_buffer.append","audio":"AAAA"}',
    b'{"type":"response.created","event_id":"e","response":{"id":"resp_1","status":"in_progress","output":[]}}',
    b'{"type":"response.done","event_id":"e","response":{"id":"resp_1","status":"completed","output":[]}}',
    b'{"type":"conversation.item.added","event_id":"e","item":{"id":"i","type":"message","role":"user","content":[]}}',
    b'{"type":"response.output_audio.delta","response_id":"r","item_id":"i","content_index":0,"delta":"AAAA"}',
    b'{"type":"an.event.of.tomorrow","anything":[1,{"a":null}]}',
)


def any_bytes_are_taken(make: MakeEndpoint) -> None:
    """Empty, broken, cut, mixed up or valid: nothing is raised, and it goes on afterwards."""
    endpoint, chance = make(), random.Random(1)
    for number in range(2_000):
        message = _damaged(chance)
        try:
            endpoint.receive(message, number)
            endpoint.tick(number)
        except Exception as error:
            raise ContractBroken(f"receive takes any bytes, but {error!r} for {message!r:.200}") from error
        _drain(endpoint)


def what_was_given_is_gone(make: MakeEndpoint) -> None:
    """``events`` and ``outgoing`` drain."""
    endpoint = make()
    for message in _MESSAGES:
        endpoint.receive(message, 1)
    _drain(endpoint)
    require(not list(endpoint.events()), "events are given once")
    require(not list(endpoint.outgoing()), "messages are given once")


def outgoing_messages_are_whole_json(make: MakeEndpoint) -> None:
    """Bytes that hold one JSON object each."""
    endpoint = make()
    for message in _MESSAGES:
        endpoint.receive(message, 1)
    for sent in endpoint.outgoing():
        require(sent[:1] == b"{" and sent[-1:] == b"}", f"a message is one JSON object, not {sent!r:.80}")


def ticking_before_the_deadline_changes_nothing(make: MakeEndpoint) -> None:
    """No event, no message, the same deadline."""
    endpoint = make()
    _drain(endpoint)
    deadline = endpoint.deadline()
    before_ns = ms_to_ns(1) if deadline is None else deadline - 1
    for now_ns in (0, before_ns // 2, before_ns):
        endpoint.tick(now_ns)
        require(not list(endpoint.events()), "tick before the deadline makes no event")
        require(not list(endpoint.outgoing()), "tick before the deadline sends nothing")
        require(endpoint.deadline() == deadline, "tick before the deadline moves no deadline")


def the_deadline_is_over_once_it_was_met(make: MakeEndpoint) -> None:
    """Ticking at the deadline moves it on or takes it away: a driver that obeys does not spin."""
    endpoint = make()
    for _ in range(100):
        _drain(endpoint)
        deadline = endpoint.deadline()
        if deadline is None:
            return
        endpoint.tick(deadline)
        later = endpoint.deadline()
        require(later is None or later > deadline, f"the deadline {deadline} is over, but the next one is {later}")


ENDPOINT: tuple[Callable[[MakeEndpoint], None], ...] = (
    any_bytes_are_taken,
    what_was_given_is_gone,
    outgoing_messages_are_whole_json,
    ticking_before_the_deadline_changes_nothing,
    the_deadline_is_over_once_it_was_met,
)


def _damaged(chance: random.Random) -> bytes:
    message = bytearray(chance.choice(_MESSAGES))
    for _ in range(chance.choice((0, 0, 1, 5))):
        place = chance.randrange(len(message))
        damage = chance.choice(
            (b"", b"null", b"\xff", b'"', b"{", b"1e999", bytes(chance.randrange(256) for _ in range(3)))
        )
        message[place : place + chance.randint(0, 8)] = damage
    return bytes(message[: chance.choice((len(message), len(message), chance.randrange(len(message) + 1)))])


def _drain(endpoint: Endpoint[object]) -> None:
    for _ in endpoint.events():
        pass
    for _ in endpoint.outgoing():
        pass
