from typing import Any

import numpy as np
import pytest

from retention_lab.methods.cause_tables import CauseTable, cause_table, censor_other_causes, combine_causes
from retention_lab.methods.life_tables import life_table


def test_causes_are_counted_at_each_time() -> None:
    table = cause_table([2, 2, 2, 3, 4], [1, 1, 0, 1, 0], ["b", "a", "", "b", None], entry=[0, 0, 0, 1, 0])

    assert table.causes == ("a", "b")
    assert table.table.time.tolist() == [0, 1, 2, 3, 4]
    assert table.n_events.tolist() == [[0, 0], [0, 0], [1, 1], [0, 1], [0, 0]]
    assert table.table.n_entered.tolist() == [4, 1, 0, 0, 0]


@pytest.mark.parametrize(
    ("event", "cause", "told"),
    [
        ([1, 1, 0], ["a", None, ""], "row 1: the customer left without a cause"),
        ([1, 1, 0], ["a", np.nan, ""], "row 1: the customer left without a cause"),
        ([1, 1, 0], ["a", "", ""], "row 1: the customer left without a cause"),
        ([1, 0, 0], ["a", "b", ""], "row 1: the customer is still here, but has the cause 'b'"),
        ([0, 1, 2], ["", "a", "b"], "event_observed must be 0, 1, False or True, not 2"),
        ([0, 1, 1], [0, 1, 2], "row 0: a cause must be a name, not 0"),
        ([1, 1, 0], ["a", "b"], "cause has shape"),
    ],
)
def test_status_codes_and_causes_that_contradict_who_left_are_refused(event: Any, cause: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        cause_table([1, 2, 3], event, cause)


@pytest.mark.parametrize(
    ("causes", "n_events", "told"),
    [
        (("a", "b"), [[0, 0], [1, -1], [1, 0]], "not negative, not -1"),
        (("a", "b"), [[0, 0], [np.nan, 0], [1, 0]], "must be finite"),
        (("a",), [[0], [0], [1]], "at time 1 1 leave, but 0 have a cause"),
        (("a", "b"), [[1], [1]], "time by cause"),
        (("a", "a"), [[1, 0], [1, 0]], "no name twice"),
        (("a", ""), [[1, 0], [1, 0]], "a name each"),
    ],
)
def test_counts_that_do_not_fit_the_life_table_are_refused(causes: Any, n_events: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        CauseTable(table=life_table([1, 2], [1, 1]), causes=causes, n_events=np.array(n_events))


def test_tables_counted_apart_by_cause_give_the_table_of_all_customers() -> None:
    apart = {"price": life_table([2, 5], [1, 1]), "": life_table([3, 9], [0, 0], [1, 0]), "none": life_table([4], [0])}

    table = combine_causes(apart)

    assert table.causes == ("price",)
    assert table.table.n_obs == 5
    assert table.table.time[table.n_events[:, 0] > 0].tolist() == [2, 5]


def test_with_the_other_causes_censored_everybody_is_still_in_the_table() -> None:
    alone = censor_other_causes(cause_table([2, 2, 3], [1, 1, 1], ["a", "b", "b"]), "a")

    assert alone.n_obs == 3
    assert alone.n_events.sum() == 1


def test_a_cause_for_which_nobody_left_is_named_in_the_refusal() -> None:
    with pytest.raises(ValueError, match="nobody left for 'c'; the causes are 'a', 'b'"):
        censor_other_causes(cause_table([2, 3], [1, 1], ["a", "b"]), "c")
