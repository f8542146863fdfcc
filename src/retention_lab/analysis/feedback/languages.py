"""Which language each comment is in: as the export says, as the comment reads, or as its customer usually writes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from py3langid.langid import LanguageIdentifier

from retention_lab.tables.verbatims.masking import MASK

UNDETERMINED = ""
SAID, READ, CUSTOMER, ONLY, UNKNOWN = "said", "read", "customer", "only", "undetermined"
HOW = (SAID, READ, CUSTOMER, ONLY, UNKNOWN)
MODEL = "data/model.npz.xz"
# Shorter comments are too often taken for another language.
_FEWEST_LETTERS = 20
_SUREST_WRONG = 0.7
# The beginning tells it; to read on only takes time.
_MOST_READ = 300
_LETTERS = re.compile(r"[^\W\d_]")
_SPOKEN = re.compile(rf"{MASK.pattern}|[^\w\s'’]|[\d_]")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Languages:
    """The language of each comment, blank where undetermined, and how it is known.

    `how`: said (by the export), read (off the comment), customer (as this customer usually writes), only (one language
    is declared) or undetermined. `shares` by how. `contradicted`: of the `n_compared` comments whose language is said
    and can be read, the share that read as another; None where there is none.
    """

    language: NDArray[np.object_]
    how: NDArray[np.object_]
    shares: Mapping[str, float]
    contradicted: float | None
    n_compared: int


def find_languages(rows: pd.DataFrame, declared: Sequence[str]) -> Languages:
    """The language of each row, by its text (masked), said_language and customer_id; one of the `declared`.

    What is said counts where it is declared. Else a comment is read, if it has 20 letters or more and the reader is
    sure enough; else it is in the language that its customer's other comments are most often in.
    """
    languages = tuple(dict.fromkeys(declared))
    said = np.array([code if code in languages else UNDETERMINED for code in rows.said_language], dtype=object)
    read = _read_all(rows.text.tolist(), languages)
    known = np.where(said != UNDETERMINED, said, read)
    usual = _usual(rows.customer_id, known)
    language = np.where(known != UNDETERMINED, known, usual)
    how = np.select(
        [said != UNDETERMINED, read != UNDETERMINED, usual != UNDETERMINED], [SAID, READ, CUSTOMER], UNKNOWN
    )
    how = how.astype(object)
    if len(languages) == 1:
        language = np.full(len(rows), languages[0], dtype=object)
        how = np.full(len(rows), ONLY, dtype=object)
    both = (said != UNDETERMINED) & (read != UNDETERMINED) & (len(languages) > 1)
    return Languages(
        language=language,
        how=how,
        shares={each: float((how == each).mean()) if len(rows) else 0.0 for each in HOW},
        contradicted=float((said[both] != read[both]).mean()) if both.any() else None,
        n_compared=int(both.sum()),
    )


def _read_all(texts: Sequence[str], languages: tuple[str, ...]) -> NDArray[np.object_]:
    """What each text reads as; blank where it is short or doubtful. One language is no question."""
    found = np.full(len(texts), UNDETERMINED, dtype=object)
    if len(languages) < 2:
        return found
    reader = load_reader(languages)
    for row, text in enumerate(texts):
        # Names of our own masks would read as English.
        spoken = " ".join(_SPOKEN.sub(" ", text[: 2 * _MOST_READ]).split())[:_MOST_READ].lower()
        if len(_LETTERS.findall(spoken)) >= _FEWEST_LETTERS:
            language, chance = reader.classify(spoken)
            if chance >= _SUREST_WRONG:
                found[row] = language
    return found


def _usual(customers: pd.Series, known: NDArray[np.object_]) -> NDArray[np.object_]:
    """The language that each comment's customer most often writes in; of two as frequent, none."""
    frame = pd.DataFrame({"customer": customers.to_numpy(), "language": known})
    counted = frame[(frame.language != UNDETERMINED) & frame.customer.notna()].value_counts().reset_index(name="n")
    most = counted.groupby("customer").n.transform("max")
    top = counted[counted.n == most].drop_duplicates("customer", keep=False).set_index("customer").language
    return frame.customer.map(top).fillna(UNDETERMINED).to_numpy(dtype=object)


@cache
def _model() -> Any:
    """Read once: to unpack it takes a second."""
    return LanguageIdentifier.from_model_file(MODEL, norm_probs=True)


@cache
def load_reader(languages: tuple[str, ...]) -> Any:
    """The reader that tells these languages apart."""
    whole = _model()
    reader = LanguageIdentifier(
        *whole._full_model, whole.tk_nextmove, whole.tk_output, norm_probs=True, tk_row=whole.tk_row
    )
    reader.set_languages(languages)
    return reader
