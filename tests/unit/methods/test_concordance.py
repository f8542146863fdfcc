import numpy as np
import pytest

from retention_lab.methods.concordance import estimate_concordance

ROW = np.arange(60)
ENTRY = np.where(ROW % 3 == 0, 0, ROW * 7 % 11)
DURATION = ENTRY + ROW * 13 % 17 + (ENTRY > 0)
EVENT = ROW * 5 % 7 < 4
RISK = ROW * 29 % 31 // 3
WEIGHT = 0.5 + ROW % 4


def counted_pair_by_pair() -> float:
    agreeing = compared = 0.0
    for one in ROW[EVENT]:
        for other in ROW:
            here = ENTRY[other] == 0 or ENTRY[other] < DURATION[one]
            later = (DURATION[other], not EVENT[other]) > (DURATION[one], False)
            if here and later:
                pair = WEIGHT[one] * WEIGHT[other]
                compared += pair
                agreeing += pair * ((RISK[one] > RISK[other]) + (RISK[one] == RISK[other]) / 2)
    return agreeing / compared


def test_it_is_the_share_of_pairs_counted_one_by_one_with_events_on_the_first_day_too() -> None:
    assert (EVENT & (DURATION == 0)).any()

    assert estimate_concordance(RISK, DURATION, EVENT, ENTRY, WEIGHT).value == pytest.approx(counted_pair_by_pair())


def test_the_opposite_score_is_right_where_this_one_is_wrong() -> None:
    found, opposite = (estimate_concordance(risk, DURATION, EVENT, ENTRY) for risk in (RISK, -RISK))

    assert opposite.value == pytest.approx(1 - found.value)
    assert (opposite.ci_lower, opposite.ci_upper) == pytest.approx((1 - found.ci_upper, 1 - found.ci_lower))


def test_only_the_order_of_risks_counts_and_not_that_of_rows() -> None:
    found = estimate_concordance(RISK, DURATION, EVENT, ENTRY)
    mixed = np.argsort(ROW * 37 % 61)

    assert estimate_concordance(np.exp(RISK), DURATION, EVENT, ENTRY) == found
    again = estimate_concordance(RISK[mixed], DURATION[mixed], EVENT[mixed], ENTRY[mixed])
    assert (again.value, again.std_error) == pytest.approx((found.value, found.std_error), abs=1e-14)


def test_a_weight_is_as_good_as_so_many_rows() -> None:
    times = ROW % 4
    each = np.repeat(ROW, times)

    weighted = estimate_concordance(RISK, DURATION, EVENT, ENTRY, times)
    repeated = estimate_concordance(RISK[each], DURATION[each], EVENT[each], ENTRY[each])

    assert (weighted.value, weighted.std_error) == pytest.approx((repeated.value, repeated.std_error), abs=1e-12)
    assert weighted.n_obs == repeated.n_obs


def test_the_interval_stays_within_nought_and_one_and_holds_the_value() -> None:
    found = estimate_concordance([4, 3, 1, 2], [1, 2, 3, 4], [1, 1, 1, 0], confidence_level=0.99)

    assert 0 < found.ci_lower < found.value < found.ci_upper < 1
    assert found.value == pytest.approx(5 / 6)


@pytest.mark.parametrize(
    ("risk", "duration", "event", "value"),
    [
        ([], [], [], np.nan),
        ([1, 2], [2, 2], [1, 1], np.nan),
        ([1, 2], [2, 3], [0, 1], np.nan),
        ([2, 1], [2, 3], [1, 0], 1.0),
        ([1, 2], [2, 3], [1, 0], 0.0),
        ([1, 1], [2, 3], [1, 0], 0.5),
    ],
)
def test_without_pairs_there_is_no_value_and_without_spread_no_interval(
    risk: list[float], duration: list[float], event: list[int], value: float
) -> None:
    found = estimate_concordance(risk, duration, event)

    assert found.reason == "too_few"
    assert found.value == pytest.approx(value, nan_ok=True)
    assert np.isnan([found.ci_lower, found.ci_upper]).all()


def test_a_missing_risk_or_stratum_is_refused() -> None:
    with pytest.raises(ValueError, match="risk must be 2 finite numbers"):
        estimate_concordance([1, np.nan], [1, 2], [1, 0])
    with pytest.raises(ValueError, match="strata"):
        estimate_concordance([1, 2], [1, 2], [1, 0], strata=["a", None])
