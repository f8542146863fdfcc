import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention_lab.methods.combined_intervals import Ends, interval_of_difference, interval_of_ratio

SIDE = st.floats(0.01, 3)


@st.composite
def uneven(draw: st.DrawFn, lowest: float) -> Ends:
    value = draw(st.floats(lowest, 10))
    return value, value - draw(SIDE), value + draw(SIDE)


def test_the_difference_is_that_of_newcombe() -> None:
    # Newcombe (1998), table II, method 10, example (a): 56/70 - 48/80 from Wilson's limits: 0.0524 to 0.3339.
    found = interval_of_difference((0.8, 0.691834, 0.876953), (0.6, 0.490455, 0.700382))

    assert found == pytest.approx((0.0524, 0.3339), abs=1e-4)


@settings(max_examples=200, deadline=None)
@given(uneven(-10), uneven(3.1))
def test_at_the_ends_of_the_ratio_the_difference_just_reaches_nought(top: Ends, bottom: Ends) -> None:
    lower, upper = interval_of_ratio(top, bottom)

    assert lower <= top[0] / bottom[0] <= upper
    for ratio, end in ((lower, 0), (upper, 1)):
        scaled = [ratio * value for value in bottom]
        times = (scaled[0], min(scaled[1:]), max(scaled[1:]))
        # As large as the largest of what is subtracted.
        assert interval_of_difference(top, times)[end] == pytest.approx(0, abs=1e-6)


def test_a_denominator_that_is_less_sure_upwards_than_downwards_still_has_a_lower_end() -> None:
    # Wilson's limits of 1 in 29: the upper one is more than twice the share.
    lower, upper = interval_of_ratio((0.5, 0.4, 0.6), (0.0345, 0.0061, 0.1718))

    assert 0 < lower < 0.5 / 0.0345 < upper < math.inf


def test_what_two_numbers_have_in_common_narrows_their_ratio() -> None:
    top, bottom = (10.0, 9.0, 11.0), (8.0, 7.2, 8.8)
    alone, together = interval_of_ratio(top, bottom), interval_of_ratio(top, bottom, correlation=0.9)

    assert alone[0] < together[0] < 10 / 8 < together[1] < alone[1]
    # Both the same but for their scale: the ratio is certain.
    assert interval_of_ratio(top, bottom, correlation=1.0) == pytest.approx((1.25, 1.25))


@pytest.mark.parametrize("begins", [0.0, -0.2, math.nan])
def test_a_denominator_that_may_be_nought_is_refused(begins: float) -> None:
    with pytest.raises(ValueError, match="above nought"):
        interval_of_ratio((1, 0, 2), (1, begins, 2))
