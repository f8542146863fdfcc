"""Comments without the way through files, and small clients with the files; texts of words that no list knows."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from retention_lab.analysis.feedback.marks import NEGATIVE, POSITIVE, UNKNOWN
from retention_lab.analysis.feedback.study import FeedbackStudy, Sentences
from retention_lab.tables.client import Client
from retention_lab.tables.verbatims.labels import FRAME_COLUMNS, SHEET_COLUMNS, Labels

MakeStudy = Callable[..., FeedbackStudy]
OpenClient = Callable[..., Client]
MakeTexts = Callable[..., list[str]]
AS_OF = date(2026, 10, 31)


@pytest.fixture
def make_texts() -> MakeTexts:
    """Texts whose words no lexicon knows: `moods` (classes) decide two of the eight words, where `told` of them do."""

    def make(moods: Any, seed: int = 1, told: float = 1.0, n_words: int = 6, n_known: int = 300) -> list[str]:
        rng = np.random.default_rng(seed)
        spoken = {
            mood: [f"{ending}{number}" for number in "aeiou"] for mood, ending in enumerate(("krav", "mur", "zel"))
        }
        texts = []
        for mood in moods:
            words = [f"w{number}x" for number in rng.integers(0, n_known, n_words)]
            words += list(rng.choice(spoken[int(mood)], 2)) if rng.random() < told else []
            texts.append(" ".join(rng.permutation(words)))
        return texts

    return make


@pytest.fixture
def make_study() -> MakeStudy:
    """A study as if the comments had been read: a frame with what matters, all else is filled in.

    `negative` and `positive` are chances; each comment is one sentence. `themes` names the theme of each, or none.
    """

    def make(
        rows: pd.DataFrame,
        *,
        classes: dict[str, tuple[int, ...]] | None = None,
        themes: Any = None,
        names: tuple[str, ...] = ("app", "price", "staff"),
        labels: pd.DataFrame | None = None,
        **asked: Any,
    ) -> FeedbackStudy:
        comments = _filled(rows.reset_index(drop=True))
        said = np.array([None] * len(comments) if themes is None else list(themes), dtype=object)
        known = classes or dict.fromkeys(comments.language.unique(), (NEGATIVE, POSITIVE))
        sentences = Sentences(
            of=np.arange(len(comments)), texts=tuple(comments.text), negative=comments.negative.to_numpy(),
            positive=comments.positive.to_numpy(), themes=said[:, None] == np.array(names, dtype=object), names=names,
        )  # fmt: skip
        frame = pd.DataFrame(columns=list(FRAME_COLUMNS)) if labels is None else labels
        readings: Any = {
            language: SimpleNamespace(classes=known[language], language=language, unhappiness=lambda texts: None)
            for language in comments.language.value_counts(sort=False).index
        }
        nobody: Any = None
        usual: dict[str, Any] = {
            "as_of": AS_OF, "recent_days": 90, "min_group": 1, "confidence_level": 0.95, "seed": 1,
        }  # fmt: skip
        return FeedbackStudy(
            comments=comments, sentences=sentences, readings=readings, verbatims=nobody, languages=nobody,
            labels=Labels(frame=frame, n_sheets=1, n_blank=0, n_unknown=0), **usual | asked,
        )  # fmt: skip

    return make


def _filled(rows: pd.DataFrame) -> pd.DataFrame:
    n = len(rows)
    numbers = [f"{row:05}" for row in range(n)]
    usual: dict[str, Any] = {
        "feedback_id": [f"F{own}" for own in numbers], "customer_id": [f"C{own}" for own in numbers],
        "received_on": pd.Timestamp(AS_OF), "channel": "email", "question": "", "language": "en", "mark": UNKNOWN,
        "hand": UNKNOWN, "negative": 0.5, "text": [f"made up {own}" for own in numbers], "repeat": range(n),
        "complaint": False, "leaving": False, "forward": UNKNOWN, "by_lexicon": UNKNOWN,
    }  # fmt: skip
    whole = rows.assign(**{name: value for name, value in usual.items() if name not in rows})
    whole["received_on"] = pd.to_datetime(whole.received_on).astype("datetime64[s]")
    whole["positive"] = whole.get("positive", 1 - whole.negative)
    whole["rating"] = whole.mark.map({NEGATIVE: 1.0, 1: 3.0, POSITIVE: 5.0})
    whole["worst"], whole["best"] = (
        whole.rating.where(whole.rating.isna(), 1.0),
        whole.rating.where(whole.rating.isna(), 5.0),
    )
    whole["label"] = np.where(whole.hand != UNKNOWN, whole.hand, whole.mark)
    whole["writer"] = pd.factorize(whole.customer_id.where(whole.customer_id.notna(), "\n" + whole.feedback_id))[0]
    whole["is_taught"] = whole.get("is_taught", whole.label != UNKNOWN)
    whole["predicted"] = np.where(whole.negative > 0.5, NEGATIVE, POSITIVE)
    whole["neutral"] = 0.0
    return whole.sort_values(["received_on", "feedback_id"], ignore_index=True) if "received_on" in rows else whole


@pytest.fixture
def open_client(tmp_path: Path) -> OpenClient:
    """Write comments, customers and label sheets where there are any, and open the client.

    `feedback` are keys of that section; `labels` the rows of sheets by name; `customers` a frame whose columns are the
    canonical ones.
    """

    def opened(
        comments: pd.DataFrame,
        customers: pd.DataFrame | None = None,
        *,
        feedback: dict[str, Any] | None = None,
        labels: dict[str, pd.DataFrame] | None = None,
        table: dict[str, Any] | None = None,
        constants: dict[str, str] | None = None,
        **top: Any,
    ) -> Client:
        folder = tmp_path / "heard"
        (folder / "labels").mkdir(parents=True, exist_ok=True)
        tables: dict[str, Any] = {"feedback": {"source": "feedback.csv", "columns": {name: name for name in comments}}}
        tables["feedback"] |= {"constants": constants} if constants else {}
        comments.to_csv(folder / "feedback.csv", index=False)
        if customers is not None:
            customers.to_csv(folder / "customers.csv", index=False)
            columns = {name: name for name in customers}
            tables["customers"] = {"source": "customers.csv", "columns": columns, **(table or {})}
        for name, sheet in (labels or {}).items():
            whole = sheet.reindex(columns=list(SHEET_COLUMNS)).fillna("")
            whole.to_csv(folder / "labels" / f"{name}.csv", index=False)
        spec = {"name": "Heard", "observed_through": AS_OF.isoformat(), "feedback": feedback or {}, **top}
        (folder / "client.yml").write_text(yaml.safe_dump({**spec, "tables": tables}, sort_keys=False), "utf-8")
        return Client(folder)

    return opened
