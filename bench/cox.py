"""The Cox fit: how fast it is, and how often its intervals hold the truth.

    PYTHONPATH=src python bench/cox.py speed
    PYTHONPATH=src python bench/cox.py coverage

`speed` fits a million customers (four continuous and four yes-or-no covariates, daily durations, late entry for a
fifth) here and in lifelines, each in a process of its own, on the same data. lifelines takes minutes.

`coverage` draws 1,000 samples of 500 customers who leave at rates that are known, half of them on a plan that leaves
twice as fast, and counts how often the intervals hold the true difference of survival and the true number who leave
(for the second the truth is worked out for the customers of each sample). A coverage from 1,000 samples is known to
0.7 points.
"""

import argparse
import json
import math
import resource
import subprocess
import sys
import time
import warnings

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lab.methods.adjusted import estimate_adjusted_difference, estimate_departures
from retention_lab.methods.cox import fit_cox

Floats = NDArray[np.float64]

COEFFICIENTS = np.array([0.3, -0.2, 0.1, 0.0, 0.5, -0.4, 0.2, 0.0])
# Customers on the hasty plan leave at twice the rate; a standard deviation of `size` at 1.35 times.
MEAN_STAY, HASTY, SIZE = 20.0, math.log(2), 0.3
HORIZON = 10.0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("what", choices=["speed", "coverage", "ours", "lifelines"])
    arguments.add_argument("--customers", type=int, default=0)
    arguments.add_argument("--repetitions", type=int, default=1000)
    asked = arguments.parse_args()
    if asked.what == "coverage":
        print_coverage(asked.repetitions, asked.customers or 500)
    elif asked.what == "speed":
        print_speed(asked.customers or 1_000_000)
    else:
        print(json.dumps(timed(asked.what, asked.customers)))


def print_speed(customers: int) -> None:
    ours, theirs = measured("ours", customers), measured("lifelines", customers)
    print(f"{customers:,} customers, {ours['events']:.0%} leave, {ours['times']:,.0f} distinct days, 8 covariates")
    for name, one in (("ours", ours), ("lifelines", theirs)):
        print(
            f"{name:10} {one['seconds']:8.1f} s  {one['memory']:6.2f} GiB at most, of which {one['data']:.2f} the data"
        )
    print(f"{theirs['seconds'] / ours['seconds']:.0f} times as fast")
    for what in ("coefficients", "std_errors"):
        print(f"largest difference of {what}: {np.abs(np.subtract(ours[what], theirs[what])).max():.1e}")


def measured(fitter: str, customers: int) -> dict[str, float]:
    command = [sys.executable, __file__, fitter, "--customers", str(customers)]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def timed(fitter: str, customers: int) -> dict[str, float | list[float]]:
    design, duration, event, entry = make_customers(customers)
    data = peak_memory()
    fit = fit_ours if fitter == "ours" else fit_lifelines
    start = time.perf_counter()
    coefficients, std_errors = fit(design, duration, event, entry)
    return {
        "seconds": time.perf_counter() - start,
        "memory": peak_memory(),
        "data": data,
        "coefficients": coefficients.tolist(),
        "std_errors": std_errors.tolist(),
        "events": float(event.mean()),
        "times": float(np.unique(duration).size),
    }


def peak_memory() -> float:
    """In GiB; Linux counts in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def make_customers(n: int) -> tuple[pd.DataFrame, Floats, NDArray[np.bool_], Floats]:
    rng = np.random.default_rng(1)
    design = np.column_stack([rng.normal(size=(n, 4)), rng.integers(0, 2, (n, 4))])
    entry = np.where(rng.random(n) < 0.2, rng.integers(1, 300, n), 0)
    stay = entry + np.ceil(rng.exponential(2000 / np.exp(design @ COEFFICIENTS)))
    seen = entry + rng.integers(1, 1200, n)
    names = [f"x{column}" for column in range(8)]
    return pd.DataFrame(design, columns=names), np.minimum(stay, seen), stay <= seen, entry.astype(float)


def fit_ours(design: pd.DataFrame, duration: Floats, event: NDArray[np.bool_], entry: Floats) -> tuple[Floats, Floats]:
    fit = fit_cox(design, duration, event, entry)
    return fit.coefficients, fit.std_errors


def fit_lifelines(
    design: pd.DataFrame, duration: Floats, event: NDArray[np.bool_], entry: Floats
) -> tuple[Floats, Floats]:
    from lifelines import CoxPHFitter  # Here: its memory is not to be counted with ours.

    rows = design.assign(duration=duration, event=event, entry=entry)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = CoxPHFitter().fit(rows, "duration", "event", entry_col="entry")
    return fit.params_.to_numpy(), fit.standard_errors_.to_numpy()


def print_coverage(repetitions: int, customers: int) -> None:
    print(f"{repetitions} samples of {customers}, nominal 95 %")
    for late in (False, True):
        rng = np.random.default_rng(20)
        held = np.array([held_by(rng, customers, late) for _ in range(repetitions)])
        shares = zip(("difference of survival", "customers kept", "departures"), held.mean(axis=0), strict=True)
        print("late entry" if late else "from the start", *(f"{name} {share:.1%}" for name, share in shares), sep=", ")


def held_by(rng: np.random.Generator, size: int, late: bool) -> list[bool]:
    design = pd.DataFrame({"hasty": rng.integers(0, 2, 3 * size), "size": rng.normal(size=3 * size)})
    rate = rate_of(design)
    stay = rng.exponential(1 / rate)
    entry = rng.choice([0.0, 1.0], 3 * size) * rng.uniform(0, 15, 3 * size) if late else np.zeros(3 * size)
    rows = np.flatnonzero(stay > entry)[:size]
    design, stay, entry = design.iloc[rows], stay[rows], entry[rows]
    end = entry + rng.uniform(5, 50, size)
    fit = fit_cox(design, np.minimum(stay, end), stay <= end, entry)
    hasty, steady, tenure = design.assign(hasty=1), design.assign(hasty=0), rng.uniform(0, 20, size)
    before, after = (np.exp(-HORIZON * rate_of(one)) for one in (hasty, steady))
    points = estimate_adjusted_difference(fit, hasty, steady, horizon=HORIZON)
    kept = estimate_adjusted_difference(fit, hasty, steady, horizon=HORIZON, tenure=tenure)
    left = estimate_departures(fit, design, horizon=HORIZON, tenure=tenure)
    gone = np.exp(-HORIZON * rate_of(design))
    return [
        points.ci_lower <= np.mean(after - before) <= points.ci_upper,
        kept.ci_lower <= np.sum(after - before) <= kept.ci_upper,
        left.ci_lower <= np.sum(1 - gone) <= left.ci_upper,
    ]


def rate_of(design: pd.DataFrame) -> Floats:
    return np.exp(HASTY * design["hasty"] + SIZE * design["size"]).to_numpy() / MEAN_STAY


if __name__ == "__main__":
    main()
