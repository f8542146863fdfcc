"""What customers say, in five languages, with the truth beside each comment: its mood, its themes, its language.

How often somebody writes has nothing to do with when they leave; in what mood they write has, and so has a goodbye.
"""

from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_lab.demo import truth
from retention_lab.demo.exports import SCALES
from retention_lab.demo.grammar import MOODS, comment, goodbye, writer
from retention_lab.demo.population import day_number, pick
from retention_lab.demo.untidy import as_mail, as_typed, with_personal

Days = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Objects = npt.NDArray[np.object_]

CHANNELS = tuple(truth.FEEDBACK_CHANNELS)
LANGUAGES = tuple(truth.FEEDBACK_LANGUAGES)
THEMES = tuple(truth.FEEDBACK_THEMES)
_MARKS = {"0-10": ((0, 7), (7, 9), (9, 11)), "1-5": ((1, 3), (3, 4), (4, 6))}
"""By scale: the lowest mark, and the one above the highest, of the unhappy, the neutral and the happy."""
_TWO_THEMES = 0.5
_UNEXPLAINED = 0.3
_NOTHING = ("n/a", "-", "N/A", ".", "👍", "😡😡", "...", "😊", "/", "👎👎👎")
_HOSTILE = (
    "<script>alert('hello')</script> {}",
    '"><img src=x onerror=alert(1)> {}',
    '=HYPERLINK("http://example.com/?"&A1;"{}")',
    "\u202e{}\u202c",
    "{} [click](javascript:alert(1)) $x^2$ | `ls`",
)
_SAME_TEXT_DAY = date(2026, 2, 10)
_BISECTIONS = 60


class Row(NamedTuple):
    """What decides the text of a row."""

    kind: str
    mood: str
    language: str
    name: str
    channel: str
    themes: str
    day: int


def draw_feedback(customers: pd.DataFrame, names: Objects, demo_size: int, rng: np.random.Generator) -> pd.DataFrame:
    """All rows of the export of comments in the order in which they came, for a demo of so many customers.

    As exported: number (the customer's), received (a moment), channel, rating (missing where none), text (empty for
    a mark alone). The truth: mood, themes (separated by blanks, the main one first), language, is_exit_intent,
    before_leaving (in the days for which the odds are planted), contradicts (the mark is at the wrong end), personal
    (the kinds of personal data in it) and kind (comment, goodbye, same text, no content, hostile, mark alone).
    """
    people = customers.assign(name=names, language=pick(LANGUAGES, _shares(LANGUAGES), len(customers), rng))
    rows = _draw_rows(people, demo_size, rng)
    _add_mood(rows, rng)
    _add_themes(rows, rng)
    _add_rating(rows, rng)
    other = rng.random(len(rows)) < truth.FEEDBACK_OTHER_LANGUAGE
    shift = rng.integers(1, len(LANGUAGES), len(rows))
    at = pd.Index(LANGUAGES).get_indexer(pd.Index(rows["language"]))
    rows["language"] = np.array(LANGUAGES, dtype=object)[(at + other * shift) % len(LANGUAGES)]
    seconds = rows["day"].to_numpy() * 86_400 + rng.integers(7 * 3600, 23 * 3600, len(rows))
    rows["received"] = seconds.astype("datetime64[s]")
    rows = rows.sort_values(["received", "number"], ignore_index=True)
    _choose_special(rows, demo_size, rng)
    _add_text(rows, rng)
    return rows.drop(columns=["day", "name"])


def _shares(languages: tuple[str, ...]) -> tuple[float, ...]:
    return tuple(truth.FEEDBACK_LANGUAGES[language] for language in languages)


