"""Days of which day and month are swapped although both orders exist: in a column that goes with time, they jump."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retention_lab.tables.looks.seen import Looked
from retention_lab.tables.remarks import Remark
from retention_lab.tables.sources.source import POSITION

# So many of a hundred days may come before the one above them, and the column still goes with time.
_UNSORTED = 0.01
_FEWEST, _MOST = 20, 5_000_000
# Of days that go with the rows, this is far less than the correlation of the two; of others, far more.
_ALONG = 0.3
_TWELVE = 12


def swapped_dates(seen: Looked) -> Iterator[Remark]:
    """Days that lie outside the days above and below them, and would lie between them the other way round.

    Of a table with more than five million rows, nothing is looked for: nobody writes so many with the year at the end.
    """
    for name, facts in seen.columns("date"):
        if not _FEWEST <= facts.get("n_at_end", 0) <= _MOST or abs(facts["along"] or 0.0) < _ALONG:
            continue
        days = seen.typed.select(POSITION, day=seen.typed[name].cast("date"))
        known = days.filter(days.day.notnull()).order_by(POSITION).to_pyarrow()
        odd = _odd(known["day"].to_numpy().astype("M8[D]"))
        if odd.size:
            yield seen.remark(
                "swapped_dates",
                name,
                seen.typed[POSITION].isin(known[POSITION].take(odd).to_pylist()),
                found="days that jump out of the order of the rows, and fit into it with day and month swapped",
                remedy="ask the client which way round they are, and for ISO dates",
            )


def _odd(days: NDArray[Any]) -> NDArray[np.int64]:
    """The places of days that are likely swapped; none where the days do not go with the rows."""
    above, day, below = days[:-2], days[1:-1], days[2:]
    month = day.astype("M8[M]")
    january = day.astype("M8[Y]").astype("M8[M]")
    number = (day - month).astype(int) + 1
    turned = (january + np.minimum(number, _TWELVE) - 1).astype("M8[D]") + (month - january).astype(int)
    jumps = (above <= below) & ((day < above) | (day > below))
    odd = jumps & (number <= _TWELVE) & (above <= turned) & (turned <= below)
    n_back, n_odd = int((days[1:] < days[:-1]).sum()), int(odd.sum())
    is_along = n_back - n_odd <= _UNSORTED * days.size and n_odd <= 5 * _UNSORTED * days.size
    return np.flatnonzero(odd) + 1 if is_along else np.array([], np.int64)
