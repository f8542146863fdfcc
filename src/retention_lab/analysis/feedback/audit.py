"""Comments for a person to read: which ones, and whether two people agree."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from retention_lab.analysis.feedback.marks import CLASSES, UNKNOWN
from retention_lab.analysis.feedback.study import FeedbackStudy
from retention_lab.errors import Fault, ParameterError
from retention_lab.methods.agreement import estimate_kappa
from retention_lab.methods.estimates import Estimate
from retention_lab.tables.client import Client
from retention_lab.tables.client_key import keyed_hash
from retention_lab.tables.verbatims.labels import write_label_sheet

_FEWEST_TWICE = 20
COLUMNS = ("feedback_id", "purpose", "language", "received_on", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Labels by people: how many comments, how many of these drawn at random, and how far two people agree.

    `kappa` is None where fewer than twenty comments were read twice. `sheet` is the file to fill in.
    """

    n_labels: int
    n_random: int
    kappa: Estimate | None
    sheet: str


def draw_label_sheet(client: Client, study: FeedbackStudy, size: int = 200) -> pd.DataFrame:
    """`size` comments without a label of a person: half at random, half those that the reading is least sure of.

    Only the random half ever says how good the reading is; the other only teaches. The random half is drawn by a keyed
    hash of the id, so that the same comments are asked for until they have been read, and later ones join them. Among
    the uncertain, languages take turns.
    """
    comments = study.comments
    drawn = keyed_hash(client.key, "label sheet")
    hashes = [keyed_hash(drawn, own) for own in comments.feedback_id]
    chance, place = (
        np.array([int.from_bytes(each[start : start + 8]) for each in hashes], dtype=np.float64) for start in (0, 8)
    )
    unread = comments.assign(chance=chance, place=place)[comments.hand == UNKNOWN]
    random = unread.nsmallest(size - size // 2, "chance").assign(purpose="random")
    others = unread[~unread.index.isin(random.index) & ~unread.repeat.duplicated()]
    unsure = (others.negative - 0.5).abs()
    turn = unsure.groupby(others.language).rank(method="first")
    uncertain = others.assign(turn=turn, purpose="uncertain").nsmallest(size // 2, ["turn", "chance"])
    sheet = pd.concat([random, uncertain])
    sheet["received_on"] = sheet.received_on.dt.strftime("%Y-%m-%d")
    # Neither half is told by its place, so that a reader does not guess what the software thought. By the chance that
    # draws them, all of the random half would come first.
    return sheet.sort_values("place", ignore_index=True)[list(COLUMNS)]


def sheet_name(study: FeedbackStudy) -> str:
    """What the sheet of this day is called."""
    return f"feedback-{study.as_of.isoformat()}"


def estimate_agreement(study: FeedbackStudy) -> Agreement:
    """How many comments people have read, and how far two people agree on those that both have."""
    frame = study.labels.frame
    known = frame[frame.feedback_id.isin(study.comments.feedback_id)]
    twice = known.drop_duplicates(["feedback_id", "rater"]).groupby("feedback_id").label.agg(["first", "last", "size"])
    twice = twice[twice["size"] > 1]
    kappa = None
    if len(twice) >= _FEWEST_TWICE:
        codes = [twice[which].map(CLASSES.index).to_numpy() for which in ("first", "last")]
        kappa = estimate_kappa(codes[0], codes[1], study.confidence_level)
    return Agreement(
        n_labels=known.feedback_id.nunique(),
        n_random=known.feedback_id[known.purpose == "random"].nunique(),
        kappa=kappa,
        sheet=sheet_name(study),
    )


def write_sheet(client: Client, study: FeedbackStudy, size: int = 200) -> Path | None:
    """Write the sheet of this day for a person to fill in; None where all comments have been read."""
    if size < 2:
        raise ParameterError(Fault(where="label_sheet_size", found=str(size), allowed="2 or more"))
    sheet = draw_label_sheet(client, study, size)
    return write_label_sheet(client, sheet, sheet_name(study)) if len(sheet) else None
