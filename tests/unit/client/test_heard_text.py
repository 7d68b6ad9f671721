"""Which words were heard, whatever pieces text and audio come in?"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bareline.client.heard_text import HeardText

STEPS = st.lists(st.tuples(st.sampled_from(["", "", "", "one ", "two three "]), st.integers(1, 24_000)), max_size=20)


@given(steps=STEPS, share=st.floats(0, 1))
def test_stretches_without_new_text_add_nothing(steps: list[tuple[str, int]], share: float) -> None:
    """The first stretch after new text spreads it over its audio; those that follow say no more."""
    heard = HeardText()
    stretches: list[tuple[int, int, str]] = []
    for text, samples in steps:
        heard.said(text)
        stretches.append((heard.samples, heard.samples + samples, text))
        heard.sounded(samples)
    at = int(heard.samples * share)
    known = "".join(text[: len(text) * max(0, min(at, end) - first) // (end - first)] for first, end, text in stretches)
    found = heard.until(at, finished=False)
    chars = min(len(known), at * 25 // 24_000)
    assert found == (heard.text if chars == len(heard.text) else heard.text[: chars + 1].rpartition(" ")[0].rstrip())


def test_a_long_silence_is_not_remembered_frame_by_frame() -> None:
    heard = HeardText()
    heard.said("hello there ")
    for _ in range(1_000):
        heard.sounded(480)
    assert len(heard._anchors) == 2
    assert heard.until(480, finished=True) == ""
    assert heard.until(240_000, finished=True) == "hello"


def test_text_with_its_audio_is_heard_with_it() -> None:
    heard = HeardText()
    for word in ("one ", "two ", "three "):
        heard.said(word)
        heard.sounded(24_000)
        heard.sounded(24_000)
    assert heard.until(24_000, finished=False) == "one"
    assert heard.until(48_000, finished=False) == "one"
    assert heard.until(72_000, finished=False) == "one two"
    assert heard.until(120_000, finished=False) == "one two three "
