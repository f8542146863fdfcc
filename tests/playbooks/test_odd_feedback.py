"""Whatever customers write and however little is known of it, every cell shows something, and a refusal says why.

The cells run here in one process, without a kernel, so that many clients can be tried.
"""

import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from cells import MIME, findings_in, sentences_in, shown
from voices import CUSTOMERS, ROW, comments, write_client

from retention_lab.errors import DataError, ParameterError, RetentionLabError

Look = Callable[..., list[dict[str, Any]]]
SAID = comments()
PLACE = SAID.index.to_numpy()
BOTH = {"feedback": SAID, "customers": CUSTOMERS}
UNRATED = SAID.drop(columns=["rating", "rating_scale"])
BOUGHT = pd.DataFrame(
    {
        "customer_id": [f"Kunde-{row % 80:04d}" for row in range(1600)],
        "occurred_at": (
            pd.Timestamp("2023-04-01") + pd.to_timedelta([(row * 61 + row % 80 * 7) % 1000 for row in range(1600)], "D")
        ).strftime("%Y-%m-%d"),
        "amount": [5.0 + row % 30 for row in range(1600)],
    }
)
TENURES = CUSTOMERS[["customer_id", "monthly_value"]].assign(tenure=1 + ROW * 37 % 80, churned=(ROW % 3 == 0) * 1)
NONSENSE = ["klingon", "<b>", "IT", "english", "zz", "=1+1", "", ".", "si"]
SILENCE = {"churn": {"kind": "inactivity", "inactive_days": 60}}
ITALIAN = {"feedback": {"languages": ["it"]}}
OWN = {
    "feedback": {
        "languages": ["it", "en"],
        "lexicon": {"it": {"negative": ["orripilante*", "tecnic*"], "neutral": ["ottim*"]}},
        "themes": {"it": {"Router <b>|$x$": ["pacc*"], "price": ["oggi"]}},
        "complaints": {"it": ["nessuno risponde"]},
        "leaving": {"it": ["stufo"]},
        "scores": {"mail": "csat", "chat": "csat", "shop": "ces", "nowhere": "nps"},
    }
}


def rated(until: int) -> dict[str, pd.DataFrame]:
    return {**BOTH, "feedback": SAID.assign(rating=SAID.rating.where(until > PLACE))}


def spoken(**columns: Any) -> dict[str, pd.DataFrame]:
    return {**BOTH, "feedback": SAID.assign(**columns)}


CASES: dict[str, tuple[dict[str, pd.DataFrame], dict[str, Any], dict[str, Any]]] = {
    "nothing odd": (BOTH, {}, {}),
    "only comments": ({"feedback": SAID}, {}, {}),
    "only days and comments": ({"feedback": SAID[["received_at", "text"]]}, {}, {}),
    "no marks": ({**BOTH, "feedback": UNRATED}, {}, {}),
    "marks without a scale": ({**BOTH, "feedback": SAID.drop(columns="rating_scale")}, {}, {}),
    "a scale that cannot be found": (
        {**BOTH, "feedback": SAID.assign(rating=SAID.rating * 2).drop(columns="rating_scale")}, {}, {}
    ),
    "two scales": (spoken(rating_scale=np.where(PLACE % 2, "1-5", "da 0 a 10")), {}, {}),
    "all marks equal": (spoken(rating=5), {}, {}),
    "all comments equal": (spoken(text=SAID.text[0]), {}, {}),
    "one row": ({**BOTH, "feedback": SAID.head(1)}, {}, {}),
    "three rows": ({**BOTH, "feedback": SAID.head(3)}, {}, {}),
    "49 labels": (rated(49), ITALIAN, {}),
    "50 labels": (rated(50), ITALIAN, {}),
    "languages that are none": (spoken(language=[NONSENSE[row % 9] for row in PLACE]), {}, {}),
    "a language without a word list": (BOTH, {"feedback": {"languages": ["de"]}}, {}),
    "a language without a word list and marks": (
        {**BOTH, "feedback": UNRATED}, {"feedback": {"languages": ["de", "it"]}}, {}
    ),
    "all on the last day": (spoken(received_at="2026-01-01"), {}, {}),
    "some days are to come": (spoken(received_at=SAID.received_at.where(PLACE % 50 > 0, "2027-01-01")), {}, {}),
    "nobody says the last day": (BOTH, {"observed_through": None}, {}),
    "silence is leaving": ({"feedback": SAID, "transactions": BOUGHT}, SILENCE, {}),
    "tenures": ({"feedback": SAID, "customers": TENURES}, {}, {}),
    "nobody is a customer": (spoken(customer_id=[f"X{row}" for row in PLACE]), {}, {}),
    "nobody is named": (spoken(customer_id=""), {}, {}),
    "words of the client's own": (BOTH, OWN, {}),
    "words in a language that nobody writes": (
        BOTH, {"feedback": {"languages": ["it"], "themes": {"fr": {"box": ["boîte*"]}}}}, {}
    ),
    "no group is large enough": (BOTH, {}, {"min_group": 10_000}),
    "an Italian report": (BOTH, {}, {"language": "it"}),
    "an early day": (BOTH, {}, {"as_of": "2025-03-01"}),
    "days without end": (BOTH, {}, {"recent_days": 3650, "horizon_days": 10_000}),
    "everybody is called": (BOTH, {}, {"contact_share": 1.0, "hold_out_share": 0.0}),
    "signs and a word": (spoken(text=[("😡😡 no!", "👍", "❤️ ok ok", "?!")[row % 4] for row in PLACE]), {}, {}),
}  # fmt: skip


