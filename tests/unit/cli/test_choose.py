"""``bareline choose`` asks, takes files, refuses what is wrong by name and line, and writes what it was told to."""

from __future__ import annotations

import io
import json
import tomllib
from pathlib import Path

import pytest

from bareline.cli.choose_interview import interview
from bareline.cli.main import main
from bareline.cli.terminal import Terminal
from bareline.errors import ConfigurationError
from bareline.lab.choose.knowledge import shipped_knowledge
from bareline.lab.peers.report import PeerFigure, PeersReport, local_report_path, save_report

CASES = Path(__file__).parents[3] / "examples" / "choose"
QUESTIONS = shipped_knowledge().questions


class Typed(io.StringIO):
    """Lines that a person types."""

    def isatty(self) -> bool:
        return True


def asked(typed: str, given: dict[str, str] | None = None, *, person: bool = True) -> tuple[dict[str, str], str]:
    """The answers of an interview, and what it showed."""
    shown = io.StringIO()
    lines = Typed(typed) if person else io.StringIO(typed)
    return interview(shipped_knowledge(), given or {}, Terminal(shown), lines), shown.getvalue()


def test_numbers_words_and_beginnings_are_answers_and_nothing_is_unknown() -> None:
    answers, shown = asked("2\nchecked\n\n t\nd\n")
    assert answers == {"providers": "compatible", "speech": "checked", "latency": "tight"}
    assert "1/20  providers" in shown
    assert "5/20" in shown


def test_why_and_what_is_no_answer_ask_again() -> None:
    answers, shown = asked("?\nperhaps\n9\n1\nd\n")
    assert answers == {"providers": "openai"}
    assert QUESTIONS[0].why in shown
    assert "'perhaps' is none of them: a number from 0 to 4, or a word." in shown
    assert shown.count(QUESTIONS[0].ask) == 1, "the question stands once"


def test_going_back_offers_what_was_said_and_lets_it_change() -> None:
    answers, shown = asked("1\n2\nb\nb\n3\n\nd\n")
    assert answers == {"providers": "wish", "speech": "tone"}
    assert "[openai] > " in shown
    assert "[tone] > " in shown


def test_back_after_the_last_question_and_unknown_takes_an_answer_away() -> None:
    answers, shown = asked("\n" * (len(QUESTIONS) - 1) + "1\nb\n0\n\n", {"talk": "quiet", "phone": "no"})
    assert answers == {"phone": "no"}
    assert shown.count("That was all.") == 2


def test_the_end_of_input_leaves_the_rest_open() -> None:
    assert asked("1\n2\n")[0] == {"providers": "openai", "speech": "tone"}
    assert asked("1\n2\n", person=False)[0] == {"providers": "openai", "speech": "tone"}


def test_leaving_decides_nothing() -> None:
    with pytest.raises(KeyboardInterrupt):
        asked("1\nq\n")


def test_a_pipe_is_asked_nothing_and_told_which_line_is_wrong() -> None:
    assert asked("1\n\n", person=False)[1] == ""
    with pytest.raises(ConfigurationError, match="line 2 of standard input: 'maybe' is no answer to 'speech'; "):
        asked("1\nmaybe\n", person=False)


def test_nobody_there_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert main(["choose"]) == 2
    assert "give --answers FILE" in capsys.readouterr().err


