"""What customers say is drawn from the planted truth, and the truth comes back from the frame that holds both."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline, make_union
from threadpoolctl import threadpool_limits

from retention_lab.demo import truth
from retention_lab.demo.feedback import LANGUAGES, THEMES, draw_feedback, planted_unhappy
from retention_lab.demo.grammar import writer
from retention_lab.demo.population import day_number, draw_population

# With four standard errors, one honest estimate in 16,000 would fall outside.
WIDE = 4
CLASSES = {
    "NPS survey": {"unhappy": range(7), "neutral": range(7, 9), "happy": range(9, 11)},
    "After call": {"unhappy": range(1, 3), "neutral": range(3, 4), "happy": range(4, 6)},
    "App review": {"unhappy": range(1, 3), "neutral": range(3, 4), "happy": range(4, 6)},
}


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    return draw_population(truth.REFERENCE_SIZE, np.random.default_rng(11))


@pytest.fixture(scope="module")
def feedback(customers: pd.DataFrame) -> pd.DataFrame:
    return draw_feedback(customers, _names(len(customers)), truth.REFERENCE_SIZE, np.random.default_rng(12))


@pytest.fixture(scope="module")
def comments(feedback: pd.DataFrame) -> pd.DataFrame:
    return feedback[feedback["text"] != ""].reset_index(drop=True)


@pytest.fixture(scope="module")
def joined(feedback: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    """Every row with its customer's days: how long they had been here, and how long they still would be."""
    table = feedback.merge(customers.drop(columns="channel"), on="number", validate="many_to_one")
    start = table["started_on"].to_numpy().astype("datetime64[D]").astype(np.int64)
    day = table["received"].to_numpy().astype("datetime64[D]").astype(np.int64)
    return table.assign(since=day - start, left=start + table["duration"] - day)


def _names(count: int) -> "np.typing.NDArray[np.object_]":
    return np.array([f"Ana Zupan{place}" for place in range(count)], dtype=object)


def _class_of(channel: str, rating: float) -> str:
    return next(mood for mood, marks in CLASSES[channel].items() if rating in marks)


def _error(share: float, n: int) -> float:
    return float(np.sqrt(share * (1 - share) / n))


def test_there_are_as_many_comments_and_marks_alone_as_planted(feedback: pd.DataFrame) -> None:
    silent = feedback["text"] == ""
    assert (~silent).sum() == truth.FEEDBACK_COMMENTS
    assert silent.sum() == truth.FEEDBACK_MARKS_ALONE
    assert feedback.loc[silent, "rating"].notna().all()


