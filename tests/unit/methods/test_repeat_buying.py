"""Repeat buying: the formulas against integrals and simulation, and the fit against what was planted."""

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import beta, gamma

from retention_lab.methods.repeat_buying import (
    Model,
    RepeatBuying,
    chance_alive,
    count_alive,
    expected_purchases,
    fit_repeat_buying,
    log_likelihoods,
)
from retention_lab.methods.repeat_likelihood import negative_mean, take_histories

Floats = NDArray[np.float64]
MODELS: tuple[Model, ...] = ("MBG/NBD", "BG/NBD")
PLANTED = (0.8, 6.0, 0.7, 2.5)
# Histories: no repeat, one that came early, one that came late, many.
HISTORIES = [(0, 0.0, 30.0), (1, 2.0, 30.0), (2, 30.43, 38.86), (12, 25.0, 26.0)]


def model_of(model: Model, r: float, alpha: float, a: float, b: float) -> RepeatBuying:
    nothing = np.zeros((4, 4))
    return RepeatBuying(
        model=model, r=r, alpha=alpha, a=a, b=b, covariance=nothing, std_errors=np.zeros(4), log_likelihood=0.0,
        n_obs=1, n_repeating=1, method="given",
    )  # fmt: skip


def simulate(
    rng: np.random.Generator, n: int, model: Model, ahead: float = 0.0
) -> tuple[Floats, Floats, Floats, NDArray[np.bool_], Floats]:
    """Histories of customers seen for 15 to 52 weeks, who is alive at the end of them, and purchases after it."""
    r, alpha, a, b = PLANTED
    rate, stops = rng.gamma(r, 1 / alpha, n), rng.beta(a, b, n)
    observed = rng.uniform(15, 52, n)
    alive = rng.random(n) > stops if model == "MBG/NBD" else np.ones(n, dtype=bool)
    frequency, recency, later, time = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    alive_at_end = alive.copy()
    while alive.any():
        time[alive] += rng.exponential(1 / rate[alive])
        alive &= time < observed + ahead
        seen = alive & (time <= observed)
        frequency[seen], recency[seen] = frequency[seen] + 1, time[seen]
        later[alive & ~seen] += 1
        stopping = alive & (rng.random(n) < stops)
        alive_at_end &= ~(stopping & seen)
        alive &= ~stopping
    return frequency, recency, observed, alive_at_end, later


def integrated(model: RepeatBuying, history: tuple[int, float, float], weigh: str = "1", ahead: float = 0.0) -> float:
    """A history's likelihood, integrated over customers: no closed form, only what the model says of one customer.

    `weigh`: "alive" takes only those who have not stopped, "later" also the purchases expected of them.
    """
    x, recency, observed = history
    opportunities = x + 1 if model.model == "MBG/NBD" else x
    nodes, weights = np.polynomial.legendre.leggauss(300)
    u, weights = (nodes + 1) / 2, weights / 2
    # Both are substituted so that the densities have no poles.
    rate, stops = (u / (1 - u))[:, None] ** 4, (u**4 / (u**4 + (1 - u) ** 4))[None, :]
    d_rate, d_stops = 4 * u**3 / (1 - u) ** 5, 4 * u**3 * (1 - u) ** 3 / (u**4 + (1 - u) ** 4) ** 2
    density = gamma.pdf(rate, model.r, scale=1 / model.alpha) * beta.pdf(stops, model.a, model.b)
    alive = (1 - stops) ** opportunities * rate**x * np.exp(-rate * observed)
    stopped = stops * (1 - stops) ** max(opportunities - 1, 0) * rate**x * np.exp(-rate * recency)
    total = alive + (stopped if opportunities and weigh == "1" else 0.0)
    # Each purchase to come ends it with the chance `stops`.
    later = -np.expm1(-rate * stops * ahead) / stops if weigh == "later" else 1.0
    return float(np.einsum("ij,i,j", total * later * density, weights * d_rate, weights * d_stops))


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("history", HISTORIES)
def test_a_likelihood_is_the_integral_over_customers(kind: Model, history: tuple[int, float, float]) -> None:
    model = model_of(kind, *PLANTED)

    (ours,) = log_likelihoods(model, *([value] for value in history))

    assert ours == pytest.approx(math.log(integrated(model, history)), abs=1e-6)


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("history", HISTORIES)
def test_the_chance_to_be_alive_and_the_purchases_to_come_are_integrals_too(
    kind: Model, history: tuple[int, float, float]
) -> None:
    model = model_of(kind, *PLANTED)
    each = [[value] for value in history]
    whole = integrated(model, history)

    assert chance_alive(model, *each)[0] == pytest.approx(integrated(model, history, "alive") / whole, rel=1e-6)
    expected = integrated(model, history, "later", ahead=39.0) / whole
    assert expected_purchases(model, *each, ahead=39.0)[0] == pytest.approx(expected, rel=1e-6)