def _draw_rows(people: pd.DataFrame, demo_size: int, rng: np.random.Generator) -> pd.DataFrame:
    """Who writes on which day and where, and whether it is a goodbye or a mark alone."""
    start = people["started_on"].to_numpy().astype("datetime64[D]").astype(np.int64)
    first = np.maximum(start, day_number(truth.FEEDBACK_FROM))
    last = start + people["duration"].to_numpy(dtype=np.int64)
    leaves = people["event_observed"].to_numpy() & (last >= first)
    parting = np.flatnonzero(leaves & (rng.random(len(people)) < truth.FEEDBACK_GOODBYES))
    parted = last[parting] - rng.integers(0, truth.FEEDBACK_GOODBYE_DAYS + 1, len(parting))
    # A mark alone comes from a survey or a review: the other channels have no marks.
    silent = _scaled(truth.FEEDBACK_MARKS_ALONE, demo_size)
    ordinary = _scaled(truth.FEEDBACK_COMMENTS, demo_size) - len(parting) + silent
    how_often = (rng.random(len(people)) < truth.FEEDBACK_WRITERS) * rng.gamma(4.0, 0.25, len(people))
    weight = np.cumsum(how_often * np.maximum(last - first + 1, 0))
    who = np.searchsorted(weight, rng.random(ordinary) * weight[-1], side="right")
    day = first[who] + np.floor(rng.random(ordinary) * (last - first + 1)[who]).astype(np.int64)
    kind = np.where(np.arange(ordinary) < silent, "mark alone", "comment")
    everyone = np.concatenate([who, parting])
    rows = people.iloc[everyone][["number", "name", "language"]].reset_index(drop=True)
    rows["day"] = np.maximum(np.concatenate([day, parted]), first[everyone])
    rows["kind"] = np.concatenate([kind, np.full(len(parting), "goodbye")]).astype(object)
    rows["is_exit_intent"] = rows["kind"] == "goodbye"
    rows["channel"] = _draw_channel(rows["kind"].to_numpy(), rng)
    near = leaves[everyone] & (last[everyone] - rows["day"].to_numpy() <= truth.FEEDBACK_ODDS_DAYS)
    rows["before_leaving"] = near & ~rows["is_exit_intent"].to_numpy()
    return rows


def _draw_channel(kind: Objects, rng: np.random.Generator) -> Objects:
    comments, goodbyes, _ = zip(*truth.FEEDBACK_CHANNELS.values(), strict=True)
    rated = [share if channel in SCALES else 0.0 for channel, share in zip(CHANNELS, comments, strict=True)]
    marks = tuple(share / sum(rated) for share in rated)
    drawn: Objects = np.where(
        kind == "goodbye",
        pick(CHANNELS, goodbyes, len(kind), rng),
        np.where(kind == "comment", pick(CHANNELS, comments, len(kind), rng), pick(CHANNELS, marks, len(kind), rng)),
    )
    return drawn


def planted_unhappy(months: npt.NDArray[np.datetime64]) -> Floats:
    """The planted share of unhappy comments in each of the months."""
    rose = np.datetime64(truth.FEEDBACK_PRICE_ROSE, "M")
    path = np.array((truth.FEEDBACK_UNHAPPY, *truth.FEEDBACK_UNHAPPY_AFTER))
    return np.asarray(path[np.clip((months - rose).astype(np.int64) + 1, 0, len(path) - 1)])


def _add_mood(rows: pd.DataFrame, rng: np.random.Generator) -> None:
    """Moods in which every month has its planted share, and the last days before leaving their planted odds."""
    months = rows["day"].to_numpy().astype("datetime64[D]").astype("datetime64[M]")
    moved = rows["channel"].map({name: shift for name, (_, _, shift) in truth.FEEDBACK_CHANNELS.items()})
    log_odds = moved.to_numpy(dtype=np.float64) + rows["before_leaving"].to_numpy() * np.log(truth.FEEDBACK_ODDS_RATIO)
    parting, written = rows["is_exit_intent"].to_numpy(), (rows["kind"] != "mark alone").to_numpy()
    unhappy = np.full(len(rows), truth.FEEDBACK_GOODBYE_UNHAPPY)
    for month in np.unique(months):
        here = np.flatnonzero(months == month)
        counted = here[written[here]]
        others = counted[~parting[counted]]
        wanted = (
            planted_unhappy(month[None])[0] * len(counted) - truth.FEEDBACK_GOODBYE_UNHAPPY * parting[counted].sum()
        )
        level = _level(log_odds[others], wanted)
        ordinary = here[~parting[here]]
        unhappy[ordinary] = 1 / (1 + np.exp(-level - log_odds[ordinary]))
    drawn = rng.random(len(rows))
    neutral = np.where(parting, 1 - unhappy, (1 - unhappy) * truth.FEEDBACK_NEUTRAL)
    rows["mood"] = np.where(drawn < unhappy, "unhappy", np.where(drawn < unhappy + neutral, "neutral", "happy"))


def _level(log_odds: Floats, wanted: float) -> float:
    """What to add to the log-odds so that their probabilities sum to what is wanted."""
    low, high = -8.0, 8.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if (1 / (1 + np.exp(-middle - log_odds))).sum() < wanted else (low, middle)
    return low


def _add_themes(rows: pd.DataFrame, rng: np.random.Generator) -> None:
    """One theme or two; a goodbye may have no reason."""
    first, second = _draw_theme(rows, rng), _draw_theme(rows, rng)
    two = (rng.random(len(rows)) < _TWO_THEMES) & (first != second) & ~rows["is_exit_intent"].to_numpy()
    none = rows["is_exit_intent"].to_numpy() & (rng.random(len(rows)) < _UNEXPLAINED)
    rows["themes"] = np.where(none, "", np.where(two, first + " " + second, first))


