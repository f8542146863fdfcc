import numpy as np
import pytest

from retention_lab.methods.splines import natural_spline, spline_knots

ROW = np.arange(60)
X = (ROW * 29 % 31) / 10
KNOTS = [0.3, 0.9, 1.7, 2.8]


def fitted(x: np.ndarray, at: np.ndarray) -> np.ndarray:
    def basis(values: np.ndarray) -> np.ndarray:
        return np.column_stack([np.ones(len(values)), natural_spline(values, KNOTS)])

    return basis(at) @ np.linalg.lstsq(basis(x), (ROW * 17 % 23).astype(float), rcond=None)[0]


def test_a_regression_on_it_is_that_of_r_s_natural_spline() -> None:
    # i <- 0:59; x <- ((i * 29) %% 31) / 10; y <- (i * 17) %% 23
    # m <- lm(y ~ ns(x, knots = c(0.9, 1.7), Boundary.knots = c(0.3, 2.8)))
    # fitted(m)[c(1, 2, 15, 32, 60)]; predict(m, data.frame(x = c(-5, 0.5, 9)))
    assert fitted(X, X)[[0, 1, 14, 31, 59]] == pytest.approx(
        [6.49940724525, 13.72995960261, 8.81893606052, 6.49940724525, 10.99050445061], abs=1e-8
    )
    assert fitted(X, np.array([-5, 0.5, 9])) == pytest.approx([-32.1594063426, 10.3214484781, 40.4668836625], abs=1e-8)


def test_it_is_straight_beyond_the_outer_knots_and_bends_between_them() -> None:
    below, between, above = (natural_spline(start + np.arange(4) / 4, KNOTS) for start in (-3.0, 1.0, 2.8))

    assert np.diff(below, n=2, axis=0) == pytest.approx(0, abs=1e-12)
    assert np.diff(above, n=2, axis=0) == pytest.approx(0, abs=1e-12)
    assert np.abs(np.diff(between[:, 1:], n=2, axis=0)).min() > 1e-3


def test_the_first_column_is_the_value_itself_and_the_others_have_its_unit() -> None:
    small, large = natural_spline(X, KNOTS), natural_spline(1000 * X, 1000 * np.array(KNOTS))

    assert small.shape == (60, 3)
    assert (small[:, 0] == X).all()
    assert large == pytest.approx(1000 * small)


def test_with_fewer_than_three_knots_there_is_only_the_value() -> None:
    assert (natural_spline(X, []) == X[:, None]).all()
    assert (natural_spline(X, [1.0, 2.0]) == X[:, None]).all()


def test_knots_lie_at_harrell_s_quantiles() -> None:
    # quantile(x, c(.05, .35, .65, .95))
    assert spline_knots(X) == pytest.approx([0.1, 1.1, 2.0, 2.9])
    assert spline_knots(np.arange(101), n=3) == pytest.approx([10, 50, 90])
    assert spline_knots(np.arange(101), n=5) == pytest.approx([5, 27.5, 50, 72.5, 95])


def test_values_that_are_much_alike_get_fewer_knots_or_none() -> None:
    mostly_one = np.repeat([0, 1, 2], [30, 40, 30])

    assert spline_knots(mostly_one, n=5) == pytest.approx([0, 1, 2])
    assert spline_knots([1, 2, 3, 4] * 10, n=7).size == 4
    assert spline_knots([0, 1] * 50).size == 0
    assert spline_knots([3, 3, 3]).size == 0
    assert spline_knots([]).size == 0


def test_what_cannot_be_is_refused_with_what_was_found() -> None:
    with pytest.raises(ValueError, match="not 2"):
        spline_knots(X, n=2)
    with pytest.raises(ValueError, match="1 follows 2"):
        natural_spline(X, [0, 2, 1])
    with pytest.raises(ValueError, match="nan"):
        natural_spline([1, np.nan], KNOTS)