def test_the_purchases_to_come_are_the_published_ones() -> None:
    # Fader, Hardie and Lee, "Implementing the BG/NBD model for customer base analysis in Excel": the customer with two
    # repeat purchases, the last after 30.43 of 38.86 weeks, is expected to make 1.226 in the next 39.
    model = model_of("BG/NBD", 0.243, 4.414, 0.793, 2.426)

    # The parameters are printed to three digits.
    assert expected_purchases(model, [2], [30.43], [38.86], ahead=39.0)[0] == pytest.approx(1.226, abs=5e-4)


def test_who_bought_once_is_alive_for_ever_in_the_one_model_and_fades_in_the_other() -> None:
    waited = np.array([1.0, 20.0, 100.0])
    once = np.zeros(3)

    fading = chance_alive(model_of("MBG/NBD", *PLANTED), once, once, waited)

    assert chance_alive(model_of("BG/NBD", *PLANTED), once, once, waited) == pytest.approx(1.0)
    assert 1 > fading[0] > fading[1] > fading[2] > 0


@pytest.mark.parametrize("a", [1.0, 1 - 3e-7, 1 + 3e-7])
def test_the_purchases_to_come_are_smooth_where_the_closed_form_divides_nought_by_nought(a: float) -> None:
    below, here, above = (
        expected_purchases(model_of("MBG/NBD", 0.8, 6.0, value, 2.5), [3], [10], [12], ahead=20)[0]
        for value in (0.99, a, 1.01)
    )

    assert here == pytest.approx((below + above) / 2, rel=1e-4)


@pytest.mark.parametrize("r", [50.0, 160_000.0])
def test_customers_who_are_all_alike_are_expected_to_buy_at_the_one_rate_until_they_stop(r: float) -> None:
    # The mean of (1 - exp(-rate p t)) / p over p, of which nothing but the rate is left to the history.
    model = model_of("MBG/NBD", r, r / 0.7, 1.1, 40.0)
    p = (np.arange(200_000) + 0.5) / 200_000
    left = beta.pdf(p, 1.1, 40.0 + 24) / 200_000
    expected = float(np.sum(left * -np.expm1(-0.7 * p * 52) / p)) * chance_alive(model, [23], [39], [39])[0]

    # Fifty customers' worth of knowledge about the rate leaves a little room for the history.
    within = 0.1 if r == 50 else 1e-4
    assert expected_purchases(model, [23], [39], [39], ahead=52)[0] == pytest.approx(expected, rel=within)


def test_purchases_to_come_stay_exact_for_customers_with_hundreds_of_them() -> None:
    model = model_of("MBG/NBD", 0.8, 6.0, 0.05, 40.0)
    rate = (0.8 + 500) / (6.0 + 100)

    (ours,) = expected_purchases(model, [500], [100], [100], ahead=10)

    # Hardly anybody stops, so it is the rate by the time; one in ten thousand of the share stops at each purchase.
    assert ours == pytest.approx(10 * rate, rel=0.01)


@pytest.mark.parametrize("kind", MODELS)
def test_the_gradient_is_the_slope(kind: Model) -> None:
    frequency, recency, observed, *_ = simulate(np.random.default_rng(2), 300, kind)
    histories = take_histories(frequency, recency, observed, None, kind)
    logs = np.log([0.5, 4.0, 1.2, 2.0])

    _, gradient = negative_mean(logs, histories)

    steps = 1e-6 * np.eye(4)
    slope = [(negative_mean(logs + s, histories)[0] - negative_mean(logs - s, histories)[0]) / 2e-6 for s in steps]
    assert gradient == pytest.approx(slope, abs=1e-7)