def _draw_theme(rows: pd.DataFrame, rng: np.random.Generator) -> Objects:
    weights = np.array(list(truth.FEEDBACK_THEMES.values())).T[pd.Index(MOODS).get_indexer(pd.Index(rows["mood"]))]
    dearer = (rows["mood"] == "unhappy") & (rows["day"] >= day_number(truth.FEEDBACK_PRICE_ROSE))
    weights[dearer.to_numpy(), THEMES.index("price")] *= truth.FEEDBACK_PRICE_FACTOR
    edges = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)[:, :-1]
    drawn: Objects = np.array(THEMES, dtype=object)[(rng.random(len(rows))[:, None] >= edges).sum(axis=1)]
    return drawn


def _add_rating(rows: pd.DataFrame, rng: np.random.Generator) -> None:
    """Marks that follow the mood, but for those at the wrong end of the scale."""
    mood = pd.Index(MOODS).get_indexer(pd.Index(rows["mood"]))
    # Who is neutral has no wrong end, and so goes to either.
    wrong = np.where(mood == 1, rng.integers(0, 2, len(rows)) * 2, 2 - mood)
    contradicts = rng.random(len(rows)) < truth.FEEDBACK_CONTRADICTING
    given = np.where(contradicts, wrong, mood)
    rows["rating"] = np.nan
    drawn = rng.random(len(rows))
    for channel, scale in SCALES.items():
        here = (rows["channel"] == channel).to_numpy()
        least, above = np.array(_MARKS[scale])[given[here]].T
        # Within its class the outer marks are more frequent: who is angry is angry.
        towards = np.where(given[here] == 0, drawn[here] ** 1.5, drawn[here])
        rows.loc[here, "rating"] = least + np.floor(towards * (above - least))
    rows["contradicts"] = contradicts & rows["rating"].notna().to_numpy()


def _choose_special(rows: pd.DataFrame, demo_size: int, rng: np.random.Generator) -> None:
    """Which comments hold nothing, are hostile, or are one and the same text."""
    distance = np.abs(rows["day"] - day_number(_SAME_TEXT_DAY))
    unhappy = rows[(rows["kind"] == "comment") & (rows["mood"] == "unhappy") & rows["rating"].isna()]
    nearest = unhappy.assign(distance=distance).sort_values("distance", kind="stable").drop_duplicates("number")
    same = nearest.groupby("language", sort=True).head(_scaled(truth.FEEDBACK_SAME_TEXT, demo_size)).index
    rows.loc[same, ["kind", "themes"]] = ["same text", "outage trust"]
    free = rng.permutation(np.flatnonzero(rows["kind"] == "comment"))
    nothing, hostile = (_scaled(count, demo_size) for count in (truth.FEEDBACK_NO_CONTENT, truth.FEEDBACK_HOSTILE))
    rows.loc[free[:nothing], ["kind", "themes"]] = ["no content", ""]
    rows.loc[free[nothing : nothing + hostile], "kind"] = "hostile"


def _add_text(rows: pd.DataFrame, rng: np.random.Generator) -> None:
    needed = rows[["kind", "mood", "language", "name", "channel", "themes", "day"]]
    written = [_write(Row(*row), place, rng) for place, row in enumerate(needed.itertuples(index=False, name=None))]
    rows["text"], rows["personal"] = (np.array(part, dtype=object) for part in zip(*written, strict=True))


def _write(row: Row, position: int, rng: np.random.Generator) -> tuple[str, str]:
    """The text of a row, and the kinds of personal data in it."""
    who = writer(row.language, date(1970, 1, 1) + timedelta(days=int(row.day)), rng)
    if row.kind == "mark alone":
        return "", ""
    if row.kind == "no content":
        return _NOTHING[position % len(_NOTHING)], ""
    if row.kind == "same text":
        return who.say("mass"), ""
    say = goodbye if row.kind == "goodbye" else comment
    text = as_typed(say(who, row.mood, row.themes.split()), who)
    if row.kind == "hostile":
        return _HOSTILE[position % len(_HOSTILE)].format(text), ""
    said, signed = "", ""
    if who.chance(truth.FEEDBACK_PERSONAL):
        text, said = with_personal(text, row.language, row.name, who)
    if row.channel == "E-mail":
        text, signed = as_mail(text, row.name, who)
    return text, " ".join(sorted({said, signed} - {""}))


def _scaled(count: int, demo_size: int) -> int:
    return max(1, round(count * demo_size / truth.REFERENCE_SIZE))
