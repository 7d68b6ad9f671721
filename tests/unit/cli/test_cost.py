"""``bareline cost`` shows accounts, estimates, explanations and prices, in words and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bareline.cli.main import main

DEMO = Path(__file__).parents[1] / "observe" / "demo_trace.jsonl"


def test_a_trace_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", "trace", str(DEMO), "--until", "10"]) == 0
    shown = capsys.readouterr().out
    assert "$0.1490  gpt-realtime-2.1" in shown
    assert "Paid but never heard: $0.0241" in shown
    assert "At 10 minutes: about $" in shown


def test_a_trace_as_json_with_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", "trace", str(DEMO), "--model", "gpt-realtime-2.1-mini", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["account"]["model"] == "gpt-realtime-2.1-mini"
    assert 0.01 < report["account"]["usd"] < 0.1
    assert report["forecast"] is None


def test_estimates_take_options_over_a_profile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile = tmp_path / "p.json"
    profile.write_text('{"minutes": 10, "turns": 7}')
    assert main(["cost", "estimate", "--profile", str(profile), "--turns", "20", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["profile"]["minutes"], report["profile"]["turns"]) == (10, 20)
    costs = [each["usd"] for each in report["estimates"]]
    assert costs == sorted(costs)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["estimate", "--minutes", "8"], "8 minutes: user 3, assistant 4, 24 turns"),
        (["estimate", "--model", "gpt-realtime-2.1"], "each change loses the cache once"),
        (["estimate", "--model", "gpt-live-1"], "the backend's tokens apart"),
        (["explain"], "$0.0192   $0.0768"),
        (["prices"], "read 2026-11-22, https://"),
    ],
)
def test_what_is_shown(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", *arguments]) == 0
    assert words in capsys.readouterr().out
    assert main(["cost", *arguments, "--json"]) == 0
    json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    "arguments", [["--minutes", "0"], ["--cache-share", "2"], ["--user-minutes", "9"], ["--model", "gpt-5"]]
)
def test_wrong_figures_are_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", "estimate", *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--minutes", "nan"], ["--turns", "1.5"], ["--turns", "-1"], ["--minutes", "x"]])
def test_what_is_no_amount_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["cost", "estimate", *arguments])
    assert "is not a" in capsys.readouterr().err
