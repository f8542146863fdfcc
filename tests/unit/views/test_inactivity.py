"""Charts and tables of the rule: what they show is what was counted, and odd clients are told, not drawn."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.inactivity import CustomerActivity, estimate_activity
from retention_lab.analysis.study import study_churn
from retention_lab.findings.inactivity import activity_findings
from retention_lab.tables.client import Client
from retention_lab.text import Text
from retention_lab.views import inactivity as views
from retention_lab.views.display import Chart

TEXT = Text("en", "EUR")
END = date(2026, 1, 1)
RNG = np.random.default_rng(2)


def shown(activity: CustomerActivity | None) -> list[Chart | None]:
    return [
        views.plot_rule(activity, TEXT),
        views.plot_hold_out(activity, TEXT),
    ]


@pytest.fixture
def activity(make_shop: Callable[..., Client], planted_purchases: pd.DataFrame) -> CustomerActivity:
    client = make_shop(planted_purchases)
    found = estimate_activity(client, study_churn(client))
    assert found is not None
    return found


def test_the_rule_in_force_is_marked_with_how_often_it_is_wrong(activity: CustomerActivity) -> None:
    chart = views.plot_rule(activity, TEXT)

    words = [item.get_text() for item in chart.figure.axes[0].texts]
    wrong = TEXT.percent(activity.chosen.wrong.value)
    assert words == ["at most 5%", f"90 days: {wrong}"]
    assert f"{wrong} after 90 days" in chart.alt


def test_the_hold_out_is_drawn_class_by_class(activity: CustomerActivity) -> None:
    chart = views.plot_hold_out(activity, TEXT)
    assert chart is not None

    named = [label.get_text() for label in chart.figure.axes[0].get_xticklabels()]
    assert named == ["0", "1", "2", "3", "4", "5", "6", "7 or more"]


def test_numbers_on_the_axis_are_those_that_stand_there(activity: CustomerActivity) -> None:
    chart = views.plot_hold_out(activity, TEXT)
    assert chart is not None
    axes = chart.figure.axes[0]

    for tick in axes.get_yticks():
        label = axes.yaxis.get_major_formatter()(tick)
        assert float(label) == pytest.approx(tick)


def rows(customers: dict[str, list[int]]) -> pd.DataFrame:
    days = [(name, END - timedelta(days=int(day))) for name, list_ in customers.items() for day in list_]
    return pd.DataFrame(days, columns=["customer_id", "day"]).assign(amount=1.0)


CASES = {
    "one customer": {"a": [30, 20]},
    "one purchase each": {f"C{n:02}": [n] for n in range(60)},
    "all on two days": {f"C{n:02}": [30, 10] for n in range(60)},
    "all the same later": {f"C{n:02}": [300 - n, 290 - n, 280 - n, 60, 50] for n in range(60)},
    "nobody came back for long": {f"C{n:02}": RNG.integers(1, 20, 5).tolist() for n in range(60)},
    "a few": {f"C{n:02}": RNG.integers(1, 300, 4).tolist() for n in range(12)},
    "often": {f"C{n:02}": RNG.integers(1, 400, 150).tolist() for n in range(30)},
}


@pytest.mark.parametrize("case", CASES)
def test_odd_clients_are_shown_without_a_hole(case: str, make_shop: Callable[..., Client]) -> None:
    client = make_shop(rows(CASES[case]), inactive_days=10)
    study = study_churn(client)
    found = estimate_activity(client, study)

    bundles = [item._repr_mimebundle_()["text/plain"] for item in shown(found)]
    bundles += [f"{one.headline} {one.action} {one.caveats}" for one in activity_findings(study, found, TEXT)]

    for plain in bundles:
        assert not re.search(r"\bnan\b|–|None", plain), plain
        assert plain.strip()


def test_contracts_have_no_rule_and_nothing_is_shown() -> None:
    assert shown(None) == [None] * 2
