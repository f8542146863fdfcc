from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.reasons import ReasonsOfLeaving, estimate_reasons
from retention_lab.analysis.study import departures_of, study_churn
from retention_lab.methods.survival import estimate_survival
from retention_lab.tables.client import Client
from retention_lab.tables.levels import OTHER, UNKNOWN

MakeClient = Callable[..., Client]
HAZARDS = {"price": 1 / 500, "moved": 1 / 1500}


def customers(hazards: dict[str, float], n: int = 2000, seed: int = 1) -> pd.DataFrame:
    """Customers who leave for each reason at a constant rate, and are seen for 100 to 900 days."""
    rng = np.random.default_rng(seed)
    whole = sum(hazards.values())
    stay, seen = np.ceil(rng.exponential(1 / whole, n)), np.ceil(rng.uniform(100, 900, n))
    reason = rng.choice(list(hazards), n, p=[rate / whole for rate in hazards.values()])
    left = stay <= seen
    tenure = np.minimum(stay, seen).astype(int)
    return pd.DataFrame({"tenure": tenure, "churned": left.astype(int), "end_reason": np.where(left, reason, "")})


def leavers(counts: dict[str, int]) -> pd.DataFrame:
    """As many who left for each reason as said, spread over two years, and as many who are still here."""
    reason = np.repeat(list(counts), list(counts.values()))
    tenure = 1 + np.arange(2 * reason.size) * 37 % 700
    churned = np.arange(2 * reason.size) < reason.size
    return pd.DataFrame(
        {"tenure": tenure, "churned": churned.astype(int), "end_reason": [*reason, *[""] * reason.size]}
    )


def reasons_of(client: Client) -> ReasonsOfLeaving:
    found = estimate_reasons(study_churn(client))
    assert found is not None
    return found


def test_planted_reasons_are_found_again_in_their_order(make_client: MakeClient) -> None:
    found = reasons_of(make_client(customers(HAZARDS)))

    assert [reason.level for reason in found.reasons] == ["price", "moved"]
    whole = sum(HAZARDS.values())
    for reason in found.reasons:
        truth = HAZARDS[reason.level] / whole * (1 - np.exp(-365 * whole))
        assert reason.incidence.ci_lower < truth < reason.incidence.ci_upper
    assert found.is_clear
    assert found.overstated is not None
    # 1 - exp(-365/500) + 1 - exp(-365/1500) - (1 - exp(-365 * 4/1500)) is 0.112.
    assert found.overstated == pytest.approx(0.112, abs=0.02)


def test_reasons_and_those_who_stay_add_up(make_client: MakeClient) -> None:
    made = customers({**HAZARDS, "": 1 / 3000, "rare": 1 / 400_000})
    study = study_churn(make_client(made))

    found = estimate_reasons(study)

    assert found is not None
    assert found.n_left == study.n_left
    assert sum(one.incidence.value for one in found.reasons) + found.stay.value == pytest.approx(1)
    expected = departures_of(estimate_survival(study.table), study.table, study.horizon)
    assert sum(one.departures.value for one in found.reasons) == pytest.approx(expected.value)
    assert found.departures.value == pytest.approx(expected.value)


def test_customers_who_enter_late_are_at_risk_from_then_on(make_client: MakeClient) -> None:
    made = customers(HAZARDS, n=6000)
    late = np.where(np.arange(6000) % 2, 200, 0)
    seen = made.assign(entry_tenure=late)[made.tenure > late]

    found = reasons_of(make_client(seen))

    truth = 0.75 * (1 - np.exp(-365 * 4 / 1500))
    assert found.reasons[0].incidence.ci_lower < truth < found.reasons[0].incidence.ci_upper


def test_a_client_without_reasons_has_none(make_client: MakeClient) -> None:
    made = customers(HAZARDS).drop(columns="end_reason")

    assert estimate_reasons(study_churn(make_client(made))) is None


def test_small_reasons_are_shown_only_together(make_client: MakeClient) -> None:
    found = reasons_of(make_client(leavers({"price": 90, "moved": 40, "a": 6, "b": 7})))

    assert {reason.level: reason.n_left for reason in found.reasons} == {"price": 90, "moved": 40, OTHER: 13}
    assert found.pooled == ("a", "b")
    assert found.reasons[-1].level == OTHER


def test_a_small_reason_cannot_be_had_by_taking_the_others_from_the_total(make_client: MakeClient) -> None:
    found = reasons_of(make_client(leavers({"price": 90, "moved": 40, "a": 6, "": 3})))

    assert {reason.level: reason.n_left for reason in found.reasons} == {"price": 90, OTHER: 46, UNKNOWN: 3}
    assert found.pooled == ("a", "moved")


def test_leavers_without_a_reason_are_a_level_of_their_own_and_come_last(make_client: MakeClient) -> None:
    found = reasons_of(make_client(leavers({"price": 30, "": 90, "a": 5, "b": 6})))

    assert [reason.level for reason in found.reasons] == ["price", OTHER, UNKNOWN]
    assert (found.n_unknown, found.n_left) == (90, 131)
    assert [reason.level for reason in found.named] == ["price"]
    assert found.lead is None


def test_a_reason_of_someone_still_here_is_none(make_client: MakeClient) -> None:
    made = leavers({"price": 90, "moved": 40})
    made.loc[made.churned == 0, "end_reason"] = "price"

    found = reasons_of(make_client(made))

    assert {reason.level: reason.n_left for reason in found.reasons} == {"price": 90, "moved": 40}


def test_two_reasons_that_are_as_common_are_not_told_apart(make_client: MakeClient) -> None:
    found = reasons_of(make_client(customers({"price": 1 / 1000, "moved": 1 / 1000}, n=400)))

    assert not found.is_clear
    assert found.lead is not None
    assert found.lead.ci_lower < 0 < found.lead.ci_upper


@pytest.mark.parametrize(
    ("made", "levels"),
    [
        pytest.param(leavers({"price": 30}), ["price"], id="one reason"),
        pytest.param(leavers({"": 30}), [UNKNOWN], id="no reason known"),
        pytest.param(leavers({"price": 3}), [OTHER], id="too few to be shown"),
        pytest.param(leavers({"price": 30}).assign(churned=0), [], id="nobody left"),
        pytest.param(leavers({"price": 30}).assign(churned=1, end_reason="price"), ["price"], id="everybody left"),
    ],
)
def test_odd_clients_have_a_result_too(make_client: MakeClient, made: pd.DataFrame, levels: list[str]) -> None:
    found = reasons_of(make_client(made))

    assert [reason.level for reason in found.reasons] == levels
    assert len(found.to_frame()) == len(levels)
    assert (found.overstated or 0) == pytest.approx(0, abs=1e-12)


def test_past_the_follow_up_there_is_no_number_and_a_reason_why(make_client: MakeClient) -> None:
    found = estimate_reasons(study_churn(make_client(customers(HAZARDS)), horizon_days=5000))

    assert found is not None
    assert {reason.incidence.reason for reason in found.reasons} == {"not_observed"}
    assert {reason.departures.reason for reason in found.reasons} == {"not_observed"}
    assert found.overstated is None
    assert not found.is_clear


def test_the_order_of_the_rows_changes_no_bit(make_client: MakeClient) -> None:
    made = customers({**HAZARDS, "": 1 / 3000})
    first, second = (reasons_of(make_client(rows)) for rows in (made, made.sample(frac=1, random_state=1)))

    pd.testing.assert_frame_equal(first.to_frame(), second.to_frame(), check_exact=True)
