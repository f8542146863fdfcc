"""An experiment reduced in the engine: means and covariances, counts, ranks. No customer's own row ever leaves it."""

import math
from collections.abc import Sequence
from itertools import combinations_with_replacement
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from retention_lab.tables.client import Client
from retention_lab.tables.experiments import Trial
from retention_lab.tables.observation import MONTHLY_VALUE, observe_customers
from retention_lab.tables.trial_columns import D, E, M, T, X, Y
from retention_lab.tables.trial_rows import stored
from retention_lab.tables.trial_units import OVER

_NAMES = {"y": Y, "d": D, "x": X}
_PAIRS = tuple(combinations_with_replacement(_NAMES, 2))
_COLUMNS = (
    *(f"mean_{one}" for one in _NAMES),
    *(f"var_{one}" if one == other else f"cov_{one}{other}" for one, other in _PAIRS),
)


def moments_of(trial: Trial, by: Sequence[str] = ()) -> pd.DataFrame:
    """One row for each outcome that is not a time and each variant, and each value of the columns `by` of the units.

    outcome, variant, the columns `by`, n (customers who count), mean_y, mean_d, mean_x, var_y, var_d, var_x, cov_yd,
    cov_yx, cov_dx (of the sample; not a number where n is below 2), and n_events (the sum of y). Variants without a
    customer are there with n = 0 where `by` is empty. In the order of the outcomes, the variants, and `by`.
    """
    key = f"moments {' '.join(by)}"
    if key not in trial.memory:
        trial.memory[key] = _moments(trial, trial.units, _measured(trial), by, _always(trial))
    return pd.DataFrame(trial.memory[key].copy())


def cluster_moments_of(trial: Trial) -> pd.DataFrame:
    """As `moments_of`, where a unit is a cluster: y, d and x are the sums over its customers, and d their number."""
    units, outcomes = trial.units, _measured(trial)
    sums: dict[str, ir.Value] = {}
    for name in outcomes:
        counts = units[M + name]
        sums |= {of + name: units[of + name].sum(where=counts) for of in _NAMES.values()}
        sums |= {M + name: counts.any()}
    return _moments(trial, units.group_by("variant", "cluster").aggregate(**sums), outcomes, (), {})


def trimmed_moments_of(
    trial: Trial, outcome: str, cut: float, how: Literal["winsorise", "leave_out"] = "winsorise"
) -> pd.DataFrame:
    """As `moments_of`, for one outcome whose values beyond `cut`, of either sign, become `cut` or are left out."""
    units, name = trial.units, Y + outcome
    beyond = (units[name].abs() > cut).fill_null(False)
    if how == "leave_out":
        if not units.aggregate(n=units.count(where=units[M + outcome] & beyond)).to_pyarrow()["n"][0].as_py():
            every = moments_of(trial)
            return pd.DataFrame(every[every.outcome == outcome].reset_index(drop=True))
        rows = units.mutate(**{M + outcome: units[M + outcome] & ~beyond})
    else:
        capped = ibis.ifelse(units[name] > 0, cut, -cut)
        rows = units.mutate(**{name: ibis.ifelse(beyond, capped, units[name])})
    return _moments(trial, rows, [outcome], (), _always(trial))


def upper_cut(trial: Trial, outcome: str, share: float) -> float:
    """The quantile of the values that are not nought, of all variants together and without their sign; nan of none."""
    units = trial.units
    rows = units.filter(units[M + outcome] & (units[Y + outcome] != 0))
    cut = rows.aggregate(cut=rows[Y + outcome].abs().quantile(share)).to_pyarrow()["cut"][0].as_py()
    return math.nan if cut is None else float(cut)


def order_statistics(trial: Trial, outcome: str, variant: str, ranks: Sequence[int]) -> list[float]:
    """The values of those who count at some places, the smallest being at 1; nan where there is no such place."""
    values = _ranked(trial, outcome)
    places = [rank for rank in dict.fromkeys(ranks) if rank >= 1]
    rows = values.filter(values.variant == variant)
    wanted = {f"at {place}": rows.value.min(where=rows.through >= place) for place in places}
    found = rows.aggregate(**wanted).to_pyarrow().to_pylist()[0] if wanted else {}
    values_at = [found.get(f"at {rank}") for rank in ranks]
    return [math.nan if value is None else float(value) for value in values_at]


def _ranked(trial: Trial, outcome: str) -> ir.Table:
    """The values of each variant with the number of customers up to each: sorted once, however many are asked for."""
    key = f"ranked {outcome}"
    if key not in trial.memory:
        units = trial.units.filter(trial.units[M + outcome])
        counted = units.group_by("variant", value=units[Y + outcome]).aggregate(n=units.count())
        up_to = ibis.cumulative_window(group_by=counted.variant, order_by=counted.value)
        trial.memory[key] = stored(counted.mutate(through=counted.n.sum().over(up_to)), "ranked")
    table: ir.Table = trial.memory[key]
    return table


def life_tables_of_trial(
    trial: Trial, outcome: str, by: str | None = None, *, mature_only: bool = False
) -> dict[Any, pd.DataFrame]:
    """The life table of each variant, or with `by` of each pair of variant and value of that column of the units.

    Each has time, n_entered, n_events and n_censored, in the order of time; everybody enters at nought. A variant
    without a customer has an empty one where `by` is None. `mature_only`: those whose horizon is over.
    """
    units = trial.units
    rows = units.filter(units[M + outcome] & units[OVER + outcome] if mature_only else units[M + outcome])
    left = rows[E + outcome]
    keys = {"variant": rows.variant, **({"group": rows[by]} if by else {}), "time": rows[T + outcome]}
    counted = rows.group_by(**keys).aggregate(n_events=rows.count(where=left), n_censored=rows.count(where=~left))
    frame = counted.order_by(*keys).to_pyarrow().to_pandas()
    frame = frame.astype({"time": float, "n_events": float, "n_censored": float})
    if by:
        return {key: _entered(own) for key, own in frame.groupby(["variant", "group"], sort=True)}
    return {variant: _entered(frame[frame.variant == variant]) for variant in trial.variants}


