from dataclasses import replace
from datetime import date

import pytest

from retention_lab.analysis.save_rates import SaveRate
from retention_lab.findings.save_rates import money_caveats, where_from
from retention_lab.methods.estimates import Estimate, not_estimable
from retention_lab.tables.client_file import Money
from retention_lab.text import Text

RATE = SaveRate(
    value=0.12,
    source="client file",
    assumed=0.12,
    estimate=not_estimable("too_few", n_obs=0, confidence_level=0.95, method="a comparison"),
    experiment="",
    assigned_on=None,
    n_contact=0,
    n_contact_left=0,
    n_hold_out=0,
    n_hold_out_left=0,
    n_lost=0,
    why_not="no_list",
    money=Money(margin_rate=0.45, contact_cost=4.0, save_rate=0.12),
    has_dates=True,
)
SILENT = Money(margin_rate=0.45, contact_cost=4.0)


def estimate(value: float, lower: float, upper: float) -> Estimate:
    return Estimate(
        value=value,
        ci_lower=lower,
        ci_upper=upper,
        std_error=1.0,
        n_obs=100,
        confidence_level=0.95,
        method="a comparison",
    )


def test_a_share_that_nobody_has_named_is_told_as_ours(text: Text) -> None:
    assert where_from(replace(RATE, source="default", money=SILENT), text) == (
        "Nobody has said what share can be kept: 12% is this program's assumption. Write save_rate under money in "
        "client.yml."
    )


def test_beside_what_a_list_showed_nothing_is_put_into_the_mouth_of_the_client_file(text: Text) -> None:
    shown = replace(RATE, source="experiment", estimate=estimate(0.12, 0.05, 0.2), assigned_on=date(2025, 10, 31))

    assert where_from(shown, text).endswith("held out. The client file assumes 12%.")
    assert where_from(replace(shown, money=SILENT), text).endswith("held out. The client file says nothing of it.")


def test_a_share_with_a_decimal_keeps_it(text: Text) -> None:
    assert "That 12.5% can be kept" in where_from(replace(RATE, assumed=0.125), text)


@pytest.mark.parametrize(
    ("why_not", "said"),
    [
        ("unclear", "leaves it open: 5.0% (−10.0% to 20.0%) were kept, which allows for nothing kept as well as for"),
        ("too_few", "was too small to say: 40 contacted, 9 held out."),
        ("no_dates", "cannot tell, as the customers have tenures and no dates."),
    ],
)
def test_why_the_last_list_is_not_used_is_said(text: Text, why_not: str, said: str) -> None:
    rate = replace(RATE, why_not=why_not, assigned_on=date(2025, 10, 31), n_contact=40, n_hold_out=9)
    rate = replace(rate, estimate=estimate(0.05, -0.1, 0.2)) if why_not == "unclear" else rate

    caveat = where_from(rate, text)

    assert caveat.startswith("That 12% can be kept is an assumption of the client file, not a result. The list of 31")
    assert said in caveat


@pytest.mark.parametrize(
    ("money", "said"),
    [
        (Money(margin_rate=0.45, contact_cost=0.0), ["Margin is 45% of the monthly value, as the client file says."]),
        (
            Money(margin_rate=0.125, contact_cost=4.0),
            ["Margin is 12.5% of the monthly value, as the client file says."],
        ),
        (
            Money(margin_rate=0.45),
            [
                "Margin is 45% of the monthly value, as the client file says.",
                "The client file gives no cost of a contact, so contacts count as free. Write contact_cost under "
                "money.",
            ],
        ),
        (
            Money(contact_cost=4.0),
            [
                "The client file gives no margin, so all of the monthly value counts as margin. Write margin_rate "
                "under money."
            ],
        ),
        (Money(monthly_value_is="margin", contact_cost=4.0), []),
    ],
)
def test_what_counts_as_margin_and_as_cost_is_said(text: Text, money: Money, said: list[str]) -> None:
    assert money_caveats(money, text) == said
