"""The playbooks on experiments, run on the demo client: they find what was planted in it, and nothing else."""

import csv
import io
import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from retention_lab.analysis.experiments.effects import estimate_effects
from retention_lab.analysis.experiments.study import study_experiment
from retention_lab.demo.truth import NEWSLETTER_SHARES, STAY_BONUS_EFFECT, STAY_BONUS_HORIZON
from retention_lab.findings.experiments.headline import effect_findings
from retention_lab.findings.finding import MIME
from retention_lab.tables.client import open_client


def record_in(folder: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return record


def by_id(folder: Path) -> dict[str, dict[str, Any]]:
    """The findings that a report is searched by: those of its first screen."""
    return {finding["id"]: finding for finding in record_in(folder)["findings"]}


def effects_in(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((folder / "effects.csv").read_text(encoding="utf-8-sig"))))


def shown_in(folder: Path) -> list[dict[str, Any]]:
    """What the cells of a report show: kind and data of each."""
    notebook = json.loads((folder / "playbook.ipynb").read_text(encoding="utf-8"))
    outputs = (output for cell in notebook["cells"] for output in cell.get("outputs", []))
    return [output["data"][MIME] for output in outputs if MIME in output.get("data", {})]


def words_of(page: str) -> str:
    """What a page says, in its drawings too, without its marks and without what only keeps words together."""
    bare = unescape(re.sub(r"<[^>]*>", "", re.sub(r"<(style).*?</\1>", "", page, flags=re.S)))
    return re.sub(r"[ \u00a0\u202f]", " ", bare.replace("\u2060", ""))


def texts_of(part: object) -> list[str]:
    if isinstance(part, (dict, list)):
        return [text for value in (part.values() if isinstance(part, dict) else part) for text in texts_of(value)]
    return [part] if isinstance(part, str) else []


def test_the_offer_that_keeps_customers_is_found_and_its_effect_lies_in_the_interval(
    experiment_reports: dict[str, Path],
) -> None:
    found = by_id(experiment_reports["stay_bonus"])
    stay = found["experiment.effect.stay"]
    effects = {row["outcome"]: row for row in effects_in(experiment_reports["stay_bonus"])}

    assert stay["verdict"] == "fine"
    assert stay["unit"] == "days"
    assert f"within {STAY_BONUS_HORIZON} days" in stay["headline"]
    assert 0 < stay["ci_lower"] <= STAY_BONUS_EFFECT["restricted_mean"] <= stay["ci_upper"]
    # It moves nothing but staying.
    assert [name for name, row in effects.items() if float(row["pvalue_adjusted"]) < 0.05] == ["stay"]


def test_the_share_still_here_that_was_planted_lies_in_the_interval_that_is_told(
    experiment_reports: dict[str, Path],
) -> None:
    headline = by_id(experiment_reports["stay_bonus"])["experiment.effect.stay"]["headline"]
    told = re.search(r"a difference of [\d.]+ points \(([\d.]+) to ([\d.]+)\)", headline)

    assert told, headline
    assert float(told[1]) <= 100 * STAY_BONUS_EFFECT["survival"] <= float(told[2])


def test_an_offer_that_works_and_costs_more_than_it_brings_is_not_rolled_out(
    experiment_reports: dict[str, Path],
) -> None:
    found = by_id(experiment_reports["stay_bonus"])
    decision, money = found["experiment.decision"], found["experiment.money"]

    assert decision["verdict"] == "watch"
    assert "costs more than it brings" in decision["headline"]
    assert decision["action"].startswith("Do not roll out “bonus”")
    assert money["ci_lower"] <= money["estimate"] <= money["ci_upper"] < 0


def test_nothing_is_found_where_nothing_was_planted(experiment_reports: dict[str, Path]) -> None:
    folder = experiment_reports["newsletter"]
    decision, effects = by_id(folder)["experiment.decision"], effects_in(folder)

    assert decision["verdict"] == "no_evidence"
    assert decision["action"].startswith("Do not roll out")
    assert len(effects) == 3 * (len(NEWSLETTER_SHARES) - 1)
    assert min(float(row["pvalue_adjusted"]) for row in effects) > 0.05
    assert all(float(row["ci_lower"]) < 0 < float(row["ci_upper"]) for row in effects)


def test_a_broken_sample_ratio_makes_the_answer_invalid(experiment_reports: dict[str, Path]) -> None:
    findings = record_in(experiment_reports["welcome_points"])["findings"]
    decision, ratio = findings[:2]

    assert ratio["id"] == "experiment.gate.sample_ratio"
    assert decision["verdict"] == ratio["verdict"] == "invalid"
    assert "Sample ratio" in decision["headline"]
    assert not any(re.search(r"effect|money|segment", one["id"]) for one in findings)
    # Of the club's members, who are of no experiment, a number may be told.
    assert {one["estimate"] for one in findings if "membership" not in one["id"]} == {None}


