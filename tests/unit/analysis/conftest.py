"""Observations as `tables` hands them out, without the way through files."""

from collections.abc import Callable
from datetime import date

import ibis
import pandas as pd
import pytest

from retention_lab.tables.observation import Observation

Observe = Callable[..., Observation]


@pytest.fixture
def observe() -> Observe:
    """Customers with duration, event_observed and covariates; a `since` covariate has its `<name>_since` column."""

    def observe(rows: pd.DataFrame, *, numeric: tuple[str, ...] = (), since: tuple[str, ...] = ()) -> Observation:
        taken = {"duration", "event_observed", "entry", "monthly value", *numeric, *(f"{name}_since" for name in since)}
        whole = rows.assign(customer_id=[f"C{row:06d}" for row in range(len(rows))])
        whole = whole.assign(entry=whole.get("entry", 0.0)).astype({"duration": float, "entry": float})
        return Observation(
            rows=ibis.memtable(whole),
            unit="days",
            as_of=date(2026, 1, 1),
            entry_known=True,
            numeric=numeric,
            categorical=tuple(name for name in rows if name not in taken),
            since=since,
            unusable={},
            left_out={},
            n_at_zero=0,
            first_start=None,
        )

    return observe
