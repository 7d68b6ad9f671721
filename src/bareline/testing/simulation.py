"""Do both ends agree after a whole call of chance, over a bad network?

``simulate(seed)`` runs one: a random user, a random model, random faults of the link, two real endpoints. A failure
raises with the seed, the faults and the last lines, and the same seed gives the same failure again.
"""

from __future__ import annotations

import random
from typing import Literal

from bareline.protocol.client_endpoint import ClientEndpoint, Received
from bareline.protocol.entries import part_text
from bareline.protocol.events import FunctionCall, Item, Message
from bareline.protocol.generation import CallDelta, Outcome, Output, SpeechDelta, TextDelta
from bareline.testing.laws import Laws
from bareline.testing.link import SeededLink
from bareline.testing.pair import EndpointPair
from bareline.testing.random_plan import RandomPlan
from bareline.testing.random_user import RandomUser
from bareline.transports.faults import Delay, Duplicate, Fault, Loss, Reorder, Slow, Stall
from bareline.units import ms_to_ns

__all__ = ["SimulationFailed", "random_faults", "simulate"]


class SimulationFailed(AssertionError):
    """A simulation broke a law; the message names its seed."""


def simulate(
    seed: int, *, profile: Literal["stream", "datagram"] = "stream", acts: int = 40, over_ms: int = 20_000
) -> EndpointPair:
    """One call of chance to its quiescence; returns the pair as it is then.

    Raises ``SimulationFailed`` when a law of ``bareline.testing.laws`` does not hold or, on a ``stream``, when both
    ends' conversations differ. On a ``datagram`` link events are lost, doubled and reordered, which no transport of
    the protocol does: there nothing is asked but that both ends survive and every response ends. Two seeds in three
    run the client with its own checks, the third leaves all refusals to the server.
    """
    faults = random_faults(seed, profile=profile)
    try:
        return _run(seed, faults, profile, acts, over_ms)
    except Exception as error:
        raise SimulationFailed(f"seed {seed}, {profile}, {faults}: {type(error).__name__}: {error}") from error


def random_faults(seed: int, *, profile: Literal["stream", "datagram"] = "stream") -> tuple[Fault, ...]:
    """The faults of a seed's link: delay and jitter, stalls, a slow line; on datagrams loss, duplicates, reordering."""
    chance = random.Random(f"{seed}:faults")
    faults: list[Fault] = [
        Delay(by_ns=ms_to_ns(chance.choice((0, 1, 40, 300))), jitter_ns=ms_to_ns(chance.choice((0, 5, 200))))
    ]
    for _ in range(chance.choice((0, 0, 1, 3))):
        direction = chance.choice((None, "up", "down"))
        at_ns, for_ns = ms_to_ns(chance.randint(0, 20_000)), ms_to_ns(chance.choice((100, 600, 3_000)))
        faults.append(Stall(direction=direction, at_ns=at_ns, for_ns=for_ns))
    if chance.random() < 0.3:
        faults.append(Slow(bits_per_s=chance.choice((500_000, 2_000_000))))
    if profile == "datagram":
        faults += [Loss(probability=0.05), Duplicate(probability=0.05), Reorder(probability=0.1)]
    return tuple(faults)


def _run(
    seed: int, faults: tuple[Fault, ...], profile: Literal["stream", "datagram"], acts: int, over_ms: int
) -> EndpointPair:
    checked = seed % 3 != 0
    laws, plan = Laws(checked=checked and profile == "stream"), RandomPlan(seed)

    def received(event: Received) -> None:
        if profile == "stream":
            laws.received(event)
            _grows(pair, laws)
        user.received(event)

    pair = EndpointPair(
        plan,
        link=SeededLink(faults, seed=seed, profile=profile),
        client=ClientEndpoint(checks=checked),
        transcripts=plan.transcribe,
        on_event=received,
        seed=seed,
    )
    user = RandomUser(pair, laws, seed, acts=acts, over_ms=over_ms)
    pair.run()
    laws.hold(not pair.generating, f"still generating {set(pair.generating)}")
    active = [response.id for response in pair.server.conversation.responses.values() if response.active]
    laws.hold(not active, f"the server's responses without an end: {active}")
    if profile == "stream":
        laws.at_quiescence()
        _agree(pair, laws)
        _said_as_planned(pair, plan, laws)
    return pair


def _grows(pair: EndpointPair, laws: Laws) -> None:
    """While an item is said, the client knows what was said of it so far."""
    item_id, said = laws.growing
    entry = pair.client.conversation.item(item_id) if pair.client.conversation else None
    growing = entry is not None and entry.status == "in_progress" and entry.truncated_ms is None
    if entry is not None and growing and entry.text != said:
        laws.fail(f"the client has {entry.text!r} of {item_id}, said was {said!r}")


def _agree(pair: EndpointPair, laws: Laws) -> None:
    conversation = pair.client.conversation
    ours, theirs = conversation.snapshot() if conversation else None, pair.server.conversation.snapshot()
    if ours != theirs:
        laws.fail(f"the conversations differ:\n  client {ours}\n  server {theirs}")
    known = [(item.id, item.truncated_ms) for item in theirs.items]
    if known != laws.items:
        laws.fail(f"the conversation is\n  {known}, but by the events\n  {laws.items}")


def _said_as_planned(pair: EndpointPair, plan: RandomPlan, laws: Laws) -> None:
    """What a completed response holds at the client is what the model was to say, item by item.

    An item that the client deleted while it was said holds the beginning.
    """
    conversation = pair.client.conversation
    for response_id, outputs in plan.planned.items():
        response = conversation.responses.get(response_id) if conversation else None
        if response is None or response.status != "completed":
            continue
        planned = _planned(outputs)
        for number, item in enumerate(response.report.output or ()):
            said = _said(item)
            whole = said == planned.get(number, "") or (item.id in laws.deleted and planned[number].startswith(said))
            laws.hold(whole, f"item {number} of {response_id} says {said!r}, planned was {planned.get(number)!r}")


def _planned(outputs: list[Output | Outcome]) -> dict[int, str]:
    texts: dict[int, str] = {}
    for output in outputs:
        match output:
            case SpeechDelta(item=number, transcript=text) | TextDelta(item=number, text=text):
                texts[number] = texts.get(number, "") + text
            case CallDelta(item=number, arguments=text):
                texts[number] = texts.get(number, "") + text
            case _:
                pass
    return texts


def _said(item: Item) -> str:
    match item:
        case Message(content=content):
            return "".join(part_text(part) or "" for part in content)
        case FunctionCall(arguments=arguments):
            return arguments
        case _:
            return ""
