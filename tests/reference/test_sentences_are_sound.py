"""The blind test sentences keep their counts and labels, and none of them counts twice."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).parent / "sentences"
CODES = ("en", "it", "es", "fr", "sl")
THEMES = {
    *("price", "contract", "delivery", "quality", "outage", "app", "waiting", "staff", "refund", "trust", "privacy"),
    *("store", "loyalty", "competitor", "praise"),
}
AT_LEAST = {"neutral": 20, "themes": 45, "leaving": 25, "staying": 25, "complaints": 25, "no_complaints": 25}
Sections = dict[str, list[dict[str, Any]]]


def read(name: str) -> Any:
    return yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))


@pytest.fixture(params=CODES)
def sections(request: pytest.FixtureRequest) -> Sections:
    return read(request.param)


def bare(text: str) -> str:
    """Letters and digits alone, so that a full stop or an accent does not make a new sentence."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if sign.isalnum())


def texts_of(sections: Sections) -> Iterator[str]:
    return (row["text"] for rows in sections.values() for row in rows)


def test_half_of_the_hundred_are_negative(sections: Sections) -> None:
    assert Counter(row["label"] for row in sections["sentiment"]) == {"negative": 50, "positive": 50}


def test_no_section_is_short(sections: Sections) -> None:
    assert set(sections) == {"sentiment", *AT_LEAST}
    assert {name: len(sections[name]) for name, least in AT_LEAST.items() if len(sections[name]) < least} == {}


def test_every_theme_is_there_three_times(sections: Sections) -> None:
    named = Counter(theme for row in sections["themes"] for theme in row["themes"])
    assert set(named) == THEMES
    assert min(named.values()) >= 3


def test_some_sentences_have_two_themes_and_some_none(sections: Sections) -> None:
    sizes = Counter(len(row["themes"]) for row in sections["themes"])
    assert sizes[0] >= 6
    assert sizes[2] >= 4


def test_a_sad_tone_alone_is_no_complaint(sections: Sections) -> None:
    tones = Counter(row["tone"] for row in sections["no_complaints"])
    assert set(tones) == {"negative", "other"}
    assert tones["negative"] >= 12


def test_sentences_are_text_of_a_comments_length(sections: Sections) -> None:
    assert [text for text in texts_of(sections) if not 2 <= len(text.split()) <= 40 or text != text.strip()] == []


def test_no_sentence_comes_twice() -> None:
    seen = Counter(bare(text) for code in CODES for text in texts_of(read(code)))
    assert [text for text, times in seen.items() if times > 1] == []


@pytest.mark.parametrize(("size", "fewest", "most"), [("short", 1, 4), ("medium", 5, 10)])
def test_comments_for_the_languages_have_their_length(size: str, fewest: int, most: int) -> None:
    languages = read("languages")
    assert tuple(languages) == CODES
    for code, sizes in languages.items():
        words = [len(re.findall(r"[\w'’-]*\w", text)) for text in sizes[size]]
        assert len(words) == 20, code
        assert fewest <= min(words), code
        assert max(words) <= most, code


def test_short_comments_belong_to_one_language() -> None:
    rows = [bare(text) for sizes in read("languages").values() for texts in sizes.values() for text in texts]
    assert len(rows) == len(set(rows))
