"""``choose`` recommends something for every set of answers, never against a constraint, and what the field would."""

from __future__ import annotations

import ast
import datetime as dt
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bareline.lab.choose.answers import answer_file, read_answers
from bareline.lab.choose.decision import decide
from bareline.lab.choose.evidence import ALWAYS_QUOTED
from bareline.lab.choose.knowledge import UNKNOWN, shipped_knowledge
from bareline.lab.choose.ranking import find_flips, rank
from bareline.lab.choose.record import decision_record
from bareline.lab.choose.words import figure_rows
from bareline.lab.cost_estimate import estimate_model
from bareline.lab.cost_profile import CallProfile
from bareline.lab.peers.contenders import PEERS
from bareline.lab.peers.report import Outcome, PeerFigure, PeersReport, local_report_path, save_report
from bareline.lab.peers.samples import MEASURES
from bareline.observe.prices import shipped_prices

CASES = Path(__file__).parents[3] / "examples" / "choose"
KNOWLEDGE = shipped_knowledge()
OPTIONS = {option.id for option in KNOWLEDGE.options}
ANSWERS = st.fixed_dictionaries({q.id: st.sampled_from(q.values) for q in KNOWLEDGE.questions})
NOT_ONE_PROTOCOL = {"livekit_agents", "pipecat", "pydantic_ai", "hatch", "cascade"}
WEBRTC_WITH_THE_SERVICE = {"webrtc", "gateway"}


def broken(option: str, said: dict[str, str]) -> str:
    """An independent word on what cannot be: why ``option`` must not be recommended; nothing where it may be."""
    behind_proxy = said["network"] == "proxy"
    user_side = said["phone"] not in ("some", "centre") and said["client"] != "server"
    impossible = {
        "vendors": said["providers"] == "several" and option not in NOT_ONE_PROTOCOL,
        "sound decides": said["speech"] == "tone" and option in ("cascade", "gpt_live"),
        "read before said": said["speech"] == "checked" and option in ("gateway", "gpt_live"),
        "own detector": said["turns"] == "own" and option in ("gateway", "gpt_live"),
        "button": said["turns"] == "button" and option == "gpt_live",
        "frames": said["wire"] == "frames" and option == "gateway",
        "frames here": said["wire"] == "frames" and said["client"] in ("browser", "app") and option == "webrtc",
        "telephone": said["phone"] in ("some", "centre") and option == "webrtc",
        "room": said["rooms"] == "several" and option == "webrtc",
        "proxy": behind_proxy and option in WEBRTC_WITH_THE_SERVICE and (option == "webrtc" or user_side),
        "one vendor's": option == "gpt_live"
        and (said["providers"], said["data"]) != ("openai", "anywhere")
        and (said["providers"] in ("compatible", "several") or said["data"] == "own_machines"),
        "no pictures": option == "gpt_live" and said["pictures"] == "yes",
        "five cents": option == "gpt_live" and said["budget"] == "three_cents",
        "TypeScript": option in ("pipecat", "pydantic_ai") and said["language"] == "typescript",
    }
    return ", ".join(name for name, holds in impossible.items() if holds)


@given(ANSWERS)
@settings(max_examples=80, deadline=None)
def test_every_set_of_answers_has_a_recommendation_and_no_constraint_is_broken(said: dict[str, str]) -> None:
    ranking = rank(said, KNOWLEDGE)
    assert len(ranking.order) >= 2, "a recommendation and a runner-up"
    left = {option.id for option in ranking.order}
    assert {option: broken(option, said) for option in left if broken(option, said)} == {}
    assert {option for option in OPTIONS - left if not broken(option, said)} == set(), "left out without need"


def test_no_two_answers_break_a_constraint_together_nor_leave_out_without_need() -> None:
    values = [(question.id, value) for question in KNOWLEDGE.questions for value in question.values[:-1]]
    for first, second in combinations(values, 2):
        said = dict.fromkeys((question.id for question in KNOWLEDGE.questions), UNKNOWN) | dict([first, second])
        left = {option.id for option in rank(said, KNOWLEDGE).order}
        assert left == {option for option in OPTIONS if not broken(option, said)}, (first, second)


