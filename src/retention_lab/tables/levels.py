"""Labels of our own beside the levels that a client's data has, and which levels are too small to be shown."""

from collections.abc import Mapping

# All text from a client is trimmed when it is read. A label that begins with a space can be no client's level,
# even of one whose data says "(other)".
OTHER, UNKNOWN = " (other)", " (not known)"
YES, NO = " (yes)", " (no)"
UPPER, LOWER = " (upper quarter)", " (lower quarter)"


def levels_to_pool(counts: Mapping[str, float], min_group: int) -> frozenset[str]:
    """Return the levels to be pooled as one, given how many customers each has.

    Those below `min_group`; and where they do not reach it together, the next smallest too: what is left over when
    all other groups are taken from the total would be as plain as if it were shown. Customers whose level is not
    known share nothing that could give them away, and hide no other group.
    """
    small = {level for level, n in counts.items() if n < min_group}
    if not small - {UNKNOWN}:
        return frozenset(small)
    larger = sorted(counts.keys() - small - {UNKNOWN}, key=lambda level: (counts[level], level), reverse=True)
    while larger and sum(counts[level] for level in small) < min_group:
        small.add(larger.pop())
    return frozenset(small)
