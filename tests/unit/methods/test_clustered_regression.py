"""Least squares with clustered errors against R's sandwich."""

import numpy as np
import pytest
from numpy.typing import NDArray

from retention_lab.methods.clustered_regression import regress_clustered

Rows = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]

# R 4.2.2, sandwich 3.0-2 (apt-get install r-cran-sandwich):
#   i <- 1:60; g <- (i*7) %% 15; x <- sin(i); z <- ((i*5) %% 7)/7; y <- 2 + 0.5*x - z + cos(3*i) + 0.4*sin(5*g)
#   m <- lm(y ~ x + z); se <- sqrt(diag(vcovCL(m, cluster = g, type = "HC1"))); coef(m); se; coef(m) - qt(.975, 14)*se
COEFFICIENTS = [2.007194742446, 0.502640218346, -1.039674684378]
ERRORS = [0.1938843363353, 0.0449978835875, 0.2960852974103]
LOWER_ENDS = [1.591354198879, 0.406129356643, -1.674714488751]


@pytest.fixture
def rows() -> Rows:
    i = np.arange(1, 61)
    x, z, cluster = np.sin(i), (i * 5) % 7 / 7, (i * 7) % 15
    outcome = 2 + 0.5 * x - z + np.cos(3 * i) + 0.4 * np.sin(5 * cluster)
    return outcome, np.column_stack([np.ones(60), x, z]), cluster


def test_coefficients_errors_and_intervals_are_those_of_sandwich(rows: Rows) -> None:
    found = regress_clustered(*rows)

    assert [each.value for each in found] == pytest.approx(COEFFICIENTS, rel=1e-10)
    assert [each.std_error for each in found] == pytest.approx(ERRORS, rel=1e-10)
    assert [each.ci_lower for each in found] == pytest.approx(LOWER_ENDS, rel=1e-10)
    assert {each.n_obs for each in found} == {60}


def test_the_order_of_rows_and_the_names_of_clusters_do_not_matter(rows: Rows) -> None:
    outcome, design, cluster = rows
    turned = np.argsort(np.cos(np.arange(60.0)))
    names = np.array([f"customer {14 - code}" for code in cluster])
    found = regress_clustered(outcome[turned], design[turned], names[turned])

    assert [each.std_error for each in found] == pytest.approx(ERRORS, rel=1e-9)


def test_ten_copies_of_every_row_of_a_customer_are_no_ten_customers(rows: Rows) -> None:
    """Copies change nothing but the factor for the number of rows: (n - 1) / (n - k)."""
    once = regress_clustered(*rows)
    often = regress_clustered(*(np.concatenate([part] * 10) for part in rows))
    factor = np.sqrt((599 / 597) / (59 / 57))

    assert [each.value for each in often] == pytest.approx([each.value for each in once])
    assert [each.std_error for each in often] == pytest.approx([each.std_error * factor for each in once])


def test_a_column_that_the_others_determine_is_told_apart_and_spoils_none(rows: Rows) -> None:
    outcome, design, cluster = rows
    found = regress_clustered(outcome, np.column_stack([design, design[:, 1] - 2 * design[:, 0]]), cluster)

    assert [each.value for each in found[:3]] == pytest.approx(COEFFICIENTS)
    assert found[3].reason == "too_few"


def test_a_column_of_nine_rows_and_nine_customers_say_nothing(rows: Rows) -> None:
    outcome, design, cluster = rows
    rare = np.column_stack([design, np.arange(60) < 9])

    assert [each.reason for each in regress_clustered(outcome, rare, cluster)] == ["", "", "", "too_few"]
    assert {each.reason for each in regress_clustered(outcome, design, cluster % 9)} == {"too_few"}
    assert [each.reason for each in regress_clustered([], np.ones((0, 2)), [])] == ["too_few"] * 2


def test_a_column_that_hangs_on_few_customers_says_nothing_however_often_they_write(rows: Rows) -> None:
    outcome, design, cluster = rows
    few = np.column_stack([design, cluster < 3])

    assert [each.reason for each in regress_clustered(outcome, few, cluster)] == ["", "", "", "too_few"]


def test_the_interval_holds_the_truth_where_customers_write_often() -> None:
    rng = np.random.default_rng(5)
    held, naive = [], []
    for _ in range(200):
        cluster = np.repeat(np.arange(40), 8)
        has = np.repeat(rng.random(40) < 0.5, 8).astype(float)
        outcome = 1 + 0.5 * has + np.repeat(rng.normal(0, 1, 40), 8) + rng.normal(0, 0.5, 320)
        design = np.column_stack([np.ones(320), has])
        for kept, clusters in ((held, cluster), (naive, np.arange(320))):
            slope = regress_clustered(outcome, design, clusters)[1]
            kept.append(slope.ci_lower <= 0.5 <= slope.ci_upper)

    assert np.mean(held) >= 0.91
    assert np.mean(naive) < 0.7
