"""Clients that have too little, too much or something odd: no chart or table fails, warns or shows a nan."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis import churn, drivers
from retention_lab.tables.client import Client
from retention_lab.views import churn as charts
from retention_lab.views import churn_tables
from retention_lab.views.display import Chart, Table

RNG = np.random.default_rng(1)
N = 300
BASE = pd.DataFrame({"tenure": RNG.integers(1, 900, N), "churned": RNG.integers(0, 2, N)})
GROUP = RNG.choice(list("ABC"), N)
CASES = {
    "nobody left": BASE.assign(churned=0, g=GROUP),
    "all left on one day": BASE.assign(churned=1, tenure=5, g=GROUP),
    "all left at once": BASE.assign(churned=1, tenure=0, g=GROUP),
    "nobody has been here for a day": BASE.assign(churned=0, tenure=0, g=GROUP),
    "one customer": BASE.head(1).assign(g="a"),
    "one customer who left": BASE.head(1).assign(g="a", churned=1),
    "a dozen": BASE.head(12).assign(g=GROUP[:12]),
    "a group of one": BASE.assign(g=["x", *["y"] * 150, *["z"] * 149]),
    "forty groups": pd.concat([BASE] * 10).assign(g=[f"a segment with a long name {i % 40}" for i in range(10 * N)]),
    "no covariates": BASE,
    "a group that all left": BASE.assign(g=GROUP, churned=np.where(GROUP == "A", 1, BASE.churned)),
    "a group that nobody left": BASE.assign(g=GROUP, churned=np.where(GROUP == "A", 0, BASE.churned)),
    "markup and dollars": BASE.assign(g=RNG.choice(["<b>", "$x_1$", "{n}", "a & b"], N)),
}


@pytest.mark.parametrize("case", CASES)
def test_everything_can_be_shown(case: str, make_client: Callable[..., Client]) -> None:
    client = make_client(CASES[case])
    text, study = client.text, churn.study_churn(client)
    result, groups = churn.estimate_churn(study), churn.compare_groups(study)
    moved = drivers.estimate_drivers(
        study.observation, horizon=study.horizon, year=study.year, min_group=study.min_group
    )

    shown: list[Chart | Table | None] = [
        charts.plot_survival(result, text),
        charts.plot_rates(study, result, text),
        charts.plot_lead(result, groups, text),
        charts.plot_drivers(moved, text),
        churn_tables.table_of_survival(result, text),
        churn_tables.table_of_groups(study, groups, text),
        churn_tables.table_of_drivers(moved, text),
        churn_tables.table_of_naive(moved, text),
        churn_tables.table_of_counts(study, result, moved, text),
    ]

    for item in filter(None, shown):
        plain = item._repr_mimebundle_()["text/plain"]
        assert "nan" not in plain.replace("tenance", "")
        if isinstance(item, Chart):
            assert len(item.to_svg()) < 80_000