def test_a_person_is_offered_a_file_for_their_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Typed()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setattr("sys.stdin", Typed("4\nd\nnowhere/a.toml\na.txt\na.toml\n"))
    assert main(["choose"]) == 0
    assert screen.getvalue().count("A new file whose name ends in .toml") == 2
    assert tomllib.loads(Path("a.toml").read_text("utf-8"))["answers"]["providers"] == "several"
    monkeypatch.setattr("sys.stdin", Typed("\nd\n\n"))
    assert main(["choose", "--answers", "a.toml", "--ask"]) == 0
    assert "[several] > " in screen.getvalue()
    before = len(screen.getvalue())
    monkeypatch.setattr("sys.stdin", Typed("1\nd\n"))
    assert main(["choose", "--json"]) == 0
    assert json.loads(screen.getvalue()[before:])["answers"] == {"providers": "openai"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.toml"]


def test_leaving_says_that_nothing_was_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", Typed("1\nq\n"))
    assert main(["choose"]) == 130
    assert "Nothing was decided, nothing was written." in capsys.readouterr().err


def test_a_draw_names_the_others(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("4\n"))
    assert main(["choose", "--name", "two\nlines"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("two lines\n")
    assert "a draw (as good: Pipecat)" in " ".join(shown.split())


def test_a_case_in_words_with_record_and_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record, saved = tmp_path / "r.md", tmp_path / "a.toml"
    command = ["choose", "--answers", str(CASES / "kiosk.toml"), "--record", str(record), "--save", str(saved)]
    assert main(command) == 0
    shown = capsys.readouterr()
    for words in ("direct, over WebSocket", "Runner-up", "What decided", "What would change it", "You now own"):
        assert words in shown.out
    assert "await call.quiet()" in shown.out
    assert str(record) in shown.err
    text = record.read_text(encoding="utf-8")
    assert text.startswith("# Push-to-talk kiosk: direct, over WebSocket\n")
    assert "```python" in text
    assert tomllib.loads(saved.read_text("utf-8")) == tomllib.loads((CASES / "kiosk.toml").read_text("utf-8"))
    assert main(command) == 2, "a record is not overwritten"
    assert "is not overwritten" in capsys.readouterr().err


def test_measurements_are_a_table_with_machine_and_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    rows = (
        PeerFigure("livekit-agents", "CPU per minute", "s", 2.4, 2.25, 2.5),
        PeerFigure("bareline-websocket", "memory", "MB", 31.0, 31.0, 31.0),
        PeerFigure("livekit-agents", "memory", "MB", 143.0, 140.0, 150.0),
    )
    save_report(PeersReport(machine="a desk, 2 cores", date="2026-11-23", rows=rows), local_report_path())
    assert main(["choose", "--answers", str(CASES / "call_centre.toml")]) == 0
    shown = capsys.readouterr().out
    assert "bareline bench peers, this machine: a desk, 2 cores, 2026-11-23" in shown
    assert "  memory, MB         143 (140-150)   31\n" in shown
    assert "  CPU per minute, s  2.4 (2.25-2.5)  -\n" in shown, "the number of calls decides there"


def test_json_has_it_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["choose", "--answers", str(CASES / "call_centre.toml"), "--json"]) == 0
    decision = json.loads(capsys.readouterr().out)
    assert decision["recommendation"]["option"] == "livekit_agents"
    assert decision["first_step"]["code"]
    assert {"question", "answered", "instead", "option"} == set(decision["flips"][0])
    assert isinstance(decision["prices"][0]["usd_per_minute"], float)


def test_the_template_is_a_file_of_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["choose", "--template"]) == 0
    path = tmp_path / "t.toml"
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    assert main(["choose", "--answers", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["answers"] == {}


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        (
            "a.toml",
            '[answers]\nturns = "own"\nprovders = "openai"\n',
            "a.toml:3: 'provders' is no question; do you mean",
        ),
        ("a.toml", '[answers]\n\nturns = "onw"\n', "a.toml:3: 'onw' is no answer to 'turns'; do you mean own? It"),
        ("a.toml", "[answers]\nscale = 50\n", "a.toml:2: 50 is no answer to 'scale'; it takes few, dozens"),
        ("a.toml", 'turns = "own"\n', "a.toml:1: 'turns' is no field of a file of answers; known are name, answers"),
        ("a.toml", "[answers\n", "a.toml: Expected ']'"),
        ("a.toml", "answers = 3\n", "a.toml:1: answers must be a table"),
        ("a.toml", "name = 3\n", "a.toml:1: the name must be text"),
        ("a.json", '{\n "answers": {\n  "phone": "maybe"\n }\n}', "a.json:3: 'maybe' is no answer to 'phone'"),
        ("a.json", "[1]", "a.json: answers are an object"),
        ("a.json", "{", "a.json: Input data was truncated"),
        ("a.yaml", "answers:", "a.yaml: answers are read from a .toml or a .json file"),
        ("a.toml", "#" * 200_000, "a.toml: too long"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    name: str, text: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert main(["choose", "--answers", str(path)]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--answers", "nowhere.toml"], "nowhere.toml: cannot be read: No such file"),
        (["--answers", str(CASES / "kiosk.toml"), "--save", "/nowhere/a.toml"], "there is no folder /nowhere"),
        (["--answers", str(CASES / "kiosk.toml"), "--prices", "nowhere.json"], "cannot be read"),
    ],
)
def test_files_that_are_not_there(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["choose", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_the_page_shows_what_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "110")
    page = (CASES.parents[1] / "docs" / "howto" / "choose.md").read_text(encoding="utf-8")
    assert main(["choose", "--answers", str(CASES / "kiosk.toml")]) == 0
    assert capsys.readouterr().out.partition("\nMeasured")[0].rstrip() in page
    for path in sorted(CASES.glob("*.toml")):
        assert main(["choose", "--answers", str(path), "--json"]) == 0
        decision = json.loads(capsys.readouterr().out)
        best, second = decision["recommendation"], decision["runner_up"]
        row = f"| {best['name']} | {second['name']} | {best['points']} to {second['points']} |"
        assert f"({path.relative_to(CASES.parents[1]).as_posix()}) {row}" in page.replace("../../", "")
