"""Results of made-up feedback with chosen numbers, so that sentences, charts and tables can be held against them."""

import json
import math
import re
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd

from retention_lab.analysis.feedback.accuracy import AccuracyCard, CardRow, Transfer
from retention_lab.analysis.feedback.callers import CallPlan
from retention_lab.analysis.feedback.intents_study import IntentStudy
from retention_lab.analysis.feedback.ladder import Reading, Rung
from retention_lab.analysis.feedback.languages import Languages
from retention_lab.analysis.feedback.leaving import LeavingByMood, MoodGroup
from retention_lab.analysis.feedback.mood_study import MoodPoint, MoodStudy
from retention_lab.analysis.feedback.scores import Kind, MonthScore, Score, Scores
from retention_lab.analysis.feedback.study import FeedbackStudy, Sentences
from retention_lab.analysis.feedback.topics import Topic, Topics
from retention_lab.findings.finding import Finding
from retention_lab.methods.classification import ClassQuality
from retention_lab.methods.estimates import Estimate, not_estimable
from retention_lab.tables.client import Client
from retention_lab.tables.verbatims.labels import Labels
from retention_lab.tables.verbatims.masking import KINDS
from retention_lab.tables.verbatims.verbatims import Verbatims

DAY = date(2026, 10, 31)


def estimate(value: float, reach: float = 0.02, **changes: Any) -> Estimate:
    """A number with an interval of `reach` to either side."""
    found = Estimate(
        value=value,
        ci_lower=value - reach,
        ci_upper=value + reach,
        std_error=reach / 1.96,
        n_obs=1200,
        confidence_level=0.95,
        method="a method",
    )
    return replace(found, **changes)


def unknown() -> Estimate:
    """A number that cannot be had."""
    return not_estimable("too_few", n_obs=3, confidence_level=0.95, method="")


def bare(value: float, n: int = 120) -> Estimate:
    """A number without an interval, as where none or all are meant."""
    return replace(unknown(), value=value, n_obs=n)


def reading(language: str = "en", n_comments: int = 1000, **changes: Any) -> Reading:
    """A language that is read by a model of the client's own marks."""
    values: dict[str, Any] = {
        "chosen": "trained",
        "rungs": (
            Rung(name="majority", quality=quality(0.25)),
            Rung(name="lexicon", quality=quality(0.55)),
            Rung(name="bootstrap", quality=None, why="too_few_comments"),
            Rung(name="trained", quality=quality()),
        ),
        "classes": (0, 1, 2),
        "n_repeats": 0,
        "n_labels": 600,
        "n_too_rare": 0,
        "with_repeats": None,
        **changes,
    }
    for name in ("chances", "predicted", "by_lexicon", "by_majority", "forward", "sentences", "of", "is_taught"):
        values.setdefault(name, np.zeros(0))
    return Reading(
        language=language, n_comments=n_comments, forward_from=0, features=cast(Any, None), judged=None, **values
    )


def study(
    *readings: Reading, n: int = 1000, has_marks: bool = True, verbatims: dict[str, Any] | None = None, **changes: Any
) -> FeedbackStudy:
    """A thousand comments of 1,100 rows, in English unless readings are given."""
    came_in = Verbatims(
        **{
            "rows": pd.DataFrame(),
            "n_rows": 1100,
            "masked": dict.fromkeys(KINDS, 0),
            "n_masked": 0,
            "n_quoted": 0,
            "n_signed": 0,
            "n_cut": 0,
            "n_without_customer": 0,
            "scale_found": "",
            "n_unscaled": 0,
            "remedy": "",
            **(verbatims or {}),
        }
    )
    empty = np.zeros(0)
    return replace(
        FeedbackStudy(
            comments=pd.DataFrame({"mark": np.full(n, 2 if has_marks else -1)}),
            sentences=Sentences(
                of=empty.astype(int), texts=(), negative=empty, positive=empty, themes=np.zeros((0, 0), bool), names=()
            ),
            readings={each.language: each for each in readings or (reading(),)},
            verbatims=came_in,
            languages=Languages(language=empty.astype(object), how=empty, shares={}, contradicted=None, n_compared=0),
            labels=Labels(frame=pd.DataFrame(), n_sheets=0, n_blank=0, n_unknown=0),
            as_of=DAY,
            recent_days=90,
            min_group=10,
            confidence_level=0.95,
            seed=1,
        ),
        **changes,
    )