def test_a_smaller_client_has_fewer_and_the_same_seed_says_the_same() -> None:
    few = draw_population(500, np.random.default_rng(1))
    first, again = (draw_feedback(few, _names(500), 500, np.random.default_rng(2)) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    assert len(first) == round((truth.FEEDBACK_COMMENTS + truth.FEEDBACK_MARKS_ALONE) / 40)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_two_thousand_different_comments_and_none_is_frequent(
    comments: pd.DataFrame, language: str
) -> None:
    text = comments.loc[comments["language"] == language, "text"]
    assert text.nunique() >= 2_000
    assert text.value_counts(normalize=True).iloc[0] < 0.005


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_theme_is_spoken_of_in_every_mood(comments: pd.DataFrame, language: str) -> None:
    here = comments[comments["language"] == language]
    said = {
        (mood, theme) for mood, themes in zip(here["mood"], here["themes"], strict=True) for theme in themes.split()
    }
    assert said == {(mood, theme) for mood in ("unhappy", "neutral", "happy") for theme in THEMES}


def test_no_slot_and_no_alternative_is_left_open(comments: pd.DataFrame) -> None:
    written = comments.loc[~comments["kind"].isin(["hostile"]), "text"]
    assert not written.str.contains(r"[{}\[\]|<]", regex=True).any()


def test_comments_have_the_length_of_comments(comments: pd.DataFrame) -> None:
    words = comments.loc[comments["kind"] == "comment", "text"].str.split().str.len()
    assert words.median() > 12
    assert words.max() < 90


def test_nobody_says_anything_before_coming_or_after_leaving(joined: pd.DataFrame) -> None:
    assert (joined["since"] >= 0).all()
    assert (joined["left"] >= 0).all()
    assert joined["received"].min() >= pd.Timestamp(truth.FEEDBACK_FROM)
    assert joined["received"].max() < pd.Timestamp(truth.OBSERVED_THROUGH) + pd.Timedelta(days=1)


def test_the_share_of_unhappy_comments_is_flat_until_the_price_rises(comments: pd.DataFrame) -> None:
    month = comments["received"].to_numpy().astype("datetime64[M]")
    unhappy = comments["mood"] == "unhappy"
    for one in np.unique(month):
        planted = planted_unhappy(np.array([one]))[0]
        here = unhappy[month == one]
        assert here.mean() == pytest.approx(planted, abs=WIDE * _error(planted, len(here))), one
    before = month < np.datetime64(truth.FEEDBACK_PRICE_ROSE, "M")
    assert set(planted_unhappy(month[before])) == {0.30}
    assert planted_unhappy(np.array(["2026-10"], dtype="datetime64[M]"))[0] == 0.42


def test_the_price_is_spoken_of_more_once_it_has_risen(comments: pd.DataFrame) -> None:
    angry = comments[(comments["mood"] == "unhappy") & ~comments["is_exit_intent"] & (comments["kind"] == "comment")]
    main = angry["themes"].str.split().str[0] == "price"
    after = angry["received"] >= pd.Timestamp(truth.FEEDBACK_PRICE_ROSE)
    weight = truth.FEEDBACK_THEMES["price"][0]
    others = sum(unhappy for unhappy, _, _ in truth.FEEDBACK_THEMES.values()) - weight
    for rows, factor in ((~after, 1.0), (after, truth.FEEDBACK_PRICE_FACTOR)):
        planted = factor * weight / (factor * weight + others)
        assert main[rows].mean() == pytest.approx(planted, abs=WIDE * _error(planted, int(rows.sum())))


def test_the_odds_of_an_unhappy_comment_before_leaving_are_as_planted(joined: pd.DataFrame) -> None:
    # Channel and month move the mood too, and months say how near leaving is: so both are taken into account.
    said = joined[~joined["is_exit_intent"] & (joined["kind"] != "same text")]
    near = (said["event_observed"] & (said["left"] <= truth.FEEDBACK_ODDS_DAYS)).rename("near")
    assert (near == said["before_leaving"]).all()
    month = said["received"].dt.strftime("%Y-%m")
    design = pd.concat([near.astype(float), pd.get_dummies(said["channel"]), pd.get_dummies(month)], axis=1)
    fitted = LogisticRegression(C=1e4, max_iter=2_000).fit(design.to_numpy(dtype=float), said["mood"] == "unhappy")
    # Some 1,900 rows before leaving: the standard error of the log-odds is about 0.05.
    assert fitted.coef_[0, 0] == pytest.approx(np.log(truth.FEEDBACK_ODDS_RATIO), abs=WIDE * 0.06)


def test_a_quarter_of_those_who_leave_say_goodbye_and_in_their_last_days(
    joined: pd.DataFrame, customers: pd.DataFrame
) -> None:
    goodbyes = joined[joined["is_exit_intent"]]
    assert goodbyes["event_observed"].all()
    assert goodbyes["left"].between(0, truth.FEEDBACK_GOODBYE_DAYS).all()
    assert goodbyes["number"].is_unique
    last = customers["started_on"].to_numpy().astype("datetime64[D]").astype(np.int64) + customers["duration"]
    leaving = int((customers["event_observed"] & (last >= day_number(truth.FEEDBACK_FROM))).sum())
    planted = truth.FEEDBACK_GOODBYES
    assert len(goodbyes) / leaving == pytest.approx(planted, abs=WIDE * _error(planted, leaving))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_goodbye_is_said_in_many_words(language: str) -> None:
    somebody = writer(language, truth.OBSERVED_THROUGH, np.random.default_rng(3))
    # Dates and amounts do not count as other words.
    said = {re.sub(r"\d+", "", somebody.say("goodbye")) for _ in range(2_000)}
    assert len(said) >= 40


def test_whoever_writes_leaves_neither_sooner_nor_later(joined: pd.DataFrame, customers: pd.DataFrame) -> None:
    # Comments per year of being here: who left against who stayed. The amount each writes varies, so errors are wide.
    start = customers["started_on"].to_numpy().astype("datetime64[D]").astype(np.int64)
    last = start + customers["duration"].to_numpy()
    days = np.maximum(last - np.maximum(start, day_number(truth.FEEDBACK_FROM)) + 1, 0)
    left = customers["event_observed"].to_numpy()
    said = joined[~joined["is_exit_intent"]]
    rates = [(said["event_observed"] == who).sum() / days[left == who].sum() for who in (True, False)]
    counts = [int((said["event_observed"] == who).sum()) for who in (True, False)]
    assert np.log(rates[0] / rates[1]) == pytest.approx(0.0, abs=WIDE * 1.4 * np.sqrt(sum(1 / n for n in counts)))


def test_more_than_half_of_the_customers_never_say_anything(feedback: pd.DataFrame, customers: pd.DataFrame) -> None:
    assert 0.50 < 1 - feedback["number"].nunique() / len(customers) < 0.60


def test_marks_follow_the_mood_but_for_those_at_the_wrong_end(feedback: pd.DataFrame) -> None:
    rated = feedback[feedback["rating"].notna()]
    follows = [
        rating in CLASSES[channel][mood]
        for channel, mood, rating in zip(rated["channel"], rated["mood"], rated["rating"], strict=True)
    ]
    assert (np.array(follows) == ~rated["contradicts"]).all()
    planted = truth.FEEDBACK_CONTRADICTING
    assert rated["contradicts"].mean() == pytest.approx(planted, abs=WIDE * _error(planted, len(rated)))
    assert set(feedback.loc[feedback["rating"].isna(), "channel"]) == {"E-mail", "Chat"}


def test_mails_have_no_marks_and_are_mostly_unhappy(comments: pd.DataFrame) -> None:
    unhappy = (comments["mood"] == "unhappy").groupby(comments["rating"].notna()).mean()
    assert unhappy[False] > unhappy[True] + 0.1
    assert (comments.loc[comments["channel"] == "E-mail", "mood"] == "unhappy").mean() > 0.5
    assert 0.55 < comments["rating"].notna().mean() < 0.65


@pytest.mark.parametrize("language", LANGUAGES)
def test_marks_can_be_told_from_comments_but_not_easily(comments: pd.DataFrame, language: str) -> None:
    rated = comments[(comments["language"] == language) & comments["rating"].notna()].drop_duplicates("text")
    given = [_class_of(*pair) for pair in zip(rated["channel"], rated["rating"], strict=True)]
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), sublinear_tf=True, min_df=2)
    model = make_pipeline(
        make_union(words, letters), LogisticRegression(C=4.0, class_weight="balanced", max_iter=1_000)
    )
    # On so little data, threads cost more than they bring.
    with threadpool_limits(1):
        found = cross_val_predict(model, rated["text"].to_numpy(), given, groups=rated["number"], cv=GroupKFold(5))
    assert 0.75 < f1_score(given, found, average="macro") < 0.90


