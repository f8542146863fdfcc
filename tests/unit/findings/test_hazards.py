from collections.abc import Callable
from dataclasses import replace

import pytest

from retention_lab.analysis.drivers import Drivers
from retention_lab.analysis.model import ChangingRatio, ChurnModel
from retention_lab.findings.hazards import hazards_finding
from retention_lab.methods.hazard_ratios import HazardRatio
from retention_lab.text import Text

MakeDrivers = Callable[..., Drivers]
MakeModel = Callable[..., ChurnModel]


def ratio(value: float, lower: float, upper: float) -> HazardRatio:
    return HazardRatio(value=value, ci_lower=lower, ci_upper=upper, pvalue=0.001, confidence_level=0.95)


TURNS = ChangingRatio(
    name="contract",
    level="Monthly",
    reference="Yearly",
    cut=180.0,
    early=ratio(6.0, 5.1, 7.2),
    late=ratio(1.5, 1.2, 1.9),
    change=ratio(0.25, 0.19, 0.33),
    pvalue=0.0001,
    stratified=True,
)


def test_a_ratio_that_changes_is_told_early_and_late_with_what_follows(
    make_drivers: MakeDrivers, make_model: MakeModel, text: Text
) -> None:
    drivers = make_drivers(changing=(TURNS,), model=make_model(pvalues={"contract": 0.0001}))

    found = hazards_finding(drivers, text)

    assert found.headline == (
        "The difference between customers with contract “Monthly” and those with “Yearly” changes: in the first 180 "
        "days they leave 6.00 times as fast (5.10 to 7.20), after that 1.50 times (1.20 to 1.90)."
    )
    assert "a curve of its own" in found.action
    assert (found.verdict, found.estimate, found.ci_lower, found.ci_upper) == ("watch", 0.25, 0.19, 0.33)


def test_an_average_is_said_to_be_one(make_drivers: MakeDrivers, make_model: MakeModel, text: Text) -> None:
    averaged = [replace(TURNS, name=name, stratified=False) for name in ("contract", "age", "fee_band")]
    curve = replace(TURNS, name="region")
    drivers = make_drivers(changing=(*averaged, curve), model=make_model(pvalues={"contract": 0.0001}))

    found = hazards_finding(drivers, text)

    assert found.action.startswith("The model holds an average of the two")
    assert found.caveats == (
        "Also given curves of their own: Region.",
        "Also changing, and held at their average: Age and Fee band.",
    )


def test_steady_ratios_are_fine(make_drivers: MakeDrivers, make_model: MakeModel, text: Text) -> None:
    found = hazards_finding(make_drivers(model=make_model(pvalues={"plan": 0.4, "age": 0.07})), text)

    assert "p = 0.070" in found.headline
    assert (found.verdict, found.action) == ("fine", "")


@pytest.mark.parametrize("pvalues", [{}, {"plan": float("nan")}])
def test_with_nothing_to_test_it_is_said(
    make_drivers: MakeDrivers, make_model: MakeModel, text: Text, pvalues: dict[str, float]
) -> None:
    found = hazards_finding(make_drivers(model=make_model(pvalues=pvalues)), text)

    assert found.verdict == "not_enough_data"
    assert "cannot be tested" in found.headline
