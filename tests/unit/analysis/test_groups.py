from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.churn import compare_groups, study_churn
from retention_lab.errors import ParameterError
from retention_lab.tables.client import Client
from retention_lab.tables.levels import OTHER, UNKNOWN

MakeClient = Callable[..., Client]


def customers(sizes: dict[str, int], means: dict[str, float] | None = None, seed: int = 1) -> pd.DataFrame:
    """Customers of each plan who leave at a constant rate, after a mean of 400 days if not said."""
    rng = np.random.default_rng(seed)
    plan = np.repeat(list(sizes), list(sizes.values()))
    stay = rng.exponential([(means or {}).get(one, 400.0) for one in plan])
    seen = rng.uniform(100, 900, plan.size)
    tenure = np.ceil(np.minimum(stay, seen)).astype(int)
    return pd.DataFrame({"tenure": tenure, "churned": (stay <= seen).astype(int), "plan": plan})


def test_the_group_that_was_made_to_leave_sooner_is_found(make_client: MakeClient) -> None:
    made = customers({"basic": 800, "plus": 800, "gold": 800}, {"plus": 200})

    (found,) = compare_groups(study_churn(make_client(made)))

    truth = np.exp(-365 / 200) - np.exp(-365 / 400)
    assert found.earliest is not None
    assert found.earliest.level == "plus"
    assert found.earliest.difference.ci_lower < truth < found.earliest.difference.ci_upper
    assert found.is_clear
    assert sum(group.n_obs for group in found.groups) == 2400


def test_small_groups_are_shown_only_together(make_client: MakeClient) -> None:
    (found,) = compare_groups(study_churn(make_client(customers({"basic": 300, "plus": 200, "a": 6, "b": 7}))))

    assert {group.level: group.n_obs for group in found.groups} == {"basic": 300, "plus": 200, OTHER: 13}
    assert found.pooled == ("a", "b")


def test_a_small_group_cannot_be_had_by_taking_the_others_from_the_total(make_client: MakeClient) -> None:
    study = study_churn(make_client(customers({"basic": 300, "plus": 200, "gold": 3})))

    (found,) = compare_groups(study)

    assert {group.level: group.n_obs for group in found.groups} == {"basic": 300, OTHER: 203}
    assert study.table.n_obs - sum(group.n_obs for group in found.groups) == 0


def test_of_two_groups_one_small_there_is_nothing_to_compare(make_client: MakeClient) -> None:
    (found,) = compare_groups(study_churn(make_client(customers({"basic": 300, "gold": 3}))))

    assert [group.level for group in found.groups] == [OTHER]
    assert found.earliest is None
    assert found.log_rank is None
    assert not found.is_clear


def test_a_few_blanks_are_left_out_and_hide_no_group(make_client: MakeClient) -> None:
    made = customers({"basic": 300, "plus": 200, "": 4})

    (found,) = compare_groups(study_churn(make_client(made)))

    assert {group.level for group in found.groups} == {"basic", "plus"}
    assert found.pooled == (UNKNOWN,)


def test_many_blanks_are_a_group_of_their_own_but_never_the_one_that_leaves_sooner(make_client: MakeClient) -> None:
    (found,) = compare_groups(study_churn(make_client(customers({"basic": 300, "plus": 200, "": 80}, {"": 50}))))

    assert {group.level for group in found.groups} == {"basic", "plus", UNKNOWN}
    assert found.earliest is not None
    assert found.earliest.level != UNKNOWN


def test_a_group_that_the_client_calls_other_is_a_group_like_any(make_client: MakeClient) -> None:
    made = customers({"basic": 300, "(other)": 200, "a": 6, "b": 7}, {"(other)": 100})

    (found,) = compare_groups(study_churn(make_client(made)))

    assert {group.level: group.n_obs for group in found.groups} == {"basic": 300, "(other)": 200, OTHER: 13}
    assert found.earliest is not None
    assert found.earliest.level == "(other)"