@given(ANSWERS)
@settings(max_examples=10, deadline=None)
def test_flips_are_all_the_single_answers_that_change_it_and_no_others(said: dict[str, str]) -> None:
    best = rank(said, KNOWLEDGE).order[0].id
    told = {(flip.question, flip.instead): flip.option for flip in find_flips(said, KNOWLEDGE)}
    for question in KNOWLEDGE.questions:
        for value in question.values:
            if value not in (UNKNOWN, said[question.id]):
                other = rank(said | {question.id: value}, KNOWLEDGE).order[0].id
                assert told.get((question.id, value), best) == other


@given(ANSWERS)
@settings(max_examples=8, deadline=None)
def test_a_decision_and_its_record_are_whole_whatever_was_answered(said: dict[str, str]) -> None:
    given_answers = {question: value for question, value in said.items() if value != UNKNOWN}
    decision = decide(given_answers, name="a | name", today=dt.date(2026, 11, 23))
    assert decision.recommendation.option != decision.runner_up.option
    assert decision.margin >= 0
    assert decision.owns
    assert len(decision.answers) + len(decision.unanswered) == len(KNOWLEDGE.questions)
    record = decision_record(decision)
    for title in ("Context", "Decision", "Alternatives", "What would change it", "Consequences", "First step"):
        assert f"\n## {title}\n" in record


def test_options_that_no_constraint_touches_prove_that_there_always_is_an_answer() -> None:
    touched = {option for rule in KNOWLEDGE.constraints for option in rule.excludes}
    assert len(OPTIONS - touched) >= 2


@pytest.mark.parametrize(
    ("case", "recommended", "runner_up", "deciding"),
    [
        ("medical_intake", "gateway", "websocket", "the-browser-carries-the-sound"),
        ("property_tours", "livekit_agents", "hatch", "phones-need-an-sdk"),
        ("call_centre", "livekit_agents", "hatch", "a-call-centre"),
        ("turn_research", "websocket", "webrtc", "detector-of-your-own"),
        ("kiosk", "websocket", "webrtc", "a-button-ends-the-turn"),
        ("webrtc_platform", "gateway", "websocket", "a-platform-is-there"),
    ],
)
def test_the_worked_cases_of_the_field(case: str, recommended: str, runner_up: str, deciding: str) -> None:
    sheet = read_answers(CASES / f"{case}.toml")
    assert len(sheet.answers) == len(KNOWLEDGE.questions), "a worked case leaves nothing open"
    decision = decide(sheet.answers, name=sheet.name)
    assert (decision.recommendation.option, decision.runner_up.option) == (recommended, runner_up)
    assert deciding in [reason.rule for reason in decision.decided[:3]]
    assert decision.margin >= 2


def test_in_the_worked_cases_what_would_change_it_is_told() -> None:
    def changed(case: str) -> set[tuple[str, str, str]]:
        decision = decide(read_answers(CASES / f"{case}.toml").answers)
        return {(flip.question, flip.instead, flip.option) for flip in decision.flips}

    assert ("turns", "own", "websocket") in changed("medical_intake")
    assert ("wire", "events", "hatch") in changed("property_tours")
    assert ("phone", "some", "websocket") in changed("call_centre")
    assert ("client", "browser", "gateway") in changed("kiosk")
    assert ("providers", "several", "pipecat") in changed("turn_research")
    assert ("turns", "own", "websocket") in changed("webrtc_platform")


