"""When the customers of each variant were assigned."""

import ibis
import pandas as pd

from retention_lab.tables.experiments import Trial


def day_moments(trial: Trial) -> pd.DataFrame:
    """One row for each variant with a customer: variant, n, mean and var of the days since the first assignment."""
    rows = trial.units.filter(trial.units.assigned_on.notnull())
    since = rows.assigned_on.delta(ibis.literal(trial.first_assigned), unit="day").cast("float64")
    counted = rows.mutate(since=since).group_by("variant")
    found = counted.aggregate(
        n=lambda rows: rows.count(), mean=lambda rows: rows.since.mean(), var=lambda rows: rows.since.var(how="sample")
    )
    frame: pd.DataFrame = found.order_by("variant").to_pyarrow().to_pandas()
    return frame.astype({"n": float, "mean": float, "var": float})