def test_no_number_of_an_effect_that_must_not_be_read_is_anywhere(
    experiment_reports: dict[str, Path], demo_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETENTION_LAB_HOME", str(demo_workspace))
    folder = experiment_reports["welcome_points"]
    page = words_of((folder / "report.html").read_text(encoding="utf-8"))
    # What a reader would be told of it if the check were not there.
    client = open_client("demo")
    trial = study_experiment(client, "welcome_points")
    (unread,) = effect_findings(trial, estimate_effects(trial), client.text)
    numbers = re.findall(r"−?\d+\.\d+ days|\d+\.\d% \([^)]*\)|−?\d+\.\d+ to −?\d+\.\d+", words_of(unread.headline))
    told = [one for one in shown_in(folder) if one["kind"] == "findings"]
    headlines = [one["headline"] for cell in told for one in cell["data"]["findings"] if "membership" not in one["id"]]

    assert len(numbers) >= 3, unread.headline
    assert [number for number in numbers if number in page] == []
    assert not any(re.search(r"\(−?€?\d[^()]* to −?€?\d", headline) for headline in headlines)
    assert effects_in(folder) == []


def test_the_first_screen_answers_in_the_order_in_which_one_decides(experiment_reports: dict[str, Path]) -> None:
    order = {name: [one["id"] for one in record_in(folder)["findings"]] for name, folder in experiment_reports.items()}

    assert order["stay_bonus"][:3] == ["experiment.decision", "experiment.effect.stay", "experiment.money"]
    assert order["newsletter"][:3] == [
        "experiment.decision",
        "experiment.effect.spend.email",
        "experiment.effect.spend.letter",
    ]
    assert order["welcome_points"][:2] == ["experiment.decision", "experiment.gate.sample_ratio"]


def test_no_number_of_an_experiment_travels_without_its_interval_or_a_reason(
    experiment_reports: dict[str, Path],
) -> None:
    for folder in experiment_reports.values():
        for finding in record_in(folder)["findings"]:
            numbers = [finding[name] for name in ("ci_lower", "estimate", "ci_upper")]
            if finding["estimate"] is None:
                assert numbers == [None, None, None], finding["id"]
                continue
            assert numbers == sorted(numbers), finding["id"]
            assert finding["n_obs"] > 0
            assert finding["method"]


def test_charts_and_page_of_every_experiment_stay_within_their_budget(experiment_reports: dict[str, Path]) -> None:
    for folder in experiment_reports.values():
        notebook = json.loads((folder / "playbook.ipynb").read_text(encoding="utf-8"))
        outputs = [output["data"] for cell in notebook["cells"] for output in cell.get("outputs", [])]
        drawings = ["".join(data["image/svg+xml"]) for data in outputs if "image/svg+xml" in data]

        assert (folder / "report.html").stat().st_size < 500_000
        assert len(drawings) == 5
        assert max(map(len, drawings)) < 80_000


def test_a_plan_says_how_many_customers_it_takes_and_hands_over_who_gets_what(
    closed_loop: tuple[Path, Path],
) -> None:
    planned, _ = closed_loop
    found = by_id(planned)
    folder = planned.parents[3] / "data" / "demo" / "assignments"
    # Beside the day, the name tells apart the runs of one day that were asked for different things.
    (wave,) = folder.glob("spring-2026-04-30+*.csv")
    rows = list(csv.DictReader(io.StringIO(wave.read_text(encoding="utf-8"))))
    held_out = sum(row["variant"] == "hold_out" for row in rows)

    assert next(iter(found)) == "experiment.plan"
    assert re.search(r"it takes [\d,]+ customers", found["experiment.plan"]["headline"])
    assert {row["variant"] for row in rows} == {"hold_out", "offer"}
    assert {row["assigned_on"] for row in rows} == {"2026-04-30"}
    assert abs(held_out - 0.2 * len(rows)) <= 1
    assert found["experiment.plan.assignment"]["estimate"] == len(rows) == len({row["customer_id"] for row in rows})


def test_what_was_planned_is_evaluated_later_by_its_name_and_shows_nothing_where_nothing_was_done(
    closed_loop: tuple[Path, Path],
) -> None:
    planned, evaluated = closed_loop
    decision = by_id(evaluated)["experiment.decision"]
    (variants, *_) = (one["data"] for one in shown_in(evaluated) if one["kind"] == "table")
    n_drawn = by_id(planned)["experiment.plan.assignment"]["n_obs"]

    # Nobody was given anything, so the groups that were dealt are alike.
    assert decision["verdict"] == "no_evidence"
    assert [row[0] for row in variants["rows"]] == ["hold_out (control)", "offer"]
    assert sum(int(row[2].replace(",", "")) for row in variants["rows"]) == n_drawn
    assert not any(
        re.search(r"\bnan\b|\bNone\b", text) for one in shown_in(evaluated) for text in texts_of(one["data"])
    )


@pytest.mark.parametrize("name", ["stay_bonus", "newsletter", "welcome_points"])
def test_the_report_opens_with_the_decision(name: str, experiment_reports: dict[str, Path]) -> None:
    page = (experiment_reports[name] / "report.html").read_text(encoding="utf-8")
    decision = by_id(experiment_reports[name])["experiment.decision"]["headline"]

    assert words_of(decision) in words_of(page[: page.index("<figure")])
