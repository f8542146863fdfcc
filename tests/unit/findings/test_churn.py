import ast
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import retention_lab.findings
from retention_lab.analysis.actions import choose_actions
from retention_lab.analysis.backtest import backtest_churn
from retention_lab.analysis.churn import compare_groups, estimate_churn, study_churn
from retention_lab.analysis.drivers import estimate_drivers
from retention_lab.analysis.save_rates import find_save_rate
from retention_lab.findings.churn import headline
from retention_lab.findings.finding import Finding
from retention_lab.tables.client import Client

MakeClient = Callable[..., Client]
MODULES = sorted(Path(retention_lab.findings.__file__).parent.glob("*.py"))


def customers(n: int = 1500) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    monthly = rng.random(n) < 0.5
    stay, seen = rng.exponential(np.where(monthly, 200, 600)), rng.uniform(50, 900, n)
    return pd.DataFrame(
        {
            "tenure": np.ceil(np.minimum(stay, seen)),
            "churned": (stay <= seen).astype(int),
            "colour": rng.choice(["red", "blue"], n),
            "contract": np.where(monthly, "monthly", "yearly"),
            "monthly_value": 20.0,
        }
    )


def first_screen(client: Client) -> list[Finding]:
    study = study_churn(client, horizon_days=180)
    drivers = estimate_drivers(study.observation, horizon=study.horizon, year=study.year, min_group=study.min_group)
    rate = find_save_rate(client, study)
    plan = choose_actions(client, study, drivers.here, drivers.draw_losses, save_rate=rate)
    return list(
        headline(
            study,
            estimate_churn(study),
            compare_groups(study),
            drivers,
            backtest_churn(client, study),
            plan,
            client.text,
        )
    )


def test_the_first_screen_answers_how_many_how_much_when_who_and_what(make_client: MakeClient) -> None:
    found = first_screen(make_client(customers()))

    assert [one.id for one in found] == [
        "churn.survival",
        "churn.value_at_risk",
        "churn.actions",
        "churn.when",
        "churn.group.contract",
    ]
    # Where half of the customers leave three times as fast as the others, they are soon gone: early days are the worst.
    assert [one.verdict for one in found] == ["watch", "watch", "watch", "watch", "act"]


def test_without_values_and_covariates_the_first_screen_has_what_is_left(make_client: MakeClient) -> None:
    found = first_screen(make_client(customers()[["tenure", "churned"]]))

    assert [one.id for one in found] == ["churn.survival", "churn.actions", "churn.when"]


def test_the_customers_counted_in_sentences_are_those_of_the_table(make_client: MakeClient) -> None:
    made = customers()
    found = {one.id: one for one in first_screen(make_client(made))}

    here = int((made.churned == 0).sum())
    told = re.findall(r"(\d+) customers,|other (\d+)", found["churn.survival"].headline)
    counted = [int(number) for pair in told for number in pair if number]
    assert sum(counted) == here
    still = int(((made.churned == 0) & (made.contract == "monthly")).sum())
    assert f"Start with the {still} of them still here" in found["churn.group.contract"].action


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_message_stands_in_the_code_as_it_is_said_so_that_it_can_be_translated(path: Path) -> None:
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr in ("say", "say_many")
        ):
            messages = call.args[: 1 if call.func.attr == "say" else 2]
            assert all(isinstance(message, ast.Constant) for message in messages), ast.unparse(call)
