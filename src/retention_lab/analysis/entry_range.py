"""How far it matters that nobody knows from when on the export shows each customer.

An extract of today's customers and some leavers lacks those who left before it began. If it is read as if everybody had
been watched from the first day, fewer seem to leave than do (left truncation; Klein and Moeschberger 2003, 4.6). Two
ends are worked out: all watched from their first day, and nobody on record before the earliest departure recorded.
Without dates the other end is that each was seen for one stretch only, the last of their time.
"""

from dataclasses import dataclass
from datetime import date

from retention_lab.analysis.study import ChurnStudy, table_of
from retention_lab.methods.estimates import Estimate
from retention_lab.methods.survival import SurvivalCurve, estimate_median, estimate_share, estimate_survival
from retention_lab.tables.client import Client
from retention_lab.tables.late_entry import enter_on, enter_within, first_departure
from retention_lab.tables.reductions import ALL, life_tables


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryEnd:
    """What the data says at one end of what is possible."""

    median: Estimate
    at_horizon: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRange:
    """Survival if all were `watched` from their first day, and if they came on record `late`.

    `since` is the day of the first departure on record, from which on all leavers may be there; None without dates,
    where each may have been seen for the last `stretch` only. `n_late` is how many would enter late.
    """

    watched: EntryEnd
    late: EntryEnd
    since: date | None
    stretch: float
    n_late: int
    horizon: float
    unit: str
    confidence_level: float


def estimate_entry_range(client: Client, study: ChurnStudy) -> EntryRange | None:
    """The two ends; None where the client file says from when on customers were observed, or that all were."""
    if study.observation.entry_known:
        return None
    since = first_departure(client)
    observation = study.observation
    later = enter_within(observation, study.stretch) if since is None else enter_on(client, observation, since)
    table = table_of(life_tables(later.rows), ALL)
    return EntryRange(
        watched=_end(study, estimate_survival(study.table, study.confidence_level)),
        late=_end(study, estimate_survival(table, study.confidence_level)),
        since=since,
        stretch=study.stretch,
        n_late=int(table.n_entered[table.time > 0].sum()),
        horizon=study.horizon,
        unit=study.unit,
        confidence_level=study.confidence_level,
    )


def _end(study: ChurnStudy, curve: SurvivalCurve) -> EntryEnd:
    return EntryEnd(
        median=estimate_median(curve), at_horizon=estimate_share(curve, study.horizon, study.confidence_level)
    )
