"""What customers of the demo say: the study finds again what was planted, and leaks nothing."""

import re
import unicodedata

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.feedback.accuracy import measure_accuracy
from retention_lab.analysis.feedback.callers import choose_calls
from retention_lab.analysis.feedback.contradictions import estimate_contradictions
from retention_lab.analysis.feedback.leaving import LeavingByMood, estimate_leaving
from retention_lab.analysis.feedback.mood_study import estimate_moods
from retention_lab.analysis.feedback.study import FeedbackStudy, study_feedback
from retention_lab.analysis.feedback.topics import estimate_topics
from retention_lab.demo import defects, truth
from retention_lab.demo.exports import customers_as_exported
from retention_lab.demo.feedback import draw_feedback
from retention_lab.demo.population import draw_population
from retention_lab.tables.client import Client, open_client

LANGUAGES = ("it", "en", "es", "fr", "sl")
# In the demo a theme of waiting is called support.
THEMES = {"support": "waiting"}


@pytest.fixture(scope="module")
def client() -> Client:
    return open_client("demo")


@pytest.fixture(scope="module")
def study(client: Client) -> FeedbackStudy:
    return study_feedback(client)


@pytest.fixture(scope="module")
def planted() -> pd.DataFrame:
    """What was drawn, as the generator draws it, by the id of the comment."""
    size = truth.REFERENCE_SIZE
    parts = np.random.SeedSequence(1).spawn(6)
    people, writing, *_, saying = (np.random.default_rng(part) for part in parts)
    population = draw_population(size, people)
    chosen = defects.choose_customers(population, writing)
    is_sound = ~np.isin(np.arange(size), np.concatenate(list(chosen.values())))
    names = customers_as_exported(population, writing)["Name"].to_numpy(dtype=object)[is_sound]
    drawn = draw_feedback(population[is_sound].reset_index(drop=True), names, size, saying)
    drawn.index = pd.Index([f"F-{row:06d}" for row in range(1, len(drawn) + 1)], name="feedback_id")
    return drawn


@pytest.fixture(scope="module")
def both(study: FeedbackStudy, planted: pd.DataFrame) -> pd.DataFrame:
    """What was read, beside what was planted."""
    told = planted[["mood", "themes", "language", "is_exit_intent", "kind"]].add_prefix("true_")
    return study.comments.join(told, on="feedback_id", how="inner")


def test_the_demo_is_hard_but_not_too_hard(study: FeedbackStudy) -> None:
    card = measure_accuracy(study)

    for language in LANGUAGES:
        row = card.of(language)
        assert row.quality is not None
        assert row.lexicon is not None
        assert row.gain is not None
        assert row.calibration is not None
        assert 0.75 <= row.quality.macro_f1.value <= 0.90
        assert row.gain.ci_lower > 0.1
        assert row.quality.recall.value > 0.65
        assert row.calibration.value < 0.1
        assert row.forward is not None
        assert abs(row.forward.macro_f1.value - row.quality.macro_f1.value) < 0.06


def test_every_language_is_told_and_short_comments_are_not_guessed(both: pd.DataFrame) -> None:
    told = both[both.language != ""]

    assert (told.language == told.true_language).mean() > 0.985
    assert len(told) > 0.99 * len(both)


def would_be_marked_unhappy(both: pd.DataFrame) -> "pd.Series[float]":
    """Whether a comment was marked as unhappy; where it was not marked, how likely it would have been."""
    flipped = truth.FEEDBACK_CONTRADICTING
    chance = both.true_mood.map({"unhappy": 1 - flipped, "neutral": flipped / 2, "happy": flipped})
    return chance.where(both.mark == -1, (both.mark == 0).astype(float))


def test_the_share_of_the_unhappy_is_the_planted_one_month_by_month(study: FeedbackStudy, both: pd.DataFrame) -> None:
    moods = estimate_moods(study)
    by_month = would_be_marked_unhappy(both).groupby(both.received_on.dt.to_period("M")).mean()
    held = [
        point.share.ci_lower <= by_month[point.first.to_period("M")] <= point.share.ci_upper for point in moods.points
    ]

    assert len(held) == 24
    # Of 24 intervals that hold 19 times in 20 each, 20 or more do so but once in 200 times.
    assert sum(held) >= 20
    assert moods.is_year_before
    # The price rise of June: from 30 to 42 in a hundred within five months.
    assert moods.change.ci_lower > 0.03


