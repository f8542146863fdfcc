from retention_lab.tables.levels import OTHER, UNKNOWN, levels_to_pool


def test_groups_that_are_large_enough_are_left_alone() -> None:
    assert levels_to_pool({"a": 10, "b": 500}, 10) == set()


def test_small_groups_that_reach_the_limit_together_are_pooled_and_no_other() -> None:
    assert levels_to_pool({"a": 6, "b": 7, "c": 500, "d": 40}, 10) == {"a", "b"}


def test_a_small_group_takes_the_next_smallest_along_so_that_it_is_not_the_rest_of_a_total() -> None:
    assert levels_to_pool({"a": 3, "b": 40, "c": 500}, 10) == {"a", "b"}


def test_of_two_groups_a_small_one_leaves_nothing_to_compare() -> None:
    assert levels_to_pool({"a": 3, "b": 500}, 10) == {"a", "b"}


def test_a_few_customers_of_whom_it_is_not_known_hide_no_group() -> None:
    assert levels_to_pool({UNKNOWN: 2, "b": 40, "c": 500}, 10) == {UNKNOWN}


def test_a_few_of_whom_it_is_not_known_still_help_to_hide_a_small_group() -> None:
    assert levels_to_pool({UNKNOWN: 5, "a": 6, "b": 40, "c": 500}, 10) == {UNKNOWN, "a"}


def test_our_own_label_is_none_that_trimmed_text_can_have() -> None:
    assert OTHER.strip() != OTHER
