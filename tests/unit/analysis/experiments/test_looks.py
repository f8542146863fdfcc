"""The interval over time."""

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.experiments.effects import estimate_effects
from retention_lab.analysis.experiments.looks import look_over_time
from retention_lab.analysis.experiments.study import study_experiment


def people(n: int = 1200) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    days = pd.date_range("2026-01-01", periods=30).strftime("%Y-%m-%d")
    return pd.DataFrame(
        {
            "customer_id": [f"C{row:05d}" for row in range(n)],
            "variant": np.array(["none", "offer"])[np.arange(n) % 2],
            "assigned_on": days[np.arange(n) // 40],
            "spend": rng.gamma(2.0, 20.0, n).round(2),
        }
    )


SPEND = {"spend": {"kind": "mean", "column": "spend"}}


def test_the_last_look_is_the_interval_that_the_report_gives(make_experiment) -> None:
    study = study_experiment(make_experiment(people(), SPEND, design="anytime"))
    effects = estimate_effects(study)
    (looks,) = look_over_time(study, effects)
    told, last = effects[0].contrast, looks.looks[-1].anytime
    assert look_over_time(study, []) == ()
    assert (last.ci_lower, last.ci_upper) == pytest.approx((told.ci_lower, told.ci_upper))


def test_customers_without_a_day_of_assignment_are_in_no_look(make_experiment) -> None:
    rows = people()
    rows.loc[::3, "assigned_on"] = ""
    study = study_experiment(make_experiment(rows, SPEND, design="anytime"))
    (looks,) = look_over_time(study, estimate_effects(study))
    assert looks.looks[-1].n_obs == 800