def test_customers_keep_to_their_language_nearly_always(feedback: pd.DataFrame) -> None:
    several = feedback.groupby("number")["language"].agg(["size", "nunique"])
    # Two rows of one customer differ where one of them, or both, is in another language.
    pairs = several[several["size"] == 2]
    planted = 1 - (1 - truth.FEEDBACK_OTHER_LANGUAGE) ** 2
    assert (pairs["nunique"] == 2).mean() == pytest.approx(planted, abs=WIDE * _error(planted, len(pairs)))


def test_one_text_is_sent_by_many(comments: pd.DataFrame) -> None:
    same = comments[comments["kind"] == "same text"]
    assert (same.groupby("language")["text"].nunique() == 1).all()
    assert (same.groupby("language")["number"].nunique() == truth.FEEDBACK_SAME_TEXT).all()


def test_there_is_hostile_text_and_there_is_none_at_all(comments: pd.DataFrame) -> None:
    hostile = comments.loc[comments["kind"] == "hostile", "text"]
    assert len(hostile) == truth.FEEDBACK_HOSTILE
    assert hostile.str.contains(r"<script>|onerror|^=HYPERLINK|\u202e|javascript:", regex=True).all()
    assert (comments["kind"] == "no content").sum() == truth.FEEDBACK_NO_CONTENT


def test_a_named_customer_is_named_by_the_own_name(comments: pd.DataFrame, customers: pd.DataFrame) -> None:
    name = pd.Series(_names(len(customers)), index=customers["number"]).str.lower()
    named = comments[comments["personal"].str.contains("name")]
    assert len(named) > 300
    for number, text in zip(named["number"], named["text"], strict=True):
        assert re.search(rf"{name[number]}\b", text.lower())


def test_mails_are_signed_and_quote_what_was_written_to_them(comments: pd.DataFrame) -> None:
    mails = comments.loc[comments["channel"] == "E-mail", "text"]
    assert mails.str.contains("\n> ").mean() == pytest.approx(0.15, abs=0.04)
    assert mails.str.contains("\n-- \n").mean() == pytest.approx(0.10, abs=0.04)
    assert not comments.loc[comments["channel"] != "E-mail", "text"].str.contains("\n> |\n-- \n").any()