@pytest.mark.parametrize(
    ("answers", "recommended"),
    [
        ({"client": "device", "network": "mobile"}, "webrtc"),
        ({"existing": "openai_agents"}, "openai_agents"),
        ({"language": "typescript", "client": "browser", "tools": "handoffs"}, "openai_agents"),
        ({"existing": "pydantic_ai", "providers": "several"}, "pydantic_ai"),
        ({"existing": "pipeline"}, "pipecat"),
        ({"phone": "centre", "wire": "frames"}, "hatch"),
        ({"speech": "background", "talk": "dense"}, "gpt_live"),
        (
            {
                "providers": "openai",
                "speech": "background",
                "client": "browser",
                "turns": "service",
                "skills": "application",
            }
            | {"scale": "dozens", "network": "steady", "phone": "no", "talk": "dense", "tools": "write"},
            "gpt_live",
        ),
        ({"speech": "checked"}, "cascade"),
        (
            {"providers": "openai", "speech": "checked", "client": "server", "phone": "some", "latency": "relaxed"}
            | {"proof": "yes", "tools": "write", "network": "steady"},
            "cascade",
        ),
        (
            {"existing": "openai_agents", "providers": "openai", "client": "server", "tools": "handoffs"},
            "openai_agents",
        ),
        ({"existing": "pydantic_ai", "providers": "wish", "client": "server", "tools": "write"}, "pydantic_ai"),
        ({"existing": "pipeline", "providers": "several", "client": "app", "wire": "frames"}, "pipecat"),
        ({"rooms": "several"}, "livekit_agents"),
    ],
)
def test_every_option_has_its_case(answers: dict[str, str], recommended: str) -> None:
    assert decide(answers).recommendation.option == recommended


def test_nothing_answered_says_how_little_is_known() -> None:
    decision = decide({})
    assert decision.margin <= 1
    assert len(decision.flips) > 10
    assert all(flip.answered == UNKNOWN for flip in decision.flips)


def test_a_framework_with_a_hatch_and_a_cascade_name_what_carries_them() -> None:
    assert decide({"phone": "centre", "wire": "events"}).recommendation.carrier == "LiveKit Agents"
    assert decide({"speech": "checked", "providers": "several"}).recommendation.carrier == "Pipecat"
    typescript = decide({"speech": "checked", "latency": "relaxed", "language": "typescript"})
    assert typescript.recommendation.carrier == "LiveKit Agents", "Pipecat is excluded, so it carries nothing"
    assert "livekit.plugins" in typescript.first_step.code
    assert "pipecat" in decide({"speech": "checked", "providers": "several"}).first_step.code


def test_the_rules_name_what_exists_and_say_why_and_who_says_so() -> None:
    values = {question.id: set(question.values) - {UNKNOWN} for question in KNOWLEDGE.questions}
    rules = [*KNOWLEDGE.constraints, *KNOWLEDGE.wishes, *KNOWLEDGE.cautions]
    assert len({rule.id for rule in rules}) == len(rules)
    for rule in rules:
        for conditions in (rule.when, rule.unless):
            assert all(set(asked) <= values[question] for question, asked in conditions.items()), rule.id
        assert rule.source, rule.id
    for rule in [*KNOWLEDGE.constraints, *KNOWLEDGE.wishes]:
        assert set(rule.points if hasattr(rule, "points") else rule.excludes) <= OPTIONS, rule.id
        assert rule.reason.endswith("."), rule.id
    carried = {f"{option.id}.{carrier}" for option in KNOWLEDGE.options for carrier in option.carriers[1:]}
    assert set(KNOWLEDGE.first_steps) == OPTIONS | carried
    for option in KNOWLEDGE.options:
        assert set(option.carriers) <= OPTIONS


def test_guides_and_sources_in_this_repository_exist() -> None:
    root = CASES.parents[1]
    guides = {answer.guide for question in KNOWLEDGE.questions for answer in question.choices} - {""}
    rules = [*KNOWLEDGE.constraints, *KNOWLEDGE.wishes, *KNOWLEDGE.cautions]
    pages = {part.split()[0] for rule in rules for part in rule.source.split("; ") if part.startswith("docs/")}
    assert [page for page in sorted(guides | pages) if not (root / page).is_file()] == []


