import numpy as np
import pytest

from retention_lab.methods.life_tables import LifeTable, life_table
from retention_lab.methods.rates import estimate_rates, share_leaving

ROW = np.arange(60)
ENTRY = np.where(ROW % 3 == 0, 0, ROW * 7 % 11)
DURATION = ENTRY + 1 + ROW * 13 % 17
EVENT = ROW * 5 % 7 < 4
# R prints ten digits.
PRINTED = 1e-9


def test_rates_with_late_entry_and_their_intervals_are_those_of_r() -> None:
    # R 4.2.2, survival 3.5-3:
    #   i <- 0:59; entry <- ifelse(i %% 3 == 0, 0, (i * 7) %% 11); dur <- entry + 1 + (i * 13) %% 17
    #   ev <- as.integer((i * 5) %% 7 < 4)
    #   d <- survSplit(Surv(entry, dur, ev) ~ ., data.frame(entry, dur, ev), cut = c(5, 12, 20), episode = "part")
    #   p <- pyears(Surv(entry, dur, ev) ~ part, d, scale = 1); cbind(p$event, p$pyears)
    #   poisson.test(6, 140); poisson.test(14, 240); poisson.test(12, 132); poisson.test(3, 16)
    rates = estimate_rates(life_table(DURATION, EVENT, ENTRY), [0, 5, 12, 20, 30])

    assert rates.n_events.tolist() == [6, 14, 12, 3]
    assert rates.exposure.tolist() == [140, 240, 132, 16]
    assert rates.rate == pytest.approx([0.0428571429, 0.0583333333, 0.0909090909, 0.1875], abs=PRINTED)
    assert rates.ci_lower == pytest.approx([0.0157278161, 0.0318913762, 0.0469740539, 0.0386670077], abs=PRINTED)
    assert rates.ci_upper == pytest.approx([0.0932819573, 0.0978734213, 0.1587998867, 0.5479545669], abs=PRINTED)


def test_a_stretch_without_events_has_a_lower_limit_of_nought() -> None:
    # poisson.test(0, 7.5, conf.level = 0.9)
    rates = estimate_rates(life_table([7.5], [0]), [0, 10], confidence_level=0.9)

    assert rates.ci_lower[0] == 0
    assert rates.ci_upper[0] == pytest.approx(0.3994309698, abs=PRINTED)


def test_a_stretch_in_which_nobody_was_watched_has_no_rate() -> None:
    rates = estimate_rates(life_table([30, 40], [1, 0], entry=[20, 20]), [0, 10, 25, 60, 90])

    assert rates.exposure.tolist() == [0, 10, 20, 0]
    assert np.isnan(rates.rate).tolist() == [True, False, False, True]
    assert np.isnan(rates.ci_upper).tolist() == [True, False, False, True]


def test_an_event_on_an_edge_belongs_to_the_stretch_that_it_ends_and_one_at_nought_to_the_first() -> None:
    rates = estimate_rates(life_table([0, 10, 11, 20, 21], [1, 1, 1, 1, 1]), [0, 10, 20])

    assert rates.n_events.tolist() == [2, 2]


def test_departures_at_nought_alone_have_no_exposure_to_be_a_rate_of() -> None:
    rates = estimate_rates(life_table([0, 0], [1, 1]), [0, 30])

    assert rates.n_events.tolist() == [2]
    assert np.isnan(rates.rate).all()


def test_weights_count_as_so_many_customers() -> None:
    once = estimate_rates(life_table([5, 5, 9], [1, 1, 0]), [0, 10])
    weighted = estimate_rates(life_table([5, 9], [1, 0], weights=[2, 1]), [0, 10])

    assert weighted.rate.tolist() == once.rate.tolist()
    assert weighted.ci_upper.tolist() == once.ci_upper.tolist()


def test_rates_of_an_empty_table_are_not_known() -> None:
    empty = LifeTable(time=np.zeros(0), n_entered=np.zeros(0), n_events=np.zeros(0), n_censored=np.zeros(0))

    assert np.isnan(estimate_rates(empty, [0, 30]).rate).all()


@pytest.mark.parametrize("edges", [[0], [1, 2], [0, 2, 2], [0, float("nan")]])
def test_edges_that_do_not_rise_from_nought_are_refused(edges: list[float]) -> None:
    with pytest.raises(ValueError, match="edges must start at 0 and rise"):
        estimate_rates(life_table([5], [1]), edges)


def test_the_share_who_leave_in_a_stretch_never_passes_all_of_them() -> None:
    assert share_leaving(0.2, 30) == pytest.approx(1 - np.exp(-6))
    # Everybody left on one day of thirty: six times as many as there were, if a rate were a share.
    assert share_leaving([0.0, 0.001, 6.0], 30).tolist() == pytest.approx([0, 1 - np.exp(-0.03), 1])
