"""Days of which day and month are swapped although both orders exist: in a column that goes with time, they jump."""

from collections.abc import Iterator

import ibis

from retention_lab.tables.looks.seen import Looked
from retention_lab.tables.remarks import Remark
from retention_lab.tables.sources.source import POSITION

# So many of a hundred days may come before the one above them, and the column still goes with time.
_UNSORTED = 0.01
_FEWEST = 20
# Of days that go with the rows, this is far less than the correlation of the two; of others, far more.
_ALONG = 0.3
_TWELVE = 12


def swapped_dates(seen: Looked) -> Iterator[Remark]:
    """Days that lie outside the days above and below them, and would lie between them the other way round."""
    for name, facts in seen.columns("date"):
        if facts.get("n_at_end", 0) < _FEWEST or abs(facts["along"] or 0.0) < _ALONG:
            continue
        days = seen.typed.select(POSITION, day=seen.typed[name].cast("date"))
        days = days.filter(days.day.notnull())
        along = ibis.window(order_by=days[POSITION])
        days = days.mutate(above=days.day.lag().over(along), below=days.day.lead().over(along))
        turned = ibis.date(days.day.year(), ibis.least(days.day.day(), _TWELVE), days.day.month())
        jumps = (days.above <= days.below) & ~days.day.between(days.above, days.below)
        odd = jumps & (days.day.day() <= _TWELVE) & turned.between(days.above, days.below)
        counted = days.aggregate(
            n=days.count(), back=days.count(where=days.day < days.above), odd=days.count(where=odd)
        ).to_pyarrow()
        n, back, n_odd = (counted[fact][0].as_py() for fact in ("n", "back", "odd"))
        if n_odd and back - n_odd <= _UNSORTED * n and n_odd <= n * _UNSORTED * 5:
            yield seen.remark(
                "swapped_dates",
                name,
                seen.typed[POSITION].isin(days.filter(odd)[POSITION]),
                found="days that jump out of the order of the rows, and fit into it with day and month swapped",
                remedy="ask the client which way round they are, and for ISO dates",
            )