def test_a_group_that_has_wholly_left_is_the_earliest(make_client: MakeClient) -> None:
    made = customers({"basic": 300, "plus": 200, "gold": 100}, {"plus": 300})
    gone = made.plan == "gold"
    made = made.assign(
        tenure=made.tenure.where(~gone, made.tenure.clip(upper=90)), churned=made.churned.where(~gone, 1)
    )

    (found,) = compare_groups(study_churn(make_client(made)))

    assert found.earliest is not None
    assert found.earliest.level == "gold"
    assert found.earliest.at_horizon.value == 0
    assert found.earliest.familywise_upper < 0
    assert found.earliest.n_here == 0


def test_a_sure_difference_comes_before_a_large_gap_of_a_handful(make_client: MakeClient) -> None:
    made = customers({"basic": 2000, "plus": 2000}, {"plus": 320})
    rng = np.random.default_rng(3)
    colour = rng.choice(["red", "blue"], len(made)).astype(object)
    early = made.index[(made.tenure < 60) & (made.churned == 1)][:11]
    late = made.index[made.tenure > 300][:4]
    colour[[*early, *late]] = "green"

    found = compare_groups(study_churn(make_client(made.assign(colour=colour))))

    gaps = {one.column: one.earliest.difference.value for one in found if one.earliest}
    assert gaps["colour"] < gaps["plan"]
    assert found[0].column == "plan"


def test_pvalues_are_adjusted_for_the_covariates_that_were_compared(make_client: MakeClient) -> None:
    rng = np.random.default_rng(5)
    made = customers({"basic": 300, "plus": 300}, {"plus": 300})
    made = made.assign(**{f"noise_{n}": rng.choice(["x", "y"], 600) for n in range(4)})
    study = study_churn(make_client(made))

    alone, among = compare_groups(study, ["plan"])[0], compare_groups(study)

    (plan,) = (one for one in among if one.column == "plan")
    assert alone.log_rank is not None
    assert alone.pvalue_adjusted == alone.log_rank.pvalue
    assert plan.pvalue_adjusted == pytest.approx(min(1, 5 * alone.log_rank.pvalue))


def test_no_group_is_clear_in_nearly_all_data_without_a_difference(make_client: MakeClient) -> None:
    rng = np.random.default_rng(6)
    made = customers({"basic": 1500})
    noise = {f"noise_{n}": rng.choice(list("ABCDE"), 1500) for n in range(12)}

    found = compare_groups(study_churn(make_client(made.drop(columns="plan").assign(**noise))))

    # Holm over all twelve: one false alarm in twenty such sets, and hardly ever two.
    assert sum(one.is_clear for one in found) <= 1


def test_an_unknown_name_is_told_why_and_what_is_allowed(make_client: MakeClient) -> None:
    made = customers({"basic": 30, "plus": 30}).assign(age=np.arange(60), same="x", many=[f"v{n}" for n in range(60)])
    study = study_churn(make_client(made))

    with pytest.raises(ParameterError) as refused:
        compare_groups(study, ["colour", "age", "same", "many"])

    told = str(refused.value)
    for words in ("no such covariate", "it is a number", "the same value", "too many values"):
        assert words in told
    assert {fault.allowed for fault in refused.value.faults} == {"plan"}


def test_a_name_asked_for_twice_is_compared_once(make_client: MakeClient) -> None:
    found = compare_groups(study_churn(make_client(customers({"basic": 30, "plus": 30}))), ["plan", "plan"])

    assert len(found) == 1


def test_a_condition_that_leaves_one_level_leaves_nothing_to_compare_and_no_crash(make_client: MakeClient) -> None:
    made = customers({"basic": 200, "plus": 200}).assign(region=["north", "south"] * 200)

    found = compare_groups(study_churn(make_client(made), where=["plan=plus"]))

    assert {one.column: one.earliest is None for one in found} == {"plan": True, "region": False}