@pytest.fixture
def look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Look:
    """What the report shows of a client."""
    monkeypatch.setenv("RETENTION_LAB_HOME", str(tmp_path))
    monkeypatch.setenv("RETENTION_LAB_OUTPUT", str(tmp_path / "out"))

    def run(
        tables: dict[str, pd.DataFrame],
        changes: dict[str, Any] | None = None,
        specs: dict[str, dict[str, Any]] | None = None,
        labels: dict[str, str] | None = None,
        **parameters: Any,
    ) -> list[dict[str, Any]]:
        folder = write_client(tmp_path, tables, changes or {}, specs or {})
        for name, text in (labels or {}).items():
            (folder / "labels").mkdir(exist_ok=True)
            (folder / "labels" / name).write_text(text, encoding="utf-8")
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            return shown("feedback-sentiment", client="odd", **parameters)

    return run


def said_in(bundles: list[dict[str, Any]], finding: str) -> str:
    """All that a finding says."""
    alone = [bundle[MIME]["data"] for bundle in bundles if bundle[MIME]["kind"] == "finding"]
    found = [one for one in [*alone, *findings_in(bundles)] if one["id"] == finding]
    return " ".join(text for one in found for text in [one["headline"], one["action"], *one["caveats"]])


@pytest.mark.parametrize("case", CASES)
def test_every_cell_shows_something_that_can_be_read_and_names_nobody(case: str, look: Look, tmp_path: Path) -> None:
    tables, changes, parameters = CASES[case]
    bundles = look(tables, changes, **parameters)

    for bundle in bundles:
        assert bundle[MIME]["data"]
        plain = bundle["text/plain"]
        assert not re.search(r"\bnan\b|\binf\b|\bNone\b(?! of)|\bNaT\b|Kunde-0", plain), plain
        assert not re.search(r">[^<]*\b(?:nan|inf)\b", bundle.get("image/svg+xml", "")), case
    for sentence in sentences_in(bundles):
        assert re.search(r"[.:!?)]$", sentence.strip()), sentence
    assert {"accuracy.csv", "themes.csv"} <= {file.name for file in (tmp_path / "out").iterdir()}


@pytest.mark.parametrize(("until", "is_measured"), [(98, False), (130, True)])
def test_the_card_measures_nothing_below_fifty_labels_of_a_language(
    until: int, is_measured: bool, look: Look, tmp_path: Path
) -> None:
    bundles = look(rated(until))
    told = [said_in(bundles, f"feedback.accuracy.{language}") for language in ("it", "en")]

    card = pd.read_csv(tmp_path / "out" / "accuracy.csv")
    assert card[card.channel.isna()].quality_macro_f1.notna().tolist() == [is_measured] * 2
    assert ["49 comments have a label, and 50 are needed" in each for each in told] == [not is_measured] * 2
    assert ["the reading agrees with" in each for each in told] == [is_measured] * 2


REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], type[RetentionLabError], tuple[str, ...]]] = {
    "a scale that is none": (
        {"tables": spoken(rating_scale=np.where(PLACE % 9, "1-5", "stars"))}, {}, DataError,
        ("rating_scale", "'stars' (27 rows)", "such as 1-5", "constants: {rating_scale: 1-5}"),
    ),
    "all days are to come": (
        {"tables": spoken(received_at="2027-01-01")}, {}, DataError,
        ("through 2026-01-01", "at least one comment", "observed_through"),
    ),
    "only signs": (
        {"tables": spoken(text="😡😡")}, {}, DataError, ("none of 240 rows", "at least one comment", "columns.text")
    ),
    "customers that are refused": (
        {"tables": {**BOTH, "customers": CUSTOMERS.assign(started_on="soon")}}, {}, DataError,
        ("customers.csv", "'soon'", "such as 2026-10-31"),
    ),
    "a score on the wrong scale": (
        {"tables": BOTH, "changes": {"feedback": {"scores": {"mail": "nps"}}}}, {}, ParameterError,
        ("scores.mail", "1 to 5", "from 0 to 10"),
    ),
    "parameters that cannot be": (
        {"tables": BOTH}, {"recent_days": 10**9, "min_group": -1, "confidence_level": 2.0, "seed": -1}, ParameterError,
        ("recent_days: 1000000000", "from 7", "min_group: -1", "confidence_level: 2.0", "seed: -1"),
    ),
    "calls that cannot be": (
        {"tables": BOTH}, {"contact_share": 2.0, "hold_out_share": 1.0, "horizon_days": 0}, ParameterError,
        ("contact_share: 2.0", "hold_out_share: 1.0", "horizon_days: 0"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_says_what_was_found_what_is_allowed_and_what_to_do(case: str, look: Look) -> None:
    client, parameters, kind, told = REFUSED[case]

    with pytest.raises(kind) as refused:
        look(**client, **parameters)
    for part in told:
        assert part in str(refused.value)


def test_marks_in_words_count_as_the_numbers_that_the_client_file_gives_them(look: Look, tmp_path: Path) -> None:
    words = {1: "awful", 2: "bad", 3: "so so", 5: "great"}
    numbers = {"feedback": {"values": {"rating": {word: str(mark) for mark, word in words.items()}}}}
    written = look({**BOTH, "feedback": SAID.assign(rating=SAID.rating.map(words))}, {}, numbers)
    card = (tmp_path / "out" / "accuracy.csv").read_bytes()

    assert "csat" in " ".join(one["id"] for one in findings_in(written))
    assert card == _card_of(BOTH, tmp_path / "plain")


def _card_of(tables: dict[str, pd.DataFrame], home: Path) -> bytes:
    home.mkdir()
    write_client(home, tables, {}, {})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RETENTION_LAB_HOME", str(home))
        patch.setenv("RETENTION_LAB_OUTPUT", str(home / "out"))
        shown("feedback-sentiment", client="odd")
    return (home / "out" / "accuracy.csv").read_bytes()


HEADER = "feedback_id,purpose,language,received_on,text,label,complaint,leaving,rater\n"


def sheet(labels: list[str], rater: str = "", purpose: str = "random") -> str:
    return HEADER + "".join(f"F{row:05d},{purpose},it,,x,{label},,,{rater}\n" for row, label in enumerate(labels))


@pytest.mark.parametrize(
    ("labels", "told", "feedback"),
    [
        ({"a.csv": sheet(["negative", ""] * 60)}, "60 comments were read", SAID),
        ({"a.csv": sheet(["negative", "positive"] * 60)}, "120 comments were read", UNRATED),
        ({"a.csv": sheet(["neg", "pos"] * 60, "ann"), "b.csv": sheet(["-", "+", "neg"] * 40, "bob")}, "kappa", SAID),
        ({"a.csv": sheet(["positive"] * 60), "b.csv": HEADER}, "60 comments were read", UNRATED),
    ],
    ids=["half filled", "two words only", "two people", "one word only"],
)
def test_sheets_that_people_filled_in_are_counted(
    labels: dict[str, str], told: str, feedback: pd.DataFrame, look: Look
) -> None:
    bundles = look({**BOTH, "feedback": feedback}, labels=labels)

    assert told in said_in(bundles, "feedback.audit")


def test_what_is_wrong_with_sheets_is_told_together(look: Look) -> None:
    twice = HEADER + "F00001,random,it,,x,maybe,,,\nF00002,random,it,,x,neg,perhaps,,\n,odd,it,,,neg,,,\n"
    labels = {"a.csv": twice, "b.csv": "PK\x03\x04 no sheet", "c.csv": ""}

    with pytest.raises(DataError) as refused:
        look(BOTH, labels=labels)
    for part in ("label 'maybe'", "complaint 'perhaps'", "purpose 'odd'", "labels/b.csv", "labels/c.csv"):
        assert part in str(refused.value)
