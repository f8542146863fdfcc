"""From the mark that came with a comment, or from a person who read it, to how its writer felt."""

import numpy as np
from numpy.typing import NDArray

NEGATIVE, NEUTRAL, POSITIVE, UNKNOWN = 0, 1, 2, -1
CLASSES = ("negative", "neutral", "positive")
Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
# Rounding must not move a mark that lies on an edge.
_SLACK = 1e-9


def class_of_marks(rating: Floats, worst: Floats, best: Floats) -> Codes:
    """NEGATIVE, NEUTRAL or POSITIVE for each mark; UNKNOWN without a mark, without a scale, or outside of it.

    0-10 is read as for NPS: 0 to 6, 7 and 8, 9 and 10 (Reichheld 2003). On any other scale the lowest two fifths are
    unhappy and the highest two fifths happy: 1 and 2, 3, 4 and 5 on 1-5. `worst` may lie above `best`.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        place = (rating - worst) / (best - worst)
    promoters = (np.minimum(worst, best) == 0) & (np.maximum(worst, best) == 10)
    low, high = np.where(promoters, 0.65, 0.4), np.where(promoters, 0.85, 0.6)
    known = np.isfinite(place) & (place >= -_SLACK) & (place <= 1 + _SLACK)
    found = np.where(place < low - _SLACK, NEGATIVE, np.where(place > high + _SLACK, POSITIVE, NEUTRAL))
    return np.where(known, found, UNKNOWN).astype(np.int64)