def point(month: int, share: float = 0.3, naive: float = 0.25, reach: float = 0.03) -> MoodPoint:
    """The share in a month of 2026."""
    first = pd.Timestamp(year=2026, month=month, day=1)
    last = first + pd.offsets.MonthEnd(0)
    return MoodPoint(first=first, last=last, n_comments=200, share=estimate(share, reach), naive=naive)


def moods(by: float = 0.0, **changes: Any) -> MoodStudy:
    """Three in ten are unhappy; the share has moved `by` so much."""
    found = MoodStudy(
        points=tuple(point(month, 0.2 + 0.01 * month, 0.18 + 0.01 * month) for month in range(1, 11)),
        recent=estimate(0.3),
        before=estimate(0.3 - by),
        change=estimate(by),
        naive_recent=0.25,
        is_year_before=True,
        by_hand=None,
        n_hand=0,
        usable=("en",),
        n_unrated=500,
        n_left_out=0,
        languages_left_out=(),
        contradicting=None,
        is_measured=False,
    )
    return replace(found, **changes)


def topic(theme: str = "price", often: float = 0.2, **changes: Any) -> Topic:
    """A theme that neither rises nor goes with bad marks."""
    found = Topic(
        theme=theme,
        n_comments=240,
        n_customers=200,
        share=estimate(often),
        unhappy=estimate(0.5, 0.05),
        change=estimate(0.01, 0.03),
        pvalue=0.5,
        effect=estimate(-1.0, 3.0),
    )
    return replace(found, **changes)


def topics(*some: Topic, n_too_small: int = 0) -> Topics:
    """The themes given."""
    return Topics(
        topics=some, coverage=estimate(0.8), recent_days=90, n_recent=300, n_before=300, n_too_small=n_too_small
    )


def quality(f1: float = 0.83, **changes: Any) -> ClassQuality:
    """How often a reading is right."""
    found = ClassQuality(
        accuracy=estimate(0.85),
        macro_f1=estimate(f1),
        recall=estimate(0.75, 0.04),
        precision=estimate(0.8, 0.04),
        shares=(0.3, 0.2, 0.5),
    )
    return replace(found, **changes)


def row(language: str = "en", channel: str | None = None, **changes: Any) -> CardRow:
    """A cell of the card, measured on 600 labels."""
    found = CardRow(
        language=language,
        channel=channel,
        n_comments=1000,
        n_labels=600,
        mix=(0.3, 0.2, 0.5),
        quality=quality(),
        majority=quality(0.25),
        lexicon=quality(0.55),
        gain=estimate(0.28, 0.03),
        calibration=estimate(0.03, 0.01),
        forward=quality(0.81),
    )
    return replace(found, **changes)


def unmeasured(language: str = "en", channel: str | None = None, n_labels: int = 12) -> CardRow:
    """A cell with too few labels."""
    nothing = dict.fromkeys(("quality", "majority", "lexicon", "gain", "calibration", "forward"))
    return row(language, channel, n_labels=n_labels, **nothing)


def transfer(auc: float = 0.6, language: str = "en") -> Transfer:
    """How unlike each other comments with and without a mark are."""
    return Transfer(language=language, n_rated=600, n_unrated=400, auc=estimate(auc))


def card(*rows: CardRow, transfers: tuple[Transfer, ...] = (), **readings: Reading) -> AccuracyCard:
    """The cells given; each language is read by its own marks unless a reading is given by its name."""
    some = rows or (row(),)
    return AccuracyCard(
        rows=some,
        transfers=transfers,
        readings={each.language: readings.get(each.language, reading(each.language)) for each in some},
        confidence_level=0.95,
    )


def group(mood: str, share: float, reach: float = 0.01, n: int = 400) -> MoodGroup:
    """Customers who were last in a mood."""
    return MoodGroup(mood=cast(Any, mood), n_customers=n, left=estimate(share, reach))


def leaving(by: float = 0.03, reach: float = 0.01, **changes: Any) -> LeavingByMood:
    """What comments add to tenure and value, asked half a year ago."""
    found = LeavingByMood(
        cut_off=DAY - timedelta(days=180),
        horizon_days=180,
        gap_days=14,
        n_customers=2000,
        n_left=200,
        n_goodbyes=0,
        has_value=True,
        groups=(group("silent", 0.1), group("unhappy", 0.16)),
        known=estimate(0.6),
        with_text=estimate(0.6 + by),
        gain=estimate(by, reach),
        careless_gain=estimate(by, reach),
    )
    return replace(found, **changes)