@pytest.mark.parametrize("kind", MODELS)
def test_what_was_planted_is_found(kind: Model) -> None:
    frequency, recency, observed, alive, _ = simulate(np.random.default_rng(3), 20_000, kind)

    fit = fit_repeat_buying(frequency, recency, observed, model=kind)

    # Four parameters, of which one in twenty would lie outside of two standard errors: three.
    assert (np.abs(fit.parameters - PLANTED) < 3 * fit.std_errors).all()
    counted = count_alive(fit, frequency, recency, observed)
    assert counted.ci_lower < alive.sum() < counted.ci_upper
    assert counted.ci_upper - counted.ci_lower < 0.1 * len(alive)


def test_the_purchases_to_come_are_those_that_come() -> None:
    frequency, recency, observed, _, later = simulate(np.random.default_rng(4), 40_000, "MBG/NBD", ahead=26.0)

    expected = expected_purchases(model_of("MBG/NBD", *PLANTED), frequency, recency, observed, ahead=26.0)

    for repeats in (0, 1, 2, 5):
        of_them = frequency == repeats
        std_error = later[of_them].std() / math.sqrt(of_them.sum())
        assert abs(later[of_them].mean() - expected[of_them].mean()) < 3.5 * std_error


def test_a_weight_stands_for_as_many_customers() -> None:
    frequency, recency, observed, *_ = simulate(np.random.default_rng(5), 400, "MBG/NBD")
    times = np.arange(400) % 3

    weighted = fit_repeat_buying(frequency, recency, observed, weights=times)
    repeated = fit_repeat_buying(*(np.repeat(values, times) for values in (frequency, recency, observed)))

    assert weighted.parameters == pytest.approx(repeated.parameters, rel=1e-6)
    assert weighted.std_errors == pytest.approx(repeated.std_errors, rel=1e-5)
    assert (weighted.n_obs, weighted.n_repeating) == (repeated.n_obs, repeated.n_repeating)


def test_another_unit_of_time_changes_alpha_and_nothing_else() -> None:
    frequency, recency, observed, *_ = simulate(np.random.default_rng(6), 2000, "MBG/NBD")

    weeks, days = (fit_repeat_buying(frequency, unit * recency, unit * observed) for unit in (1, 7))

    assert days.parameters == pytest.approx(weeks.parameters * [1, 7, 1, 1], rel=1e-4)


def test_where_nobody_stops_everybody_is_alive_and_what_is_not_told_has_no_error() -> None:
    rng = np.random.default_rng(7)
    frequency = rng.poisson(20, 500)
    # The last of many purchases lies near the end, as it does for those who go on.
    recency = 52 * rng.beta(frequency, 1)
    fit = fit_repeat_buying(frequency, recency, np.full(500, 52.0))

    counted = count_alive(fit, frequency, recency, np.full(500, 52.0))

    assert counted.value > 495
    assert counted.ci_lower <= counted.value <= counted.ci_upper <= 500
    assert np.isfinite(fit.std_errors[:2]).all()


def test_customers_who_never_came_back_say_nothing() -> None:
    nothing = np.zeros(500)
    fit = fit_repeat_buying(nothing, nothing, np.full(500, 30.0))

    assert (fit.reason, fit.n_obs, fit.n_repeating) == ("too_few", 500, 0)
    assert count_alive(fit, nothing, nothing, np.full(500, 30.0)).reason == "too_few"
    assert fit_repeat_buying([], [], []).reason == "too_few"


def test_nobody_is_counted_where_nobody_is() -> None:
    frequency, recency, observed, *_ = simulate(np.random.default_rng(8), 300, "MBG/NBD")

    assert count_alive(fit_repeat_buying(frequency, recency, observed), [], [], []).reason == "too_few"


@pytest.mark.parametrize("history", [(1, 5, 4), (0, 2, 4), (2, 0, 4)])
def test_a_history_that_cannot_be_is_refused(history: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        fit_repeat_buying(*([value] for value in history))


def test_the_order_of_customers_changes_nothing_that_is_shown() -> None:
    rows = np.array(simulate(np.random.default_rng(9), 500, "MBG/NBD")[:3])
    turned = rows[:, ::-1]

    one, other = (count_alive(fit_repeat_buying(*each), *each) for each in (rows, turned))

    assert other.value == pytest.approx(one.value, rel=1e-6)
    assert replace(one, value=0, ci_lower=0, ci_upper=0, std_error=0) == replace(
        other, value=0, ci_lower=0, ci_upper=0, std_error=0
    )
