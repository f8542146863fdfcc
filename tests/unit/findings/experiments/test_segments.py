"""Whether it works for some more than for others: never a list of winners."""

import math

from experiment_results import gate, interaction, study

from retention_lab.findings.experiments.segments import segment_findings
from retention_lab.findings.finding import Finding
from retention_lab.text import Text


def of(text: Text, *args: object, **changes: object) -> Finding:
    return next(iter(segment_findings(study(), [interaction(*args, **changes)], text)))  # type: ignore[arg-type]


def test_groups_that_do_not_clearly_differ_are_not_told_apart(text: Text) -> None:
    found = of(text, 0.4)

    assert found.id == "experiment.segment.region"
    assert found.verdict == "no_evidence"
    assert found.headline == (
        "Nothing shows that the effect of “offer” differs by region (p = 0.400): take it to be the same for all."
    )
    assert "Region" not in found.headline + found.action + "".join(found.caveats)


def test_groups_that_differ_are_given_as_a_range_and_with_a_warning(text: Text) -> None:
    found = of(text, 0.001, 3)

    assert found.verdict == "watch"
    assert "from 1.00 days (0.20 to 1.80) in “Region 1”" in found.headline
    assert "in “Region 3”" in found.headline
    assert "Region 2" not in found.headline
    assert any("more extreme than they are" in caveat for caveat in found.caveats)
    assert any("where more leave anyway, there is more to gain" in caveat for caveat in found.caveats)
    assert found.action


def test_too_few_groups_are_no_evidence_either_way(text: Text) -> None:
    found = of(text, math.nan, 1, n_small=4)

    assert found.verdict == "not_enough_data"
    assert "too few groups are large enough" in found.headline
    assert any(caveat.startswith("4 groups are left out: below 10 customers") for caveat in found.caveats)
    assert "nan" not in found.method


def test_with_several_treatments_each_has_an_id(text: Text) -> None:
    asked = study(variants=("hold_out", "offer", "call"))
    found = segment_findings(asked, [interaction(), interaction(variant="call")], text)

    assert [one.id for one in found] == ["experiment.segment.region.offer", "experiment.segment.region.call"]


def test_after_a_failed_check_groups_are_not_looked_at(text: Text) -> None:
    assert list(segment_findings(study(), [interaction(0.001)], text, [gate("lost", "failed")])) == []
