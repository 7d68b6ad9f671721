"""Are aiortc and aioice still what our guarded modules rely on?"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiortc.rtcsctptransport import RTCSctpTransport

from bareline.transports.webrtc.stack import names


def test_no_private_name_has_changed() -> None:
    assert asyncio.run(names.changed_names()) == []


def test_a_changed_name_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def transmit(self: Any, limit: int) -> None: ...

    monkeypatch.setattr(RTCSctpTransport, "_transmit", transmit)
    monkeypatch.delattr(RTCSctpTransport, "_t3_start")
    monkeypatch.setitem(names.TESTED_VERSIONS, "aioice", "0.12")
    said = asyncio.run(names.changed_names())
    assert "RTCSctpTransport._transmit takes (self limit), not (self)" in said
    assert "RTCSctpTransport._t3_start is gone" in said
    assert any(words.startswith("aioice is 0.13") for words in said)
