"""P-values and quantiles that every estimate leans on."""

import math

import pytest

from retention_lab.methods.estimates import chi_squared_pvalue, normal_quantile, two_sided_pvalue


@pytest.mark.parametrize(
    ("statistic", "freedom", "expected"),
    # R 4.2.2: pchisq(statistic, freedom, lower.tail = FALSE)
    [
        (3.84, 1, 0.050043521248705224),
        (0.5, 3, 0.91889141165467592),
        (40.0, 7, 1.2587903873713086e-06),
        (1e-9, 2, 0.9999999995),
    ],
)
def test_a_quadratic_form_has_the_pvalue_that_r_gives(statistic: float, freedom: int, expected: float) -> None:
    assert chi_squared_pvalue(statistic, freedom) == pytest.approx(expected, rel=1e-12)


def test_rounding_below_nought_proves_nothing_and_an_unknown_form_has_no_pvalue() -> None:
    assert chi_squared_pvalue(-1e-12, 2) == 1.0
    assert math.isnan(chi_squared_pvalue(math.nan, 2))


def test_the_normal_quantile_and_its_pvalue_turn_each_other_round() -> None:
    # R: qnorm(0.975)
    assert normal_quantile(0.95) == pytest.approx(1.959963984540054, rel=1e-15)
    assert two_sided_pvalue(-normal_quantile(0.99), 1.0) == pytest.approx(0.01, rel=1e-12)
    assert math.isnan(two_sided_pvalue(1.0, 0.0))