def _entered(counts: pd.DataFrame) -> pd.DataFrame:
    """A life table in which all enter at nought."""
    table = counts[["time", "n_events", "n_censored"]].reset_index(drop=True)
    if len(table) and table.time[0] > 0:
        table = pd.concat([pd.DataFrame([[0.0, 0.0, 0.0]], columns=table.columns), table], ignore_index=True)
    table.insert(1, "n_entered", 0.0)
    if len(table):
        table.loc[0, "n_entered"] = float(table.n_events.sum() + table.n_censored.sum())
    return table


def cost_moments(trial: Trial) -> pd.DataFrame:
    """What customers cost, for each variant in order: variant, n, mean and var (of the sample)."""
    units = trial.units
    counted = units.group_by("variant").aggregate(n=units.count(), mean=units.c.mean(), var=units.c.var(how="sample"))
    found = counted.order_by("variant").to_pyarrow().to_pandas().set_index("variant").reindex(trial.variants)
    return pd.DataFrame(found.fillna({"n": 0}).astype(float).rename_axis("variant").reset_index())


def mean_monthly_value(client: Client, trial: Trial) -> float:
    """What a customer of the trial is worth a month; nan where the client does not say."""
    if "v" in trial.units.columns:
        value = trial.units.aggregate(v=trial.units.v.mean()).to_pyarrow()["v"][0].as_py()
    elif client.file.churn.kind == "inactivity":
        rows = observe_customers(client).rows
        here = rows.filter(~rows.event_observed)
        value = here.aggregate(v=here[MONTHLY_VALUE].mean()).to_pyarrow()["v"][0].as_py()
    else:
        value = None
    return math.nan if value is None else float(value)


def _measured(trial: Trial) -> list[str]:
    return [name for name, outcome in trial.spec.outcomes.items() if outcome.kind != "survival"]


def _always(trial: Trial) -> dict[str, dict[str, float]]:
    """What d and x of an outcome are for every customer, where that is so: their moments need not be asked for."""
    found: dict[str, dict[str, float]] = {}
    for name in _measured(trial):
        outcome = trial.spec.outcomes[name]
        d = {} if outcome.kind == "ratio" or trial.by_order else {"d": 1.0}
        found[name] = d | ({} if outcome.covariate or outcome.covariate_days else {"x": 0.0})
    return found


def _moments(
    trial: Trial, rows: ir.Table, outcomes: Sequence[str], by: Sequence[str], always: dict[str, dict[str, float]]
) -> pd.DataFrame:
    """The moments of all outcomes in one question: in words it costs as much as for one."""
    keys = ["variant", *by]
    wanted: dict[str, ir.Value] = {}
    for place, name in enumerate(outcomes):
        wanted |= {f"{what}:{place}": value for what, value in _moments_in(rows, name, always.get(name, {})).items()}
    if not wanted:
        return pd.DataFrame(columns=["outcome", *keys, "n", *_COLUMNS, "n_events"])
    found = rows.group_by(*keys).aggregate(**wanted).order_by(*keys).to_pyarrow().to_pandas()
    if not by:
        found = found.set_index("variant").reindex(trial.variants).rename_axis("variant").reset_index()
    frames = [_of_outcome(found, place, name, keys, always.get(name, {})) for place, name in enumerate(outcomes)]
    frame = pd.concat(frames, ignore_index=True)
    frame["_order"] = frame.variant.map(trial.variants.index)
    frame["_outcome"] = frame.outcome.map(list(outcomes).index)
    ordered = frame.sort_values(["_outcome", "_order", *by], kind="stable", ignore_index=True)
    return pd.DataFrame(ordered.drop(columns=["_order", "_outcome"]))


def _moments_in(rows: ir.Table, name: str, always: dict[str, float]) -> dict[str, ir.Value]:
    counts = rows[M + name]
    columns = {one: rows[of + name] for one, of in _NAMES.items()}
    found: dict[str, ir.Value] = {"n": rows.count(where=counts), "n_events": columns["y"].sum(where=counts)}
    for one, other in _PAIRS:
        if one in always or other in always:
            continue
        if one == other:
            column = columns[one]
            found |= {f"mean_{one}": column.mean(where=counts), f"var_{one}": column.var(where=counts, how="sample")}
        else:
            found[f"cov_{one}{other}"] = columns[one].cov(columns[other], where=counts, how="sample")
    return found


def _of_outcome(
    found: pd.DataFrame, place: int, name: str, keys: Sequence[str], always: dict[str, float]
) -> pd.DataFrame:
    frame = found[list(keys)].copy()
    frame.insert(0, "outcome", name)
    frame["n"] = found[f"n:{place}"].fillna(0).astype(float)
    for column in _COLUMNS:
        if f"{column}:{place}" in found:
            frame[column] = found[f"{column}:{place}"].astype(float)
        else:
            # What is the same for all moves with nothing; of nobody, or of one, there is nothing to know.
            mean = always.get(column.removeprefix("mean_"))
            frame[column] = np.where(frame.n > (1 if mean is None else 0), mean or 0.0, np.nan)
    frame["n_events"] = found[f"n_events:{place}"].astype(float).fillna(0.0)
    return frame
