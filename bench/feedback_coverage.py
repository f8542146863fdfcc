"""How often the intervals of feedback hold the truth: 1,000 samples each, nominal 95 %, with customers who write often.

    PYTHONPATH=src python bench/feedback_coverage.py

A classifier was taught where 60 % of the comments are unhappy, and then 20 % and 35 % are. The naive share counts its
predictions. Prediction-powered shares rest on 100, 150 and 300 labels drawn at random. A coverage from 1,000 samples is
known to a point and a half.
"""

import argparse
import math

import numpy as np
from numpy.typing import NDArray

from retention_lab.methods.classification import judge_classes
from retention_lab.methods.estimates import Estimate
from retention_lab.methods.prediction_powered import prediction_powered_share
from retention_lab.methods.prevalence import adjusted_shares, share_difference, weighted_share

Floats = NDArray[np.float64]
Comments = tuple[Floats, NDArray[np.bool_], NDArray[np.int64]]
SHARES = (0.2, 0.35)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--repetitions", type=int, default=1000)
    n_samples = arguments.parse_args().repetitions
    print(f"{n_samples} samples, nominal 95 %")
    for name, one_sample in (("share of the unhappy", of_shares), ("quality of a classifier", of_quality)):
        held = [one_sample(np.random.default_rng(seed)) for seed in range(n_samples)]
        print(name, *(f"{what} {np.mean([each[what] for each in held]):.1%}" for what in held[0]), sep="\n  ")


def draw(rng: np.random.Generator, share: float, n_customers: int) -> Comments:
    """Score, truth and customer of each comment; each customer has a mood and a manner of one's own."""
    customer = np.repeat(np.arange(n_customers), rng.integers(1, 5, n_customers))
    mood, manner = rng.beta(2 * share, 2 * (1 - share), n_customers), rng.normal(0, 0.5, n_customers)
    truth = rng.random(customer.size) < mood[customer]
    odds = np.where(truth, 1.0, -1.0) + manner[customer] + rng.normal(0, 1, customer.size)
    return 1 / (1 + np.exp(-1.5 * odds)), truth, customer


def of_shares(rng: np.random.Generator) -> dict[str, bool]:
    taught, parts = draw(rng, 0.6, 250), [draw(rng, share, 400) for share in SHARES]
    cells = np.repeat([0, 1], [part[0].size for part in parts])
    asked = np.concatenate([part[0] for part in parts]), cells, np.concatenate([parts[0][2] + 1000, parts[1][2] + 2000])
    shares = adjusted_shares(*taught, *asked, 2)
    score, truth, customer = parts[0]
    told = (score > 0.5).astype(float)
    reach = 1.96 * math.sqrt(told.mean() * (1 - told.mean()) / told.size)
    held = {
        "naive": bool(abs(told.mean() - SHARES[0]) <= reach),
        "adjusted": holds(weighted_share(shares, [1.0, 0.0]), SHARES[0]),
        "change, adjusted": holds(share_difference(shares, [0.0, 1.0], [1.0, 0.0]), SHARES[1] - SHARES[0]),
    }
    for n_labels in (100, 150, 300):
        some = rng.choice(score.size, n_labels, replace=False)
        powered = prediction_powered_share(told, told[some], truth[some], customer, customer[some])
        held[f"prediction-powered, {n_labels} labels"] = holds(powered, SHARES[0])
    return held


def of_quality(rng: np.random.Generator) -> dict[str, bool]:
    score, truth, customer = draw(rng, 0.3, 200)
    quality = judge_classes(~truth, score <= 0.5, 2, customer)
    # Right with the chance that a normal draw with this spread stays on its side.
    right = 0.5 * math.erfc(-1 / math.sqrt(1.25) / math.sqrt(2))
    precision = 0.3 * right / (0.3 * right + 0.7 * (1 - right))
    low = 0.7 * right / (0.7 * right + 0.3 * (1 - right))
    macro_f1 = (2 * right * precision / (right + precision) + 2 * right * low / (right + low)) / 2
    return {
        "accuracy": holds(quality.accuracy, right),
        "recall": holds(quality.recall, right),
        "precision": holds(quality.precision, precision),
        "macro-F1": holds(quality.macro_f1, macro_f1),
    }


def holds(found: Estimate, truth: float) -> bool:
    return found.ci_lower <= truth <= found.ci_upper


if __name__ == "__main__":
    main()
