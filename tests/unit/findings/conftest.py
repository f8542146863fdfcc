"""Results with chosen numbers, so that a sentence can be held against them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.churn import ChurnSurvival, estimate_churn
from retention_lab.analysis.contrasts import Design
from retention_lab.analysis.drivers import Drivers
from retention_lab.analysis.model import ChurnModel
from retention_lab.analysis.study import ChurnStudy
from retention_lab.methods.adjusted import AdjustedDifference
from retention_lab.methods.cox import fit_cox
from retention_lab.methods.life_tables import life_table
from retention_lab.methods.proportional_hazards import check_proportional_hazards
from retention_lab.tables.observation import Observation
from retention_lab.text import Text

TENURE, LEFT = np.arange(1, 1001), np.arange(1000) % 2 == 0


@pytest.fixture
def text() -> Text:
    return Text("en", "EUR")


@pytest.fixture
def make_study() -> Callable[..., ChurnStudy]:
    """A thousand customers, one for each duration, every other of whom has left; with changes."""

    def make(tenure: Any = TENURE, left: Any = LEFT, entry: Any = None, **changes: Any) -> ChurnStudy:
        tenure, left = np.asarray(tenure), np.asarray(left, dtype=bool)
        unit = changes.pop("unit", "days")
        observation = Observation(
            rows=ibis.memtable(pd.DataFrame({"duration": tenure.astype(float), "event_observed": left})),
            unit=unit,
            as_of=date(2026, 10, 31),
            entry_known=changes.pop("entry_known", True),
            numeric=(),
            categorical=(),
            since=(),
            unusable={},
            left_out={},
            n_at_zero=0,
            first_start=None,
        )
        study = ChurnStudy(
            observation=observation,
            table=life_table(tenure, left, entry),
            horizon=100,
            year=365,
            stretch={"days": 30, "weeks": 4}.get(unit, 1),
            unit=unit,
            as_of=observation.as_of,
            horizon_days=100,
            min_group=10,
            confidence_level=0.95,
            n_here=int((~left).sum()),
            n_left=int(left.sum()),
        )
        return replace(study, **changes)

    return make


@pytest.fixture
def study(make_study: Callable[..., ChurnStudy]) -> ChurnStudy:
    return make_study()


@pytest.fixture
def result(study: ChurnStudy) -> ChurnSurvival:
    return estimate_churn(study)


@pytest.fixture
def make_difference() -> Callable[..., AdjustedDifference]:
    """A difference with an interval; `reason` leaves it without numbers."""

    def make(value: float = np.nan, lower: float = np.nan, upper: float = np.nan, **changes: Any) -> AdjustedDifference:
        found = AdjustedDifference(
            horizon=100,
            value=value,
            ci_lower=lower,
            ci_upper=upper,
            std_error=(upper - lower) / 4,
            n_obs=1000,
            n_covered=500,
            n_not_covered=0,
            confidence_level=0.95,
            method="a model",
        )
        return replace(found, **changes)

    return make


def here(not_judged: int) -> pd.DataFrame:
    """Five hundred customers still here, of whom the first are in groups that nobody has left."""
    return pd.DataFrame({"why_not": ["nobody_left"] * not_judged + [""] * (500 - not_judged)})


@pytest.fixture
def make_model() -> Callable[..., ChurnModel]:
    """A model of a thousand customers without covariates; with changes."""
    return lambda **changes: replace(model_of(), **changes)


def model_of() -> ChurnModel:
    rows = pd.DataFrame({"duration": TENURE.astype(float), "event_observed": LEFT, "entry": 0.0})
    fit = fit_cox(rows[[]], rows.duration, rows.event_observed)
    return ChurnModel(
        rows=rows,
        design=Design(rows[[]]),
        since=(),
        stratified=(),
        strata=None,
        curved=(),
        fit=fit,
        predictor=fit,
        known_through={"": 1000.0},
        hazards=check_proportional_hazards(fit),
        pvalues={},
    )


@pytest.fixture
def make_drivers(make_difference: Callable[..., AdjustedDifference]) -> Callable[..., Drivers]:
    """Drivers without effects, so that the single curve counts the departures; with changes."""

    def make(not_judged: int = 0, **changes: Any) -> Drivers:
        found = Drivers(
            effects=(),
            naive=(),
            changing=(),
            departures=make_difference(reason="too_few"),
            value_at_risk=None,
            model=model_of(),
            here=here(not_judged),
            left_out={},
            horizon=100,
            silence=0.0,
            year=365,
            unit="days",
            confidence_level=0.95,
        )
        return replace(found, **changes)

    return make
