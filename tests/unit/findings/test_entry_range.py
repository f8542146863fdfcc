from collections.abc import Callable
from datetime import date

import numpy as np

from retention_lab.analysis.entry_range import EntryEnd, EntryRange
from retention_lab.analysis.study import ChurnStudy
from retention_lab.findings.entry_range import entry_finding
from retention_lab.methods.estimates import Estimate, Reason, not_estimable
from retention_lab.text import Text

MakeStudy = Callable[..., ChurnStudy]


def estimate(value: float) -> Estimate:
    return Estimate(
        value=value, ci_lower=value, ci_upper=value, std_error=1, n_obs=1000, confidence_level=0.95, method="KM"
    )


def unknown(reason: Reason) -> Estimate:
    return not_estimable(reason, n_obs=1000, confidence_level=0.95, method="KM")


def found(watched: EntryEnd, late: EntryEnd, since: date | None = date(2024, 1, 1)) -> EntryRange:
    return EntryRange(
        watched=watched,
        late=late,
        since=since,
        stretch=30,
        n_late=400,
        horizon=100,
        unit="days",
        confidence_level=0.95,
    )


def test_both_ends_are_said(study: ChurnStudy, text: Text) -> None:
    ends = found(
        EntryEnd(median=estimate(420.0), at_horizon=estimate(0.86)),
        EntryEnd(median=estimate(277.0), at_horizon=estimate(0.78)),
    )

    said = entry_finding(study, ends, text)

    assert said.headline == (
        "The export does not say. If everybody was watched from the first day, half have left after 420 days, and "
        "86.0% are still here at the horizon; if those who left before 1 January 2024, the first departure on record, "
        "are missing, half have left after 277 days, and 78.0% are still here at the horizon."
    )
    assert said.verdict == "watch"
    assert said.action
    assert said.ci_lower == 0 < said.estimate == said.ci_upper


def test_ends_that_lie_together_are_fine(study: ChurnStudy, text: Text) -> None:
    end = EntryEnd(median=unknown("not_reached"), at_horizon=estimate(0.86))

    said = entry_finding(study, found(end, end, since=None), text)

    assert said.verdict == "fine"
    assert "half have left at a time past the data" in said.headline
    assert "in the last 30 days of their time" in said.headline


def test_an_end_that_cannot_be_had_is_said(study: ChurnStudy, text: Text) -> None:
    nothing = EntryEnd(median=unknown("too_few"), at_horizon=unknown("too_few"))

    said = entry_finding(study, found(nothing, nothing), text)

    assert said.verdict == "not_enough_data"
    assert np.isnan(said.estimate)


def test_what_the_client_file_says_is_repeated(make_study: MakeStudy, text: Text) -> None:
    assert entry_finding(make_study(), None, text).headline == (
        "All customers count from their first day, as the client file says."
    )
    late = make_study(tenure=np.arange(10, 110), left=np.arange(100) % 2, entry=np.full(100, 5))
    assert entry_finding(late, None, text).headline.startswith("100 customers count only from the day")


def test_a_known_entry_has_no_range_in_its_definition(study: ChurnStudy, text: Text) -> None:
    end = EntryEnd(median=estimate(420.0), at_horizon=estimate(0.86))

    known, unknown_entry = entry_finding(study, None, text), entry_finding(study, found(end, end), text)

    assert known.definition == "When each customer came under observation, as the client file says."
    assert "anywhere between" in unknown_entry.definition
