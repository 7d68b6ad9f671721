"""The page of all events is generated from the types, and current."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

from bareline.protocol import events
from bareline.protocol.shapes import object_shapes, shape_of

SCRIPT = Path(__file__).parents[3] / "scripts" / "events_reference.py"


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("events_reference", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_current() -> None:
    module = script()
    assert module.PAGE.read_text() == module.page(), "run python scripts/events_reference.py"


def test_the_page_has_every_event_and_no_broken_link() -> None:
    page = script().page()
    titles = {line.removeprefix("### ").strip("`") for line in page.splitlines() if line.startswith("### ")}
    for union in (events.ClientEvent, events.KnownServerEvent):
        assert set(map(str, object_shapes(shape_of(union)))) <= titles
    links = {part.partition(")")[0] for part in page.split("](#")[1:]}
    assert links <= {title.lower() for title in titles}
