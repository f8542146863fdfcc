"""The list in a report: names that lead nowhere, and a chart of how long a list should be."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.actions import ActionPlan, choose_actions
from retention_lab.analysis.save_rates import find_save_rate
from retention_lab.analysis.study import study_churn
from retention_lab.tables.client import Client
from retention_lab.views.actions import plot_list_size, table_of_actions
from retention_lab.views.display import Chart

MakeClient = Callable[..., Client]
Choose = Callable[..., ActionPlan]


@pytest.fixture
def client(make_client: MakeClient) -> Client:
    found = make_client(pd.DataFrame({"started_on": ["2024-01-01"] * 40, "ended_on": ["2025-06-01"] * 20 + [""] * 20}))
    (found.folder / ".key").write_text("0" * 64)
    return found


@pytest.fixture
def choose(client: Client) -> Choose:
    """A plan for customers whose ids nobody may see in a report."""

    def make(n: int = 500, value: Any = None, cost: float = 8.0, **asked: Any) -> ActionPlan:
        rng = np.random.default_rng(1)
        here = pd.DataFrame({"customer_id": [f"secret{k:04d}" for k in range(n)], "tenure": 30.0})
        here["risk"] = rng.uniform(0.05, 0.5, n)
        here["value"] = rng.uniform(5, 60, n) if value is None else value
        money = client.file.money.model_copy(update={"contact_cost": cost})
        client.file = client.file.model_copy(update={"money": money})
        study = study_churn(client)
        rate = find_save_rate(client, study)

        def draw(weights: Any, seed: int) -> tuple[float, Any]:
            lost = float((weights * here.risk).sum())
            return lost, lost * np.linspace(0.9, 1.1, 200)

        return choose_actions(client, study, here, draw, save_rate=rate, **{"contact_share": 0.2, **asked})

    return make


def lines(chart: Chart) -> list[tuple[Any, Any]]:
    """The curves: lines of more than two points."""
    found = [(np.asarray(line.get_xdata()), np.asarray(line.get_ydata())) for line in chart.figure.axes[0].lines]
    return [line for line in found if len(line[0]) > 2]


def words(chart: Chart) -> list[str]:
    return [item.get_text() for item in chart.figure.axes[0].texts]


def test_a_report_shows_pseudonyms_and_never_an_id(choose: Choose, client: Client) -> None:
    plan = choose()

    table, chart = table_of_actions(plan, client, client.text), plot_list_size(plan, client.text)

    contact = plan.customers[plan.customers.variant == "contact"]
    assert [row[0] for row in table.rows] == [client.pseudonym(name) for name in contact.customer_id[:10]]
    for shown in (table, chart):
        assert "secret" not in str(shown._repr_mimebundle_())


def test_the_first_ten_to_contact_are_shown_with_what_they_are_worth(choose: Choose, client: Client) -> None:
    plan = choose(hold_out_share=0.5)
    first = plan.customers[plan.customers.variant == "contact"].iloc[0]

    table = table_of_actions(plan, client, client.text)

    assert len(table.rows) == 10
    assert table.rows[0][1:] == (
        "30 days",
        client.text.percent(first.risk),
        client.text.money(first.value, 2),
        client.text.money(first.saving, 2),
    )


def test_without_money_and_without_anybody_the_table_keeps_its_form(choose: Choose, client: Client) -> None:
    plain = table_of_actions(choose(value=np.nan), client, client.text)
    nobody = table_of_actions(choose(cost=1e6), client, client.text)

    assert (len(plain.columns), len(plain.align), len(plain.rows[0])) == (3, 3, 3)
    assert nobody.rows == (("Nobody is on the list", "", "", "", ""),)


def test_the_curves_are_the_savings_of_the_lists_and_the_list_is_marked(choose: Choose, client: Client) -> None:
    plan = choose()

    chart = plot_list_size(plan, client.text)

    by_risk, by_value = lines(chart)
    for (places, heights), curve in ((by_risk, plan.curve_by_risk), (by_value, plan.curve_by_value)):
        assert heights == pytest.approx(np.append(0.0, curve)[places.astype(int)])
    assert by_value[1].max() == pytest.approx(plan.curve_by_value.max())
    assert {"ranked by saving", "ranked by risk", "this list and its hold-out: 100"} <= set(words(chart))
    assert f"up to {plan.n_worth}, a contact pays" in words(chart)
    assert f"with {plan.n_worth} customers of the 500 judged" in chart.alt
    assert "Ranked by risk alone, a list as long as this one would save €" in chart.caption


def test_a_list_as_long_as_pays_is_marked_once(choose: Choose, client: Client) -> None:
    shown = words(plot_list_size(choose(contact_share=1.0, hold_out_share=0.0), client.text))

    assert len([word for word in shown if "list" in word or "pays" in word]) == 1


def test_without_money_one_curve_counts_the_leavers_reached(choose: Choose, client: Client) -> None:
    plan = choose(value=np.nan)

    chart = plot_list_size(plan, client.text)

    assert len(lines(chart)) == 1
    assert "€" not in chart.to_svg() + chart.caption + chart.alt
    reached, everyone = (f"{plan.curve_by_risk[place]:.0f}" for place in (99, -1))
    assert chart.alt == f"The first 100 customers hold {reached} of {everyone} expected leavers."


@pytest.mark.parametrize(("asked", "said"), [({"cost": 1e6}, "0 of 500 customers"), ({"n": 0}, "0 customers could be")])
def test_where_there_is_no_list_the_chart_says_so(
    choose: Choose, client: Client, asked: dict[str, Any], said: str
) -> None:
    assert said in plot_list_size(choose(**asked), client.text).alt


@pytest.mark.parametrize("n", [1, 2, 9])
def test_a_handful_of_customers_is_drawn_too(choose: Choose, client: Client, n: int) -> None:
    assert "<svg" in plot_list_size(choose(n, contact_share=1.0), client.text).to_svg()


def test_a_long_list_is_drawn_with_few_points(choose: Choose, client: Client) -> None:
    chart = plot_list_size(choose(20_000), client.text)

    assert max(len(places) for places, _ in lines(chart)) <= 200
    assert len(chart.to_svg()) < 80_000