def test_what_the_budget_excludes_is_what_the_prices_say() -> None:
    prices = shipped_prices()
    live = estimate_model(CallProfile(), prices.of("gpt-live-1.1"), prices)
    mini = estimate_model(CallProfile(), prices.of("gpt-realtime-2.1-mini"), prices)
    assert mini.usd_per_minute <= 0.03
    assert live.usd_per_minute >= 0.05
    dear = decide({"budget": "three_cents", "talk": "dense"})
    within = {quote.model: quote.within for quote in dear.prices}
    assert within.get("gpt-realtime-2.1") is False


def test_prices_follow_how_the_call_goes() -> None:
    def minute(talk: str) -> float:
        quotes = decide({"talk": talk, "client": "device"}).prices
        return float(next(quote.usd_per_minute for quote in quotes if quote.model == "gpt-realtime-2.1"))

    assert minute("quiet") < 0.5 * minute("dense")


@pytest.mark.parametrize("option", sorted(KNOWLEDGE.first_steps))
def test_first_steps_are_programs(option: str) -> None:
    tree = ast.parse(KNOWLEDGE.first_steps[option].code)
    assert any(isinstance(node, ast.AsyncFunctionDef | ast.AsyncWith) for node in ast.walk(tree))
    assert max(len(line) for line in KNOWLEDGE.first_steps[option].code.splitlines()) <= 120


def test_an_answer_file_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    answers = {"turns": "patient", "budget": "three_cents"}
    path = tmp_path / "a.toml"
    path.write_text(answer_file(answers, 'The "new" one'), encoding="utf-8")
    assert (read_answers(path).answers, read_answers(path).name) == (answers, 'The "new" one')
    as_json = tmp_path / "a.json"
    as_json.write_text('{"name": "n", "answers": {"turns": "patient", "phone": "unknown"}}')
    assert read_answers(as_json).answers == {"turns": "patient"}


def test_what_is_quoted_is_what_the_bench_of_peers_measures() -> None:
    measures = {measure.name for measure in MEASURES}
    assert {name for question in KNOWLEDGE.questions for name in question.measures} | set(ALWAYS_QUOTED) <= measures
    assert {option.peer for option in KNOWLEDGE.options} - {""} <= {peer.name for peer in PEERS}


def test_figures_of_this_machine_are_quoted_before_the_shipped_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    rows = (
        PeerFigure("bareline-websocket", "memory", "MB", 31.0, 30.5, 32.0, 1.2),
        PeerFigure("livekit-agents", "memory", "MB", 143.0, 143.0, 143.0, 5.5),
        PeerFigure("livekit-agents", "tool round trip", "ms", 5.5, 5.0, 6.0, 3.0),
        PeerFigure("pipecat", "memory", "MB", 116.0, 110.0, 120.0, 4.5),
    )
    outcomes = (Outcome("livekit-agents", "error event", "goes on", "the next question is answered"),)
    report = PeersReport(machine="a desk", date="2026-11-23", rows=rows, outcomes=outcomes)
    save_report(report, local_report_path())
    decision = decide({"turns": "button"})
    assert decision.measurements is not None
    assert (decision.measurements.where, decision.measurements.machine) == ("this machine", "a desk")
    peers, table = figure_rows(decision.measurements)
    assert peers == ["bareline-websocket", "livekit-agents"], "a framework beside two direct ways"
    assert table[0] == ["memory, MB", "31 (30.5-32)", "143"]
    assert table[1:] == [["error event", "-", "goes on"]], "tools were not asked about"
    assert "| memory, MB | 31 (30.5-32) | 143 |" in decision_record(decision)
    hatch = decide({"phone": "centre", "wire": "events", "tools": "handoffs"})
    assert hatch.measurements is not None
    assert hatch.measurements.peers["hatch"] == "livekit-agents"
    assert "tool round trip" in {figure.measure for figure in hatch.measurements.figures}
