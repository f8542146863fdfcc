"""A page for everybody: structure that a screen reader can follow, words beside colours, contrast."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode

from retention_lab.report import render
from retention_lab.report.prose import to_html
from retention_lab.report.render import render_report

TOKENS = Path(render.__file__).parent / "style" / "tokens.css"


@pytest.fixture
def page(notebook: NotebookNode, build: Any) -> Any:
    return build.read_html(render_report(notebook))


def test_the_page_names_its_language_and_has_its_landmarks(page: Any) -> None:
    assert page.one("html").attrs["lang"] == "en"
    for landmark in ("header", "main", "nav", "footer", "h1", "title"):
        assert page.one(landmark).text


def test_headings_never_skip_a_level(page: Any) -> None:
    levels = [int(tag.name[1]) for tag in page.every("h1", "h2", "h3", "h4", "h5", "h6")]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))


def test_headings_in_prose_fit_below_their_section(build: Any) -> None:
    html = build.read_html(to_html("# a\n\n##### b\n\n###### c\n\n# d", "Table"))

    assert [tag.name for tag in html.every()] == ["h3", "h4", "h5", "h3"]


def test_the_first_thing_a_keyboard_reaches_skips_to_the_answer(page: Any) -> None:
    first = page.one("body").every("a")[0]

    assert first.attrs["href"] == "#main"
    assert page.one("main").attrs["id"] == "main"


def test_tables_have_captions_and_headers_with_a_scope(page: Any) -> None:
    tables = page.every("table")

    assert len(tables) == 4
    for table in tables:
        assert table.one("caption").text
        assert {head.attrs["scope"] for head in table.every("th")} == {"col", "row"}


def test_what_scrolls_can_be_reached_by_keyboard_and_has_a_name(page: Any) -> None:
    regions = [tag for tag in page.every("div") if "scroll" in str(tag.attrs.get("class")).split()]

    assert len(regions) == 6
    for region in regions:
        assert region.attrs["tabindex"] == "0"
        assert region.attrs["role"] == "region"
        assert region.attrs["aria-label"]


def test_a_table_in_prose_is_as_accessible(build: Any) -> None:
    html = build.read_html(to_html("| a | b |\n|---|---|\n| 1 | 2 |", "Table"))

    assert html.one("div").attrs["aria-label"] == "Table"
    assert [head.attrs["scope"] for head in html.every("th")] == ["col", "col"]


def test_a_chart_reads_out_its_alternative_text(page: Any) -> None:
    labels = [tag.attrs["aria-label"] for tag in page.every("svg") if tag.attrs.get("role") == "img"]

    assert labels == ["Half leave in 9 months."] * 2


@pytest.mark.parametrize("verdict", ["act", "watch", "fine", "no_evidence", "not_enough_data", "invalid"])
def test_every_verdict_has_a_word_and_a_shape_of_its_own(build: Any, verdict: str) -> None:
    cell = build.ran("f", build.shown("finding", build.finding(verdict=verdict)))
    page = build.read_html(render_report(build.noted(build.said("# Q"), cell)))

    badge = page.one("span", **{"class": f"badge badge-{verdict}"})
    assert badge.text
    assert badge.one("svg").attrs["aria-hidden"] == "true"
    assert badge.one("svg").children


def _luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("ground", ["paper", "paper-tint", "accent-tint"])
@pytest.mark.parametrize(
    ("ink", "least"),
    # WCAG 2.2: 7:1 (1.4.6, enhanced) for what is read, 4.5:1 (1.4.3) for badges and marks.
    [("ink", 7.0), ("ink-soft", 7.0), ("accent", 4.5)]
    + [(f"verdict-{verdict}", 4.5) for verdict in ("act", "watch", "fine", "quiet", "invalid")],
)
def test_colours_have_enough_contrast(ink: str, least: float, ground: str) -> None:
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", TOKENS.read_text(encoding="utf-8")))

    dark, light = _luminance(tokens[ink]), _luminance(tokens[ground])

    assert (light + 0.05) / (dark + 0.05) >= least


def test_every_colour_of_the_style_is_a_token() -> None:
    sheets = [sheet for sheet in TOKENS.parent.glob("*.css") if sheet.name not in ("tokens.css", "print.css")]

    assert len(sheets) == 3
    assert not [sheet.name for sheet in sheets if re.search(r":[^;{]*#[0-9a-f]{3,6}\b", sheet.read_text("utf-8"))]


def test_the_style_is_small_enough_for_every_report_to_carry_it(page: Any) -> None:
    assert len(page.one("style").text.encode()) < 12_000