def called(n_contact: int = 8, n_hold_out: int = 2) -> pd.DataFrame:
    """Customers of a list of calls, the first ones to contact."""
    n = n_contact + n_hold_out
    return pd.DataFrame(
        {
            "customer_id": [f"C{place:03d}" for place in range(n)],
            "reason": ["complaint", "unhappy"] * (n // 2) + ["complaint"] * (n % 2),
            "chance": np.linspace(0.95, 0.55, n),
            "value": np.linspace(60.0, 20.0, n),
            "last_on": pd.Timestamp("2026-10-20"),
            "variant": ["contact"] * n_contact + ["hold_out"] * n_hold_out,
        }
    )


def plan(n_contact: int = 8, n_hold_out: int = 2, **changes: Any) -> CallPlan:
    """Customers to call, of whom some are left alone."""
    found = CallPlan(
        experiment="feedback-calls-2026-10-31",
        as_of=DAY,
        horizon_days=180,
        customers=called(n_contact, n_hold_out),
        has_value=True,
        looks_back=False,
        n_here=2000,
        n_leaving=0,
        n_complaints=n_contact + n_hold_out,
        n_unhappy=0,
        n_contact=n_contact,
        n_hold_out=n_hold_out,
        n_elsewhere=0,
        usual=0.3,
        share_leaving=0.16,
        smallest_save_rate=0.45,
    )
    return replace(found, **changes)


def intents(**changes: Any) -> IntentStudy:
    """Complaints and goodbyes of the recent days."""
    found = IntentStudy(
        recent_days=90,
        n_recent=1200,
        n_leaving=30,
        complaint=estimate(0.2),
        leaving=estimate(0.025, 0.005),
        complaint_precision=None,
        complaint_recall=None,
        leaving_precision=None,
        leaving_recall=None,
        left_after=None,
        days_after=60,
    )
    return replace(found, **changes)


def score(
    kind: Kind = "csat",
    overall: float = 0.6,
    change: Estimate | None = None,
    *,
    found: Estimate | None = None,
    **changes: Any,
) -> Score:
    """A score with ten months; `found` in place of `overall` where it is no plain number."""
    size = 100.0 if kind == "nps" else 1.0
    made = Score(
        kind=kind,
        question="",
        overall=found or estimate(overall, 0.02 * size),
        months=tuple(
            MonthScore(month=f"2026-{month:02d}", score=estimate(overall + 0.01 * size * (month % 3), 0.05 * size))
            for month in range(1, 11)
        ),
        change=change or unknown(),
        n_answers=2000,
        n_customers=1500,
    )
    return replace(made, **changes)


def scores(*some: Score, **changes: Any) -> Scores:
    """The scores given."""
    found = Scores(scores=some, with_text=None, response_rate=None, n_rated=2000, n_unplaced=0)
    return replace(found, **changes)


def client() -> Client:
    """Only what a table asks of a client: a made-up name for each customer."""
    return cast(Client, SimpleNamespace(pseudonym=lambda customer: f"made-up {customer[-1]}"))


# A number that is none, a template's leftovers, doubled marks, or one thing in the plural.
_ILL = re.compile(
    r"\b(nan|inf|None)\b|[{}]|  |\.\.|\?\?|,,|,\.|\?\.|–|\(\)"
    r"|(?<![\w.,])1 (comments|customers|labels|marks|points|days|answers|rows|themes)\b"
)


def is_well_said(finding: Finding) -> bool:
    """Whether every text of a finding can be shown, and its number is none or lies in its interval."""
    said = (finding.question, finding.headline, finding.action, finding.unit, finding.method, finding.definition)
    for sentence in (*said, *finding.caveats):
        assert not _ILL.search(sentence), sentence
        assert sentence == sentence.strip()
    for sentence in filter(None, (finding.headline, finding.action, *finding.caveats)):
        assert sentence.endswith("."), sentence
    json.dumps(finding.to_dict(), allow_nan=False)
    if math.isnan(finding.estimate):
        return math.isnan(finding.ci_lower) and math.isnan(finding.ci_upper)
    return finding.ci_lower <= finding.estimate <= finding.ci_upper
