import math
from typing import Literal

import numpy as np
import pytest

from retention_lab.methods.estimates import Estimate, not_estimable
from retention_lab.methods.proportions import compare_proportions, estimate_proportion
from retention_lab.methods.two_arms import contrast_of, noninferiority_pvalue, symmetric_contrast


def normal(value: float, std_error: float) -> Estimate:
    reach = 1.959963984540054 * std_error
    return Estimate(
        value=value,
        ci_lower=value - reach,
        ci_upper=value + reach,
        std_error=std_error,
        n_obs=100,
        confidence_level=0.95,
        method="made up",
    )


def test_with_symmetric_intervals_both_ways_to_a_contrast_agree() -> None:
    arms = normal(12, 1), normal(10, 0.7)

    added = contrast_of(*arms, pvalue=0.1, method="x")
    symmetric = symmetric_contrast(
        *arms, std_error=math.hypot(1, 0.7), quantile=1.959963984540054, pvalue=0.1, method="x"
    )

    for one, other in ((added, symmetric), (added.relative, symmetric.relative)):
        assert (one.ci_lower, one.ci_upper) == pytest.approx((other.ci_lower, other.ci_upper))


def test_an_arm_without_an_answer_leaves_no_contrast_and_says_why() -> None:
    nobody = not_estimable("not_observed", n_obs=3, confidence_level=0.95, method="x")

    found = contrast_of(normal(3, 1), nobody, pvalue=0.5, method="x")

    assert (found.reason, found.relative.reason) == ("not_observed", "not_observed")
    assert math.isnan(found.pvalue)
    assert found.n_obs == 103


def test_arms_at_different_levels_are_not_put_together() -> None:
    with pytest.raises(ValueError, match=r"0\.9 and 0\.95"):
        contrast_of(estimate_proportion(3, 9, 0.9), estimate_proportion(3, 9), pvalue=0.5, method="x")


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_no_worse_by_the_margin_is_what_the_interval_says(better: Literal["higher", "lower"]) -> None:
    found = contrast_of(normal(10.1, 0.3), normal(10, 0.4), pvalue=0.8, method="x")
    limit = -found.ci_lower if better == "higher" else found.ci_upper

    assert noninferiority_pvalue(found, limit, better) == pytest.approx(0.025)
    assert noninferiority_pvalue(found, limit * 1.1, better) < 0.025 < noninferiority_pvalue(found, limit * 0.9, better)


def test_with_a_normal_interval_it_is_the_usual_one_sided_test() -> None:
    # R 4.2: pnorm(-(0.1 + 1) / 0.5)
    found = contrast_of(normal(10.1, 0.3), normal(10, 0.4), pvalue=0.8, method="x")

    assert noninferiority_pvalue(found, 1, "higher") == pytest.approx(0.0139034475135, abs=1e-9)


def test_a_treatment_worse_by_the_margin_is_seldom_called_no_worse() -> None:
    rng = np.random.default_rng(5)
    events = rng.binomial(600, [0.25, 0.3], (600, 2))

    pvalues = [noninferiority_pvalue(compare_proportions(a, 600, b, 600), 0.05, "higher") for a, b in events]

    # Three standard errors of a share of 600.
    assert np.mean(np.array(pvalues) < 0.05) == pytest.approx(0.05, abs=0.027)


def test_a_margin_that_is_no_margin_is_refused_and_no_interval_is_no_answer() -> None:
    found = contrast_of(normal(10, 1), normal(9, 1), pvalue=0.5, method="x")
    with pytest.raises(ValueError, match="not 0"):
        noninferiority_pvalue(found, 0, "higher")

    nobody = not_estimable("too_few", n_obs=0, confidence_level=0.95, method="x")
    assert math.isnan(noninferiority_pvalue(contrast_of(nobody, nobody, pvalue=0.5, method="x"), 1, "higher"))