def test_marks_at_the_wrong_end_are_noticed(study: FeedbackStudy) -> None:
    rates = estimate_contradictions(study).rates

    for pair in ((0, 2), (2, 0)):
        assert rates[pair].ci_lower - 0.01 < truth.FEEDBACK_CONTRADICTING < rates[pair].ci_upper + 0.01


def test_themes_are_found_and_the_price_rise_is_seen(study: FeedbackStudy, both: pd.DataFrame) -> None:
    topics = {topic.theme: topic for topic in estimate_topics(study).topics}
    about = np.zeros((len(study.comments), len(study.sentences.names)), dtype=bool)
    np.logical_or.at(about, study.sentences.of, study.sentences.themes)
    rows = study.comments.index[study.comments.feedback_id.isin(both.feedback_id)]
    main = both.true_themes.str.split().str[0].map(lambda theme: THEMES.get(theme, theme))
    known = main.isin(study.sentences.names) & (both.true_kind == "comment")
    columns = [study.sentences.names.index(theme) for theme in main[known]]

    assert about[rows][known.to_numpy()][np.arange(known.sum()), columns].mean() > 0.45
    assert topics["price"].pvalue < 0.001
    assert topics["price"].change.ci_lower > 0
    assert max(topics, key=lambda theme: topics[theme].change.value) == "price"
    assert topics["praise"].effect.ci_lower > 0
    assert topics["waiting"].effect.ci_upper < 0


def test_goodbyes_are_heard_and_are_a_leak(client: Client, study: FeedbackStudy, both: pd.DataFrame) -> None:
    said, goodbyes = both[both.leaving], both[both.true_is_exit_intent]
    left = estimate_leaving(client, study)

    assert said.true_is_exit_intent.mean() > 0.8
    assert goodbyes.leaving.mean() > 0.4
    assert isinstance(left, LeavingByMood)
    # Who reads goodbyes has foreseen nothing; without them little is left.
    assert left.careless_gain.ci_lower > 0.02
    assert left.gain.ci_upper < left.careless_gain.ci_lower


def test_no_name_and_no_number_of_a_customer_is_left(client: Client, study: FeedbackStudy) -> None:
    rows = study.verbatims.rows[study.verbatims.rows.customer_id.notna()]
    known = client.loaded("customers").rows.select("customer_id", "name").to_pyarrow().to_pandas()
    names = dict(zip(known.customer_id, known.name, strict=True))
    left = [
        text
        for text, customer in zip(rows.text, rows.customer_id, strict=True)
        if (name := names.get(customer)) and folded(name) in folded(text)
    ]

    assert left == []
    assert not study.verbatims.rows.text.str.contains(
        r"\S@\S|\d{9,}|[A-Z]{2}\d{2} ?[A-Z0-9]{4} ?\d{4}", regex=True
    ).any()
    assert study.verbatims.n_masked > 400


def folded(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"\s+", " ", "".join(letter for letter in apart if not unicodedata.combining(letter)))


def test_nobody_who_has_left_is_called_and_the_hold_out_stays(client: Client, study: FeedbackStudy) -> None:
    plan = choose_calls(client, study)
    customers = client.table("customers").select("customer_id", "ended_on").to_pyarrow().to_pandas()
    gone = set(customers.customer_id[customers.ended_on.notna()])
    again = choose_calls(client, study, contact_share=0.005)

    assert len(plan.customers) > 50
    assert not gone & set(plan.customers.customer_id)
    assert (plan.customers.variant == "hold_out").mean() == pytest.approx(0.2, abs=0.1)
    first = plan.customers.set_index("customer_id").variant
    assert (again.customers.set_index("customer_id").variant == first[again.customers.customer_id]).all()
