"""Whatever experiment a client sends, every cell of the playbooks on experiments shows something that can be read.

Each case says what the answer must come to, so that an odd experiment is not read as an ordinary one.
"""

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from cells import MIME, findings_in, headline_in, sentences_in, shown, texts_in

from retention_lab.errors import RetentionLabError

AS_OF = "2026-01-01"
N = 600
ROW = np.arange(N)
ID = [f"C{row:04d}" for row in ROW]
NOISE, CHANCE, FATE, TIME = np.random.default_rng(20260101).random((4, N))
TREATED = CHANCE < 0.5
ASSIGNED = pd.Timestamp("2025-05-01") + pd.to_timedelta(ROW * 37 % 60, unit="D")
STARTED = pd.Timestamp("2023-01-01") + pd.to_timedelta(ROW * 53 % 700, unit="D")
LEFT = FATE < 0.25
ENDED = ASSIGNED + pd.to_timedelta(1 + np.floor(200 * TIME), unit="D")


def texts(days: pd.DatetimeIndex) -> np.ndarray:
    return np.asarray(days.strftime("%Y-%m-%d"), dtype=object)


CUSTOMERS = pd.DataFrame(
    {
        "customer_id": ID,
        "started_on": texts(STARTED),
        "ended_on": np.where(LEFT & (ENDED <= AS_OF), texts(ENDED), ""),
        "monthly_value": 10.0 + ROW % 40,
        "plan": np.array(list("ABC"))[ROW * 11 % 3],
        "region": np.array(["north", "south"])[ROW // 3 % 2],
    }
)
TENURES = CUSTOMERS[["customer_id", "plan", "monthly_value"]].assign(tenure=1 + ROW * 37 % 80, churned=LEFT.astype(int))
ASSIGNMENTS = pd.DataFrame(
    {
        "customer_id": ID,
        "variant": np.where(TREATED, "offer", "control"),
        "assigned_on": texts(ASSIGNED),
        "spend": np.round(100 * NOISE**4, 2),
        "bought": (NOISE > 0.6).astype(int),
        "before": np.round(50 * (NOISE + TIME), 2),
    }
)
BUYER, WHEN, WORTH = np.random.default_rng(20260102).random((3, 12 * N))
BUYS = np.floor(N * BUYER**1.5).astype(int)
PURCHASES = pd.DataFrame(
    {
        "customer_id": np.array(ID)[BUYS],
        # Some buy often, others seldom, and a third of them no more after the first summer of the experiment.
        "occurred_at": texts(
            pd.Timestamp("2024-01-01") + pd.to_timedelta(np.floor(np.where(BUYS % 3 == 0, 600, 731) * WHEN), unit="D")
        ),
        "amount": np.round(5.0 + 30 * WORTH, 2),
    }
)
SPEND = {"kind": "mean", "role": "primary", "column": "spend"}
STAY = {"kind": "survival", "role": "primary", "horizon_days": 90}
HALVES = {"control": 0.5, "offer": 0.5}
MONEY = {"margin_rate": 0.4, "contact_cost": 1.0}
HOSTILE = (
    "<script>alert(1)</script>",
    '=HYPERLINK("http://x.invalid")',
    "{braces} %s {0}",
    "\u202eright to left",
    ("long " * 60).strip(),
)


@dataclass(frozen=True, kw_only=True)
class Odd:
    """A client with an experiment: its tables, the `experiments` entry, what else client.yml says, what is asked."""

    verdict: str
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    test: Mapping[str, Any] | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    of_table: Mapping[str, Any] = field(default_factory=dict)
    asked: Mapping[str, Any] = field(default_factory=dict)
    list_rows: pd.DataFrame | None = None


def odd(
    verdict: str,
    rows: pd.DataFrame | None = None,
    outcomes: Mapping[str, Any] | None = None,
    *,
    others: Mapping[str, pd.DataFrame] | None = None,
    of_table: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
    asked: Mapping[str, Any] | None = None,
    **spec: Any,
) -> Odd:
    """An experiment on these rows, of which a mean of spend decides unless something else is said."""
    test = {"control": "control", "shares": HALVES, "outcomes": outcomes or {"spend": SPEND}, **spec}
    return Odd(
        verdict=verdict,
        tables={"customers": CUSTOMERS, "assignments": ASSIGNMENTS if rows is None else rows, **(others or {})},
        test={name: value for name, value in test.items() if value is not None},
        of_table=of_table or {},
        changes=changes or {},
        asked=asked or {},
    )


def with_spend(control: object, treated: object) -> pd.DataFrame:
    """The assignments with this spend in each variant."""
    return ASSIGNMENTS.assign(spend=np.where(TREATED, treated, control))


def renamed(names: Mapping[str, str]) -> pd.DataFrame:
    return ASSIGNMENTS.assign(variant=ASSIGNMENTS.variant.map(names))


THREE = {"none": 0.34, "email": 0.33, "letter": 0.33}
TWELVE = [f"arm {place:02d}" for place in range(12)]
BY_INACTIVITY = {"churn": {"kind": "inactivity", "inactive_days": 120}}
SILENT = {"customers": CUSTOMERS.drop(columns=["started_on", "ended_on"]), "transactions": PURCHASES}
CLUSTERS = {"cluster": [f"S{row % 40:02d}" for row in ROW]}
OF_CLUSTER = {"variant": np.where(ROW % 40 < 20, "control", "offer")}
IN_MONTHS = {"months": 1 + np.floor(24 * TIME), "gone": LEFT.astype(int)}
LISTED = pd.DataFrame(
    {
        "experiment": "churn-survival-2025-06-01",
        "customer_id": ID,
        "variant": np.where(CHANCE < 0.2, "hold_out", "contact"),
        "assigned_on": "2025-06-01",
        "stratum": "hold-out share 0.2",
        "seed": "abcd1234",
    }
)  # fmt: skip

EVALUATED: dict[str, Odd] = {
    "no customers' table": Odd(
        verdict="no_evidence",
        tables={"assignments": ASSIGNMENTS[["variant", "spend"]]},
        test={"control": "control", "shares": HALVES, "outcomes": {"spend": SPEND}},
    ),
    "customers, and no experiment": Odd(verdict="not_enough_data", tables={"customers": CUSTOMERS}),
    "customers who joined a club, and no experiment": Odd(
        verdict="not_enough_data",
        tables={"customers": CUSTOMERS.assign(club=texts(STARTED + pd.to_timedelta(np.floor(900 * CHANCE), unit="D")))},
    ),
    "purchases, and no experiment": Odd(
        verdict="not_enough_data", tables={"transactions": PURCHASES}, changes=BY_INACTIVITY
    ),
    "one arm empty": odd("invalid", ASSIGNMENTS[~TREATED]),
    "one arm empty, no shares": odd("not_enough_data", ASSIGNMENTS[~TREATED], shares=None),
    "one arm of one": odd("not_enough_data", ASSIGNMENTS[~TREATED | (TREATED.argmax() == ROW)], shares=None),
    "one row": odd("not_enough_data", ASSIGNMENTS.head(1), shares=None),
    "no variance": odd("not_enough_data", with_spend(5.0, 5.0)),
    "no variance in one arm": odd("no_evidence", with_spend(20.0, ASSIGNMENTS.spend)),
    "no conversions": odd(
        "not_enough_data", ASSIGNMENTS.assign(bought=0), {"bought": {"kind": "proportion", "column": "bought"}}
    ),
    "all converted": odd(
        "not_enough_data", ASSIGNMENTS.assign(bought=1), {"bought": {"kind": "proportion", "column": "bought"}}
    ),
    "all outcomes blank": odd("not_enough_data", ASSIGNMENTS.assign(spend="")),
    "negative control": odd("watch", with_spend(-20 - 10 * NOISE, -10 - 10 * NOISE)),
    "control at nought": odd("watch", with_spend(NOISE - 0.5, NOISE)),
    "it did harm": odd("act", with_spend(20 + NOISE, 10 + NOISE)),
    "twelve arms": odd(
        "no_evidence",
        ASSIGNMENTS.assign(variant=np.array(TWELVE)[np.floor(12 * CHANCE).astype(int)]),
        control=TWELVE[0],
        shares=dict.fromkeys(TWELVE, 1 / 12),
    ),
    "stray spaces and case": odd(
        "no_evidence",
        ASSIGNMENTS.assign(
            variant=[f" {v.upper()}" if row % 9 == 0 else v for row, v in enumerate(ASSIGNMENTS.variant)]
        ),
    ),
    "numbers as variants": odd(
        "no_evidence", renamed({"control": "0", "offer": "1"}), control="0", shares={"0": 0.5, "1": 0.5}
    ),
    "variants that read as codes": odd(
        "no_evidence",
        renamed({"control": "False", "offer": "NULL"}),
        control="False",
        shares={"False": 0.5, "NULL": 0.5},
    ),
    "a row for each order": odd("no_evidence", pd.concat([ASSIGNMENTS, ASSIGNMENTS[ROW % 3 == 0].assign(spend=7.0)])),
    "clusters": odd("no_evidence", ASSIGNMENTS.assign(**CLUSTERS, **OF_CLUSTER)),
    "few clusters": odd("not_enough_data", ASSIGNMENTS.assign(cluster=np.where(TREATED, "two", "one"))),
    "clusters in two variants": odd("invalid", ASSIGNMENTS.assign(**CLUSTERS)),
    "windows not over": odd(
        "not_enough_data",
        ASSIGNMENTS.assign(assigned_on="2025-12-20"),
        {"spend": {"kind": "mean", "from": "transactions.amount", "window_days": 60}},
        others={"transactions": PURCHASES},
    ),
    "some windows not over": odd(
        "no_evidence",
        ASSIGNMENTS.assign(assigned_on=texts(ASSIGNED + pd.Timedelta(days=170))),
        {"spend": {"kind": "mean", "from": "transactions.amount", "window_days": 60, "covariate_days": 60}},
        others={"transactions": PURCHASES},
    ),
    "the horizon is not reached": odd("not_enough_data", ASSIGNMENTS.assign(assigned_on="2025-12-20"), {"stay": STAY}),
    "assigned on the last day": odd("not_enough_data", ASSIGNMENTS.assign(assigned_on=AS_OF), {"stay": STAY}),
    "nobody left": odd("not_enough_data", None, {"stay": STAY}, others={"customers": CUSTOMERS.assign(ended_on="")}),
    "all were gone before": odd(
        "not_enough_data", None, {"stay": STAY}, others={"customers": CUSTOMERS.assign(ended_on="2025-04-01")}
    ),
    "staying, in months of the file": odd(
        "no_evidence",
        ASSIGNMENTS.assign(**IN_MONTHS),
        {
            "stay": {
                "kind": "survival",
                "horizon_days": 360,
                "duration": "months",
                "event_observed": "gone",
                "unit": "months",
            }
        },
    ),
    "staying and what it is worth": odd("no_evidence", None, {"stay": STAY}, changes={"money": MONEY}),
    "a ratio": odd("no_evidence", None, {"basket": {"kind": "ratio", "numerator": "spend", "denominator": "before"}}),
    "a ratio over nothing": odd(
        "not_enough_data",
        ASSIGNMENTS.assign(before=0),
        {"basket": {"kind": "ratio", "numerator": "spend", "denominator": "before"}},
    ),
    "a ratio of purchases": odd(
        "no_evidence",
        None,
        {"basket": {"kind": "ratio", "from": "transactions.amount", "window_days": 60}},
        others={"transactions": PURCHASES},
    ),
    "at any time": odd("no_evidence", design="anytime"),
    "at any time, who stays": odd("no_evidence", None, {"stay": STAY}, design="anytime"),
    "at any time, without days": odd("no_evidence", ASSIGNMENTS.drop(columns="assigned_on"), design="anytime"),
    "looked at too early": odd("watch", with_spend(NOISE, NOISE + 9), ends_on="2026-03-01", n_planned=1000),
    "a broken sample ratio": odd("invalid", ASSIGNMENTS[~TREATED | (ROW % 3 > 0)]),
    "other shares than the data has": odd(
        "invalid", control="control", shares={"control": 0.4, "offer": 0.3, "letter": 0.3}
    ),
    "no shares": odd("no_evidence", shares=None),
    "a list of the churn playbook": Odd(
        verdict="no_evidence",
        tables={"customers": CUSTOMERS},
        changes={"money": MONEY},
        list_rows=LISTED,
        asked={"experiment": "churn-survival"},
    ),
    "by inactivity": odd("no_evidence", None, {"stay": STAY}, others=SILENT, changes=BY_INACTIVITY | {"money": MONEY}),
    "segments": odd("no_evidence", asked={"segment_by": ["plan", "region"]}),
    "segments of one": odd(
        "no_evidence", others={"customers": CUSTOMERS.assign(plan=ID)}, asked={"segment_by": ["plan"]}
    ),
    "segments that differ": odd(
        "watch",
        with_spend(NOISE, NOISE + np.where(CUSTOMERS.plan == "A", 3, 0.5)),
        asked={"segment_by": ["plan"]},
    ),
    "a condition": odd("no_evidence", asked={"where": ["plan=A,B"]}),
    "a condition that the treatment changed": odd(
        "invalid",
        ASSIGNMENTS.assign(engaged=np.where(TREATED | (NOISE > 0.5), "yes", "no")),
        of_table={"covariates": {"engaged": "engaged"}},
        asked={"where": ["engaged=yes"]},
    ),
    "a guardrail broken": odd(
        "watch",
        ASSIGNMENTS.assign(spend=NOISE + 3 * TREATED, bought=np.where(TREATED, NOISE < 0.2, NOISE < 0.6).astype(int)),
        {"spend": SPEND, "bought": {"kind": "proportion", "column": "bought", "role": "guardrail", "margin": 0.02}},
    ),
    "a guardrail that nobody knows": odd(
        "watch",
        ASSIGNMENTS.assign(spend=NOISE + 3 * TREATED, bought=""),
        {"spend": SPEND, "bought": {"kind": "proportion", "column": "bought", "role": "guardrail", "margin": 0.02}},
    ),
    "money by two outcomes": odd(
        "act",
        with_spend(20 + NOISE, 40 + NOISE),
        {"spend": {**SPEND, "money": "revenue"}, "before": {"kind": "mean", "column": "before", "money": "margin"}},
        costs={"reward": 2.0, "contact": 0.5},
        changes={"money": MONEY},
    ),
    "costs more than it brings": odd(
        "watch", with_spend(NOISE, NOISE + 1), {"spend": {**SPEND, "money": "revenue"}}, costs={"reward": 50.0}
    ),
    "costs without money": odd(
        "watch",
        ASSIGNMENTS.assign(bought=np.where(TREATED, NOISE < 0.8, NOISE < 0.3).astype(int)),
        {"bought": {"kind": "proportion", "column": "bought"}},
        costs={"reward": 5.0, "contact": 0.5, "rewarded": "bought"},
    ),
    "less is better": odd("watch", with_spend(20 + NOISE, 10 + NOISE), {"spend": {**SPEND, "better": "lower"}}),
    "no worse than agreed": odd("fine", with_spend(20 + NOISE, 20 + NOISE), {"spend": {**SPEND, "margin": 1.0}}),
    "one customer makes the answer": odd(
        "no_evidence", ASSIGNMENTS.assign(spend=np.where(ROW == 7, 1e9, ASSIGNMENTS.spend))
    ),
    "winsorised": odd("no_evidence", None, {"spend": {**SPEND, "winsorise_at": 0.95, "covariate": "before"}}),
    "unlike before": odd(
        "invalid", ASSIGNMENTS.assign(before=NOISE + TREATED), {"spend": {**SPEND, "covariate": "before"}}
    ),
    "twice assigned": odd(
        "invalid", pd.concat([ASSIGNMENTS, renamed({"control": "offer", "offer": "control"}).head(90)])
    ),
    "got another variant": odd(
        "invalid",
        ASSIGNMENTS.assign(got=np.where(ROW % 5 == 0, "control", ASSIGNMENTS.variant)),
        of_table={"columns": {"received": "got"}},
    ),
    "half of one variant is not known": odd("invalid", with_spend(NOISE, np.where(ROW % 2, NOISE, np.nan))),
    "hostile names": odd(
        "watch",
        pd.DataFrame(ASSIGNMENTS.drop(columns=["variant", "spend"])).assign(
            variant=np.where(TREATED, HOSTILE[0], HOSTILE[1]), **{HOSTILE[2]: NOISE + 2 * TREATED}
        ),
        {
            HOSTILE[4]: {"kind": "mean", "role": "primary", "column": HOSTILE[2]},
            HOSTILE[0]: STAY | {"role": "secondary"},
        },
        control=HOSTILE[1],
        shares={HOSTILE[1]: 0.5, HOSTILE[0]: 0.5},
        others={"customers": CUSTOMERS.assign(plan=np.array(HOSTILE)[ROW % 5])},
        asked={"segment_by": ["plan"], "where": [f"plan={','.join(HOSTILE[1:])}"]},
    ),
}

KNOWN = {
    *("customer_id", "started_on", "ended_on", "tenure", "churned", "monthly_value", "occurred_at", "amount"),
    *("variant", "assigned_on", "cluster"),
}


def lay_out(home: Path, case: Odd) -> None:
    """The workspace with this client in it."""
    folder = home / "data" / "odd"
    for path in (folder, home / "playbooks", home / "out"):
        path.mkdir(parents=True)
    file: dict[str, Any] = {"name": "Odd", "observed_through": AS_OF, "tables": {}, **case.changes}
    for name, frame in case.tables.items():
        file["tables"][name] = table_of(name, frame, case.of_table if name == "assignments" else {})
        frame.to_csv(folder / f"{name}.csv", index=False)
    if case.test is not None:
        file["experiments"] = {"trial": dict(case.test)}
    if case.list_rows is not None:
        (folder / "assignments").mkdir()
        name = case.list_rows.experiment.iloc[0]
        case.list_rows.to_csv(folder / "assignments" / f"{name}.csv", index=False)
    (folder / "client.yml").write_text(yaml.safe_dump(file, allow_unicode=True), encoding="utf-8")


def table_of(name: str, frame: pd.DataFrame, more: Mapping[str, Any]) -> dict[str, Any]:
    columns = {one: one for one in frame if one in KNOWN} | dict(more.get("columns", {}))
    spec: dict[str, Any] = {"source": f"{name}.csv", **more, "columns": columns}
    if name == "customers":
        own: dict[str, Any] = {str(one): one for one in frame if one not in KNOWN}
        if "club" in own:
            own["club"] = {"column": "club", "since": "club"}
        spec |= {"entry": "unknown", "covariates": own, **({"unit": "months"} if "tenure" in frame else {})}
    return spec


LATELY = STARTED + pd.Timedelta(days=395)
RECENT = CUSTOMERS.assign(
    started_on=texts(LATELY),
    ended_on=np.where(
        LEFT & (LATELY < "2025-10-01"), texts(LATELY + pd.to_timedelta(np.floor(90 * TIME), unit="D")), ""
    ),
)
DATED = {"customers": CUSTOMERS}
BOUGHT = {"customers": CUSTOMERS, "transactions": PURCHASES}

PLANNED: dict[str, Odd] = {
    "contract": Odd(verdict="watch", tables=DATED, changes={"money": MONEY}, asked={"reward": 5.0}),
    "tenure only": Odd(verdict="watch", tables={"customers": TENURES}, changes={"money": MONEY}),
    "inactivity": Odd(verdict="watch", tables=SILENT, changes=BY_INACTIVITY | {"money": MONEY}),
    "purchases alone": Odd(verdict="watch", tables={"transactions": PURCHASES}, changes=BY_INACTIVITY),
    "nobody left": Odd(verdict="not_enough_data", tables={"customers": CUSTOMERS.assign(ended_on="")}),
    "few customers": Odd(verdict="not_enough_data", tables={"customers": CUSTOMERS.head(12)}),
    "nobody is here": Odd(verdict="not_enough_data", tables={"customers": CUSTOMERS.assign(ended_on="2025-11-30")}),
    "strata": Odd(verdict="watch", tables=DATED, asked={"group_by": ["plan", "region"]}),
    "new": Odd(verdict="watch", tables={"customers": RECENT}, asked={"who": "new"}),
    "more than there is": Odd(verdict="watch", tables=DATED, asked={"effect": 0.22, "hold_out_share": 0.01}),
    "what can be seen": Odd(verdict="fine", tables=DATED, asked={"effect": 0.0}),
    "several variants": Odd(verdict="watch", tables=DATED, asked={"variants": ["mail", "call", "visit"]}),
    "no monthly value": Odd(
        verdict="watch", tables={"customers": CUSTOMERS.drop(columns="monthly_value")}, asked={"reward": 5.0}
    ),
    "who buys": Odd(verdict="watch", tables=BOUGHT, changes={"money": MONEY}, asked={"outcome": "buy", "reward": 2.0}),
    "what is spent": Odd(
        verdict="watch",
        tables=BOUGHT,
        changes={"money": MONEY},
        asked={"outcome": "spend", "effect": 1.5, "reward": 2.0},
    ),
    "nobody buys": Odd(
        verdict="not_enough_data",
        tables=BOUGHT | {"transactions": PURCHASES.assign(occurred_at="2024-06-01").head(20)},
        asked={"outcome": "buy"},
    ),
    "looking back": Odd(verdict="watch", tables=DATED, asked={"as_of": "2025-07-01"}),
    "hostile names": Odd(
        verdict="watch",
        tables={"customers": CUSTOMERS.assign(plan=np.array(HOSTILE)[ROW % 5])},
        asked={"variants": list(HOSTILE[:3]), "group_by": ["plan"]},
    ),
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace, of which the cells hear as they do in a run."""
    monkeypatch.setenv("RETENTION_LAB_HOME", str(tmp_path))
    monkeypatch.setenv("RETENTION_LAB_OUTPUT", str(tmp_path / "out"))
    return tmp_path


def cells_of(playbook: str, home: Path, case: Odd) -> list[dict[str, Any]]:
    lay_out(home, case)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # Ibis 12 calls a method that DuckDB 2 has renamed.
        warnings.filterwarnings("ignore", "fetch_arrow_table", DeprecationWarning)
        return shown(playbook, client="odd", **case.asked)


def assert_readable(bundles: list[dict[str, Any]]) -> None:
    """Nothing is empty, no number is none, each chart says what it shows, and sentences are finished."""
    for bundle in bundles:
        assert bundle[MIME]["data"]
        assert "image/svg+xml" not in bundle or re.search(r"\d", bundle[MIME]["data"]["alt"])
    for text in texts_in(bundles):
        assert not re.search(r"\bnan\b|\binf\b|\bNone\b(?! of)|−0(?![\d.,])|\{\w+\}", text.replace(HOSTILE[2], "")), (
            text
        )
    for sentence in sentences_in(bundles):
        assert re.search(r"[.?!]$", sentence), sentence
        assert not re.search(r" {2}|\.\.|,,| [.,;:]", sentence), sentence


def assert_no_effect_is_shown(bundles: list[dict[str, Any]], written: str) -> None:
    """Of an experiment that failed a check, since nobody can unread a number."""
    numbers = [
        one["estimate"]
        for one in findings_in(bundles)
        if one["id"].startswith(("experiment.effect", "experiment.money"))
    ]
    assert not any(number is not None for number in numbers)
    assert not any(re.search(r"\(−?[€\d][^()]* to −?[€\d]", text) for text in texts_in(bundles))
    assert len(written.splitlines()) == 1


@pytest.mark.parametrize("case", EVALUATED)
def test_every_cell_of_an_evaluation_shows_something_that_can_be_read(case: str, home: Path) -> None:
    bundles = cells_of("loyalty-experiment", home, EVALUATED[case])

    assert len(bundles) > 15
    assert_readable(bundles)
    first, *_ = headline_in(bundles, "experiment.decision")
    assert first["verdict"] == EVALUATED[case].verdict, first["headline"]
    if first["verdict"] == "invalid":
        assert_no_effect_is_shown(bundles, (home / "out" / "effects.csv").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", PLANNED)
def test_every_cell_of_a_plan_shows_something_that_can_be_read(case: str, home: Path) -> None:
    bundles = cells_of("experiment-plan", home, PLANNED[case])

    assert_readable(bundles)
    first, *_ = headline_in(bundles, "experiment.plan")
    assert first["verdict"] == PLANNED[case].verdict, first["headline"]


REFUSED: dict[str, tuple[str, Odd, str]] = {
    "an experiment that is not there": (
        "loyalty-experiment",
        odd("", asked={"experiment": "trail"}),
        r"there is no experiment 'trail'(?s:.*)trial",
    ),
    "a condition that is not there": (
        "loyalty-experiment",
        odd("", asked={"where": ["plans=A"], "segment_by": ["regoin"]}),
        r"(?s)plans.*plan.*regoin.*region|regoin.*region.*plans.*plan",
    ),
    "spending without purchases": (
        "experiment-plan",
        Odd(verdict="", tables=DATED, asked={"outcome": "spend"}),
        r"outcome: 'spend', and there is no table transactions",
    ),
    "new customers without days": (
        "experiment-plan",
        Odd(verdict="", tables={"customers": TENURES}, asked={"who": "new"}),
        r"who: 'new', and nothing says when customers came",
    ),
    "an effect that cannot be": (
        "experiment-plan",
        Odd(verdict="", tables=DATED, asked={"effect": 0.9}),
        r"(?s)effect: 0\.9.*Allowed: up to",
    ),
    "variants that are no variants": (
        "experiment-plan",
        Odd(verdict="", tables=DATED, asked={"variants": ["hold_out", " "], "hold_out_share": 1.0, "power": 2.0}),
        r"(?s)power.*hold_out_share.*variants",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_asked_is_refused_with_what_can_be(case: str, home: Path) -> None:
    playbook, client, told = REFUSED[case]

    with pytest.raises(RetentionLabError, match=told):
        cells_of(playbook, home, client)
