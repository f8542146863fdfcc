"""What a person should know of a file although no row was set aside for it."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "blank",
    "likely_missing",
    "swapped_dates",
    "order_of_dates",
    "mixed_offsets",
    "partial_period",
    "gap_in_time",
    "future_dates",
    "currency_signs",
    "overlapping_files",
    "several_rows_a_key",
    "nearly_a_key",
    "unknown_reference",
    "constant_column",
    "odd_values",
]
"""What a remark can be about. Words for each of them stand in `findings.quality`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something in a file that may bend a number, and that nobody but the client can judge.

    `column` is the file's, `name` the canonical one ("" where it is not mapped); `n_rows` the rows concerned, the first
    of which is `first_row` of `first_file` (as a spreadsheet counts; 0: no single row); `example` is what stood there,
    `found` says it in a sentence, and `remedy` what to do.
    """

    kind: Kind
    column: str = ""
    name: str = ""
    n_rows: int = 0
    first_row: int = 0
    first_file: str = ""
    example: str = ""
    found: str
    remedy: str
