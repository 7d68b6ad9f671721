"""A key of a real terminal is a push-to-talk button."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from bareline.cli.talk_key import follow_key
from bareline.cli.talk_turns import turn_keywords
from bareline.errors import ConfigurationError
from bareline.turns import PushToTalk, WakeWord

termios = pytest.importorskip("termios")


class View:
    def __init__(self) -> None:
        self.notices: list[str] = []

    def notice(self, text: str) -> None:
        self.notices.append(text)


async def until(wanted: object, asked: object) -> None:
    async with asyncio.timeout(5):
        while asked() != wanted:  # noqa: ASYNC110 - a thread changes it
            await asyncio.sleep(0.005)


def test_space_changes_sides_and_the_terminal_is_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    keyboard, terminal = os.openpty()
    before = termios.tcgetattr(terminal)

    async def main() -> None:
        key, view = PushToTalk(), View()
        following = asyncio.create_task(follow_key(key, view))
        await asyncio.sleep(0.05)
        assert not termios.tcgetattr(terminal)[3] & termios.ICANON
        os.write(keyboard, b"x ")
        await until(True, lambda: key.pressed)
        os.write(keyboard, b" ")
        await until(False, lambda: key.pressed)
        assert view.notices == ["Listening: press space again to send.", "Sent."]
        following.cancel()
        await asyncio.wait([following])

    with os.fdopen(terminal, closefd=False) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        asyncio.run(main())
    assert termios.tcgetattr(terminal) == before
    os.close(keyboard)  # which ends the thread that waits for it
    os.close(terminal)


def test_where_there_is_no_terminal_lines_do_and_the_end_releases(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "keys").write_text("\n\n\n")
    key, view = PushToTalk(), View()
    with (tmp_path / "keys").open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        asyncio.run(asyncio.wait_for(follow_key(key, view), 5))
    assert not key.pressed
    assert len(view.notices) == 3


def test_a_wake_word_has_a_model_or_is_any_phrase() -> None:
    pytest.importorskip("pymicro_wakeword")
    pytest.importorskip("pocketsphinx")
    for phrase in ("Okay Nabu", "hey bareline"):
        view = View()
        assert isinstance(turn_keywords(push_to_talk=False, wake_word=phrase, view=view)["turns"], WakeWord)
        assert phrase in view.notices[0]
    with pytest.raises(ConfigurationError):
        turn_keywords(push_to_talk=True, wake_word="hey bareline", view=View())
    assert turn_keywords(push_to_talk=False, wake_word=None, view=View()) == {}
