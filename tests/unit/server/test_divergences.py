"""Has every known divergence the test that shows it?"""

from __future__ import annotations

from pathlib import Path

import pytest

from bareline.server.divergences import DIVERGENCES, Divergence

ROOT = Path(__file__).parents[3]


def test_ids_are_unique() -> None:
    assert len({entry.id for entry in DIVERGENCES}) == len(DIVERGENCES)


@pytest.mark.parametrize("entry", DIVERGENCES, ids=lambda entry: entry.id)
def test_a_divergence_has_its_test_and_its_place_in_the_reference(entry: Divergence) -> None:
    file, _, name = entry.test.partition("::")
    assert f"def {name}(" in (ROOT / file).read_text()
    assert f"`{entry.id}`" in (ROOT / "docs/reference/server.md").read_text()
