"""The chart and the table of why customers leave."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.reasons import estimate_reasons
from retention_lab.analysis.study import study_churn
from retention_lab.tables.client import Client
from retention_lab.views.display import Chart, Table
from retention_lab.views.reasons import plot_reasons, table_of_reasons

MakeClient = Callable[..., Client]
SHARES = {"price": 0.4, "moved far away to a place that we do not serve": 0.3, "service": 0.2, "": 0.1}


def customers(shares: dict[str, float], n: int = 900, unit: int = 30) -> pd.DataFrame:
    """Three in a hundred leave each month, for reasons in these shares."""
    rng = np.random.default_rng(3)
    stay, seen = np.ceil(rng.exponential(33 * unit, n)), rng.integers(unit, 37 * unit, n)
    left = stay <= seen
    reason = rng.choice(list(shares), n, p=np.array(list(shares.values())) / sum(shares.values()))
    tenure = np.minimum(stay, seen).astype(int)
    return pd.DataFrame({"tenure": tenure, "churned": left.astype(int), "end_reason": np.where(left, reason, "")})


def shown(client: Client) -> tuple[Any, Chart, Table]:
    study = study_churn(client)
    reasons = estimate_reasons(study)
    return reasons, plot_reasons(study, reasons, client.text), table_of_reasons(study, reasons, client.text)


def labels(chart: Chart) -> list[Any]:
    return [item for item in chart.figure.axes[0].texts if "%" in item.get_text()]


def test_the_shares_at_the_right_add_up_to_all_customers(make_client: MakeClient) -> None:
    _, chart, _ = shown(make_client(customers(SHARES)))

    said = [item.get_text() for item in labels(chart)]

    assert [name.rsplit(" ", 1)[0] for name in said] == [
        "price",
        "moved far away to a place…",
        "service",
        "reason not known",
        "still here",
    ]
    # Each is rounded to a tenth of a point.
    assert sum(float(name.rsplit(" ", 1)[1].rstrip("%")) for name in said) == pytest.approx(100, abs=0.25)


@pytest.mark.parametrize(
    "shares",
    [
        {f"reason {n}": 1.0 for n in range(12)},
        {"price": 0.9, **{f"tiny {n}": 0.02 for n in range(5)}},
        {"price": 1.0},
    ],
)
def test_labels_never_touch_and_stay_within_the_chart(make_client: MakeClient, shares: dict[str, float]) -> None:
    _, chart, _ = shown(make_client(customers(shares)))
    chart.to_svg()

    boxes = [item.get_window_extent() for item in labels(chart)]

    assert all(below.y1 <= above.y0 for below, above in pairwise(boxes))
    whole = chart.figure.bbox
    assert all(whole.y0 <= box.y0 and box.y1 <= whole.y1 and box.x1 <= whole.x1 for box in boxes)


@pytest.mark.parametrize("unit", [("days", 30), ("months", 1)])
def test_a_chart_of_many_reasons_is_light_enough_and_says_which_it_names(
    make_client: MakeClient, unit: tuple[str, int]
) -> None:
    made = customers({f"reason {n}": 1.0 for n in range(12)}, n=3000, unit=unit[1])

    _, chart, table = shown(make_client(made, unit=unit[0]))

    assert len(chart.to_svg().encode()) < 80_000
    assert "6 of 12 reasons by name." in chart.caption
    assert any(item.get_text().startswith("other reasons") for item in labels(chart))
    assert len(table.rows) == 13


def test_the_bands_and_the_alternative_text_give_the_numbers_of_the_result(make_client: MakeClient) -> None:
    client = make_client(customers(SHARES))
    reasons, chart, _ = shown(client)

    assert f"{client.text.percent(reasons.stay.value)} are still here" in chart.alt
    assert f"{client.text.percent(reasons.reasons[0].incidence.value)} left: price" in chart.alt
    top = chart.figure.axes[0].lines[-2].get_ydata()[-1]
    assert top == pytest.approx(1)


def test_the_table_sets_the_naive_share_beside_the_true_one(make_client: MakeClient) -> None:
    reasons, _, table = shown(make_client(customers(SHARES)))

    first, total = table.rows[0], table.rows[-1]
    assert first[0] == "price"
    assert float(first[4].split()[0]) > float(first[2].split()[0])
    assert re.fullmatch(r"\d+\.\d \(\d+\.\d to \d+\.\d\)", first[2])
    assert sum(int(row[1]) for row in table.rows[:-1]) == int(total[1]) == reasons.n_left
    assert sum(float(row[2].split()[0]) for row in table.rows[:-1]) == pytest.approx(
        float(total[2].split()[0]), abs=0.3
    )
    assert f"it says {total[4]} of 100, where {total[2].split()[0]} leave" in table.caption
    assert "too high" in table.columns[4]


def test_a_client_without_reasons_has_neither_chart_nor_table(make_client: MakeClient) -> None:
    client = make_client(customers(SHARES).drop(columns="end_reason"))
    study = study_churn(client)
    found = estimate_reasons(study)

    assert (plot_reasons(study, found, client.text), table_of_reasons(study, found, client.text)) == (None, None)


@pytest.mark.parametrize("changes", [{"churned": 0}, {"churned": 1, "tenure": 0}, {"end_reason": ""}])
def test_odd_clients_show_words_and_no_missing_numbers(make_client: MakeClient, changes: dict[str, Any]) -> None:
    _, chart, table = shown(make_client(customers(SHARES).assign(**changes)))

    assert chart.to_svg()
    assert not [cell for row in table.rows for cell in (*row, table.caption) if "–" in cell or "nan" in cell]


@pytest.mark.parametrize("covariates", [{}, {"plan": "x"}])
def test_two_ways_of_counting_are_told_apart_where_there_are_two(
    make_client: MakeClient, covariates: dict[str, str]
) -> None:
    made = customers(SHARES).assign(**covariates)
    if covariates:
        made.loc[::2, "plan"] = "y"

    _, _, table = shown(make_client(made))

    assert ("counted by one curve for all" in table.caption) == bool(covariates)
