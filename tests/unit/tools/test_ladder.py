"""Is a ladder what it says, and which one has a tool?"""

from __future__ import annotations

import pytest

from bareline.errors import ConfigurationError
from bareline.tools import Clip, FillerLadder, Spoken, Stage, Toolbox
from bareline.tools.ladder import CLIP_MAX_S, DEFAULT_LADDER, SILENT, ladder_of

GERMAN = FillerLadder((Stage(900, Spoken(("Moment bitte.",))), Stage(1_100, Spoken(("Noch dabei.",)))))
OWN = FillerLadder((Stage(3_000, Spoken(("Hold on.",))),))


def test_a_tool_s_own_ladder_goes_before_the_call_s() -> None:
    assert ladder_of(OWN, GERMAN) is OWN
    assert ladder_of(None, GERMAN) is GERMAN
    assert ladder_of(SILENT, GERMAN) is SILENT


def test_a_text_takes_the_first_stage_and_leaves_the_language_of_the_others() -> None:
    stages = ladder_of("Ich sehe nach.", GERMAN).stages
    assert stages == (Stage(900, Spoken(("Ich sehe nach.",))), GERMAN.stages[1])
    assert ladder_of("Let me look.", OWN).stages == (Stage(3_000, Spoken(("Let me look.",))), OWN.stages[0])
    assert ladder_of("Let me look.", SILENT) is SILENT


@pytest.mark.parametrize(
    ("given", "kept"), [(None, None), ("Wait.", "Wait."), (False, SILENT), ("", SILENT), (OWN, OWN)]
)
def test_the_option_of_a_tool(given: FillerLadder | str | None, kept: FillerLadder | str | None) -> None:
    def work() -> None:
        """Work."""

    assert Toolbox().add(work, filler=given).filler == kept


def test_the_default_leaves_no_silence_of_a_second_and_a_half() -> None:
    assert all(stage.after_ms <= 1_000 for stage in DEFAULT_LADDER.stages)


def test_what_cannot_be_said_is_refused() -> None:
    for wrong in (
        lambda: Spoken(()),
        lambda: Spoken(("One moment.", " ")),
        lambda: Clip(b"", "nothing"),
        lambda: Clip(b"\0", "half a sample"),
        lambda: Clip(bytes(2 * 24_000 * CLIP_MAX_S + 2), "too long"),
        lambda: FillerLadder((Stage(-1, Spoken(("Wait.",))),)),
        lambda: FillerLadder((), progress_every_ms=-1),
    ):
        with pytest.raises(ConfigurationError):
            wrong()
