"""Does a playout ledger keep its contract (what was heard of which part, and what to cut)?

Checked against a model that knows every single sample, over random calls.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from bareline.protocol.playout import PlayoutLedger
from bareline.testing.conformance.requirement import require
from bareline.units import samples_to_ms

__all__ = ["PLAYOUT", "MakeLedger"]

MakeLedger = Callable[[], PlayoutLedger]
_Key = tuple[str, str]


@dataclass
class _Model:
    """Every sample by name, in the order in which the sink took them."""

    received: dict[_Key, int] = field(default_factory=dict[_Key, int])
    finished: set[_Key] = field(default_factory=set[_Key])
    cut: set[str] = field(default_factory=set[str])
    written: dict[_Key, int] = field(default_factory=dict[_Key, int])
    device: list[_Key | None] = field(default_factory=list["_Key | None"])
    heard: list[_Key | None] = field(default_factory=list["_Key | None"])


def counts_are_those_of_a_model_of_every_sample(make: MakeLedger) -> None:
    """Over a hundred random calls with several responses, items, clips and interruptions."""
    for seed in range(100):
        chance, ledger, model = random.Random(seed), make(), _Model()
        for _ in range(60):
            chance.choice(_MOVES)(chance, ledger, model)
            for key in model.received:
                position = ledger.position(key[1])
                heard = sum(1 for sample in model.heard if sample == key)
                require(position is not None and position.heard == heard, f"seed {seed}: {heard} of {key}: {position}")
            require(ledger.unheard_samples == len(model.device), f"seed {seed}: {len(model.device)} unheard samples")


def no_stage_overtakes_the_one_before_it(make: MakeLedger) -> None:
    """Each count is at most the one before it, at any time; doing otherwise is a ``ValueError``."""
    ledger = make()
    ledger.received("resp", "item", 0, 100)
    ledger.decoded("item", 0, 100)
    ledger.queued("item", 0, 60)
    for overtake in (
        lambda: ledger.decoded("item", 0, 1),
        lambda: ledger.queued("item", 0, 41),
        lambda: ledger.written("item", 0, 61),
    ):
        try:
            overtake()
        except ValueError:
            continue
        require(False, "a stage that overtakes the one before it is refused")


def cuts_claim_no_more_than_was_heard(make: MakeLedger) -> None:
    """Whole milliseconds, rounded down; what was not heard at all is deleted; each part is cut once."""
    for seed in range(100):
        chance, ledger, model = random.Random(seed), make(), _Model()
        for _ in range(40):
            chance.choice(_MOVES[:-1])(chance, ledger, model)
        open_keys = [key for key in model.received if not _heard_whole(model, key)]
        cuts = ledger.interrupt()
        require(sorted(cut.item_id for cut in cuts) == sorted(item for _, item in open_keys), f"seed {seed}: {cuts}")
        for cut in cuts:
            heard = sum(1 for sample in model.heard if sample == (cut.response_id, cut.item_id))
            require(cut.audio_end_ms == samples_to_ms(heard), f"seed {seed}: {heard} samples heard, {cut}")
            require(cut.delete == (samples_to_ms(heard) == 0), f"seed {seed}: unheard items are deleted: {cut}")
        require(ledger.interrupt() == [], "a part is cut once")
        for response_id, item_id in model.received:
            if (response_id, item_id) in open_keys:
                wanted = ledger.received(response_id, item_id, 0, 10)
                require(not wanted, "audio of what was interrupted is not wanted")


PLAYOUT: tuple[Callable[[MakeLedger], None], ...] = (
    counts_are_those_of_a_model_of_every_sample,
    no_stage_overtakes_the_one_before_it,
    cuts_claim_no_more_than_was_heard,
)


def _receive(chance: random.Random, ledger: PlayoutLedger, model: _Model) -> None:
    number = chance.randint(0, 3)
    key = (f"resp_{number // 2}", f"item_{number}")
    if key in model.finished:
        return
    samples = chance.randint(0, 300)
    if ledger.received(key[0], key[1], 0, samples):
        model.received[key] = model.received.get(key, 0) + samples
        ledger.decoded(key[1], 0, samples)
        ledger.queued(key[1], 0, samples)


def _write(chance: random.Random, ledger: PlayoutLedger, model: _Model) -> None:
    for key, received in model.received.items():
        left = received - model.written.get(key, 0)
        if left and key[1] not in model.cut:
            samples = chance.randint(1, left)
            ledger.written(key[1], 0, samples)
            model.written[key] = model.written.get(key, 0) + samples
            model.device += [key] * samples
            return


def _clip(chance: random.Random, ledger: PlayoutLedger, model: _Model) -> None:
    samples = chance.randint(1, 50)
    ledger.written_other(samples)
    model.device += [None] * samples


def _hear(chance: random.Random, ledger: PlayoutLedger, model: _Model) -> None:
    samples = chance.randint(0, len(model.device))
    model.heard += model.device[:samples]
    del model.device[:samples]
    ledger.heard(len(model.heard))


def _finish(chance: random.Random, ledger: PlayoutLedger, model: _Model) -> None:
    if model.received:
        key = chance.choice(list(model.received))
        ledger.finished(key[1], 0)
        model.finished.add(key)


def _interrupt(chance: random.Random, ledger: PlayoutLedger, model: _Model) -> None:
    if chance.random() < 0.8:
        return
    dropped = len(model.device)
    model.device.clear()
    ledger.cleared(dropped)
    model.cut |= {cut.item_id for cut in ledger.interrupt()}


_MOVES = (_receive, _receive, _write, _write, _clip, _hear, _finish, _interrupt)


def _heard_whole(model: _Model, key: _Key) -> bool:
    return key in model.finished and model.heard.count(key) == model.received[key]
